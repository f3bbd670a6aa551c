"""Escalations by rung: how many were told, how many have been answered, and after how many days."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cached_property
from typing import Final, NamedTuple

from domain.clocks.wording import short_date, spaced
from reporting.kept import ReportLines, RungTold
from reporting.tables import (
    Cell,
    Column,
    Definition,
    Group,
    LineCounted,
    MakeTable,
    ReportTable,
    TableRow,
    all_of,
    days_cells,
)

PARTS: Final = ("answered", "waiting")
COLUMNS: Final = (
    Column(
        "told", "Escalated", "Rungs that the ladder came to in the span; each occurrence and rung once.", parts=PARTS
    ),
    Column("answered", "Answered", "Of these: somebody answered on the day or after it, by the day of the report."),
    Column("waiting", "Not answered", "Of these: nobody has, by the day of the report."),
    Column("median", "Median days", "Calendar days from the escalation to the answer; half took no longer.", "days"),
    Column("longest", "Longest", "The most days that any answer took.", "days"),
)


class RungAnswered(NamedTuple):
    """A rung that was told, when it was first answered, and how it is listed."""

    rung: RungTold
    on: date | None
    counted: LineCounted


class AllRungAnswers:
    """Every rung of some lines, looked at once for all tables."""

    def __init__(self, kept: ReportLines) -> None:
        self.kept = kept

    @cached_property
    def all(self) -> Sequence[RungAnswered]:
        """In no order."""
        return [_answer(one, self.kept.span.day) for one in self.kept.rungs]


def escalations(kept: ReportLines) -> dict[str, MakeTable]:
    """By policy and rung, since rungs are of a procedure's own ladder; and by team."""
    rungs = AllRungAnswers(kept)
    return {
        "escalations-by-rung": lambda: _table(rungs, "rung", lambda one: f"{kept.policy(one)}, rung {one.rung}"),
        "escalations-by-team": lambda: _table(rungs, "team", kept.team),
    }


def _answer(one: RungTold, day: date) -> RungAnswered:
    on = one.answered_on if one.answered_on and one.answered_on <= day else None
    what, days = f"{one.title}, rung {one.rung}", ((on or day) - one.told_on).days
    return RungAnswered(one, on, LineCounted(one.child, what, one.told_on, on, days, one.reason or ""))


def _table(rungs: AllRungAnswers, way: str, by: Callable[[RungTold], str]) -> ReportTable:
    groups: defaultdict[str, Group] = defaultdict(Group)
    told_to: set[tuple[str, str]] = set()
    for rung, answer, counted in rungs.all:
        name = by(rung)
        groups[name].add("answered" if answer else "waiting", counted)
        told_to.add((name, rung.to))
    roles = _roles(told_to) if way == "rung" else {}
    rows = [TableRow(name, name + roles.get(name, ""), _cells(groups[name])) for name in sorted(groups)]
    total = TableRow("all", "All", _cells(all_of(groups.values())), total=True)
    key, title = f"escalations-by-{way}", f"Escalations by {way}"
    return ReportTable(key, title, way.capitalize(), _definition(rungs.kept), COLUMNS, [*rows, total])


def _cells(group: Group) -> dict[str, Cell]:
    group.gather("told", PARTS)
    spread = days_cells(group.of("answered"))
    numbers = {name: group.number(name) for name in ("told", *PARTS)}
    return numbers | {name: spread[name] for name in ("median", "longest")}


def _roles(told_to: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Those whom a rung is for whatever it is about; the owner of an obligation may be told beside them."""
    each_is_for: dict[str, set[str]] = {}
    for name, to in told_to:
        each_is_for.setdefault(name, {*to.split()}).intersection_update(to.split())
    return {name: f": {', '.join(map(spaced, sorted(roles)))}" for name, roles in each_is_for.items() if roles}


def _definition(kept: ReportLines) -> Definition:
    since, day = short_date(kept.span.since), short_date(kept.span.day)
    return Definition(
        "Every step of a ladder that the service escalated to, of every obligation with a ladder, also of children who "
        "have left care.",
        f"Escalated from {since} to {day}; answered or not as it stands on {day}.",
        "The ladder of the child's own policy. What counts as an answer is ours: a reason for the lateness, an "
        "acknowledgement, a later date given by somebody who may, the thing done, waived or lapsed.",
        "Rungs that were passed over, since a higher one went at once; notices and breaches, which ask for no answer. "
        "Whether each message has gone, and to whom: `permanence outbox` says it, also where no channel is on.",
    )
