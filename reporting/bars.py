"""The picture of a table: a bar for each row, stacked of what its columns count. Told apart without any colour."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from reporting.tables import ReportTable, TableRow

LEFT, WIDTH, RIGHT, TOP, HEIGHT, BELOW = 40, 760, 10, 28, 170, 40
PATTERNS: Final = ("full", "hatched", "empty")
"""How the parts of a bar are drawn, from below."""


class BarPart(NamedTuple):
    """A part of a bar."""

    y: float
    height: float
    pattern: str


class Bar(NamedTuple):
    """A bar with what stands below and above it."""

    x: float
    width: float
    title: str
    total: str
    parts: list[BarPart]

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


class Picture(NamedTuple):
    """All that a picture needs."""

    key: str
    title: str
    width: int
    height: int
    base: int
    left: int
    right: int
    bars: list[Bar]
    marks: list[tuple[float, int]]
    legend: list[tuple[float, str, str]]
    says: str
    """The picture in a sentence, for who cannot see it."""


def picture(table: ReportTable) -> Picture | None:
    """The picture of a table, where it has one and there is anything in it."""
    rows = [row for row in table.rows if not row.total]
    most = max((_total(table, row) for row in rows), default=0)
    if not table.bars or not most:
        return None
    top, base = _step(most), TOP + HEIGHT
    said = "; ".join(f"{row.title}: {', '.join(_said(table, row))}" for row in rows if _total(table, row))
    titles = [one.title for key in table.bars if (one := table.column(key))]
    return Picture(
        table.key,
        table.title,
        WIDTH,
        base + BELOW,
        base,
        LEFT,
        WIDTH - RIGHT,
        list(_bars(table, rows, top * 4)),
        [(round(base - HEIGHT * number / 4, 1), number * top) for number in range(5)],
        [(LEFT + 150.0 * n, pattern, title) for n, (pattern, title) in enumerate(zip(PATTERNS, titles, strict=False))],
        f"{said}. The table below says the same.",
    )


def _bars(table: ReportTable, rows: list[TableRow], top: int) -> Iterator[Bar]:
    room = (WIDTH - LEFT - RIGHT) / len(rows)
    for number, row in enumerate(rows):
        x, y, parts = LEFT + room * number + room * 0.15, float(TOP + HEIGHT), []
        for key, pattern in zip(table.bars, PATTERNS, strict=False):
            height = HEIGHT * (row.cell(key).value or 0) / top
            y -= height
            if height:
                parts.append(BarPart(round(y, 1), round(height, 1), pattern))
        yield Bar(round(x, 1), round(room * 0.7, 1), _short(row.title), f"{_total(table, row):.0f}", parts)


def _short(title: str) -> str:
    """November 2026 as Nov 26."""
    month, _, year = title.partition(" ")
    return f"{month[:3]} {year[-2:]}" if year.isdigit() else title[:10]


def _said(table: ReportTable, row: TableRow) -> Iterator[str]:
    for key in table.bars:
        column = table.column(key)
        if column:
            yield f"{row.cell(key).text} {column.title.lower()}"


def _total(table: ReportTable, row: TableRow) -> float:
    return sum(row.cell(key).value or 0 for key in table.bars)


def _step(most: float) -> int:
    """A quarter of the axis: a round number of at least a quarter of the most."""
    step = 1
    while step * 4 < most:
        step = {1: 2, 2: 5, 5: 10}[int(str(step)[0])] * 10 ** (len(str(step)) - 1)
    return step
