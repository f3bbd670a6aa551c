"""Reconciling: what the source (a case system's events, a return) says of its children, beside what we hold.

Pure: two sets of events and the journeys that run go in, differences come out, the gravest first. A child without a
running journey is the one that matters: nobody will be reminded of it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from domain.case import events as ev
from domain.case.calendar import end_of
from domain.case.facts import Facts, Known, periods_of_care, unvoided
from domain.case.stages import stage_of
from domain.case.words import LegalStatus
from domain.clocks.wording import coded, in_words, stage_in_words

Events = Mapping[str, Sequence[ev.Event]]
"""Events by the child they are for."""


MILESTONES = (
    ev.BecameLookedAfter,
    ev.PpmHeld,
    ev.PlacementOrderMade,
    ev.PlacementConsentGiven,
    ev.PlacementOrderRevoked,
    ev.PlacedForAdoption,
    ev.AdoptionPlacementEnded,
    ev.ReturnedHome,
    *ev.ENDING_TYPES,
)
"""The events that bring a child to another stage, reviews aside."""


class Kind(StrEnum):
    """What differs, the gravest first."""

    MISSING = "missing"
    EXTRA = "extra"
    STAGE = "stage"
    LEGAL_STATUS = "legal_status"
    REVIEWS = "reviews"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: the child, what differs, why in words, and the events that would repair it."""

    child: str
    kind: Kind
    reason: str
    repair: tuple[ev.Event, ...] = ()

    @property
    def order(self) -> tuple[int, str]:
        return (list(Kind).index(self.kind), self.child)

    def data(self) -> dict[str, Any]:
        """The difference as JSON has it."""
        repair = [ev.document(event) for event in self.repair]
        return {"child": self.child, "kind": self.kind.value, "reason": self.reason, "repair": repair}


def differences(
    source: Events, ours: Events, running: Collection[str], as_of: date, carried: Collection[str] | None = None
) -> list[Difference]:
    """Where the source and we differ by the end of a day, the gravest first.

    `carried`: the types of event that such a source can tell of (None: all); of the others we may know more than it.
    """
    differing: list[Difference] = []
    for child in sorted(source.keys() | ours.keys() | set(running)):
        theirs = _Side(child, source.get(child, ()), as_of, carried)
        here = _Side(child, ours.get(child, ()), as_of, carried)
        differing += _of_child(theirs, here, running=child in running)
    return sorted(differing, key=lambda difference: difference.order)


class _Side:
    """What one side knows of a child by the end of a day, of what the source can tell."""

    def __init__(self, child: str, events: Iterable[ev.Event], as_of: date, carried: Collection[str] | None) -> None:
        self.child = child
        self.as_of = as_of
        self.events = [e for e in events if e.on <= as_of and (carried is None or e.type in carried)]
        self.facts = _latest(child, self.events, end_of(as_of))

    @property
    def open(self) -> bool:
        return self.facts is not None and self.facts.ended_on is None

    @property
    def reviews(self) -> list[date]:
        return [review.on for review in self.facts.reviews] if self.facts else []

    @property
    def status(self) -> LegalStatus | None:
        return self.facts.legal_status() if self.facts else None

    def lacks(self, other: "_Side") -> tuple[ev.Event, ...]:
        """The other side's events that this one has not: whoever recorded them, and under whatever id."""
        left = [_said(event) for event in self.standing]
        lacking = []
        for event in other.standing:
            if _said(event) in left:
                left.remove(_said(event))
            else:
                lacking.append(event)
        return tuple(lacking)

    def to_take(self, other: "_Side") -> tuple[ev.Event, ...]:
        """What this one would have to take of the other's, under ids that are free here."""
        ids = {event.id for event in self.events}
        return tuple(_corrected(event) if event.id in ids else event for event in self.lacks(other))

    @property
    def standing(self) -> list[ev.Event]:
        """The events that nobody has voided, and the day they speak of in order."""
        known = [Known(event, event.known_from) for event in self.events]
        return [item.event for item in sorted(unvoided(known), key=lambda item: item.order)]


def _corrected(event: ev.Event) -> ev.Event:
    """An event under an id of its own: the source has given one that we know another content."""
    return event.model_copy(update={"id": f"{event.id[:180]}-{event.on}"})


def _latest(child: str, events: Iterable[ev.Event], at: datetime) -> Facts | None:
    periods = periods_of_care(child, (Known(event, event.known_from) for event in events), at)
    return periods[-1] if periods else None


