"""A child's episodes into periods of care: when each began and ended, and how. What happened in them is read beside.

Nothing is guessed: what does not go together is doubted, and what can be taken of it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from domain.case.calendar import birthday
from domain.case.documents import EventRefused, parse_event
from domain.case.events import Event
from domain.case.periods import ADULT_AGE
from intake.returns.care import ENDINGS
from intake.returns.reading import CONTINUES, STARTED
from intake.sources.matching import name_of
from intake.ssd.codes import END_CODES, ENDS, START_CODES, STARTS
from intake.ssd.reading import CellReader, own_name
from intake.ssd.rows import SsdRow, text_of

SOURCE: Final = "ssd"
ADOPTED: Final = frozenset({"E11", "E12"})
SAME_CARERS: Final = frozenset("TU")


ONCE_A_DAY: Final = frozenset(
    {"review", "decision", "reversal", "match", "order", "placed", "plan", "pre", "policy", "issued"}
)
"""What happens to a child once a day at most, however many rows tell of it (ours: a view that joins gives a row twice,
and a review held twice counts for the next one too)."""


@dataclass(slots=True)
class Spoken:
    """The events of one child so far, each under an id of its own."""

    child: str
    events: list[Event] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    once: set[tuple[str, date]] = field(default_factory=set)
    """What has been told of a day, of what happens once."""
    again: list[tuple[str, date]] = field(default_factory=list)
    """What another row told of a day too: the type of event, and the day."""
    refused: list[str] = field(default_factory=list)
    """What is no event as the row has it, and why: one row too long or too strange keeps nobody else's back."""

    def tell(self, slot: str, kind: str, on: date, own: str, **fields: Any) -> None:
        """Add an event: its slot and the row's own key make the id, so that it is the same every time."""
        if slot in ONCE_A_DAY and (slot, on) in self.once:
            self.again.append((kind, on))
            return
        said = {"type": kind, "id": self._id(slot, own_name(own)), "child": self.child, "on": on.isoformat(), **fields}
        try:
            self.events.append(parse_event(said))
        except EventRefused as refused:
            self.refused.append(str(refused))
        else:
            self.once.add((slot, on))

    def _id(self, slot: str, own: str) -> str:
        """A row may tell of one thing several times: a care order stands again once the placement order is revoked."""
        name, number = name_of(SOURCE, self.child, slot, own), 2
        while name in self.names:
            name, number = name_of(SOURCE, self.child, slot, f"{own}.{number}"), number + 1
        self.names.add(name)
        return name


@dataclass(frozen=True, slots=True)
class SsdEpisode:
    """A stretch of care, as a row has it."""

    row: SsdRow
    start: date
    reason: str
    ceased_on: date | None
    ceased: str
    period: str
    entered: date | None

    @property
    def starts(self) -> bool:
        """Whether it begins care."""
        return self.reason == STARTED

    @property
    def ends_care(self) -> bool:
        """Whether it says that care ceased, dated or not."""
        return self.ceased not in ("", CONTINUES)


@dataclass(slots=True)
class SsdPeriod:
    """One period of care: from its first day to its end, if it has one."""

    own: str
    """What it is known by: the id of the period, else that of its first episode."""
    start: date
    adult_on: date
    row: SsdRow
    """Of its first episode."""
    end: date | None = None
    reason: str = ""
    last: SsdRow | None = None
    """The episode that ended it."""
    same_carers: set[date] = field(default_factory=set)
    """Days on which only the place changed."""
    ordered: list[date] = field(default_factory=list)
    placed: list[date] = field(default_factory=list)
    short_breaks: bool = False

    def holds(self, day: date) -> bool:
        """Whether the child was looked after on a day."""
        return self.start <= day <= (self.end or date.max) and day < self.adult_on

    def goes_on(self, day: date) -> bool:
        """Whether care goes on after a day, the first one included: what changes on the last day ends with it."""
        return self.start <= day < min(self.end or date.max, self.adult_on)


def episodes_of(rows: Iterable[SsdRow], cells: CellReader) -> list[SsdEpisode]:
    """The episodes that begin, in order of time."""
    read = [episode for row in rows if (episode := _episode(row, cells))]
    return sorted(read, key=lambda e: (e.start, e.ceased_on or date.max, e.ends_care, e.row.key))


