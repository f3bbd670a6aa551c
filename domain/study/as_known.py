"""What was known of a step at the end of a day and would have been said then, beside what is known now.

Facts become known late. A booking of 2 March 2026 that is recorded on the 9th was not known on the 3rd: who asked then
was told the old date, and rightly so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.case import events as ev
from domain.case.calendar import end_of
from domain.journey import Journey
from domain.policy.cited import NOTHING_CITED, Citations
from domain.study.explain import (
    DecidedAction,
    Explanation,
    Happened,
    Move,
    NothingToExplain,
    explain,
    happened,
    moves,
)


@dataclass(frozen=True, slots=True)
class StepKnown:
    """A step at an instant, or why there was nothing to say of it."""

    explained: Explanation | None
    nothing: str = ""

    @property
    def stands(self) -> tuple[object, ...]:
        """What would be told to somebody who asks how it stands: its date, whether firm, and whether it is over."""
        one = self.explained
        return (one.row.due, one.row.forecast, one.ending and (one.ending.how, one.ending.on)) if one else ()


@dataclass(frozen=True, slots=True)
class AsKnown:
    """A step as known at the end of a day, and as known now."""

    day: date
    then: StepKnown
    now: StepKnown
    moves: tuple[Move, ...]
    """What became known after that day and moved the date."""
    others: tuple[Happened, ...]
    """What else became known after it that the present answer rests on, such as what met it, or another policy."""

    @property
    def differs(self) -> bool:
        """Whether the answer is another today."""
        return self.then.stands != self.now.stands


def as_known(
    day: date,
    then: Journey | None,
    now: tuple[Journey, datetime],
    step: tuple[str, int | None],
    decided: Sequence[DecidedAction] = (),
    cited: Citations = NOTHING_CITED,
) -> AsKnown:
    """A step as a journey knew it at the end of a day, beside the journey as it is now.

    `then` is the journey of that day, None where nothing was known of it; `step` the obligation and its number, of
    which the earliest that was open then is taken where none is given. Raises NothingToExplain where there is nothing
    to say on either side.
    """
    by_then = [one for one in decided if one.action.at <= end_of(day)]
    before = _nothing_known(day) if then is None else _side(then, step, end_of(day), by_then, cited)
    number = before.explained.row.occurrence if before.explained else step[1]
    after = _side(now[0], (step[0], number), now[1], decided, cited)
    shown = before.explained or after.explained
    if shown is None:
        raise NothingToExplain(after.nothing)
    key = (shown.row.obligation, shown.row.occurrence)
    moved = tuple(move for move in moves(now[0], key) if move.event.known_at > end_of(day))
    others = dict.fromkeys(one for one in _rests_on(after, now[0]) if one.known_at > end_of(day))
    return AsKnown(day, before, after, moved, tuple(one for one in others if one not in {m.event for m in moved}))


def _nothing_known(day: date) -> StepKnown:
    return StepKnown(None, f"nothing of this child was known by the end of {day:%-d %B %Y}")


def _side(
    journey: Journey,
    step: tuple[str, int | None],
    at: datetime,
    decided: Sequence[DecidedAction],
    cited: Citations,
) -> StepKnown:
    try:
        return StepKnown(explain(journey, *step, at, decided, cited))
    except NothingToExplain as nothing:
        return StepKnown(None, str(nothing))


def _rests_on(side: StepKnown, journey: Journey) -> Iterator[Happened]:
    """The events that the present answer rests on beside those that moved the date."""
    if side.explained:
        yield from side.explained.ending.events if side.explained.ending else ()
        yield from (extension.event for extension in side.explained.extensions)
    adopted = (item for item in journey.known.values() if isinstance(item.event, ev.PolicyAdopted))
    yield from map(happened, adopted)
