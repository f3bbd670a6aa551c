"""Each table of the report is recomputed by a few lines of its own, and this file names where."""

import inspect
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from statistics import median
from typing import Any, NamedTuple

import pytest

from delivery.case_now import CaseNow, Cases
from delivery.caseload import CaseloadKeeper
from domain.agenda import AgendaRow
from domain.case.calendar import end_of, local_date
from record.caseload_reading import CaseloadReading
from record.store import CaseRecord
from reporting.ahead import ahead
from reporting.falls_due import with_what_falls_due
from reporting.kept import span_of
from reporting.report import Report, ReportOf
from tests.reporting import test_falls_due, test_recomputed
from tests.reporting.lived import NOW, POLICIES, POLICY, SINCE, TODAY
from tests.reporting.test_recomputed import team_of

THEN = date(2026, 8, 31)
"""A past day, for known then."""
LAWFUL = ("CPPCR", "AAR")
MEETINGS = {"ppm_held", "ppm_after_the_day", "specialist_discussion_held"}
COLUMNS = ("in_time", "late", "open", "explained", "unexplained")
WAYS: dict[str, Callable[["StepCounted"], str]] = {
    "month": lambda one: f"{one.limit:%B %Y}",
    "team": lambda one: team_of(one.case),
    "policy": lambda one: one.case.journey.policy.id,
    "step": lambda one: one.row.title,
}


class StepCounted(NamedTuple):
    """A step of an agenda against one of its limits."""

    case: CaseNow
    row: AgendaRow
    limit: date
    columns: tuple[str, ...]


def sort_of(case: CaseNow, row: AgendaRow) -> str | None:
    if {*case.occurrence(row).rule.met_by} <= MEETINGS:
        return "meeting"
    return "review" if row.obligation.endswith("-review") and row.obligation != "permanence-plan-at-review" else None


def limits_of(row: AgendaRow) -> Iterator[tuple[str, date]]:
    """The day by the law, and the day by the procedure, that was perhaps put off."""
    law = [one.due for one in row.limits if one.clause.startswith(LAWFUL)]
    own = [one.due for one in row.limits if not one.clause.startswith(LAWFUL)]
    put_off = row.due > min([*law, *own])
    if law:
        yield "statutory", row.due if put_off and not own else min(law)
    if own:
        yield "local", row.due if put_off else min(own)


def steps(cases: list[CaseNow], sort: str, limit_of: str, day: date) -> Iterator[StepCounted]:
    for case in cases:
        for row in (one for one in case.rows if not one.forecast and sort_of(case, one) == sort):
            for limit in (each for name, each in limits_of(row) if name == limit_of and SINCE <= each <= day):
                ended = case.occurrence(row).ended_on
                if row.status in ("waived", "lapsed") and ended and ended <= limit:
                    continue
                if row.met_on and row.met_on <= limit:
                    yield StepCounted(case, row, limit, ("in_time",))
                elif limit < day:
                    said = any(one.kind == "explained" and one.reason for one in row.said)
                    outcome = "late" if row.met_on else "open"
                    yield StepCounted(case, row, limit, (outcome, "explained" if said else "unexplained"))


@pytest.fixture(scope="module")
def once(cases: list[CaseNow]) -> list[CaseNow]:
    """Children of one period of care: an agenda is of the latest."""
    return [case for case in cases if len(case.journey.periods) == 1]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sort", ["review", "meeting"])
def test_reviews_and_meetings_by_each_limit(made: Report, once: list[CaseNow], sort: str, way: str) -> None:
    table, of = made.table(f"{sort}s-by-{way}"), {case.child for case in once}
    assert table is not None
    for limit in ("statutory", "local"):
        counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for one in steps(once, sort, limit, TODAY):
            for row in (WAYS[way](one), "All"):
                counted[row].update(one.columns)
        for shown in table.rows:
            got = [sum(line.child in of for line in shown.cell(f"{limit}_{name}").of) for name in COLUMNS]
            assert got == [counted[shown.title][name] for name in COLUMNS], (limit, shown.title)
        assert {*counted} <= {shown.title for shown in table.rows}
        shares(table.rows, limit)


def shares(rows: Any, limit: str) -> None:
    for row in rows:
        due, in_time, share = (row.cell(f"{limit}_{name}").value for name in ("due", "in_time", "share"))
        assert share == (100 * in_time / due if due else None)


