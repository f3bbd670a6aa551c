"""How much an event may hold, how many may come at once, and how much one child's journey holds.

Judged where something is new: a request, a file, a message to a journey. What a journey or the record has is read
back whatever its size, so that a limit made smaller never stops a child's clocks.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from domain.case import events as ev
from domain.case.documents import EventRefused, document_of, label, parse_event
from domain.case.facts import Known
from domain.case.siblings import Naming, brings_back, concerns_siblings, corrects_placement
from domain.case.size import size_of
from domain.journey import Journey

EVENT_BYTES: Final = 32_000
"""One event as JSON (ours: the longest text is 2,000 characters of 4 bytes; a meeting of 50 children has 6 kB)."""

DEEPEST: Final = 20
"""Levels of objects and lists in one another (ours: an event of the contract has three)."""

MOST_IN_A_FIELD: Final = {
    "siblings": 50,
    "plans": 50,
    "people": 50,
    "to": 50,
    "attended": 50,
    "views": 10,
    "series": 10,
    "details": 50,
}
"""Entries of a list or object (ours: no family known to a council is half as large, and there are 18 roles)."""

MESSAGE_EVENTS: Final = 1_000
"""Events of one message to a journey (ours: ten busy years are 500; judging 1,000 takes a tenth of a second)."""

MESSAGE_BYTES: Final = 1_000_000
"""Events of one message as JSON (ours: the engine takes no message over 2 MB, and what is decided comes on top)."""

MESSAGE_BOUNDS: Final = 100
"""Entries, endings and voidings of one message (ours: each makes the periods of care be worked out anew)."""

MESSAGE_RULINGS: Final = 10
"""Extensions, waivers, approvals and ratifications of one message (ours: for each all that is due is worked out)."""

JOURNEY_EVENTS: Final = 2_000
"""Events of one child (ours: forty busy years; working out all that is due then takes half a second, the engine
stops a journey that works for two)."""

JOURNEY_BYTES: Final = 1_400_000
"""A child's events and what was told, as one run hands them to the next (ours: with the policy under 2 MB)."""

MOST_SIBLINGS: Final = 200
"""Different brothers and sisters that one child has ever been said to have (ours: four times what one list may hold;
that a placement is taken back is told to each of them, and the engine ends a run that has told thousands)."""

TOLD_AT_ONCE: Final = 2_000
"""What all brothers and sisters together are told because of one message (ours: ten placements to all that a child may
have; a workflow task hands over 4 MB at most, and each has up to 600 bytes)."""

CORRECTION_TURNS: Final = 10
"""Times that a batch is judged anew without the corrections that were refused (ours: of 1,000 events each takes 15 ms;
nobody corrects a correction so often in one message)."""

RESERVE: Final = 100
"""Entries, endings and voidings that are taken beyond the events of one child: a full journey must be able to end."""

ELLIPSIS: Final = "..."

POLICY_BYTES: Final = 200_000
"""A policy with all that it extends (ours: the largest of today is 17 kB; a journey carries it from run to run)."""

BOUNDS: Final = (*ev.ENTRY_TYPES, *ev.ENDING_TYPES, ev.EventVoided)
"""Events from which alone it follows when a period of care began and ended."""

TOLD_OF: Final = (ev.PlacedForAdoption, ev.EventVoided, ev.BecameLookedAfter, ev.SiblingsChanged)
"""Events after which there may be something to tell brothers and sisters."""

RULINGS: Final = (ev.DeadlineExtended, ev.ObligationWaived, ev.ReturnHomeApproved)


def new_event(raw: object) -> ev.Event:
    """A new event, checked for size, form and sense. Raises EventRefused naming event, field and limit."""
    too_large = why_too_large(raw)
    if too_large:
        raise EventRefused(too_large)
    event = parse_event(raw)
    if isinstance(event, ev.SiblingPlacedForAdoption) and event.sibling == event.child:
        # What a journey took before this was asked stays as it is: it reads its events by `parse_event`.
        own = f"event {event.id} ({event.type}): sibling"
        raise EventRefused(f"{own}: it is the child itself; accepted: the reference of a brother or sister")
    return event


