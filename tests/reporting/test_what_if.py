"""What if: every number of another policy beside the same number from a simulation that adopts it, by a few lines."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

import pytest

from delivery.directory import read_directory
from domain.agenda import AgendaRow, agenda
from domain.case import events as ev
from domain.case.calendar import england_and_wales, local_date
from domain.clocks.actions import Action
from domain.journey import Journey
from domain.study.simulation import EventLine, Simulation
from domain.study.take_up import taking_up
from record.entries import RecordEntry, Terms
from record.store import CaseRecord
from reporting.csv_files import files_of
from reporting.rendering import page
from reporting.report import Report
from reporting.tables import ReportTable
from reporting.what_if import Foretelling, Proposal, WhatIf
from reporting.what_if_tables import report_of
from tests.reporting.lived import NOW, POLICIES, POLICY, TODAY, live_caseload

NEW = "quick-guide"
LAST = date(2027, 2, 14)
"""The Sunday after twelve whole weeks."""
DIRECTORY = read_directory(
    """
fallback = "desk"
[people.desk]
name = "The duty desk"
email = "desk@example.org"
reminders = "daily"
escalations = "daily"
"""
)
WORKING = england_and_wales(2026, 2027)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CaseRecord, list[ev.Event]]]:
    record = CaseRecord.open(f"sqlite:///{tmp_path_factory.mktemp('what-if')}/record.db")
    events = live_caseload(record, 10, TODAY, seed=54)
    yield record, events
    record.close()


@pytest.fixture(scope="module")
def what_if(lived: tuple[CaseRecord, list[ev.Event]]) -> WhatIf:
    record, _ = lived
    proposal = Proposal.of(POLICIES, NEW, [POLICY])
    return Foretelling(record, POLICIES, POLICY, proposal).what_if(record.children(), NOW)


@pytest.fixture(scope="module")
def made(what_if: WhatIf) -> Report:
    return report_of(what_if, POLICIES, DIRECTORY)


Lives = dict[str, tuple[Journey, list[Action]]]


@pytest.fixture(scope="module")
def simulated(lived: tuple[CaseRecord, list[ev.Event]]) -> dict[str, dict[date, Lives]]:
    """By side and day each open journey that was simulated up to then, with what it told after the adoption."""
    _, events = lived
    first = Simulation(POLICIES, POLICY).run(_lines(events), TODAY)
    under_way = {child: one.journey for child, one in first.items() if not one.journey.ended}
    adoptions = [
        taking_up(journey, POLICIES.resolve(NEW), NOW, "x", "x").model_copy(update={"recorded_at": NOW})
        for journey in under_way.values()
        if journey.policy.id == POLICY
    ]
    assert 0 < len(adoptions) < len(under_way)
    sides = {"today": events, "new": [*events, *adoptions]}
    return {side: {day: _simulated(of, day, under_way) for day in (TODAY, LAST)} for side, of in sides.items()}


def _lines(events: list[ev.Event]) -> list[EventLine]:
    return [EventLine(number, event) for number, event in enumerate(events, 1)]


def _simulated(events: list[ev.Event], day: date, under_way: dict[str, Journey]) -> Lives:
    run = Simulation(POLICIES, POLICY).run(_lines(events), day)
    at_once = {child: {one.key for one in run[child].actions if one.at < NOW} for child in under_way}
    return {
        child: (run[child].journey, [one for one in run[child].actions if one.key not in at_once[child]])
        for child in under_way
    }


def table(made: Report, key: str) -> ReportTable:
    one = made.table(key)
    assert one is not None
    return one


def numbers(made: Report, key: str, side: str, column: str) -> dict[str, float]:
    cells = {row.key: row.cell(f"{side}_{column}").value for row in table(made, key).rows if not row.total}
    return {name: value for name, value in cells.items() if value}


def open_rows(lives: Lives, day: date) -> list[AgendaRow]:
    rows = [row for journey, _ in lives.values() if not journey.ended for row in agenda(journey, _end(day))]
    return [row for row in rows if row.is_open and not row.forecast]


def _end(day: date) -> datetime:
    return NOW + (day - TODAY)


def week(day: date) -> str:
    return max(TODAY, day - timedelta(days=day.weekday())).isoformat()


@pytest.mark.parametrize("side", ["today", "new"])
def test_messages_are_those_of_a_simulation(made: Report, simulated: dict[str, dict[date, Lives]], side: str) -> None:
    happened = [(one, role) for _, actions in simulated[side][LAST].values() for one in actions for role in one.to]
    assert happened
    rungs = Counter(role.value for one, role in happened if (one.kind, one.rung) == ("escalation", 1))
    assert numbers(made, "messages-by-role", side, "rung-1") == rungs
    assert numbers(made, "messages-by-role", side, "reminder") == Counter(
        r.value for one, r in happened if one.kind == "reminder"
    )
    assert numbers(made, "messages-by-week", side, "all") == Counter(week(local_date(one.at)) for one, _ in happened)
    each = Counter(f"{role.value} {week(local_date(one.at))}" for one, role in happened)
    assert numbers(made, "messages-by-role-and-week", side, "all") == each


@pytest.mark.parametrize("side", ["today", "new"])
def test_a_person_who_reads_digests_gets_one_a_day_and_singly_what_is_due_before_it(
    lived: tuple[CaseRecord, list[ev.Event]], made: Report, simulated: dict[str, dict[date, Lives]], side: str
) -> None:
    """What is for a role that the case names nobody for goes to the duty desk: the directory knows nobody else."""
    named = {(event.child, role) for event in lived[1] for role in _named(event)}
    happened = [(one, role) for _, actions in simulated[side][LAST].values() for one in actions for role in one.to]
    to_the_desk = [one for one, role in happened if (one.child, role) not in named]
    carried = [(one, WORKING.working_days_after(local_date(one.at), 1)) for one in to_the_desk]
    gathered = [day for one, day in carried if one.kind != "reminder" or not one.due or one.due >= day]
    assert gathered
    assert numbers(made, "messages-by-person", side, "gathered") == {"desk": len(gathered)}
    assert numbers(made, "messages-by-person", side, "digests") == {"desk": len({*gathered})}
    assert sum(numbers(made, "messages-by-person", side, "at_once").values()) == len(happened) - len(gathered)


def _named(event: ev.Event) -> Iterable[str]:
    if isinstance(event, ev.BecameLookedAfter):
        return event.people
    return [event.role] if isinstance(event, ev.PersonAssigned) else []


@pytest.mark.parametrize("side", ["today", "new"])
def test_limits_passed_and_what_falls_due_are_those_of_agendas(
    made: Report, simulated: dict[str, dict[date, Lives]], side: str
) -> None:
    now, then = (open_rows(simulated[side][day], day) for day in (TODAY, LAST))
    late = Counter(row.owner.value for row in now if row.due < TODAY)
    assert late
    assert numbers(made, "passed-by-role", side, "late") == late
    still = {child for child, (journey, _) in simulated[side][LAST].items() if not journey.ended}
    counted = Counter(
        one.child for row in table(made, "passed-by-step").rows if not row.total for one in row.cell(f"{side}_all").of
    )
    assert {child: n for child, n in counted.items() if child in still} == Counter(
        row.child for row in then if row.due < LAST
    )
    due = Counter(week(row.due) for row in now if TODAY <= row.due <= LAST)
    assert numbers(made, "falls-due", side, "all") == due
    assert numbers(made, "falls-due-by-role", side, "late") == late


def test_the_law_is_passed_by_its_own_day(made: Report, simulated: dict[str, dict[date, Lives]]) -> None:
    """A row that the procedure has due earlier is past the law only once the law's own day is."""
    for side in ("today", "new"):
        past = 0
        for journey, _ in simulated[side][TODAY].values():
            for one in journey.occurrences:
                lawful = {row.clause for row in one.rows if row.statutory}
                days = [limit.due for limit in one.limits if limit.clause in lawful]
                day = one.due if len(days) == len(one.limits) else min(days, default=None)
                past += bool(one.open and not one.forecast and day and day < TODAY)
        assert sum(numbers(made, "passed-by-step", side, "late_law").values()) == past


