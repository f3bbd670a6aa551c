"""What a report is made of: tables of numbers, each number the children it counts, each column what it says.

The page, the file and the CSV render these and work nothing out: so their numbers are the same.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median, quantiles
from typing import NamedTuple


class LineCounted(NamedTuple):
    """One thing that a number counts, as it is listed when the number is opened."""

    child: str
    what: str
    due: date | None = None
    done: date | None = None
    days: int | None = None
    """How late it was, or how long it took: what the column says."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A number and what it counts. `value` None: there is nothing to say, such as a share of nothing."""

    value: float | None
    of: Sequence[LineCounted] = ()
    unit: str = ""
    words: str = ""
    """In the place of a number, such as a procedure's mark."""

    @property
    def text(self) -> str:
        """As it is read, on the page as in the CSV: whole numbers without a point, others with one digit.

        A share is shown as none or all only where it is: with one review of 2,500 late, 99.9 % are in time.
        """
        if self.words:
            return self.words
        if self.value is None:
            return ""
        if self.unit == "%":
            return f"{min(max(self.value, 0.1), 99.9) if 0 < self.value < 100 else self.value:.1f}"
        return f"{self.value:.0f}" if self.value == int(self.value) else f"{self.value:.1f}"


NOTHING = Cell(None)


@dataclass(frozen=True, slots=True)
class Column:
    """What a column is called, and what each number in it counts."""

    key: str
    title: str
    counts: str
    unit: str = ""
    group: str = ""
    """Columns of one group stand under one heading."""
    parts: tuple[str, ...] = ()
    """The columns that together count the same; none: what it counts stands in no other columns."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What the numbers of a table are of: whom, between which days, by which clause, and what is left out."""

    of_whom: str
    between: str
    clause: str
    left_out: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row; `total`: it counts all of the others."""

    key: str
    title: str
    cells: Mapping[str, Cell]
    total: bool = False

    def cell(self, column: str) -> Cell:
        """The number of a column; nothing where there is none."""
        return self.cells.get(column, NOTHING)


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table. `of` is what its rows are, in the singular."""

    key: str
    title: str
    of: str
    definition: Definition
    columns: Sequence[Column]
    rows: Sequence[TableRow]
    bars: tuple[str, ...] = ()
    """The columns that the picture of it stacks into one bar for each row; none: it has no picture."""

    def cell(self, row: str, column: str) -> Cell | None:
        """A number by its row and column; None where there is none."""
        return next((one.cell(column) for one in self.rows if one.key == row and self.column(column)), None)

    def column(self, key: str) -> Column | None:
        """A column by its key."""
        return next((one for one in self.columns if one.key == key), None)


MakeTable = Callable[[], ReportTable]
"""Works a table out when it is asked for."""


@dataclass(slots=True)
class Group:
    """What is counted for one row, by column."""

    counted: defaultdict[str, list[LineCounted]] = field(default_factory=lambda: defaultdict(list))

    def add(self, column: str, one: LineCounted) -> None:
        self.counted[column].append(one)

    def of(self, column: str) -> list[LineCounted]:
        return self.counted.get(column, [])

    def gather(self, column: str, parts: Iterable[str]) -> None:
        """Have a column count what some others count together."""
        self.counted[column] = [one for part in parts for one in self.of(part)]

    def number(self, column: str) -> Cell:
        """How many."""
        return Cell(len(self.of(column)), self.of(column))

    def share(self, part: str, whole: str) -> Cell:
        """What share a part is of the whole, in per cent; nothing of nothing."""
        whole_of = len(self.of(whole))
        return Cell(100 * len(self.of(part)) / whole_of if whole_of else None, self.of(part), "%")


def days_cells(of: Sequence[LineCounted]) -> dict[str, Cell]:
    """The middle of some spans of days, and their spread: half of all lie between the quarters."""
    days = sorted(one.days for one in of if one.days is not None)
    if not days:
        return {name: Cell(None, unit="days") for name in ("median", "lower", "upper", "longest")}
    lower, _, upper = quantiles(days, n=4, method="inclusive") if len(days) > 1 else days * 3
    middle = {"median": median(days), "lower": lower, "upper": upper, "longest": days[-1]}
    return {name: Cell(float(value), of, "days") for name, value in middle.items()}


def all_of(groups: Iterable[Group]) -> Group:
    """Everything of some groups together."""
    together = Group()
    for group in groups:
        for column, counted in group.counted.items():
            together.counted[column].extend(counted)
    return together
