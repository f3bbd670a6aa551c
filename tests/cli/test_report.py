"""`permanence report --policy NEW`: what it answers, and what is refused in words that say what would be accepted."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from record.entries import KnownEvent, RecordEntry
from record.store import CaseRecord
from tests.cli.conftest import Run
from tests.domain.story import raw_events

BEGAN = datetime.now(UTC) - timedelta(days=40)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A case record of two children by one procedure and one by the other, and no service."""
    monkeypatch.setenv("PERMANENCE_HOME", str(tmp_path))
    for name in ("PERMANENCE_DATABASE_URL", "PERMANENCE_DELIVERY_DIRECTORY", "TEMPORAL_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    record = CaseRecord.open(f"sqlite:///{tmp_path / 'case-record.db'}")
    for child, policy in (("C-1", "ppm-procedure"), ("C-2", "ppm-procedure"), ("C-3", "quick-guide")):
        [event] = raw_events(f"{BEGAN.date()} became_looked_after @{child} #{child}-in")
        known = [KnownEvent(known_at=BEGAN, event=event | {"policy": policy})]
        record.write(RecordEntry(child=child, decided_at=BEGAN, events=known))
    record.close()
    return tmp_path


def test_the_command_its_data_its_file_and_its_csv_say_the_same(run: Run, home: Path) -> None:
    asked = ("report", "--policy", "quick-guide", "--from", "ppm-procedure")
    shown = run(*asked)
    data = json.loads(run(*asked, "--json").stdout)["tables"]
    run(*asked, "-o", str(home / "what-if.html"), "--csv", str(home / "csv"))

    assert shown.exit_code == 0
    assert "would adopt it: 2, have it: 1, stay as they are: 0, would refuse it: 0, all: 3" in shown.stdout
    in_csv = [row[1:] for row in csv.reader((home / "csv" / "in-short.csv").read_text("utf-8").splitlines())][1:]
    assert [[*row.values()] for row in data["in-short"].values()] == in_csv
    late = data["in-short"]["passed-by-week.all"]
    assert int(late["today"]) > 0, "forty days without a meeting"
    assert f"Steps late that day {late['today']} {late['new']}" in " ".join(shown.stdout.split())
    assert "What if quick-guide 2 were adopted today?" in (home / "what-if.html").read_text("utf-8")


def test_a_policy_that_nobody_knows_or_would_adopt_is_refused_with_what_is_accepted(run: Run, home: Path) -> None:
    unknown = run("report", "--policy", "nowhere")
    nobody = run("report", "--policy", "quick-guide")
    odd = run("report", "--policy", "quick-guide", "--from", "nowhere")
    assert [one.exit_code for one in (unknown, nobody, odd)] == [2, 2, 2]
    assert "accepted: england-statutory, iro-handbook, ppm-procedure, quick-guide, or a policy file" in unknown.stderr
    assert "1 have it already; others run on ppm-procedure (2): say with --from" in nobody.stderr
    assert "--from: nowhere: no policy here; accepted: england-statutory" in odd.stderr


def test_a_file_with_faults_is_refused_with_its_lines(run: Run, home: Path) -> None:
    file = home / "new.toml"
    file.write_text('id = "new"\nversion = "1"\ntitle = "New"\nextends = "ppm-procedur"\n', "utf-8")
    refused = run("report", "--policy", str(file))
    assert refused.exit_code == 2
    assert "new.toml:4: extends: 'ppm-procedur' is no policy" in " ".join(refused.stderr.split())


def test_what_if_looks_ahead_from_today(run: Run, home: Path) -> None:
    assert "leave out --since, --day" in run("report", "--policy", "quick-guide", "--day", "2026-01-05").stderr
    assert "--from goes with --policy" in run("report", "--from", "quick-guide").stderr
