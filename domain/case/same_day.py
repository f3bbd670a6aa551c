"""In which order what happened on one day is lived, where a child entered care on it."""

from collections.abc import Sequence
from functools import partial
from itertools import zip_longest
from typing import Protocol, TypeVar

from domain.case import events as ev


class OfOneDay(Protocol):
    """Anything that has an event of a day."""

    @property
    def event(self) -> ev.Event: ...


H = TypeVar("H", bound=OfOneDay)


def lived_in_order(day: Sequence[H], *, looked_after: bool, in_turn: bool) -> list[H]:
    """What happened on a day of entry, in order; `looked_after`: whether the child was when the day began.

    The ending of a period that was running comes before the entry of the next; an entry before all else of its day; the
    ending of a period that began that very day last. `in_turn`: of several entries each has its ending before the next.
    """
    # In care since 5 January 2026; on 9 March the child ceases to be looked after and enters again, and we hear of
    # both at once: whatever their ids, the ending comes first and is of the old period, and a review of that day
    # is of the new one. With no period running, the same two events are an entry that ends on its own day.
    if in_turn and len([one for one in day if type(one.event) is ev.BecameLookedAfter]) > 1:
        return _in_turn(day, looked_after=looked_after)
    return sorted(day, key=partial(_rank, ending_first=looked_after))


def _in_turn(day: Sequence[H], *, looked_after: bool) -> list[H]:
    # Under police protection from 8:00 on 2 March 2026, given back at 11:00, accommodated at 16:00: the third begins a
    # period of its own, where the one that ended had taken it in and the child was in care with no clock running.
    before = [one for one in day if isinstance(one.event, ev.PreProceedingsStarted)]
    entries = [one for one in day if isinstance(one.event, ev.BecameLookedAfter)]
    endings = [one for one in day if isinstance(one.event, ev.ENDING_TYPES)]
    others = [one for one in day if not isinstance(one.event, (*ev.ENTRY_TYPES, *ev.ENDING_TYPES))]
    first = endings[:1] if looked_after else []
    following = endings[len(first) :]
    between, last = following[: len(entries) - 1], following[len(entries) - 1 :]
    turns = [one for pair in zip_longest(entries, between) for one in pair if one is not None]
    return [*first, *before, *turns, *others, *last]


def _rank(one: OfOneDay, *, ending_first: bool) -> int:
    if isinstance(one.event, ev.PreProceedingsStarted):
        return 1
    if isinstance(one.event, ev.BecameLookedAfter):
        return 2
    if isinstance(one.event, ev.ENDING_TYPES):
        return 0 if ending_first else 4
    return 3
