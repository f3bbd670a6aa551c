"""Which of the things a source says are those it said before: the same, or the same one changed.

A row of a return has no number of its own: a review is known by child and kind, and moved from the 24th to the 23rd
it is the same review, not another one. What says the very same is matched first, then what has the same name, then
what is nearest in days.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from domain.case import events as ev
from domain.case.documents import document_of

BETWEEN: Final = ":"
"""Between the parts of an id: source, child, slot, and what tells one from another."""
PARTS: Final = 4
AGAIN: Final = "~"
"""Between an id and the number of its correction."""

OWN: Final = frozenset({"id", "policy", "recorded_at", "by", "note", "corrects"})
"""What two tellings of one fact may differ in."""

MOVED: Final = timedelta(days=28)
"""How far a row may move and be the same one (ours: half the shortest time between two reviews after the first).
Periods of care begin and end at most once, so that there it may be any time."""

Pairs = list[tuple[ev.Event, ev.Event]]
"""What is said, with what was said before."""


def name_of(source: str, child: str, slot: str, own: object) -> str:
    """The id under which a source first tells something; `slot`: what it is about; `own`: the row's own key, or day."""
    return BETWEEN.join((source, child, slot, str(own)))


def is_told_by(source: str, event: ev.Event) -> bool:
    """Whether an event has a name that a source gives, its voidings too."""
    # A case system called a review `ssd:77` over HTTP: it is none of the SSD's, whose are called ssd:CLA-1:review:77.
    parts = event.id.split(BETWEEN, PARTS - 1)
    return len(parts) == PARTS and parts[:2] == [source, event.child]


def is_of(source: str, event: ev.Event) -> bool:
    """Whether an event is of a source, its voidings aside."""
    return is_told_by(source, event) and not isinstance(event, ev.EventVoided)


def stem(event_id: str) -> str:
    """The id without the number of its correction."""
    return event_id.partition(AGAIN)[0]


def slot_of(event: ev.Event) -> str:
    """What an event of a source is about."""
    return event.id.split(BETWEEN, PARTS - 1)[2]


def says(event: ev.Event) -> dict[str, Any]:
    """What an event says, whoever told it."""
    return {name: value for name, value in document_of(event).items() if name not in OWN}


def content(event: ev.Event) -> str:
    """What an event of a source says, to be compared with what it said before."""
    return f"{slot_of(event)} {sorted(says(event).items())}"


def paired(
    said: Iterable[ev.Event], before: Iterable[ev.Event], by: Callable[[ev.Event], Hashable]
) -> tuple[Pairs, list[ev.Event], list[ev.Event]]:
    """Those that have the same by some measure, each once; and what is left over of both."""
    waiting: dict[Hashable, list[ev.Event]] = {}
    for event in before:
        waiting.setdefault(by(event), []).append(event)
    pairs, rest = [], []
    for event in said:
        alike = waiting.get(by(event))
        if alike:
            pairs.append((event, alike.pop(0)))
        else:
            rest.append(event)
    return pairs, rest, [event for events in waiting.values() for event in events]


def nearest(said: Sequence[ev.Event], before: Sequence[ev.Event]) -> tuple[Pairs, list[ev.Event], list[ev.Event]]:
    """Those of one slot that lie nearest to each other, the nearest first; and what is left over of both."""
    near = sorted(
        (abs(one.on - other.on), one.on, other.on, one.id, other.id)
        for one in said
        for other in before
        if slot_of(one) == slot_of(other) and (_once_a_period(one) or abs(one.on - other.on) <= MOVED)
    )
    by_id, held = {e.id: e for e in said}, {e.id: e for e in before}
    pairs: Pairs = []
    for *_, one_id, other_id in near:
        if one_id in by_id and other_id in held:
            pairs.append((by_id.pop(one_id), held.pop(other_id)))
    return pairs, list(by_id.values()), list(held.values())


def _once_a_period(event: ev.Event) -> bool:
    return isinstance(event, (ev.BecameLookedAfter, *ev.ENDING_TYPES))


SAME_THING: Final = timedelta(days=7)
"""How far two tellings of one thing may lie apart if two people wrote it down (ours: no two reviews are so near)."""


def recorded_elsewhere(said: ev.Event, elsewhere: Iterable[ev.Event], bounds: Sequence[ev.Event]) -> ev.Event | None:
    """What somebody else recorded of the same thing, the nearest; `bounds`: all entries and endings that count."""
    alike = [other for other in elsewhere if _same_thing(said, other, bounds)]
    return min(alike, key=lambda other: (abs(other.on - said.on), other.id), default=None)


def _same_thing(said: ev.Event, other: ev.Event, bounds: Sequence[ev.Event]) -> bool:
    """An entry or an ending of one period of care, or the like of it within a week."""
    # In care from 3 June by the return, from 5 June by the desk, and no ending between them: one entry, two days.
    if isinstance(said, ev.BecameLookedAfter):
        return isinstance(other, ev.BecameLookedAfter) and not _between(said.on, other.on, bounds, ev.ENDING_TYPES)
    if isinstance(said, ev.ENDING_TYPES):
        return isinstance(other, ev.ENDING_TYPES) and not _between(said.on, other.on, bounds, (ev.BecameLookedAfter,))
    if type(said) is not type(other) or abs(said.on - other.on) > SAME_THING:
        return False
    return said.on == other.on or agrees(said, other, but="on")


def _between(one: date, other: date, bounds: Iterable[ev.Event], types: tuple[type[ev.Event], ...]) -> bool:
    first, last = sorted((one, other))
    return any(isinstance(bound, types) and first < bound.on < last for bound in bounds)


def agrees(said: ev.Event, other: ev.Event, but: str = "") -> bool:
    """Whether nothing that an event says goes against what another says of the same; each may say more."""
    # An SSD knows how the child took part in a review, and who recorded it on the desk did not say so: one review.
    theirs = says(other)
    return all(theirs.get(name, value) == value for name, value in says(said).items() if name != but)
