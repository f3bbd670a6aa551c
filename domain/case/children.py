"""Which children an event concerns, beside the one it names: of joint meetings, and of what takes an event back."""

from collections.abc import Iterable, Mapping

from domain.case.events import Event, EventVoided, PpmHeld


def children_of(event: Event) -> frozenset[str]:
    """The children an event is for: the one it names and, for a joint meeting, every child with a plan in it."""
    if isinstance(event, PpmHeld) and event.plans:
        return frozenset({event.child, *event.plans})
    return frozenset({event.child})


def held_for_another(event: Event, child: str) -> bool:
    """Whether it is a joint meeting that was recorded on a brother or sister of the child."""
    return isinstance(event, PpmHeld) and event.child != child


def waits_for_entry(event: Event, child: str) -> bool:
    """Whether an event that concerns a child was recorded on a brother or sister: a joint meeting, what takes it back.

    Until the child has a journey it waits, the voiding with the meeting that it voids.
    """
    return event.child != child


def taken_back_by(event: Event) -> tuple[str, ...]:
    """The ids of the events that an event takes back: what it voids, what it corrects."""
    named = (event.event if isinstance(event, EventVoided) else None, event.corrects)
    return tuple(name for name in named if name is not None)


def in_a_circle(events: Iterable[Event]) -> list[Event]:
    """Those that correct one another, so that none of them would stand."""
    # Two entries of a child, each correcting the other, were both taken, and the child had no journey.
    # One that corrects itself is refused by its journey, which says what may be corrected.
    corrections = [event for event in events if event.corrects not in (None, event.id)]
    wrong = {(event.child, event.id): event.corrects for event in corrections}
    return [event for event in corrections if _comes_round(event, wrong)]


def _comes_round(event: Event, wrong: Mapping[tuple[str, str], str | None]) -> bool:
    passed: set[str] = set()
    name = event.corrects
    while name is not None and name not in passed:
        passed.add(name)
        name = wrong.get((event.child, name))
    return event.id in passed


def concerned(event: Event, known: Mapping[str, Event]) -> frozenset[str]:
    """The children an event concerns: those it is for, and those that what it takes back concerns.

    Where a joint meeting is voided, and the voiding is voided in turn, each of the children hears of both.
    """
    children: set[str] = set()
    asked: set[str] = set()
    ahead = [event]
    while ahead:
        one = ahead.pop()
        asked.add(one.id)
        if one is event or not isinstance(one, EventVoided):
            children |= children_of(one)
        ahead += [known[name] for name in taken_back_by(one) if name in known and name not in asked]
    return frozenset(children)
