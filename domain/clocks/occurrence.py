"""One time that an obligation must be met: when it opened, by when it is due, and what became of it."""

from dataclasses import dataclass, field
from datetime import date

from domain.clocks.anchors import Anchor
from domain.clocks.rules import Due, Obligation, Rule

Key = tuple[str, int]
"""An obligation's id and the number of the occurrence."""


@dataclass(slots=True)
class Limit:
    """A date that one clause sets for an occurrence."""

    due: date
    clause: str


@dataclass(slots=True)
class Occurrence:
    """One time that an obligation must be met.

    `place` is its place in its run of a series, from 0; `previous` the day the occurrence before was met (or the
    anchor's day). `resumed`: the series had stopped, and goes on counted from `previous`.
    `again_from`: the day a changed plan ended permanence, by which it had lapsed; it is counted from that day.
    `ahead`: how many places further the row was that it tightens, when its own clock started.
    `before`: the same occurrence as it was until it lapsed, to be open again now.
    """

    # The third review after reviews on 2 February and 27 April 2026: `number` 3, `place` 0 (the series of later reviews
    # begins with it), `previous` 27 April. Held on 20 July, the next has number 4, place 1 and previous 20 July.
    obligation: Obligation
    rule: Rule
    number: int
    anchor: Anchor
    previous: date
    place: int
    opened_on: date
    resumed: bool = False
    again_from: date | None = None
    ahead: int = 0
    before: "Occurrence | None" = field(default=None, repr=False, compare=False)
    met_on: date | None = None
    lapsed_on: date | None = None
    waived_on: date | None = None
    ended_on: date | None = None
    """The day it was met, lapsed or waived; None while it is open."""
    limits: tuple[Limit, ...] = ()
    foreseen: bool = False
    """Whether its limits count from what has not happened yet."""
    due: date = date.max
    forecast: bool = False
    """Whether it is foreseen, and has not been met all the same."""
    key: Key = field(init=False)
    rows: tuple[Rule, ...] = field(init=False, repr=False)
    """The rows that set limits: the one that leads, and those of the policies its own extends."""

    def __post_init__(self) -> None:
        self.key = (self.obligation.id, self.number)
        rows = self.obligation.rows
        self.rows = rows if self.rule is rows[0] else rows[rows.index(self.rule) :]

    @property
    def open(self) -> bool:
        return self.ended_on is None

    @property
    def clause(self) -> str:
        """The clause that binds: of the limit that gave the due date, else of the first."""
        for limit in self.limits:
            if limit.due == self.due:
                return limit.clause
        return self.limits[0].clause if self.limits else self.rule.clause

    def open_on(self, day: date) -> bool:
        """Whether it was open on a day: opened by then, and neither met, lapsed nor waived by then."""
        return self.opened_on <= day and (self.ended_on is None or self.ended_on > day)

    def due_row(self, rule: Rule) -> Due:
        """How a rule counts the due date of an occurrence at this place; the last way goes on for ever."""
        place = self.place + 1 - rule.limits_from + (0 if rule is self.rule else self.ahead)
        if place <= 0:
            return rule.due[0]
        return rule.due[place] if place < len(rule.due) else rule.due[-1]


@dataclass(frozen=True, slots=True)
class Remembered:
    """What cannot be recomputed from the facts: numbers given to anchors, and what was waived, by which event."""

    numbers: dict[str, dict[str, int]] = field(default_factory=dict)
    waived: dict[Key, str] = field(default_factory=dict)

    def copy(self) -> "Remembered":
        """One that may go another way."""
        return Remembered({name: dict(given) for name, given in self.numbers.items()}, dict(self.waived))
