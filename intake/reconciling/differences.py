"""Reconciling: what the source (a case system's events, a return) says of its children, beside what we hold.

Pure: two sets of events and the journeys that run go in, differences come out, the gravest first. A child without a
running journey is the one that matters: nobody will be reminded of it.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from domain.case import events as ev
from domain.case.calendar import end_of
from domain.case.documents import document_of, parse_event
from domain.case.facts import Known, unvoided
from domain.case.life import periods_of_care
from domain.case.stages import stage_of
from domain.case.words import LegalStatus
from domain.clocks.wording import coded, in_words, stage_in_words
from intake.sources.covered import Covered, speaks_for

LONGEST: Final = 190
"""Signs of an id, of which it has 200 at most: the rest is for a number."""

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

    UNREADABLE = "unreadable"
    MISSING = "missing"
    EXTRA = "extra"
    STAGE = "stage"
    PERIODS = "periods"
    LEGAL_STATUS = "legal_status"
    PLACEMENTS = "placements"
    REVIEWS = "reviews"


WITHIN: Final[Mapping[Kind, tuple[str, tuple[type[ev.Event], ...]]]] = {
    Kind.PERIODS: ("care began or ended", (ev.BecameLookedAfter, *ev.ENDING_TYPES)),
    Kind.LEGAL_STATUS: ("legal statuses", (ev.LegalStatusChanged,)),
    Kind.PLACEMENTS: (
        "placements for adoption, orders and decisions",
        (
            ev.PlacementOrderMade,
            ev.PlacementOrderRevoked,
            ev.PlacementConsentGiven,
            ev.AdmDecisionMade,
            ev.Matched,
            ev.PlacedForAdoption,
            ev.AdoptionPlacementEnded,
        ),
    ),
    Kind.REVIEWS: ("reviews held", (ev.ReviewHeld,)),
}
"""What is compared within a child whom both sides have in care: in words, and by which events."""


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
        repair = [document_of(event) for event in self.repair]
        return {"child": self.child, "kind": self.kind.value, "reason": self.reason, "repair": repair}


def differences(
    source: Events,
    ours: Events,
    running: Collection[str],
    as_of: date,
    carried: Collection[str] | None = None,
    covered: Mapping[str, Sequence[Covered]] | None = None,
) -> list[Difference]:
    """Where the source and we differ by the end of a day, the gravest first.

    `carried`: the types of event that such a source can tell of (None: all); of the others we may know more than it.
    `covered`: the days it speaks for, by child (None: all); what we know of others is no surplus.
    """
    differing: list[Difference] = []
    for child in sorted(source.keys() | ours.keys() | set(running)):
        spans = None if covered is None else covered.get(child, ())
        theirs = _Side(child, source.get(child, ()), as_of, carried, spans)
        here = _Side(child, ours.get(child, ()), as_of, carried)
        differing += _of_child(theirs, here, running=child in running)
    return sorted(differing, key=lambda difference: difference.order)


class _Side:
    """What one side knows of a child by the end of a day, of what the source can tell."""

    def __init__(
        self,
        child: str,
        events: Iterable[ev.Event],
        as_of: date,
        carried: Collection[str] | None,
        covered: Collection[Covered] | None = None,
    ) -> None:
        self.child = child
        self.as_of = as_of
        self.covered = covered
        self.known = {event.id: event for event in events}
        standing = unvoided(Known(event, event.known_from) for event in self.known.values())
        # Voided since that day, or by what the source cannot tell, it does not stand either.
        of_source = [k for k in standing if k.event.on <= as_of and (carried is None or k.event.type in carried)]
        self.standing = [k.event for k in sorted(of_source, key=lambda k: k.order)]
        """The events that nobody has voided, in the order of the days they speak of."""
        periods = periods_of_care(child, of_source, end_of(as_of))
        self.facts = periods[-1] if periods else None

    @property
    def open(self) -> bool:
        return self.facts is not None and self.facts.ended_on is None

    @property
    def status(self) -> LegalStatus | None:
        return self.facts.legal_status() if self.facts else None

    def lacks(self, other: "_Side") -> list[ev.Event]:
        """The other side's events that this one has not: whoever recorded them, and under whatever id."""
        left = [_said(event) for event in self.standing]
        lacking = []
        for event in other.standing:
            if _said(event) in left:
                left.remove(_said(event))
            else:
                lacking.append(event)
        return lacking

    def denies(self, other: "_Side") -> list[ev.Event]:
        """What of that this one speaks for the days of."""
        return [e for e in self.lacks(other) if self.covered is None or speaks_for(self.covered, e.on)]

    def to_take(self, events: Iterable[ev.Event]) -> list[ev.Event]:
        """Events of the other side as this one would have to take them, under ids that are free here."""
        taken = ((event, event.id if event.id not in self.known else f"{event.id}-{event.on}") for event in events)
        return [event.model_copy(update={"id": self.free(name)}) for event, name in taken]

    def free(self, name: str) -> str:
        """A name as an id that is free here: of a long one the end hashed, and a number where that is known already."""
        hashed = hashlib.sha256(name.encode()).hexdigest()[:16]
        short = name if len(name) <= LONGEST else f"{name[: LONGEST - len(hashed) - 1]}-{hashed}"
        free, number = short, 1
        while free in self.known:
            number += 1
            free = f"{short}-{number}"
        return free

    def to_void(self, events: Iterable[ev.Event]) -> list[ev.Event]:
        """The voidings of events of this side, and of what they had stood in for, which else would stand again."""
        gone: dict[str, ev.Event] = {}
        for event in events:
            below: ev.Event | None = event
            while below is not None and below.id not in gone:
                gone[below.id] = below
                below = self.known.get(below.corrects) if below.corrects else None
        return [_voiding(event, self) for event in gone.values()]


