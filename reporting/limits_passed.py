"""Limits that would be passed if nothing is done: what is late on the day of adoption, and what becomes late."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Final

from domain.clocks.wording import short_date
from reporting.ahead import week_of
from reporting.sides import (
    Called,
    PolicySide,
    Sides,
    StepForetold,
    ahead_definition,
    beside,
    by_size,
    role_called,
    table_of,
    week_called,
)
from reporting.tables import Column, Definition, Group, ReportTable

AT_ONCE: Final = "at-once"
LATE: Final = (
    Column("late", "Late that day", "Steps that are late on the day of adoption."),
    Column("late_law", "Past the law", "Of these: also past the day that the law gives."),
    Column("only", "Here alone", "Of those late that day: not late by the other policy on that day."),
    Column("becomes", "Become late", "Steps that become late after that day, within the weeks, if nothing is done."),
    Column("becomes_law", "Pass the law", "Steps that pass the law's own day after that day, within the weeks."),
    Column("all", "All", "Late that day or becoming late.", parts=("late", "becomes")),
)
BY_WEEK: Final = (
    Column("all", "All", "Steps that are late from a day of this week on; in the first row those late already."),
    Column("law", "Pass the law", "Steps that pass the law's own day in this week; in the first row have already."),
)


By = Callable[[StepForetold], str]


def limits_passed(sides: Sides) -> list[ReportTable]:
    """By week, step, role and team."""
    definition = ahead_definition(
        sides[0],
        "A step is late from the day after the date that binds: the earlier of the law's and the procedure's, put off "
        "where it was. The law's own day is counted besides.",
        "Forecasts, and what opens only when another step is met, such as the review after the next.",
    )

    def by(way: str, key: By, called: Called = str) -> ReportTable:
        names = (f"passed-by-{way}", f"Limits passed: by {way}", way.capitalize())
        both = (sides, sides[::-1])
        return beside(sides, [table_of(*names, definition, LATE, _late(*these, key), called) for these in both])

    return [
        _by_week(sides, definition),
        by("step", lambda one: one.step.title),
        by("role", lambda one: one.step.owner, role_called),
        by("team", lambda one: one.team or "No team"),
    ]


def _late(side: PolicySide, other: PolicySide, by: By) -> Mapping[str, Group]:
    groups: dict[str, Group] = {}
    late_there = {one.key for one in other.late}
    for one in side.steps:
        for column in _columns_of(one, side.today, late_there):
            groups.setdefault(by(one), Group()).add(column, one.line)
    return by_size(groups)


def _columns_of(one: StepForetold, today: date, late_there: set[tuple[str, str, int]]) -> Iterator[str]:
    late, law = one.step.late_from, one.step.past_the_law_from
    if late:
        yield "all"
        yield "late" if late == today else "becomes"
        if late == today and one.key not in late_there:
            yield "only"
    if law:
        yield "late_law" if law == today else "becomes_law"


def _by_week(sides: Sides, definition: Definition) -> ReportTable:
    def called(key: str) -> str:
        return f"Late on {short_date(sides[0].today)}" if key == AT_ONCE else week_called(key)

    names = ("passed-by-week", "Limits passed: by week", "Week")
    return beside(sides, [table_of(*names, definition, BY_WEEK, _weeks(side), called) for side in sides])


def _weeks(side: PolicySide) -> Mapping[str, Group]:
    groups = {AT_ONCE: Group(), **{day.isoformat(): Group() for day in side.due.weeks()}}
    for one in side.steps:
        for column, day in (("all", one.step.late_from), ("law", one.step.past_the_law_from)):
            if day:
                key = AT_ONCE if day == side.today else week_of(side.today, day).isoformat()
                groups[key].add(column, one.line)
    return groups
