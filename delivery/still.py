"""Whether what was decided is still so when it can be sent: after an outage people are told what is true now, once.

Contract section 4: what is met, waived or lapsed sends nothing more; of missed reminders only the latest goes, and none
once it is overdue; a notice goes only if it still calls for something, a breach always. Pure: how the journey stands
and the later actions in, a reason out.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from domain.agenda import AgendaRow, agenda
from domain.case.calendar import local_date
from domain.clocks.actions import Action
from domain.clocks.at_once import told_at_once
from domain.clocks.wording import in_words
from domain.journey import Journey


class JourneyNow(NamedTuple):
    """How a journey stands: its agenda, and which notices it would still tell of which events."""

    agenda: Sequence[AgendaRow]
    noticed: frozenset[tuple[str, str]] = frozenset()
    """Notice and event, by their ids."""


def journey_now(journey: Journey, now: datetime) -> JourneyNow:
    """How a journey stands at an instant, all that is known taken together."""
    events = [one.event for one in journey.known.values()]
    facts = journey.facts
    noticed = told_at_once(journey.policy, facts, journey.occurrences, events, journey.calendar) if facts else ()
    return JourneyNow(agenda(journey, now), frozenset((one.notice.id, one.event.id) for one in noticed))


def no_longer(action: Action, role: str, standing: JourneyNow | None, later: Iterable[Action], now: datetime) -> str:
    """Why an action is no longer to be told to a role, in words; empty if it is.

    `standing` is the journey's own, None where it could not be asked: then only what the record says counts.
    """
    if action.kind == "breach":
        return ""
    if action.kind == "notice":
        still = standing is None or (action.obligation, action.event) in standing.noticed
        return "" if still else "it no longer calls for anything"
    if action.kind == "reminder" and action.due is not None and local_date(now) > action.due:
        return "it is overdue by now, and that is what is told"
    if any(_says_more(other, action, role) for other in later):
        return "a later message about it says more"
    return _by_agenda(action, standing.agenda) if standing is not None else ""


def _says_more(other: Action, action: Action, role: str) -> bool:
    """Whether another action tells the same role the same thing, later on."""
    same = (other.period, other.obligation, other.occurrence, other.due) == (
        action.period,
        action.obligation,
        action.occurrence,
        action.due,
    )
    return same and role in other.to and (other.kind, other.rung) != (action.kind, action.rung) and other.at > action.at


def _by_agenda(action: Action, standing: Sequence[AgendaRow]) -> str:
    rows = [row for row in standing if (row.obligation, row.occurrence) == (action.obligation, action.occurrence)]
    if not rows:
        return "it no longer applies"
    row = rows[0]
    if not row.is_open:
        return f"it is {row.status_in_words} by now"
    if row.due != action.due:
        return f"it is due on {in_words(row.due)} now"
    return ""