def why_too_large(raw: object) -> str | None:
    """What of an event is over a limit, in words that tell its size and nothing of it; None if nothing is."""
    if not isinstance(raw, Mapping):
        return None
    if too_deep(raw):
        return f"{label(raw)}: more than {DEEPEST} levels of objects and lists in one another"
    over = [f"{name}: {size} entries; accepted: up to {MOST_IN_A_FIELD[name]}" for name, size in _too_many(raw)]
    size = size_of(raw)
    if size > EVENT_BYTES:
        over.append(f"{size} bytes in all; accepted: up to {EVENT_BYTES}")
    if size <= EVENT_BYTES and any("\0" in text for text in _texts(raw)):
        over.append("a text holds the character NUL, which no database keeps; accepted: text without it")
    return f"{label(raw)}: {'; '.join(over)}" if over else None


def why_too_many(events: Iterable[ev.Event]) -> str | None:
    """What of the events of one message is over a limit, in words; None if nothing is."""
    return _Size.of(events).why_over()


def why_too_long(payload: object) -> str | None:
    """What of a raw message is over a limit before any event of it is read, in words; None if nothing is."""
    size = _Size()
    size.events = len(payload) if isinstance(payload, list) else 1
    size.bytes = size_of(payload)
    return size.why_over()


def why_full(journey: Journey, fresh: Sequence[ev.Event]) -> str | None:
    """Why a child's journey takes no more; None while it does. What ends or voids is taken beyond the limit."""
    more = sum(event.id not in journey.known for event in fresh)
    most = JOURNEY_EVENTS + (RESERVE if all(isinstance(event, BOUNDS) for event in fresh) else 0)
    if not more or len(journey.known) + more <= most:
        return None
    return f"the child's journey has {len(journey.known)} events; accepted: up to {JOURNEY_EVENTS} of one child"


def why_too_many_siblings(named: Collection[str], fresh: Collection[str]) -> str | None:
    """Why no more brothers and sisters can be named of a child, given those ever named; None while they can."""
    together = len({*named, *fresh})
    if together <= MOST_SIBLINGS or together == len(named):
        return None
    return (
        f"siblings: {together} different brothers and sisters with those named before; "
        f"accepted: up to {MOST_SIBLINGS} of one child, those no longer named counted"
    )


def why_too_much_to_tell(journey: Journey, fresh: Sequence[ev.Event]) -> str | None:
    """Why brothers and sisters cannot be told at once of all that events bring; None if they can."""
    amended, again = journey.policy.amended, journey.policy.amended_again
    if not amended or not any(isinstance(event, TOLD_OF) or event.corrects is not None for event in fresh):
        return None
    known = {**journey.known, **{event.id: Known(event, event.known_from) for event in fresh}}
    naming = [one.event for one in known.values() if isinstance(one.event, Naming)]
    anew = any(isinstance(event, Naming) or (again and brings_back(event, known)) for event in fresh)
    retold = known.values() if anew else ()
    news = {event.id for event in fresh if concerns_siblings(event, known)}
    news |= {f"{event.id} corrected" for event in fresh if again and corrects_placement(event, known)}
    news |= {one.event.id for one in retold if isinstance(one.event, ev.PlacedForAdoption)}
    named = {name for event in naming for name in event.siblings}
    if len(news) * len(named) <= TOLD_AT_ONCE:
        return None
    return (
        f"{len(named)} brothers and sisters are to be told of {len(news)} placements for adoption or voidings; "
        f"accepted at once: up to {TOLD_AT_ONCE} in all"
    )


