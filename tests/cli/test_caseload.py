"""`permanence caseload` as it is read: from the case record where no server runs, in words, as CSV and as JSON."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.case.calendar import local_date
from record.entries import KnownEvent, RecordEntry
from record.store import CaseRecord
from tests.cli.conftest import Run
from tests.domain.story import raw_events


@pytest.fixture
def home(without_service: Path) -> Path:
    """A case record of three children, a directory, and no service."""
    record = CaseRecord.open(f"sqlite:///{without_service / 'case-record.db'}")
    enters(record, "C-LATE", 90, "s-worker", "North Team")
    enters(record, "C-LATER", 100, "a-patel", '=HYPERLINK("http://evil.example")')
    enters(record, "C-NEW", 3, "S.Worker@example.org", "North")
    record.close()
    return without_service


def enters(record: CaseRecord, child: str, days_ago: int, worker: str, team: str) -> None:
    on = local_date(datetime.now(UTC)) - timedelta(days=days_ago)  # of now: a run may go on over midnight
    [event] = raw_events(f"{on} became_looked_after @{child} #{child}-in")
    at = datetime.combine(on, datetime.min.time(), UTC) + timedelta(hours=12)
    event |= {"policy": "ppm-procedure", "team": team, "people": {"social_worker": worker}}
    record.write(RecordEntry(child=child, decided_at=at, events=[KnownEvent(known_at=at, event=event)]))


def test_the_latest_first_with_whose_it_is_and_what_hinders_a_better_answer(run: Run, home: Path) -> None:
    shown = run("caseload")

    said = shown.stdout
    assert said.index("C-LATER") < said.index("C-LATE ") < said.index("C-NEW")
    assert "86 days" in said.split("C-LATE ")[0], "a meeting was due two weeks after"
    assert "social worker a-patel; nobody told yet" in said
    assert shown.exit_code == 1
    assert "no service runs in" in shown.stderr
    assert "as the case record has it" in shown.stderr


def test_it_is_asked_for_in_parts_as_data_and_for_a_spreadsheet_that_runs_nothing(run: Run, home: Path) -> None:
    mine = json.loads(run("caseload", "--worker", "Sam Worker", "--json").stdout)
    assert [(row["child"], row["rag"], row["whose"]) for row in mine] == [
        ("C-LATE", "red", ["s-worker"]),
        ("C-NEW", "green", ["s-worker"]),
    ]
    assert mine[0]["days_late"] > mine[1]["days_late"] == 0
    assert mine[0]["overdue"][0] in {"first-review", "initial-ppm"}
    north_red = run("caseload", "--team", "north", "--colour", "red", "--iro", "i-second", "--csv").stdout
    assert [row["child"] for row in csv.DictReader(io.StringIO(north_red))] == ["C-LATE"]
    [later, *_] = csv.DictReader(io.StringIO(run("caseload", "--csv").stdout))
    assert later["team"] == """'=HYPERLINK("http://evil.example")"""


def test_what_there_is_not_is_said_with_what_there_is(run: Run, home: Path) -> None:
    for arguments, words in (
        (("--colour", "rad"), "did you mean red?"),
        (("--stage", "looked afer"), "did you mean looked_after?"),
        (("--worker", "sam"), "nobody of the directory is called 'sam'"),
        (("--worker", "s-wroker"), "near: s-worker"),
    ):
        refused = run("caseload", *arguments)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert words in refused.stderr
    empty = run("caseload", "--team", "Nroth").stdout
    assert "3 children are under way" in empty
    assert "North Team" in empty


def test_the_lists_are_worked_out_anew_from_the_record(run: Run, home: Path) -> None:
    assert run("record", "rebuild").stdout == "Worked out: 3 children.\n"
    assert json.loads(run("record", "rebuild", "--json").stdout) == {"children": 3, "unknown": []}