def _said(event: ev.Event) -> tuple[Any, ...]:
    """What an event says that is compared: its type and day, and the legal status it brings."""
    meant = {"on", "type", "legal_status"}
    return tuple(sorted((key, str(value)) for key, value in ev.document(event).items() if key in meant))


def _of_child(theirs: _Side, here: _Side, *, running: bool) -> list[Difference]:
    if theirs.open and not running:
        return [Difference(theirs.child, Kind.MISSING, _missing(theirs, here), _whole(theirs, here))]
    if not theirs.open:
        # What began here after the day compared, the source cannot know.
        return [_extra(theirs, here)] if running and here.events else []
    return [*_stage(theirs, here), *_status(theirs, here), *_reviews(theirs, here)]


def _missing(theirs: _Side, here: _Side) -> str:
    facts = theirs.facts
    since = f"since {in_words(facts.began_on)}" if facts else ""
    if here.facts is not None and here.facts.ended_on is not None:
        ended = in_words(here.facts.ended_on)
        return f"the source has the child in care {since}; here the journey ended on {ended}, and none runs"
    return f"the source has the child in care {since}; here no journey runs, so nobody is reminded"


def _extra(theirs: _Side, here: _Side) -> Difference:
    if theirs.facts is None or theirs.facts.ended_on is None:
        return Difference(here.child, Kind.EXTRA, "a journey runs here; the source does not know the child")
    reason = f"a journey runs here; in the source the child left care on {in_words(theirs.facts.ended_on)}"
    return Difference(here.child, Kind.EXTRA, reason, _whole(theirs, here))


def _stage(theirs: _Side, here: _Side) -> list[Difference]:
    said = stage_of(theirs.facts) if theirs.facts else "none"
    held = stage_of(here.facts) if here.facts else "none"
    if said == held:
        return []
    reason = f"stage: {stage_in_words(said)} by the source, {stage_in_words(held)} here"
    return [Difference(here.child, Kind.STAGE, reason, _repair(theirs, here, MILESTONES))]


def _status(theirs: _Side, here: _Side) -> list[Difference]:
    if theirs.status == here.status:
        return []
    reason = f"legal status: {_code(theirs.status)} by the source, {_code(here.status)} here"
    return [Difference(here.child, Kind.LEGAL_STATUS, reason, _repair(theirs, here, (ev.LegalStatusChanged,)))]


def _reviews(theirs: _Side, here: _Side) -> list[Difference]:
    """Reviews that one side has and the other has not."""
    only_theirs, only_here = _without(theirs.reviews, here.reviews), _without(here.reviews, theirs.reviews)
    if not (only_theirs or only_here):
        return []
    only = [f"only in the source: {_days(only_theirs)}"] * bool(only_theirs)
    only += [f"only here: {_days(only_here)}"] * bool(only_here)
    reason = f"reviews held, {'; '.join(only)}"
    return [Difference(here.child, Kind.REVIEWS, reason, _repair(theirs, here, (ev.ReviewHeld,)))]


def _whole(theirs: _Side, here: _Side) -> tuple[ev.Event, ...]:
    """All that we lack; and where periods of care began and ended otherwise, the voidings without which none fits."""
    # In care from the 27th by what we took, from the 23rd by the source: its entry is taken only once ours is gone.
    surplus = [event for event in theirs.lacks(here) if isinstance(event, (ev.BecameLookedAfter, *ev.ENDING_TYPES))]
    return (*here.to_take(theirs), *(_voiding(event, here) for event in surplus))


def _repair(theirs: _Side, here: _Side, types: tuple[type[ev.Event], ...]) -> tuple[ev.Event, ...]:
    """The source's events of some types that we lack; and of ours that it lacks, voidings."""
    lacking = [event for event in here.to_take(theirs) if isinstance(event, types)]
    surplus = [event for event in theirs.lacks(here) if isinstance(event, types)]
    return (*lacking, *(_voiding(event, here) for event in surplus))


def _voiding(event: ev.Event, here: _Side) -> ev.Event:
    return ev.parse_event(
        {
            "type": "event_voided",
            "id": f"reconcile-{event.id}"[:200],
            "child": here.child,
            "on": here.as_of.isoformat(),
            "event": event.id,
            "reason": "the source does not have it",
        }
    )


def _without(days: Sequence[date], others: Sequence[date]) -> list[date]:
    """The days that the others do not have, a day held twice counted twice."""
    left = list(others)
    rest = []
    for day in days:
        if day in left:
            left.remove(day)
        else:
            rest.append(day)
    return rest


def _days(days: Iterable[date]) -> str:
    return ", ".join(map(in_words, days))


def _code(status: LegalStatus | None) -> str:
    return coded(status) if status else "none"
