"""What brothers and sisters must know of one another: that one is placed for adoption (S2 "Brothers and sisters").

The placed child's journey tells the children that its entry names, or a later list of them; a journey that begins, or
gets another list, asks about those it names itself, some of whom may have been placed long before. `simulate` and the
workflow both use these functions.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from domain.case import events as ev
from domain.case.documents import parse_event
from domain.case.facts import Facts, Known, unvoided
from domain.case.periods import AMENDED_AGAIN

PREFIX = "told"
Naming = ev.BecameLookedAfter | ev.SiblingsChanged
"""What names a child's brothers and sisters."""
CORRECTED = ":corrected"
"""What is added to a correction's id for the voiding by which others hear that what it corrects is gone."""
LONG = 100
"""Characters of an event's id from which on a hash of it stands in the ids derived from it (ids have 200)."""


def siblings_of(facts: Facts) -> tuple[str, ...]:
    """The brothers and sisters as they are now, the child itself left out."""
    return facts.siblings[-1][1] if facts.siblings else ()


def left_out(facts: Facts) -> tuple[str, ...]:
    """Of the latest meeting held for several children, the brothers and sisters for whom it made no plan.

    One meeting may serve them all; every child has a plan of their own (S2 "Permanency planning meetings").
    """
    joint = [ppm for ppm in facts.all(ev.PpmHeld) if ppm.plans]
    if not joint:
        return ()
    planned = {joint[-1].child, *joint[-1].plans}
    return tuple(sibling for sibling in siblings_of(facts) if sibling not in planned)


def to_tell(facts: Facts, known: Mapping[str, Known], fresh: Iterable[ev.Event]) -> list[ev.Event]:
    """The events for brothers and sisters that follow from what has just become known of a child.

    Of a placement for adoption, and of the voiding or correction of one (or the voiding of such), which those no longer
    named hear too; where the entry or the list of them is new, or a voiding brings a placement back, of every placement
    that stands. Their ids are derived, so that telling again is telling the same.
    """
    fresh, amended = list(fresh), facts.amended >= AMENDED_AGAIN
    news = [event for event in fresh if concerns_siblings(event, known)]
    if facts.entry in fresh:
        news += [event for event in facts.all(ev.PlacedForAdoption) if event not in news]
    elif any(isinstance(event, ev.SiblingsChanged) or (amended and brings_back(event, known)) for event in fresh):
        news += [event for event in _placed(facts.known) if event not in news]
    corrected = [event for event in fresh if amended and corrects_placement(event, known)]
    now, ever = siblings_of(facts), dict.fromkeys(name for _, named in reversed(facts.siblings) for name in named)
    return [
        one
        for sibling in ever
        for one in (
            *[_derived(e, facts.child, sibling) for e in news if sibling in now or isinstance(e, ev.EventVoided)],
            *[_corrected(e, facts.child, sibling) for e in corrected],
        )
    ]


def concerns_siblings(event: ev.Event, known: Mapping[str, Known]) -> bool:
    """A placement for adoption, or a voiding of what concerns them; voidings in a circle concern nobody."""
    asked: set[str] = set()
    while isinstance(event, ev.EventVoided) and event.id not in asked:
        asked.add(event.id)
        if event.event not in known:
            return False
        event = known[event.event].event
    return isinstance(event, ev.PlacedForAdoption)


def corrects_placement(event: ev.Event, known: Mapping[str, Known]) -> bool:
    """Whether an event stands in for what concerns brothers and sisters; or is the voiding of one that does."""
    asked: set[str] = set()
    while isinstance(event, ev.EventVoided) and event.corrects is None and event.id not in asked:
        asked.add(event.id)
        if event.event not in known:
            return False
        event = known[event.event].event
    wrong = known.get(event.corrects) if event.corrects is not None else None
    return wrong is not None and concerns_siblings(wrong.event, known)


