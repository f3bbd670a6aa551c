"""A child whose row cannot be read, at a terminal: the others are shown, and that one is named."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from record.entries import KnownEvent, RecordEntry
from record.store import CaseRecord
from tests.cli.conftest import Run
from tests.domain.story import raw_events
from tests.spoilt import spoil

BEGAN = datetime.now(UTC) - timedelta(days=40)
NAMED = "left out, since the case record cannot be read of: C-2. `permanence record verify CHILD` names"


@pytest.fixture
def home(without_service: Path) -> Path:
    """A case record of three children, of whom one has a row cut short, a directory, and no service."""
    record = CaseRecord.open(f"sqlite:///{without_service / 'case-record.db'}")
    for child in ("C-1", "C-2", "C-3"):
        [event] = raw_events(f"{BEGAN.date()} became_looked_after @{child} #{child}-in")
        known = [KnownEvent(known_at=BEGAN, event=event | {"policy": "ppm-procedure"})]
        record.write(RecordEntry(child=child, decided_at=BEGAN, events=known))
    spoil(record, "C-2", "cut short")
    record.close()
    return without_service


def test_each_command_of_many_children_shows_the_others_and_names_the_one(run: Run, home: Path) -> None:
    rebuilt = run("record", "rebuild")
    assert (rebuilt.exit_code, "Worked out: 2 children." in rebuilt.stdout) == (1, True)
    listed = run("caseload", "--json")
    assert (listed.exit_code, [row["child"] for row in json.loads(listed.stdout)]) == (1, ["C-1", "C-3"])
    page = home / "report.html"
    reported = run("report", "-o", str(page), "--json")
    assert reported.exit_code == 1
    assert (json.loads(reported.stdout.split("Written")[0])["left_out"]) == ["C-2"]
    assert "1 child is in no number, since the case record cannot be read of them: C-2." in page.read_text("utf-8")
    foretold = run("report", "--policy", "quick-guide", "--from", "ppm-procedure", "--json")
    assert (foretold.exit_code, json.loads(foretold.stdout)["left_out"]) == (1, ["C-2"])
    gaps = run("unallocated", "--json")
    assert (gaps.exit_code, {child for gap in json.loads(gaps.stdout) for child in gap["children"]}) == (
        1,
        {"C-1", "C-3"},
    )
    for one in (rebuilt, listed, reported, foretold, gaps):
        assert NAMED in " ".join(one.stderr.split())


def test_numbers_only_say_how_many_and_not_who(run: Run, home: Path) -> None:
    page = home / "report.html"
    assert run("report", "-o", str(page), "--numbers-only").exit_code == 1
    written = page.read_text("utf-8")
    assert "1 child is in no number" in written
    assert "C-2" not in written


def test_commands_of_the_child_lead_to_what_names_the_row(run: Run, home: Path) -> None:
    for asked in (("timeline", "C-2"), ("record", "export", "C-2")):
        refused = run(*asked)
        assert refused.exit_code == 1, asked
        assert "`permanence record verify" in refused.stderr, asked
    assert "event C-2-in was changed" in run("record", "verify", "C-2").stdout