def why_too_heavy(journey: Journey) -> str | None:
    """Why what a journey has come to is more than one run can hand to the next; None if it is not."""
    numbers = (name for record in journey.records.values() for given in record.numbers.values() for name in given)
    size = sum([known.size + 40 for known in journey.known.values()])
    size += sum([len(name) + 12 for name in (*journey.settled, *numbers)]) + 120 * len(journey.watched)
    if size <= JOURNEY_BYTES:
        return None
    return f"the child's journey would come to {size} bytes; accepted: up to {JOURNEY_BYTES} of one child"


def parts(events: Iterable[ev.Event]) -> list[list[ev.Event]]:
    """A long history in parts that each are one message, in order of days; what fits is one part, in its own order."""
    events = list(events)
    if why_too_many(events) is None:
        return [events]
    done: list[list[ev.Event]] = []
    size = _Size()
    for event in sorted(events, key=_in_a_life):
        size.add(event)
        if not done or size.why_over():
            done.append([])
            size = _Size()
            size.add(event)
        done[-1].append(event)
    return done


def how_many_fit(events: Iterable[ev.Event]) -> int:
    """How many of the first events are one message; one of them at least, whatever its size."""
    size, number = _Size(), 0
    for event in events:
        size.add(event)
        if number and size.why_over():
            break
        number += 1
    return number


def too_deep(value: object) -> bool:
    """Whether objects and lists stand in one another more than DEEPEST levels deep."""
    level = [value]
    for _ in range(DEEPEST):
        level = [part for one in level for part in _inside(one) if isinstance(part, dict | list | tuple)]
        if not level:
            return False
    return True


def cut(text: str, most: int) -> str:
    """A text cut to so many bytes between two characters, each counted as JSON in ASCII has it: an emoji has 12."""
    if len(text) * 12 <= most or len(json.dumps(text)) - 2 <= most:
        return text
    sizes = (len(json.dumps(char)) - 2 for char in text[:most])  # none has less than a byte
    kept = sum(total <= most - len(ELLIPSIS) for total in accumulate(sizes))
    return text[:kept] + ELLIPSIS


class _Size:
    """How large a message is, by everything that is limited."""

    def __init__(self) -> None:
        self.events = self.bytes = self.bounds = self.rulings = 0

    @classmethod
    def of(cls, events: Iterable[ev.Event]) -> "_Size":
        size = cls()
        for event in events:
            size.add(event)
        return size

    def add(self, event: ev.Event) -> None:
        self.events += 1
        self.bytes += size_of(document_of(event)) + 1
        self.bounds += isinstance(event, BOUNDS)
        self.rulings += isinstance(event, RULINGS) or _ratifies(event)

    def measured(self) -> Iterator[tuple[int, int, str]]:
        yield self.events, MESSAGE_EVENTS, "events"
        yield self.bytes, MESSAGE_BYTES, "bytes"
        yield self.bounds, MESSAGE_BOUNDS, "entries, endings and voidings"
        yield self.rulings, MESSAGE_RULINGS, "extensions, waivers, approvals and ratifications"

    def why_over(self) -> str | None:
        over = [
            f"{given} {what}; accepted at once: up to {most}" for given, most, what in self.measured() if given > most
        ]
        return "; ".join(over) or None


def _ratifies(event: ev.Event) -> bool:
    return isinstance(event, ev.ReviewHeld) and event.long_term_placement_ratified


def _in_a_life(event: ev.Event) -> tuple[Any, ...]:
    """By day; of one day entries first and voidings last, since a part must have what it undoes."""
    rank = 0 if isinstance(event, ev.ENTRY_TYPES) else 2 if isinstance(event, ev.EventVoided) else 1
    return (event.on, rank, *Known(event, event.known_from).order)


def _too_many(raw: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for name, most in MOST_IN_A_FIELD.items():
        given = raw.get(name)
        if isinstance(given, dict | list | tuple) and len(given) > most:
            yield name, len(given)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for part in _inside(value):
        yield from _texts(part)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list | tuple) else ()