@pytest.mark.parametrize("way", ["rung", "team"])
def test_escalations_of_each_row_answered_or_not(
    made: Report, once: list[CaseNow], record: CaseRecord, way: str
) -> None:
    table, of_child = made.table(f"escalations-by-{way}"), {case.child: case for case in once}
    assert table is not None
    days: defaultdict[str, list[int | None]] = defaultdict(list)
    for action, told_at in (
        (one.action, one.decided_at) for one in record.actions() if one.action.kind == "escalation"
    ):
        case, told_on = of_child.get(action.child), local_date(told_at)
        if case is None or not SINCE <= told_on <= TODAY:
            continue
        [row] = [one for one in case.rows if (one.obligation, one.occurrence) == (action.obligation, action.occurrence)]
        ended = case.occurrence(row).ended_on
        answers = [*(one.on for one in row.said if one.kind != "waived"), *([ended] if ended else [])]
        first = min((day for day in answers if told_on <= day <= TODAY), default=None)
        name = team_of(case) if way == "team" else f"{case.journey.policy.id}, rung {action.rung}"
        for key in (name, "all"):
            days[key].append((first - told_on).days if first else None)
    for shown in table.rows:
        answered = [line.days for line in shown.cell("answered").of if line.child in of_child]
        waiting = [line for line in shown.cell("waiting").of if line.child in of_child]
        assert sorted(one or 0 for one in answered) == sorted(one for one in days[shown.key] if one is not None)
        assert len(waiting) == days[shown.key].count(None), shown.title
        every = [line.days or 0 for line in shown.cell("answered").of]
        assert shown.cell("median").value == (median(every) if every else None)
        assert shown.cell("longest").value == (max(every) if every else None)
    assert {*days} <= {shown.key for shown in table.rows}


@pytest.fixture(scope="module")
def known_then(record: CaseRecord) -> Report:
    return ReportOf(record, POLICIES).report(span_of(THEN, SINCE, NOW, THEN), NOW)


@pytest.mark.parametrize(("sort", "limit"), [("review", "statutory"), ("meeting", "local")])
def test_known_then_is_what_the_agendas_said_at_the_end_of_that_day(
    known_then: Report, record: CaseRecord, once: list[CaseNow], sort: str, limit: str
) -> None:
    table = known_then.table(f"{sort}s-by-month-known-then")
    assert table is not None
    worked_out, only = Cases(POLICIES, POLICY), {case.child for case in once}
    then = [worked_out.at(case.child, case.known, end_of(THEN)) for case in once]
    sides = {"then": [case for case in then if case], "now": once}
    for side, these in sides.items():
        counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for one in steps(these, sort, limit, THEN):
            late_then = side == "now" and one.row.met_on and one.row.met_on > THEN
            columns = ("open",) if late_then else one.columns
            for row in (f"{one.limit:%B %Y}", "All"):
                counted[row].update(columns)
        for shown in table.rows:
            got = [
                sum(line.child in only for line in shown.cell(f"{side}_{limit}_{name}").of)
                for name in ("in_time", "late", "open")
            ]
            assert got == [counted[shown.title][name] for name in ("in_time", "late", "open")], (side, shown.title)


RECOMPUTED: dict[str, Callable[..., object]] = {
    **{f"{sort}s-by-{way}": test_reviews_and_meetings_by_each_limit for sort in ("review", "meeting") for way in WAYS},
    **{f"escalations-by-{way}": test_escalations_of_each_row_answered_or_not for way in ("rung", "team")},
    **{
        f"{sort}s-by-month-known-then": test_known_then_is_what_the_agendas_said_at_the_end_of_that_day
        for sort in ("review", "meeting")
    },
    "children-with-all-reviews-in-time": test_recomputed.test_children_with_every_review_in_time_by_their_agendas,
    "from-entry-to-each-stage": test_recomputed.test_days_from_entry_to_every_stage_are_those_between_the_events,
    "time-in-stage": test_recomputed.test_time_in_stage_is_since_the_day_the_journeys_stage_was_reached,
    "changes-of-plan": test_recomputed.test_changes_of_plan_are_those_of_the_meetings_and_changes,
    "time-under-section-20": test_recomputed.test_section_20_by_team_is_in_the_bands_of_the_calendar,
    "falls-due": test_falls_due.test_each_week_has_what_is_due_in_it_on_the_agendas,
    "falls-due-by-role": test_falls_due.test_by_role_and_team_each_week_and_what_is_late,
    "falls-due-by-team": test_falls_due.test_by_role_and_team_each_week_and_what_is_late,
    "falls-due-by-person": test_falls_due.test_by_person_and_days_that_clash_as_the_events_name_people,
    "clash-days": test_falls_due.test_by_person_and_days_that_clash_as_the_events_name_people,
    "falls-due-while-away": test_falls_due.test_who_is_away_when_something_is_due_and_who_covers,
}
"""Every table, and the test that recomputes it."""


def test_every_table_of_the_report_is_recomputed(record: CaseRecord, known_then: Report) -> None:
    CaseloadKeeper(record, Cases(POLICIES, POLICY), lambda: NOW).rebuild()
    under_way = CaseloadReading(record.engine, NOW).under_way()
    made = ReportOf(record, POLICIES).report(span_of(TODAY, None, NOW), NOW)
    whole = with_what_falls_due(made, ahead(record, POLICIES, test_falls_due.DIRECTORY, TODAY, under_way))
    assert {table.key for table in [*whole.tables, *known_then.tables]} == {*RECOMPUTED}
    for key, test in RECOMPUTED.items():
        source = inspect.getsource(test)
        assert f'"{key}"' in source or 'f"{sort}s-by-' in source or 'f"escalations-by-' in source, key