def brings_back(event: ev.Event, known: Mapping[str, Known]) -> bool:
    """Whether a placement for adoption may stand again by an event, the voiding of a voiding or of a correction."""
    # Placed on 2 March 2026, corrected on the 10th, C named on the 11th, and on the 12th the correction was an error: C
    # had heard of the correction alone, and is now to hear of the placement.
    wrong = known.get(event.event) if isinstance(event, ev.EventVoided) else None
    undone = wrong is not None and (isinstance(wrong.event, ev.EventVoided) or wrong.event.corrects is not None)
    return undone and (concerns_siblings(event, known) or corrects_placement(event, known))


def to_hear(naming: Naming, others: Mapping[str, Iterable[Known]]) -> list[ev.Event]:
    """What a child must hear of brothers and sisters newly named who are placed for adoption already.

    `others`: what is known of each. A placement that has ended is none. On entry it is told as of that day.
    """
    heard = [
        _derived(placed, sibling, naming.child)
        for sibling in _named(naming)
        for placed in _placed(others.get(sibling, ()))
    ]
    return [as_of_entry(event, naming) for event in heard] if isinstance(naming, ev.BecameLookedAfter) else heard


def as_of_entry(event: ev.Event, entry: ev.BecameLookedAfter | None) -> ev.Event:
    """A derived event as the child who hears of it takes it: what happened before the child's entry, on that day."""
    if entry is None or not is_derived(event) or event.on >= entry.on or isinstance(event, ev.EventVoided):
        return event
    return event.model_copy(update={"on": entry.on, "recorded_at": max(event.known_from, entry.known_from)})


def is_derived(event: ev.Event) -> bool:
    """Whether an event was told by another child's journey."""
    return event.id.startswith(f"{PREFIX}:{event.child}:")


def derived_id(event_id: str, sibling: str) -> str:
    """The id under which a brother or sister knows of an event."""
    stem = event_id if len(event_id) < LONG else sha256(event_id.encode()).hexdigest()
    return f"{PREFIX}:{sibling}:{stem}"


def _named(naming: Naming) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sibling for sibling in naming.siblings if sibling != naming.child))


def _placed(known: Iterable[Known]) -> Iterator[ev.Event]:
    """The placements for adoption that stand and have not ended."""
    events = [k.event for k in sorted(unvoided(known), key=lambda k: k.order)]
    ended = [e.on for e in events if isinstance(e, ev.AdoptionPlacementEnded)]
    for event in events:
        if isinstance(event, ev.PlacedForAdoption) and not any(day >= event.on for day in ended):
            yield event


def _derived(event: ev.Event, child: str, sibling: str) -> ev.Event:
    if isinstance(event, ev.EventVoided):
        return _voiding(event, event.id, event.event, child, sibling)
    return parse_event(
        {"type": "sibling_placed_for_adoption", "sibling": child, **_fields(event, event.id, child, sibling)}
    )


def _corrected(event: ev.Event, child: str, sibling: str) -> ev.Event:
    """The voiding of what a correction stands in for; where that is voided in its turn, the voiding of this voiding."""
    # Placed on 2 March 2026, corrected to the 4th: beside the placement of the 4th the others hear that the one of the
    # 2nd is void. That the correction was an error voids both, and the 2nd stands again.
    voided = event.corrects
    if voided is None and isinstance(event, ev.EventVoided):
        voided = f"{event.event}{CORRECTED}"
    return _voiding(event, f"{event.id}{CORRECTED}", str(voided), child, sibling)


def _voiding(event: ev.Event, name: str, voided: str, child: str, sibling: str) -> ev.Event:
    return parse_event(
        {
            "type": "event_voided",
            "event": derived_id(voided, sibling),
            "reason": "voided for the sibling",
            **_fields(event, name, child, sibling),
        }
    )


def _fields(event: ev.Event, name: str, child: str, sibling: str) -> dict[str, str]:
    return {
        "id": derived_id(name, sibling),
        "child": sibling,
        "on": event.on.isoformat(),
        "by": f"journey of {child}",
        "recorded_at": event.known_from.isoformat(),
    }
