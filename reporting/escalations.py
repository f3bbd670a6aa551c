"""Escalations by rung: how many were told, how many have been answered, and after how many days."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

from domain.clocks.wording import short_date, spaced
from reporting.kept import ReportLines, RungTold
from reporting.tables import Cell, Column, Definition, Group, LineCounted, ReportTable, TableRow, all_of, days_cells

COLUMNS: Final = (
    Column("told", "Told", "Rungs that were told in the span; each occurrence and rung once."),
    Column("answered", "Answered", "Of these: somebody answered on the day or after it, by the day of the report."),
    Column("waiting", "Not answered", "Of these: nobody has, by the day of the report."),
    Column(
        "median", "Median days", "Calendar days from the day it was told to the answer; half took no longer.", "days"
    ),
    Column("longest", "Longest", "The most days that any answer took.", "days"),
)


class RungAnswered(NamedTuple):
    """A rung that was told, when it was first answered, and how it is listed."""

    rung: RungTold
    on: date | None
    counted: LineCounted


def escalations(kept: ReportLines) -> list[ReportTable]:
    """By policy and rung, since rungs are of a procedure's own ladder; and by team."""
    answers = [_answer(one, kept.span.day) for one in kept.rungs]

    def rung(one: RungTold) -> str:
        return f"{kept.policy(one)}, rung {one.rung}"

    return [
        _table(kept, answers, "escalations-by-rung", "Escalations by rung", "Rung", rung),
        _table(kept, answers, "escalations-by-team", "Escalations by team", "Team", kept.team),
    ]


def _answer(one: RungTold, day: date) -> RungAnswered:
    on = answered_on(one, day)
    what, days = f"{one.title}, rung {one.rung}", ((on or day) - one.on).days
    return RungAnswered(one, on, LineCounted(one.child, what, one.on, on, days, one.reason or ""))


def answered_on(one: RungTold, day: date) -> date | None:
    """When something told was first answered, by a day: explained, acknowledged, put off, done, waived or lapsed."""
    days = [*one.answers, *([one.ended_on] if one.ended_on else [])]
    return min((each for each in days if one.on <= each <= day), default=None)


def _table(
    kept: ReportLines, answers: Sequence[RungAnswered], key: str, title: str, of: str, by: Callable[[RungTold], str]
) -> ReportTable:
    groups: dict[str, Group] = {}
    roles = _roles(kept.rungs, by) if of == "Rung" else {}
    for rung, answer, counted in answers:
        group = groups.setdefault(by(rung), Group())
        group.add("told", counted)
        group.add("answered" if answer else "waiting", counted)
    rows = [TableRow(name, name + roles.get(name, ""), _cells(groups[name])) for name in sorted(groups)]
    total = TableRow("all", "All", _cells(all_of(groups.values())), total=True)
    return ReportTable(key, title, of, _definition(kept), COLUMNS, [*rows, total])


def _cells(group: Group) -> dict[str, Cell]:
    spread = days_cells(group.of("answered"))
    numbers = {name: group.number(name) for name in ("told", "answered", "waiting")}
    return numbers | {name: spread[name] for name in ("median", "longest")}


def _roles(rungs: Iterable[RungTold], by: Callable[[RungTold], str]) -> dict[str, str]:
    """Those whom a rung is for whatever it is about; the owner of an obligation may be told beside them."""
    each_is_for: dict[str, set[str]] = {}
    for one in rungs:
        each_is_for.setdefault(by(one), {*one.to}).intersection_update(one.to)
    return {name: f": {', '.join(map(spaced, sorted(roles)))}" for name, roles in each_is_for.items() if roles}


def _definition(kept: ReportLines) -> Definition:
    since, day = short_date(kept.span.since), short_date(kept.span.day)
    return Definition(
        "Every step of a ladder that the service told, of every obligation with a ladder, also of children who have "
        "left care.",
        f"Told from {since} to {day}; answered or not as it stands on {day}.",
        "The ladder of the child's own policy. What counts as an answer is ours: a reason for the lateness, an "
        "acknowledgement, a later date given by somebody who may, the thing done, waived or lapsed.",
        "Rungs that were passed over, since a higher one went at once; notices and breaches, which ask for no answer.",
    )
