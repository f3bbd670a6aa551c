"""Two journeys of one child, on two servers, laid beside each other at one instant: what differs, in words."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from domain.agenda import agenda
from domain.journey import Journey
from domain.waking import next_change
from workflows.protocol import JourneyOptions

WORDS: Final = {
    "events": "events, and when they became known",
    "numbers": "numbers of occurrences",
    "waived": "what was waived",
    "watched": "from when due dates have stood",
    "stood": "from when due dates of what is met had stood",
    "settled": "what was told or passed over",
    "quiet": "until when it tells nothing",
}
"""What a journey is made of, part by part."""


def went_on(was: JourneyOptions, now: JourneyOptions) -> bool:
    """Whether the second has taken events that the first never had: then only their past can be compared."""
    return bool(_events(now) - _events(was)) and not _events(was) - _events(now)


def differences(was: JourneyOptions, now: JourneyOptions) -> list[str]:
    """What differs between two journeys, both as they stand at the later of the instants they have seen."""
    at = max(instant for options in (was, now) if (instant := options.at) is not None)
    return list(_differ(_at(was, at), _at(now, at), at))


def _differ(was: Journey, now: Journey, at: datetime) -> Iterator[str]:
    if (was.policy.id, was.policy.version) != (now.policy.id, now.policy.version):
        yield "the policy, or its version"
    before, after = _parts(was), _parts(now)
    yield from (words for name, words in WORDS.items() if before[name] != after[name])
    if agenda(was, at) != agenda(now, at):
        yield "the agenda"
    if next_change(was, at) != next_change(now, at):
        yield "when it wakes next"


def _at(options: JourneyOptions, at: datetime) -> Journey:
    """The journey at an instant, with all done that is due by then: the one that was ended would have gone on so."""
    assert options.carried is not None
    book = options.carried.rulebook
    journey = Journey.restore(options.carried.state, book.policy, book.holidays.calendar(), options.at or at)
    journey.step(at)
    return journey


def _parts(journey: Journey) -> dict[str, Any]:
    """All of it as data, in an order that says nothing."""
    return {name: _unordered(part) for name, part in journey.state() if name in WORDS}


def _unordered(part: Any) -> Any:
    if isinstance(part, dict):
        return sorted(((repr(key), _unordered(value)) for key, value in part.items()), key=repr)
    if isinstance(part, list):
        return sorted(map(_unordered, part), key=repr)
    return part


def _events(options: JourneyOptions) -> set[str]:
    return {event["id"] for _, event in options.carried.state.events} if options.carried else set()