def _episode(row: SsdRow, cells: CellReader) -> SsdEpisode | None:
    start = cells.past(row, "clae_cla_episode_start_date")
    if start is None:
        return None
    reason = cells.code(row, "clae_cla_episode_start_reason", START_CODES, STARTS) or ""
    ceased_on = cells.day(row, "clae_cla_episode_ceased_date")
    ceased = cells.code(row, "clae_cla_episode_ceased_reason", END_CODES, ENDS) or ""
    if ceased_on and ceased_on > cells.today:
        ceased_on, ceased = None, ""
    if ceased_on and ceased_on < start:
        cells.doubt("ends-before-start", row)
        ceased_on, ceased = None, ""
    entered = cells.day(row, "clae_entered_care_date")
    return SsdEpisode(row, start, reason, ceased_on, ceased, text_of(row["clae_cla_id"]), entered)


def periods_of(episodes: list[SsdEpisode], born: date, cells: CellReader) -> list[SsdPeriod]:
    """The periods of care that the episodes make, the earliest first."""
    adult_on = birthday(born, ADULT_AGE)
    periods: list[SsdPeriod] = []
    running: SsdPeriod | None = None
    for place, episode in enumerate(episodes):
        if episode.start >= adult_on:
            cells.doubt("adult", episode.row)
            continue
        if running is None:
            running = _begun(episode, periods[-1] if periods else None, adult_on, cells)
            periods.append(running)
        elif episode.starts:
            cells.doubt("starts-in-care", episode.row)
        if episode.reason in SAME_CARERS:
            running.same_carers.add(episode.start)
        if _ended(running, episode, episodes[place + 1] if place + 1 < len(episodes) else None, cells):
            running = None
    return periods


def _begun(episode: SsdEpisode, before: SsdPeriod | None, adult_on: date, cells: CellReader) -> SsdPeriod:
    """A period that begins by an episode: on the day of entry, if its first episodes are in the dataset no more."""
    # A dataset of six years, and a child in care for nine: the first episode left is L of 2021, entered care in 2017.
    ended = before.end if before else None
    start = episode.start
    if episode.starts:
        if episode.entered and episode.entered != start:
            cells.doubt("entered-differs", episode.row)
    elif episode.entered and episode.entered <= start and (ended is None or episode.entered >= ended):
        start = episode.entered
    elif before is None:
        cells.doubt("not-started", episode.row)
    else:
        cells.doubt("restarts-unsaid", episode.row, day=ended)
    return SsdPeriod(episode.period or episode.row.key, start, adult_on, episode.row)


def _ended(period: SsdPeriod, episode: SsdEpisode, following: SsdEpisode | None, cells: CellReader) -> bool:
    """Whether an episode ends the period, which then has its end."""
    problem = _problem(episode, following)
    if problem:
        cells.doubt(problem, episode.row)
    if not episode.ends_care or episode.ceased_on is None or problem == "ends-and-goes-on":
        return False
    late = episode.ceased_on > period.adult_on
    if late or (episode.ceased_on == period.adult_on and episode.ceased in ADOPTED):
        cells.doubt("adult", episode.row)
        return False
    period.end, period.reason, period.last = episode.ceased_on, episode.ceased, episode.row
    return True


def _problem(episode: SsdEpisode, following: SsdEpisode | None) -> str | None:
    """What is wrong with how an episode ends, or does not."""
    if episode.ends_care and episode.ceased_on is None:
        return "ceased-undated"
    if episode.ends_care and following and episode.ceased_on:
        same_day = following.start == episode.ceased_on and not following.starts
        return "ends-and-goes-on" if same_day or following.start < episode.ceased_on else None
    if episode.ceased_on and not episode.ceased:
        return "reason-missing"
    return "nothing-follows" if episode.ceased == CONTINUES and episode.ceased_on and not following else None


def tell_end(period: SsdPeriod, spoken: Spoken) -> None:
    """How a period ended, if it did."""
    if period.end is None:
        return
    kind = ENDINGS.get(period.reason, "ceased_to_be_looked_after")
    reason = {"reason": period.reason} if kind == "ceased_to_be_looked_after" else {}
    spoken.tell("left", kind, period.end, period.own, **reason)


def within(periods: list[SsdPeriod], day: date) -> SsdPeriod | None:
    """The period a day falls in: on a day when one ends and the next begins, the next."""
    return next((period for period in reversed(periods) if period.holds(day)), None)
