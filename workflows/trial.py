"""A step tried on a copy first: what would stop the journey is refused, and the journey stays as it was.

Where nothing stands in its way the copy, which has taken the step, is the journey from then on: it is taken once.

An exception that no rule foresaw, raised while a message is taken, fails the workflow task, which the engine then
retries for ever: one odd event would stop a child's clocks.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.case import events as ev
from domain.decision import Decision
from domain.journey import Journey
from domain.limits import why_full, why_too_heavy, why_too_much_to_tell
from domain.refusals import Refusal, judge
from domain.waking import next_change
from workflows.protocol import SiblingTold
from workflows.view import Shown


@dataclass(frozen=True, slots=True)
class StepTaken:
    """A step: the journey that has taken it, what it decided, and how that journey is shown if it was looked at."""

    ahead: Journey
    decision: Decision
    shown: Shown | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What of a batch is accepted, and what refused; and, where it was tried, the step that takes it."""

    accepted: list[ev.Event]
    refused: list[Refusal] = field(default_factory=list)
    tried: StepTaken | None = None


def judged(journey: Journey, events: Sequence[ev.Event], now: datetime, policies: Collection[str]) -> Judged:
    """What of a batch the rules accept, and what they refuse. An exception that they did not foresee refuses all."""
    try:
        return Judged(*judge(journey, events, now, policies))
    except Exception as error:  # noqa: BLE001 (it would be retried for ever, and the child's clocks stand still)
        return refused(events, why_failed(error))


def refused(events: Sequence[ev.Event], why: str) -> Judged:
    """A whole batch refused for one reason."""
    return Judged([], [Refusal(event, why, of_batch=True) for event in events])


def limited(journey: Journey, events: Sequence[ev.Event]) -> Judged:
    """Events that the rules accept, or why a journey takes no more of them, in words."""
    full = why_full(journey, events) or why_too_much_to_tell(journey, events)
    return Judged(list(events)) if full is None else refused(events, full)


def tried(
    journey: Journey, events: Sequence[ev.Event], now: datetime, rejections: int, siblings_told: Sequence[SiblingTold]
) -> Judged:
    """Events that the rules accept and the step that takes them; or why they cannot be taken all the same, in words."""
    within = limited(journey, events)
    if within.refused:
        return within
    try:
        ahead = journey.copy()
        decision = ahead.step(now, events)
        shown = Shown(ahead, now, rejections, siblings_told)
        shown.search_attributes()
        next_change(ahead, now)
    except Exception as error:  # noqa: BLE001 (whatever it is, it must not stop the journey)
        return refused(events, why_failed(error))
    heavy = why_too_heavy(ahead)
    return refused(events, heavy) if heavy else Judged(list(events), [], StepTaken(ahead, decision, shown))


def taken(journey: Journey, now: datetime, events: Sequence[ev.Event] = ()) -> StepTaken:
    """A step taken at once, by the journey itself."""
    return StepTaken(journey, journey.step(now, events))


def why_failed(error: Exception) -> str:
    """That the program failed, without any of what it failed on."""
    return f"the program failed on it ({type(error).__name__}), and nothing changed; report it, and send it again then"
