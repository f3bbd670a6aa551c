"""Where the marks of a timeline stand in its picture. The shapes themselves are a macro's (templates/timeline.html)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple, Protocol

from domain.case.calendar import months_after

LEFT, WIDTH, RIGHT = 96, 760, 36
TOP, LANE = 30, 44
BESIDE: Final = 15
"""Units within which marks of one shape would lie on one another, and are drawn as one with their number."""
TICKS: Final = 10
"""At most so many months are named on the axis."""


class Placed(Protocol):
    """What is drawn: a day, the sort that is its lane, and its shape."""

    @property
    def day(self) -> date: ...
    @property
    def sort(self) -> str: ...
    @property
    def shape(self) -> str: ...


class Spot(NamedTuple):
    """A shape in the picture, for one mark or for several side by side."""

    x: int
    y: int
    shape: str
    number: int


class Tick(NamedTuple):
    """A month on the axis."""

    x: int
    text: str


class Drawing(NamedTuple):
    """All that the picture needs."""

    width: int
    height: int
    lanes: list[tuple[str, int]]
    spots: list[Spot]
    ticks: list[Tick]
    today: int
    says: str
    """The picture in a sentence, for who cannot see it."""


def drawing(marks: Sequence[Placed], today: date) -> Drawing:
    """The picture of some marks, at least one; today is always in it."""
    days = [today, *(one.day for one in marks)]
    first, last = min(days) - timedelta(days=7), max(days) + timedelta(days=7)
    axis = _Axis(first, last)
    sorts = list(dict.fromkeys(one.sort for one in sorted(marks, key=lambda one: LANES.index(one.sort))))
    lanes = [(sort, TOP + LANE * place + LANE // 2) for place, sort in enumerate(sorts)]
    said = ", ".join(f"{sum(one.sort == sort for one in marks)} {sort}" for sort in sorts)
    return Drawing(
        WIDTH,
        TOP + LANE * len(lanes) + 26,
        lanes,
        list(_spots(marks, dict(lanes), axis)),
        list(_ticks(axis)),
        axis.x(today),
        f"From {first:%B %Y} to {last:%B %Y}: {said}. The table below says the same.",
    )


LANES: Final = ("happened", "due", "told", "explained")


class _Axis(NamedTuple):
    first: date
    last: date

    def x(self, day: date) -> int:
        along = (day - self.first).days / (self.last - self.first).days
        return round(LEFT + along * (WIDTH - LEFT - RIGHT))


def _spots(marks: Iterable[Placed], lanes: dict[str, int], axis: _Axis) -> Iterator[Spot]:
    """From left to right; what would lie on the last of its lane and shape is counted with it."""
    latest: dict[tuple[str, str], Spot] = {}
    for one in sorted(marks, key=lambda one: one.day):
        key, x = (one.sort, one.shape), axis.x(one.day)
        before = latest.get(key)
        if before and x - before.x < BESIDE:
            latest[key] = before._replace(number=before.number + 1)
            continue
        if before:
            yield before
        latest[key] = Spot(x, lanes[one.sort], one.shape, 1)
    yield from latest.values()


def _ticks(axis: _Axis) -> Iterator[Tick]:
    """The first of every month, or of every second, third, sixth or twelfth where they would be too many."""
    months = (axis.last.year - axis.first.year) * 12 + axis.last.month - axis.first.month + 1
    step = next((each for each in (1, 2, 3, 6, 12) if months / each <= TICKS), 24)
    day = axis.first.replace(day=1)
    while day <= axis.last:
        if day >= axis.first and (day.year * 12 + day.month - 1) % step == 0:
            yield Tick(axis.x(day), f"{day:%b %Y}" if step < 12 else f"{day:%Y}")
        day = months_after(day, 1)
