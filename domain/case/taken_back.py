"""What of a case still stands: who voids whom, who corrects whom, and whether those stand in turn.

Each event is worked out once, after all that takes it back, however long the chain: what a workflow task cannot work
out, or not in two seconds, stops a child's clocks for ever.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from domain.case import events as ev
from domain.case.worked_out import worked_out_once

MOST_IN_A_CIRCLE: Final = 12
"""Events in one circle that are followed round (ours: people make none; its ways double with each event)."""

Answers = dict[str, tuple[bool, bool]]
"""Of each event that something takes back, whether it stands, and whether what it corrects stays gone."""


class TakenBack:
    """What is voided by which voidings, and corrected by which events. Those in a circle stand for nothing."""

    # A review of the 23rd is corrected as of the 24th, and that as of the 25th: the last stands in for both. Where the
    # last is voided the 24th stands again; where the one of the 24th had been voided instead, the 23rd.

    def __init__(self, events: Iterable[ev.Event]) -> None:
        self._voided_by: dict[str, list[str]] = {}
        self._corrected_by: dict[str, list[str]] = {}
        for event in events:
            if type(event) is ev.EventVoided:
                self._voided_by.setdefault(event.event, []).append(event.id)
            if event.corrects is not None:
                self._corrected_by.setdefault(event.corrects, []).append(event.id)

    def __bool__(self) -> bool:
        return bool(self._voided_by or self._corrected_by)

    def stands(self, event: str) -> bool:
        """Whether an event stands: nothing that stands voids it, and no correction of it holds."""
        return self._answers.get(event, (True, True))[0]

    @worked_out_once
    def _answers(self) -> Answers:
        taken_back_by = {
            event: [*self._voided_by.get(event, ()), *self._corrected_by.get(event, ())]
            for event in (*self._voided_by, *self._corrected_by)
        }
        answers: Answers = {}
        for circle in circles(taken_back_by):
            few = len(circle) <= MOST_IN_A_CIRCLE
            answers.update(
                {event: (few and self._stands(event, answers), few and self._holds(event, answers)) for event in circle}
            )
        return answers

    def _stands(self, event: str, known: Answers, asked: frozenset[str] = frozenset()) -> bool:
        if event in known:
            return known[event][0]
        if event in asked:
            return False
        asked |= {event}
        return not self._corrected(event, known, asked) and not self._voided(event, known, asked)

    def _voided(self, event: str, known: Answers, asked: frozenset[str]) -> bool:
        return any(self._stands(by, known, asked) for by in self._voided_by.get(event, ()))

    def _corrected(self, event: str, known: Answers, asked: frozenset[str]) -> bool:
        return any(self._holds(by, known, asked) for by in self._corrected_by.get(event, ()))

    def _holds(self, correction: str, known: Answers, asked: frozenset[str] = frozenset()) -> bool:
        """Whether what a correction stands in for is gone: it stands, or another has taken its place."""
        if correction in known:
            return known[correction][1]
        if correction in asked:
            return False
        asked |= {correction}
        return self._corrected(correction, known, asked) or not self._voided(correction, known, asked)


def circles(taken_back_by: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Each event after all that takes it back; those that take back one another together, in a circle.

    Most are alone. This is Tarjan's search for strongly connected components, with a trail in place of recursion.
    """
    place: dict[str, int] = {}
    """Of each event its place in the order in which they are come upon."""
    lowest: dict[str, float] = {}
    """Of each event the first place that it leads back to; infinite once its circle is known."""
    left: list[str] = []
    for first in taken_back_by:
        trail = [] if first in place else [(first, iter(taken_back_by[first]))]
        while trail:
            event, others = trail[-1]
            if event not in place:
                place[event] = len(place)
                lowest[event] = place[event]
                left.append(event)
            if (other := next(others, None)) is None:
                trail.pop()
                if trail:
                    before = trail[-1][0]
                    lowest[before] = min(lowest[before], lowest[event])
                if lowest[event] == place[event]:
                    circle = _from(event, left)
                    lowest.update(dict.fromkeys(circle, float("inf")))
                    yield circle
            elif other not in place:
                trail.append((other, iter(taken_back_by.get(other, ()))))
            else:
                lowest[event] = min(lowest[event], lowest[other])


def _from(event: str, left: list[str]) -> list[str]:
    """Take what was come upon from an event on out of what is left."""
    circle = [left.pop()]
    while circle[-1] != event:
        circle.append(left.pop())
    return circle
