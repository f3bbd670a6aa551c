"""The weeks ahead of all children by one of two policies, and tables that lay two such sides beside each other."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.clocks.wording import short_date, spaced
from domain.study.foretold import OpenStep
from reporting.ahead import DueAhead
from reporting.foretold_messages import MessageForetold
from reporting.side_by_side import side_by_side
from reporting.tables import Cell, Column, Definition, Group, LineCounted, ReportTable, TableRow, all_of

NOTHING_RECORDED: Final = "As if nothing more were recorded: what people will have done by then is in neither side."


@dataclass(frozen=True, slots=True)
class StepForetold:
    """A step with a date that is open at any time in these weeks, and how it is listed."""

    step: OpenStep
    child: str
    team: str
    line: LineCounted

    @property
    def key(self) -> tuple[str, str, int]:
        """The same under both policies."""
        return (self.child, self.step.obligation, self.step.occurrence)


@dataclass(frozen=True, slots=True)
class PolicySide:
    """The weeks ahead of all children by one of the two policies."""

    today: date
    title: str
    due: DueAhead
    steps: Sequence[StepForetold]
    messages: Sequence[MessageForetold]

    @property
    def late(self) -> list[StepForetold]:
        """What is late on the day of adoption."""
        return [one for one in self.steps if one.step.late_from == self.today]


Sides = tuple[PolicySide, PolicySide]
"""By the policy of today, and by the other."""
Called = Callable[[str], str]


def table_of(
    key: str,
    title: str,
    of: str,
    definition: Definition,
    columns: Sequence[Column],
    groups: Mapping[str, Group],
    called: Called,
) -> ReportTable:
    """A table of one side, in the order of its groups, with a total."""
    rows = [TableRow(name, called(name), _cells(group, columns)) for name, group in groups.items()]
    total = TableRow("all", "All", _cells(all_of(groups.values()), columns), total=True)
    return ReportTable(key, title, of, definition, columns, [*rows, total])


def _cells(group: Group, columns: Iterable[Column]) -> dict[str, Cell]:
    return {one.key: group.number(one.key) for one in columns}


def beside(sides: Sides, tables: Iterable[ReportTable]) -> ReportTable:
    """The tables of both sides as one."""
    today, then = tables
    return side_by_side(today, then, (sides[0].title, sides[1].title))


def by_name(groups: Mapping[str, Group]) -> Mapping[str, Group]:
    """In the order of their names."""
    return {key: groups[key] for key in sorted(groups)}


def by_size(groups: Mapping[str, Group]) -> Mapping[str, Group]:
    """The one that counts the most of all first."""
    return {key: groups[key] for key in sorted(groups, key=lambda key: (-len(groups[key].of("all")), key))}


def ahead_definition(side: PolicySide, clause: str, left_out: str) -> Definition:
    """What tables of the weeks ahead are of."""
    return Definition(
        "Children whose journeys are under way; of those who do not adopt it both sides are the same.",
        f"From {short_date(side.today)}, the rest of its week and twelve whole weeks after it, up to "
        f"{short_date(side.due.last)}; weeks begin on Monday.",
        f"{clause} {NOTHING_RECORDED}",
        left_out,
    )


def week_called(key: str) -> str:
    """A week by its first day."""
    day = date.fromisoformat(key)
    return f"{day.day} {day:%b}"


def role_called(key: str) -> str:
    """A role at the beginning of a line."""
    text = spaced(key)
    return text[:1].upper() + text[1:]