def _said(event: ev.Event) -> tuple[Any, ...]:
    """What an event says that is compared: its type and day, the legal status it brings, what was decided."""
    meant = {"on", "type", "legal_status", "should_be_placed"}
    return tuple(sorted((key, str(value)) for key, value in document_of(event).items() if key in meant))


def _of_child(theirs: _Side, here: _Side, *, running: bool) -> list[Difference]:
    if theirs.open and not running:
        return [Difference(theirs.child, Kind.MISSING, _missing(theirs, here), _whole(theirs, here))]
    if not theirs.open:
        # What began here after the day compared, the source cannot know.
        return [_extra(theirs, here)] if running and here.standing else []
    return _within(theirs, here)


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


def _within(theirs: _Side, here: _Side) -> list[Difference]:
    """What differs of a child whom both have in care: the stage, then day by day what is not told with it."""
    lacking, surplus = here.lacks(theirs), theirs.denies(here)
    said = stage_of(theirs.facts) if theirs.facts else "none"
    held = stage_of(here.facts) if here.facts else "none"
    differing = []
    if said != held:
        reason = f"stage: {stage_in_words(said)} by the source, {stage_in_words(held)} here"
        differing.append(Difference(here.child, Kind.STAGE, reason, _repair(here, lacking, surplus, MILESTONES)))
        lacking, surplus = _without(lacking, MILESTONES), _without(surplus, MILESTONES)
    for kind, (what, types) in WITHIN.items():
        missed, extra = _only(lacking, types), _only(surplus, types)
        if missed or extra:
            reason = _reason(kind, what, missed, extra, theirs, here)
            repair = () if _begins_later(theirs, here, missed) else _repair(here, missed, extra, types)
            differing.append(Difference(here.child, kind, reason, repair))
    return differing


def _reason(
    kind: Kind, what: str, missed: Sequence[ev.Event], extra: Sequence[ev.Event], theirs: _Side, here: _Side
) -> str:
    if kind is Kind.LEGAL_STATUS and theirs.status != here.status:
        now = f"legal status: {_code(theirs.status)} by the source, {_code(here.status)} here; "
    else:
        now = f"{what}, "
    only = [f"only in the source: {_days(missed)}"] * bool(missed)
    return now + "; ".join([*only, *[f"only here: {_days(extra)}"] * bool(extra)])


def _begins_later(theirs: _Side, here: _Side, missed: Iterable[ev.Event]) -> bool:
    """Whether the source's entry is one that it only begins with: ours is of days for which it does not speak."""
    # In care since 2019; the first return that is there is of 2025, and counts care from its first episode.
    denied = theirs.denies(here)
    earlier = [e for e in theirs.lacks(here) if isinstance(e, ev.BecameLookedAfter) and e not in denied]
    return bool(earlier) and any(isinstance(event, ev.BecameLookedAfter) for event in missed)


def _whole(theirs: _Side, here: _Side) -> tuple[ev.Event, ...]:
    """All that we lack; and where periods of care began and ended otherwise, the voidings without which none fits."""
    # In care from the 27th by what we took, from the 23rd by the source: its entry is taken only once ours is gone.
    surplus = _only(theirs.denies(here), (ev.BecameLookedAfter, *ev.ENDING_TYPES))
    return (*here.to_take(here.lacks(theirs)), *here.to_void(surplus))


def _repair(
    here: _Side, lacking: Iterable[ev.Event], surplus: Iterable[ev.Event], types: tuple[type[ev.Event], ...]
) -> tuple[ev.Event, ...]:
    """The source's events of some types that we lack; and of ours that it lacks, voidings."""
    return (*here.to_take(_only(lacking, types)), *here.to_void(_only(surplus, types)))


def _voiding(event: ev.Event, here: _Side) -> ev.Event:
    return parse_event(
        {
            "type": "event_voided",
            "id": here.free(f"reconcile-{event.id}"),
            "child": here.child,
            "on": here.as_of.isoformat(),
            "event": event.id,
            "reason": "the source does not have it",
        }
    )


def _only(events: Iterable[ev.Event], types: tuple[type[ev.Event], ...]) -> list[ev.Event]:
    return [event for event in events if isinstance(event, types)]


def _without(events: Iterable[ev.Event], types: tuple[type[ev.Event], ...]) -> list[ev.Event]:
    return [event for event in events if not isinstance(event, types)]


def _days(events: Iterable[ev.Event]) -> str:
    return ", ".join(map(_day, events))


def _day(event: ev.Event) -> str:
    """A day, and what it is the day of where that is not said with it."""
    match event:
        case ev.ReviewHeld():
            return in_words(event.on)
        case ev.LegalStatusChanged():
            return f"{_code(event.legal_status)} from {in_words(event.on)}"
    return f"{event.type.replace('_', ' ')} on {in_words(event.on)}"


def _code(status: LegalStatus | None) -> str:
    return coded(status) if status else "none"
