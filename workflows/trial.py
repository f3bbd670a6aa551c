"""A step tried on a copy first: what would stop the journey is refused, and the journey stays as it was.

An exception that no rule foresaw, raised while a message is taken, fails the workflow task, which the engine then
retries for ever: one odd event would stop a child's clocks.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from domain.agenda import agenda
from domain.case import events as ev
from domain.journey import Journey
from domain.limits import why_full, why_too_heavy
from domain.refusals import Refusal, judge
from workflows.protocol import SiblingTold
from workflows.view import Shown


def judged(
    journey: Journey, events: Sequence[ev.Event], now: datetime, policies: Collection[str]
) -> tuple[list[ev.Event], list[Refusal]]:
    """What of a batch the rules accept, and what they refuse. An exception that they did not foresee refuses all."""
    try:
        return judge(journey, events, now, policies)
    except Exception as error:  # noqa: BLE001 (it would be retried for ever, and the child's clocks stand still)
        return [], all_of(events, why_failed(error))


def all_of(events: Sequence[ev.Event], why: str | None) -> list[Refusal]:
    """A whole batch refused for one reason, if there is one."""
    return [Refusal(event, why, of_batch=True) for event in events] if why else []


def why_not(
    journey: Journey, events: Sequence[ev.Event], now: datetime, rejections: int, siblings_told: Sequence[SiblingTold]
) -> str | None:
    """Why events cannot be taken though the rules accept them, in words; None if they can."""
    full = why_full(journey, events)
    if full is not None or not events:
        return full
    try:
        ahead = journey.copy()
        ahead.step(now, events)
        shown = Shown(ahead, agenda(ahead, now), now, rejections, siblings_told)
        if ahead.facts is not None:
            shown.search_attributes()
            shown.page(())
        ahead.next_change(now)
    except Exception as error:  # noqa: BLE001 (whatever it is, it must not stop the journey)
        return why_failed(error)
    return why_too_heavy(ahead)


def why_failed(error: Exception) -> str:
    """That the program failed, without any of what it failed on."""
    return f"the program failed on it ({type(error).__name__}), and nothing changed; report it, and send it again then"
