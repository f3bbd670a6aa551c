"""How a synthetic child's events come to be written down: working days, habits, lateness and late recording.

All chance comes from the generator that is handed in and all dates from the days that are; there is no clock.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from domain.case.calendar import WorkingCalendar, end_of
from domain.case.documents import parse_event
from domain.case.events import LONDON, Event

PUNCTUALITY = {
    "first-review": 0.96,
    "second-review": 0.96,
    "subsequent-review": 0.96,
    "adoption-review": 0.96,
    "placement-review": 0.96,
    "short-break-review": 0.96,
    "final-order": 0.65,
}
OTHERWISE_PUNCTUAL = 0.84
"""How often an obligation is met in time: statutory reviews far more often than meetings and papers."""

REVIEWS = frozenset(PUNCTUALITY) - {"final-order"}
RECORDED = ("unsaid", "same day", "next days", "weeks later")
RECORDED_WEIGHTS = (40, 38, 17, 5)


@dataclass(frozen=True, slots=True)
class Habits:
    """How the people round a child work: how early they act, and what is left undone since when."""

    share: tuple[float, float] = (0.5, 1.0)
    neglects: frozenset[str] = frozenset()
    since: date = date.max

    def leaves_undone(self, obligation: str, day: date) -> bool:
        return obligation in self.neglects and day >= self.since


@dataclass(frozen=True, slots=True)
class Lateness:
    """An obligation that was not met in time: the day it was met, or None if it never was."""

    obligation: str
    due: date
    met_on: date | None


@dataclass
class Diary:
    """The events of one child so far. Nothing that happens after `last_day` is written."""

    child: str
    rng: Random
    calendar: WorkingCalendar
    habits: Habits
    last_day: date
    events: list[Event] = field(default_factory=list)
    lateness: list[Lateness] = field(default_factory=list)
    written: int = 0
    not_before: datetime | None = None
    """Nothing is recorded before this instant: the child's entry, or the end of the period before it."""

    def write(self, kind: str, on: date, /, *, prompt: bool = False, **fields: Any) -> Event | None:
        """Write an event, unless it is still to come. A prompt one is recorded the same day."""
        if on > self.last_day:
            return None
        self.written += 1
        raw = {
            "type": kind,
            "id": f"{self.child}-{self.written:03d}",
            "child": self.child,
            "on": on.isoformat(),
        }
        recorded = self._recorded(on, prompt=prompt)
        if recorded is not None:
            raw["recorded_at"] = recorded.isoformat()
        fields = {name.rstrip("_"): value for name, value in fields.items() if value is not None}
        event = parse_event({**raw, **fields})
        self.events.append(event)
        return event

    def _recorded(self, on: date, *, prompt: bool) -> datetime | None:
        """When the event was recorded: never after the last day, nor before what it depends on."""
        [how] = self.rng.choices(RECORDED, RECORDED_WEIGHTS)
        how = "same day" if prompt and how not in RECORDED[:2] else how
        if how == "unsaid":
            return self._not_too_early(None, on)
        day = on
        if how == "next days":
            day = self.calendar.on_or_after(on + timedelta(days=self.rng.randint(1, 5)))
        elif how == "weeks later":
            day = self.calendar.on_or_after(on + timedelta(days=self.rng.randint(8, 40)))
        day = min(day, max(self.last_day, on))
        at = datetime.combine(day, time(self.rng.randint(12, 17), self.rng.randint(0, 59)), LONDON)
        return self._not_too_early(at, on)

    def _not_too_early(self, at: datetime | None, on: date) -> datetime | None:
        floor = self.not_before
        if floor is None or (at or datetime.combine(on, time(12), LONDON)) > floor:
            return at
        return min(floor + timedelta(minutes=self.rng.randint(1, 90)), end_of(self.last_day)).astimezone(LONDON)

    def hold_back(self, event: Event | None) -> None:
        """What is written from now on is recorded after this event."""
        if event is not None:
            self.not_before = event.known_from

    def later(self, day: date, fewest: int, most: int) -> date:
        """A working day some days later."""
        return self.calendar.on_or_after(day + timedelta(days=self.rng.randint(fewest, most)))

    def perform(self, obligation: str, opened: date, due: date) -> date | None:
        """The working day on which an obligation is met, now and then late; None if it is left undone."""
        if self.rng.random() > PUNCTUALITY.get(obligation, OTHERWISE_PUNCTUAL):
            day = self.calendar.on_or_after(due + timedelta(days=1 + int(self.rng.expovariate(1 / 8))))
        else:
            day = self._in_time(obligation, opened, due)
        if self.habits.leaves_undone(obligation, day):
            self.lateness.append(Lateness(obligation, due, None))
            return None
        if day > due:
            self.lateness.append(Lateness(obligation, due, day))
        return day

    def _in_time(self, obligation: str, opened: date, due: date) -> date:
        low, high = (0.82, 1.0) if obligation in REVIEWS else self.habits.share
        allowed = max((due - opened).days, 0)
        day = opened + timedelta(days=round(allowed * self.rng.uniform(low, high)))
        earlier = self.calendar.on_or_before(day)
        return earlier if earlier >= opened else self.calendar.on_or_after(opened)
