"""`agenda` and `simulate`: the worked cases, the shapes of contract section 6, and what people read."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, Write

CASES = Path(__file__).parents[1] / "cases"
ADOPTION = str(CASES / "adoption-ppm-procedure.jsonl")
SIBLINGS = str(CASES / "siblings-quick-guide.jsonl")
AGENDA_FIELDS = [
    "child",
    "obligation",
    "occurrence",
    "title",
    "clause",
    "owner",
    "opened_on",
    "due",
    "limits",
    "status",
    "met_on",
    "forecast",
    "next",
]
ACTION_FIELDS = ["at", "child", "obligation", "occurrence", "kind", "rung", "to", "due", "clause", "message"]
ENTRY = {
    "id": "e1",
    "type": "became_looked_after",
    "child": "CLA-1",
    "on": "2026-01-05",
    "date_of_birth": "2020-05-01",
    "legal_status": "C2",
}


def by_time(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [action for action in actions if action["kind"] in ("reminder", "escalation")]


def json_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("case", "policy", "until"),
    [(ADOPTION, "ppm-procedure", "2027-03-31"), (SIBLINGS, "quick-guide", "2026-07-31")],
)
def test_simulate_prints_the_actions_of_the_worked_case(run: Run, case: str, policy: str, until: str) -> None:
    result = run("simulate", case, "--policy", policy, "--until", until, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    printed = json_lines(result.stdout)
    assert all(list(action) == ACTION_FIELDS for action in printed)
    expected = json_lines(Path(case.replace(".jsonl", ".actions.jsonl")).read_text("utf-8"))
    in_common = [{field: action[field] for field in expected[0]} for action in printed]
    assert by_time(in_common) == by_time(expected)


@pytest.mark.parametrize(
    ("case", "policy", "at"),
    [(ADOPTION, "ppm-procedure", "2026-03-20"), (SIBLINGS, "quick-guide", "2026-04-22")],
)
def test_agenda_prints_the_agenda_of_the_worked_case(run: Run, case: str, policy: str, at: str) -> None:
    result = run("agenda", case, "--policy", policy, "--at", at, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    printed = json.loads(result.stdout)
    assert all(list(row) == AGENDA_FIELDS for row in printed)
    expected = json.loads(Path(case.replace(".jsonl", f".agenda-{at}.json")).read_text("utf-8"))
    assert [{field: row[field] for field in expected[0]} for row in printed] == expected


def test_what_is_next_has_the_london_offset_and_sorted_roles(run: Run) -> None:
    result = run("agenda", ADOPTION, "--policy", "ppm-procedure", "--at", "2026-03-20", "--json")
    rows = {row["obligation"]: row for row in json.loads(result.stdout)}
    assert rows["plan-implemented"]["next"] == {
        "at": "2026-04-17T09:00:00+01:00",
        "kind": "reminder",
        "rung": 1,
        "to": ["team_manager"],
    }
    assert rows["first-review"]["next"] is None
    assert rows["second-review"]["limits"] == [{"due": "2026-04-22", "clause": "CPPCR reg 33(2)"}]


def test_one_childs_agenda_alone(run: Run) -> None:
    arguments = ("agenda", SIBLINGS, "--policy", "quick-guide", "--at", "2026-04-22", "--json")
    everyone = json.loads(run(*arguments).stdout)
    alone = json.loads(run(*arguments, "--child", "CLA-2002").stdout)
    assert alone == [row for row in everyone if row["child"] == "CLA-2002"]
    assert alone


def test_a_child_not_in_the_file_is_refused_naming_those_there_are(run: Run) -> None:
    result = run("agenda", SIBLINGS, "--policy", "quick-guide", "--at", "2026-04-22", "--child", "CLA-3")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "known: CLA-2001, CLA-2002" in result.stderr


def test_before_anything_is_known_there_is_nothing(run: Run) -> None:
    assert run("agenda", SIBLINGS, "--policy", "quick-guide", "--at", "2026-01-01", "--json").stdout == "[]\n"
    assert run("simulate", SIBLINGS, "--policy", "quick-guide", "--until", "2026-01-01", "--json").stdout == ""
    said = run("agenda", SIBLINGS, "--policy", "quick-guide", "--at", "2026-01-01").stdout
    assert said == "Nothing is known of any child by 1 January 2026.\n"


def test_events_from_standard_input(run: Run) -> None:
    from_file = run("agenda", SIBLINGS, "--policy", "quick-guide", "--at", "2026-04-22", "--json")
    text = Path(SIBLINGS).read_text("utf-8")
    piped = run("agenda", "-", "--policy", "quick-guide", "--at", "2026-04-22", "--json", input=text)
    assert piped.stdout == from_file.stdout


@pytest.mark.parametrize(("command", "day"), [("agenda", "--at"), ("simulate", "--until")])
def test_a_file_with_malformed_lines_is_refused_whole(run: Run, write: Write, command: str, day: str) -> None:
    file = write([ENTRY, {**ENTRY, "id": "e2", "on": "5.1.2026"}, "", "no json"])
    result = run(command, file, "--policy", "quick-guide", day, "2026-03-01", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    heading, *lines = result.stderr.splitlines()
    assert heading == "permanence: 2 lines of the file are refused, so nothing is done"
    assert [line.split(":")[0] for line in lines] == ["line 2", "line 4"]
    assert "on: '5.1.2026' is not accepted; accepted: a date as YYYY-MM-DD" in lines[0]


@pytest.mark.parametrize(("command", "day"), [("agenda", "--at"), ("simulate", "--until")])
def test_a_file_with_events_a_journey_refuses_is_refused_whole(run: Run, write: Write, command: str, day: str) -> None:
    review = {"id": "r1", "type": "review_held", "child": "CLA-1", "on": "2025-12-01"}
    nobody = {"id": "r2", "type": "review_held", "child": "CLA-2", "on": "2026-01-20"}
    file = write([{**review, "recorded_at": "2026-01-20T10:00:00+00:00"}, ENTRY, nobody])
    result = run(command, file, "--policy", "quick-guide", day, "2026-03-01", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    _, before_entry, not_started = result.stderr.splitlines()
    assert before_entry.startswith("line 1: event r1 (review_held): on: 2025-12-01 is before the child's entry")
    assert not_started.startswith("line 3: event r2 (review_held): type: the child has no journey yet")


@pytest.mark.parametrize("day", ["20.3.2026", "2026-3-1", "20260301", "2026-02-30", "today", "", "9999-12-31"])
def test_a_day_that_is_none_is_refused_saying_what_is_accepted(run: Run, day: str) -> None:
    result = run("simulate", SIBLINGS, "--policy", "quick-guide", "--until", day)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"--until: {day!r} is not accepted" in result.stderr
    assert "YYYY-MM-DD, such as 2026-03-20" in result.stderr


def test_an_unknown_policy_is_refused_naming_those_there_are(run: Run) -> None:
    result = run("simulate", SIBLINGS, "--policy", "swift-guide", "--until", "2026-04-22")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "permanence: policy 'swift-guide' is unknown; known: england-statutory, iro-handbook, ppm-procedure, "
        "quick-guide\n"
    )


# What people read


def test_the_agenda_for_people_has_the_red_child_and_the_overdue_first(run: Run) -> None:
    said = run("agenda", SIBLINGS, "--policy", "quick-guide", "--at", "2026-04-22").stdout
    assert said.startswith("2 children at the end of 22 April 2026: 1 red, 1 amber\n\nCLA-2002  RED  ")
    red, amber = said.split("CLA-2001  AMBER")
    assert "22 April 2026, under policy quick-guide. 2 overdue." in red
    assert red.index("54 days overdue") < red.index("upcoming") < red.index("met 21 Apr 2026")
    assert "further limit 26 May 2026; CPPCR" in amber


@pytest.mark.parametrize("columns", [80, 120])
def test_tables_keep_to_the_width_and_break_no_id(run: Run, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    agenda = run("agenda", SIBLINGS, "--policy", "quick-guide", "--at", "2026-04-22").stdout
    actions = run("simulate", SIBLINGS, "--policy", "quick-guide", "--until", "2026-07-31").stdout
    assert max(len(line) for line in (agenda + actions).splitlines()) <= columns
    assert "adoption-advice-circulated" in agenda
    assert "\x1b" not in agenda + actions


def test_the_actions_for_people_are_counted(run: Run) -> None:
    said = run("simulate", ADOPTION, "--policy", "ppm-procedure", "--until", "2026-01-08").stdout
    assert "Thu 8 Jan 2026" in said
    assert "to case supervisor, IRO, social worker" in said
    assert "By the end of 8 January 2026: " in said
    assert "2 reminders, 1 escalation" in said


def test_an_ended_journey_says_so(run: Run) -> None:
    said = run("agenda", ADOPTION, "--policy", "ppm-procedure", "--at", "2027-03-31").stdout
    assert "left care" in said
    assert "The journey ended on " in said


def test_text_of_a_case_is_no_markup(run: Run, write: Write) -> None:
    file = write([{**ENTRY, "child": "A.b-_1"}])
    said = run("agenda", file, "--policy", "quick-guide", "--at", "2026-01-06").stdout
    assert said.startswith("A.b-_1  GREEN  looked after\n")