def test_the_file_the_tables_and_the_csv_say_the_same_and_each_number_opens(made: Report) -> None:
    files = dict(files_of(made))
    html = page(made)
    for one in made.tables:
        rows = list(csv.reader(files[f"{one.key}.csv"].splitlines()))
        assert [row[1:] for row in rows[1:]] == [[row.cell(c.key).text for c in one.columns] for row in one.rows]
        for row in one.rows:
            for column in one.columns:
                cell = row.cell(column.key)
                assert column.unit == "words" or column.key == "change" or cell.value == len(cell.of), column.key
                if cell.of and not row.total and not column.parts:
                    assert f'id="children-{one.key}-' in html
        assert one.definition.of_whom
        assert all(column.counts for column in one.columns)
    assert "What if quick-guide 2 were adopted today?" in html
    short = {row.title: row for row in made.tables[0].rows}
    assert short["Steps that fall due"].cell("new").text == table(made, "falls-due").rows[-1].cell("new_all").text


def test_those_of_another_procedure_stay_and_are_said_to(lived: tuple[CaseRecord, list[ev.Event]]) -> None:
    """A next version is adopted by those on the one before; of the others both sides are one."""
    record, _ = lived
    file = POLICIES.file(POLICY)
    newer = POLICIES.with_file(file.model_copy(update={"version": "3"}))
    made = Foretelling(record, POLICIES, POLICY, Proposal.of(newer, POLICY)).what_if(record.children(), NOW)
    how = {one.foretold.adopting: one for one in made.children}
    assert how.keys() == {"adopts", "stays"}
    assert {one.policy.id for one in made.children if one.foretold.adopting == "stays"} == {NEW}
    assert all(one.foretold.then is one.foretold.today for one in made.children if one.foretold.adopting == "stays")
    who = table(report_of(made, POLICIES, None), "who")
    assert who.rows[-1].cell("stays").value == sum(one.policy.id == NEW for one in made.children)


def test_a_case_that_cannot_be_worked_out_keeps_no_other_from_it(
    lived: tuple[CaseRecord, list[ev.Event]], what_if: WhatIf
) -> None:
    record, _ = lived
    record.write(RecordEntry(child="GONE-1", decided_at=NOW, terms=Terms(policy=POLICY)))
    proposal = Proposal.of(POLICIES, NEW, [POLICY])
    again = Foretelling(record, POLICIES, POLICY, proposal).what_if([*record.children(), "GONE-1"], NOW)
    assert len(again.children) == len(what_if.children)
