"""A channel is a file and a line; what names one that is not there is refused in words."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from delivery.channels.registry import KINDS, UnknownChannel, kind_of
from delivery.directory import DirectoryRefused, read_directory
from delivery.settings import DeliverySettings
from tests.delivery.offices import office

THE_LINE = 'registry.KINDS["pigeon"] = pigeon.KIND'
PROGRAM = f"""
from delivery.channels import registry
from tests.delivery import pigeon
{THE_LINE}
from tests.delivery.pigeon_post import by_pigeon
by_pigeon()
"""


def test_one_file_and_one_line_make_a_channel_from_the_settings_to_the_ledger(tmp_path: Path) -> None:
    (tmp_path / "people.toml").write_text('fallback = "duty"\n[teams.duty]\nloft = "loft-3"\n', "utf-8")
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PERMANENCE_")}
    told = {
        "PERMANENCE_HOME": str(tmp_path),
        "PERMANENCE_DELIVERY_CHANNELS": "pigeon",
        "PERMANENCE_DELIVERY_DIRECTORY": str(tmp_path / "people.toml"),
        "PERMANENCE_PIGEON_LOFTS": str(tmp_path),
    }
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=ours | told | {"COLUMNS": "200"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout.splitlines()[-1])

    assert seen["variables"] == ["PIGEON_LOFTS"]
    assert seen["directory"] == "people.toml, line 3: teams.duty.loft.0: no loft; accepted: one like loft-3"
    assert seen["channel"] == "people.toml, line 4: teams.duty.channels.0: no such channel; did you mean pigeon?"
    assert "The directory stands" in seen["people"]
    assert seen["told"] == ["duty pigeon sent"]
    assert "CLA-1" in seen["in the loft"]
    assert "sent 8 Jan 2026 09:00 by pigeon" in " ".join(seen["ledger"].split())


def test_an_unknown_channel_is_refused_in_words_and_never_taken_for_mail() -> None:
    everyone = f"accepted: {', '.join(KINDS)}"
    with pytest.raises(UnknownChannel, match=everyone):
        kind_of("pigeon")
    with pytest.raises(UnknownChannel, match=everyone):
        office().people["s-worker"].addresses("pigeon")
    with pytest.raises(ValidationError, match=everyone):
        DeliverySettings(channels=("pigeon",))
    with pytest.raises(DirectoryRefused, match=r"line 4: people\.a\.channels\.0: no such channel; did you mean smtp"):
        read_directory('fallback = "a"\n[people.a]\nemail = "a@b.org"\nchannels = "smpt"\n', "people.toml")
