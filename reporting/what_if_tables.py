"""What another policy would change, as a report: limits passed, messages and what falls due, beside today's."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from delivery.directory import Directory
from domain.case.calendar import local_date
from domain.clocks.wording import short_date, spaced
from domain.policy.loading import Policies
from domain.study.foretold import Adopting, Foretold, OpenStep, WeeksAhead
from reporting.ahead import ahead_of, last_day
from reporting.falls_due import BLOCK, falls_due
from reporting.foretold_messages import Readers, messages_of
from reporting.kept import ReportSpan
from reporting.limits_passed import AT_ONCE, limits_passed
from reporting.messages_ahead import messages
from reporting.report import Report
from reporting.side_by_side import CHANGE, THEN, TODAY, changed
from reporting.sides import NOTHING_RECORDED, PolicySide, Sides, StepForetold, beside, table_of
from reporting.tables import NOTHING, Cell, Column, Definition, Group, LineCounted, ReportTable, TableRow
from reporting.what_if import ChildForetold, WhatIf

TODAYS: Final = "Today's policy"


def report_of(made: WhatIf, policies: Policies, directory: Directory | None, said: Iterable[str] = ()) -> Report:
    """The whole, `policies` being those of the installation. `said`: what there is to say of it before its tables."""
    today, new = local_date(made.now), made.proposal.called
    readers = Readers(directory, today)
    sides = (
        _side(made, TODAYS, policies, directory, readers, lambda one: one.today),
        _side(made, new, made.proposal.policies, directory, readers, lambda one: one.then),
    )
    tables = [_who(made), *limits_passed(sides), *messages(sides, directory), *_falling(sides)]
    return Report(
        ReportSpan(today, last_day(today), made.now),
        made.now,
        "every child whose journey is under way",
        len(made.children),
        0,
        [_in_short(sides, tables), *tables],
        title=f"What if {new} were adopted today?",
        said=tuple(said),
    )


def _side(
    made: WhatIf,
    title: str,
    policies: Policies,
    directory: Directory | None,
    readers: Readers,
    weeks_of: Callable[[Foretold], WeeksAhead],
) -> PolicySide:
    today = local_date(made.now)
    return PolicySide(
        today,
        title,
        ahead_of(made.falling(weeks_of), policies, directory, today),
        [_step(one, step) for one in made.children for step in weeks_of(one.foretold).steps],
        [m for one in made.children for m in messages_of(one, weeks_of(one.foretold).messages, readers)],
    )


def _step(one: ChildForetold, step: OpenStep) -> StepForetold:
    law = f"; by the law {short_date(step.law)}" if step.law and step.law != step.due else ""
    line = LineCounted(one.child, step.title, step.due, note=f"{spaced(step.owner)}{law}")
    return StepForetold(step, one.child, one.people.team or "", line)


# In short

SHORT: Final = (
    ("Steps late that day", "passed-by-week", AT_ONCE, "all"),
    ("Steps past the law's day that day", "passed-by-week", AT_ONCE, "law"),
    ("Steps that become late", "passed-by-role", "all", "becomes"),
    ("Steps that pass the law's day", "passed-by-role", "all", "becomes_law"),
    ("Messages: reminders", "messages-by-role", "all", "reminder"),
    ("Messages: escalations", "messages-by-role", "all", "escalation"),
    ("Messages: notices and breaches", "messages-by-role", "all", "notice"),
    ("To people: single messages", "messages-by-person", "all", "at_once"),
    ("To people: digests with news", "messages-by-person", "all", "digests"),
    ("Steps that fall due", "falls-due", "all", "all"),
    ("Reviews and planning meetings that fall due", "falls-due", "all", "meetings"),
    ("Clashes", "falls-due", "all", "clashes"),
    ("Steps due while somebody is away", "falls-due-while-away", "all", "all"),
)
"""Each line, and of which table, row and column of either side it is."""
TOGETHER: Final = {"escalation": ("rung-",), "meetings": ("review", "meeting")}
"""What several columns of a table count together."""


def _in_short(sides: Sides, tables: Sequence[ReportTable]) -> ReportTable:
    by_key = {table.key: table for table in tables}
    rows = [_line(title, by_key[key], row, column) for title, key, row, column in SHORT]
    definition = Definition(
        "Children whose journeys are under way; of those who do not adopt it both sides are the same.",
        f"That day is {short_date(sides[0].today)}; else up to {short_date(sides[0].due.last)}.",
        f"As the tables below define it, of which these are totals. {NOTHING_RECORDED}",
        "What the tables below leave out.",
    )
    columns = [
        Column(TODAY, sides[0].title, "As it is: each journey by the policy, and in the version, on which it runs."),
        Column(THEN, sides[1].title, "As it would be: adopted today by the journeys that the next table counts."),
        replace(CHANGE, counts="The second less the first.", group=""),
    ]
    return ReportTable("in-short", "In short", "Of all", definition, columns, rows)


def _line(title: str, table: ReportTable, row: str, column: str) -> TableRow:
    cells = {side: _together(table, row, side, column) for side in (TODAY, THEN)}
    return TableRow(f"{table.key}.{column}", title, {**cells, CHANGE.key: changed(cells[TODAY], cells[THEN])})


def _together(table: ReportTable, row: str, side: str, column: str) -> Cell:
    wanted = tuple(f"{side}_{name}" for name in TOGETHER.get(column, (column,)))
    exact = column not in TOGETHER
    these = [one.key for one in table.columns if (one.key in wanted if exact else one.key.startswith(wanted))]
    lines = [line for key in these for line in (table.cell(row, key) or NOTHING).of]
    return Cell(len(lines), lines)


# Who would adopt it

ADOPTING: Final[Mapping[Adopting, Column]] = {
    "adopts": Column("adopts", "Would adopt it", "Journeys that the report has adopt the policy today."),
    "has": Column("has", "Have it", "Journeys that run on this very version: nothing changes for them."),
    "stays": Column(
        "stays",
        "Stay as they are",
        "Journeys by another procedure, which it is not to replace: the same on both sides. --from says otherwise.",
    ),
    "refuses": Column(
        "refuses", "Would refuse it", "Journeys that would not take the adoption: the same on both sides."
    ),
}


def _who(made: WhatIf) -> ReportTable:
    groups: dict[str, Group] = {}
    for one in made.children:
        line = LineCounted(one.child, one.policy.version, note=one.foretold.why)
        groups.setdefault(one.policy.version, Group()).add(one.foretold.adopting, line)
    for group in groups.values():
        group.gather("all", ADOPTING)
    columns = [*ADOPTING.values(), Column("all", "All", "Journeys under way.", parts=tuple(ADOPTING))]
    replaced = ", ".join(sorted(made.proposal.replacing))
    definition = Definition(
        "Every child whose journey is under way.",
        f"As it stands on {short_date(local_date(made.now))}.",
        f"{made.proposal.policy.version} is adopted by journeys that run on {replaced}: by the event policy_adopted, "
        "and every other case goes on as it is.",
        "Children whose journey has ended.",
    )
    return table_of("who", "Who would adopt it", "Policy of today", definition, columns, groups, str)


# What falls due


def _falling(sides: Sides) -> list[ReportTable]:
    both = ([_in_blocks(table, side) for table in falls_due(side.due)] for side in sides)
    return [beside(sides, pair) for pair in zip(*both, strict=True)]


def _in_blocks(table: ReportTable, side: PolicySide) -> ReportTable:
    """A table whose columns are weeks, with four of them together: two such tables stand on one page."""
    weeks = [day.isoformat() for day in side.due.weeks()]
    if table.columns[0].key != weeks[0]:
        return table
    blocks = {f"block-{n}": weeks[n and n * BLOCK + 1 : (n + 1) * BLOCK + 1] for n in range(len(weeks) // BLOCK)}
    sundays = (date.fromisoformat(these[-1]) + timedelta(days=6) for these in blocks.values())
    counts = "Due in these four weeks; the first with the rest of this week."
    names = [Column(key, f"Up to {short_date(day)}", counts) for key, day in zip(blocks, sundays, strict=True)]
    others = [
        Column(one.key, one.title, one.counts, one.unit, parts=tuple(blocks) if one.parts else ())
        for one in table.columns
        if one.key not in weeks
    ]
    rows = [TableRow(row.key, row.title, {**row.cells, **_blocks(row, blocks)}, row.total) for row in table.rows]
    return ReportTable(table.key, table.title, table.of, table.definition, [*names, *others], rows)


def _blocks(row: TableRow, blocks: Mapping[str, Sequence[str]]) -> dict[str, Cell]:
    lines = {key: [line for week in these for line in row.cell(week).of] for key, these in blocks.items()}
    return {key: Cell(len(of), of) for key, of in lines.items()}
