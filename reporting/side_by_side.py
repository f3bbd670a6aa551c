"""Two tables of the same kind laid side by side, row by row: as it is today, and as it would be."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from reporting.tables import NOTHING, Cell, Column, ReportTable, TableRow

TODAY: Final = "today"
THEN: Final = "new"
"""What keys begin with; of two groups that whose keys come later in the alphabet stands first."""
ALL: Final = "all"
CHANGE: Final = Column(
    "change",
    "More or fewer",
    "What stands under All on the right less what stands under All on the left.",
    "words",
    "Difference",
)


def side_by_side(today: ReportTable, then: ReportTable, titles: tuple[str, str]) -> ReportTable:
    """One table of both, and how much more or less the column All counts. Words stand once, as they would be."""
    numbers = [one for one in today.columns if one.unit != "words"]
    words = [replace(one, key=f"about_{one.key}", group="Besides") for one in then.columns if one.unit == "words"]
    change = [CHANGE] if any(one.key == ALL for one in numbers) else []
    columns = [
        *(_of_side(one, TODAY, titles[0]) for one in numbers),
        *(_of_side(one, THEN, titles[1]) for one in then.columns if one.unit != "words"),
        *change,
        *words,
    ]
    rows = list(_rows(today, then, [one.key for one in numbers]))
    return replace(then, columns=columns, rows=rows, bars=())


def _of_side(column: Column, side: str, title: str) -> Column:
    parts = tuple(f"{side}_{part}" for part in column.parts)
    return replace(column, key=f"{side}_{column.key}", group=title, parts=parts)


def _rows(today: ReportTable, then: ReportTable, numbers: Sequence[str]) -> Iterator[TableRow]:
    """The rows as they would be, those that there are today alone, and the total."""
    was, now = ({row.key: row for row in table.rows} for table in (today, then))
    order = [key for key in now if not now[key].total] + [key for key in was if key not in now]
    for key in [*order, *(key for key, row in now.items() if row.total)]:
        yield _row(was.get(key), now.get(key), numbers)


def _row(was: TableRow | None, now: TableRow | None, numbers: Sequence[str]) -> TableRow:
    left, right = (row.cells if row else {} for row in (was, now))
    cells = {f"{TODAY}_{key}": left.get(key, Cell(0)) for key in numbers}
    cells |= {f"{THEN}_{key}": right.get(key, Cell(0)) for key in numbers}
    cells |= {f"about_{key}": cell for key, cell in {**left, **right}.items() if cell.words}
    cells[CHANGE.key] = changed(left.get(ALL, NOTHING), right.get(ALL, NOTHING))
    shown = now or was
    assert shown is not None
    return TableRow(shown.key, shown.title, cells, shown.total)


def changed(was: Cell, now: Cell) -> Cell:
    """By how much a number is another: in words, since it counts nothing."""
    by = (now.value or 0) - (was.value or 0)
    return Cell(None, words=f"{abs(by):.0f} {'more' if by > 0 else 'fewer'}" if by else "the same")
