"""A child's episodes into periods of care, each with the events that its rows tell.

An episode is a change of legal status or placement, seldom an event of the journey: care begins with RNE S, ends with
a REC that is not X1, and between them only what matters to permanence is told (docs/returns.md has the whole table).
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from domain.case.calendar import birthday
from domain.case.documents import parse_event
from domain.case.events import Event
from domain.case.periods import ADULT_AGE
from domain.case.words import SHORT_BREAKS, LegalStatus
from intake.returns.doubts import Doubts
from intake.returns.reading import STARTED, TEMPORARY, Episode
from intake.sources.matching import name_of

SOURCE: Final = "903"
PLACED: Final = frozenset({"A3", "A4", "A5", "A6"})
WITH_CONSENT: Final = frozenset({"A3", "A4"})
UNDER_ORDER: Final = frozenset({"A5", "A6"})
ANOTHER_CARER: Final = frozenset("PB")
STATUS_CHANGES: Final = frozenset("LBU")
NO_STATUS_CHANGE: Final = frozenset("PT")
ENDINGS: Final = {
    **dict.fromkeys(("E11", "E12"), "adoption_order_made"),
    **dict.fromkeys(("E43", "E44", "E45", "E46", "E47", "E48"), "special_guardianship_order_made"),
    "E41": "child_arrangements_order_made",
}
"""Reasons for ceasing that are orders. Every other is `ceased_to_be_looked_after` with its code."""


@dataclass(slots=True)
class ReturnPeriod:
    """One period of care: the events its episodes tell, and the days that reviews and decisions are laid beside."""

    child: str
    start: date
    adult_on: date
    end: date | None = None
    reason: str = ""
    status: str = ""
    place: str = ""
    """The last place that is not for a while only."""
    away: bool = False
    """In a temporary placement (T0 to T4), to go back to the last place."""
    ordered: date | None = None
    """The first placement order."""
    placed: date | None = None
    """The first placement for adoption."""
    short_breaks: bool = True
    """Under V3 or V4 throughout."""
    events: list[Event] = field(default_factory=list)

    def holds(self, day: date) -> bool:
        """Whether the child was looked after on a day."""
        return self.start <= day <= (self.end or date.max) and day < self.adult_on

    def tell(self, slot: str, kind: str, on: date, **fields: Any) -> None:
        """Add an event; what it is about (its slot) and the day make the id, so that it is the same every time."""
        self.events.append(
            parse_event({"type": kind, "id": event_id(self.child, slot, on), "child": self.child,
                         "on": on.isoformat(), **fields})
        )  # fmt: skip


def event_id(child: str, slot: str, on: date) -> str:
    """The id of an event of a return."""
    return name_of(SOURCE, child, slot, on)


class Care:
    """Reads one child's episodes, in order of time."""

    def __init__(self, child: str, born: date, policy: str, doubts: Doubts) -> None:
        self.child = child
        self.born = born
        self.policy = policy
        self.doubts = doubts
        self.adult_on = birthday(born, ADULT_AGE)
        self.periods: list[ReturnPeriod] = []
        self._running: ReturnPeriod | None = None

    def read(self, episodes: list[Episode]) -> list[ReturnPeriod]:
        """The periods of care, the earliest first."""
        for place, episode in enumerate(episodes):
            if episode.decom >= self.adult_on:
                self._doubt("adult", episode)
                continue
            period = self._running
            if period is not None:
                self._go_on(period, episode)
            elif episode.ls:
                period = self._begin(episode)
            else:
                self._doubt("no-status", episode)
                continue
            self._place(period, episode)
            following = episodes[place + 1] if place + 1 < len(episodes) else None
            self._end(period, episode, following)
        return self.periods

    def _doubt(self, rule: str, episode: Episode, **specifics: object) -> None:
        self.doubts.add(rule, self.child, episode.row, **specifics)

    # Beginning

    def _begin(self, episode: Episode) -> ReturnPeriod:
        if episode.rne != STARTED and not self.periods:
            self._doubt("not-started", episode)
        elif episode.rne != STARTED:
            self._doubt("restarts-unsaid", episode, day=self.periods[-1].end)
        period = ReturnPeriod(self.child, episode.decom, self.adult_on)
        self.periods.append(period)
        self._running = period
        period.tell("entered", "became_looked_after", episode.decom, date_of_birth=self.born.isoformat(),
                    legal_status=episode.ls, policy=self.policy)  # fmt: skip
        self._status_taken(period, episode)
        return period

    def _go_on(self, period: ReturnPeriod, episode: Episode) -> None:
        if episode.rne == STARTED:
            self._doubt("starts-in-care", episode)
        if not episode.ls:
            return
        changed = episode.ls != period.status
        if (changed and episode.rne in NO_STATUS_CHANGE) or (not changed and episode.rne in STATUS_CHANGES):
            self._doubt("status-against-rne", episode, rne=episode.rne)
        if changed:
            period.tell("status", "legal_status_changed", episode.decom, legal_status=episode.ls)
            self._status_taken(period, episode)

    def _status_taken(self, period: ReturnPeriod, episode: Episode) -> None:
        if episode.ls not in SHORT_BREAKS:
            period.short_breaks = False
        if episode.ls == LegalStatus.FREEING_ORDER and episode.decom.year > 2005:
            self._doubt("freeing-order", episode)
        if episode.ls == LegalStatus.PLACEMENT_ORDER:
            period.tell("order", "placement_order_made", episode.decom)
            period.ordered = period.ordered or episode.decom
        elif period.status == LegalStatus.PLACEMENT_ORDER:
            period.tell("revoked", "placement_order_revoked", episode.decom)
        period.status = episode.ls

    # Placements

    def _place(self, period: ReturnPeriod, episode: Episode) -> None:
        """What an episode's place tells. One without a place, or for a while only, leaves the last place as it is."""
        # With adopters since 2 March (A6), in hospital from 13 April (T1), with them again on the 27th: one placement.
        if episode.place in UNDER_ORDER and episode.ls != LegalStatus.PLACEMENT_ORDER:
            self._doubt("placed-without-order", episode, place=episode.place)
        if episode.place in TEMPORARY:
            period.away = True
        elif episode.place:
            self._settle(period, episode)
            period.place, period.away = episode.place, False

    def _settle(self, period: ReturnPeriod, episode: Episode) -> None:
        was, now = period.place in PLACED, episode.place in PLACED
        another = was and now and episode.rne in ANOTHER_CARER and not period.away
        if now and (another or not was):
            if episode.place in WITH_CONSENT and period.place not in WITH_CONSENT:
                period.tell("consent", "placement_consent_given", episode.decom)
            period.tell("placed", "placed_for_adoption", episode.decom)
            period.placed = period.placed or episode.decom
        elif was and not now:
            period.tell("back", "adoption_placement_ended", episode.decom)

    # Ending

    def _end(self, period: ReturnPeriod, episode: Episode, following: Episode | None) -> None:
        problem = self._between(episode, following) if following else self._at_last(episode)
        if problem:
            self._doubt(problem, episode)
        if not episode.ceased or episode.dec is None or problem == "ends-and-goes-on":
            return
        if episode.dec > self.adult_on or (episode.dec == self.adult_on and episode.rec in ("E11", "E12")):
            self._doubt("adult", episode)
            return
        self._running, period.end, period.reason = None, episode.dec, episode.rec
        kind = ENDINGS.get(episode.rec, "ceased_to_be_looked_after")
        reason = {"reason": episode.rec} if kind == "ceased_to_be_looked_after" else {}
        period.events.append(
            parse_event({"type": kind, "id": event_id(self.child, "left", period.start), "child": self.child,
                         "on": episode.dec.isoformat(), **reason})
        )  # fmt: skip

    def _between(self, episode: Episode, following: Episode) -> str | None:
        """What is wrong between an episode and the one that follows."""
        if episode.dec is None:
            return "ceased-undated" if episode.ceased else "open-then-followed"
        if episode.ceased:
            same_day = following.decom == episode.dec and following.rne != STARTED
            return "ends-and-goes-on" if same_day or following.decom < episode.dec else None
        if following.decom < episode.dec:
            return "overlap"
        if not episode.rec:
            return "rec-missing"
        return "gap" if following.decom > episode.dec else None

    def _at_last(self, episode: Episode) -> str | None:
        """What is wrong with the last episode known."""
        if episode.dec is None:
            return "ceased-undated" if episode.ceased else "x1-undated" if episode.rec else None
        return None if episode.ceased else "nothing-follows" if episode.rec else "rec-missing"
