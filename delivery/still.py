"""Whether what was decided is still so when it can be sent: after an outage people are told what is true now, once.

Contract section 4: what is met, waived or lapsed sends nothing more; of missed reminders only the latest goes, and none
once it is overdue. Pure: the journey's own agenda and the later actions in, a reason out.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from domain.agenda import AgendaRow
from domain.calendar import local_date
from domain.journey import Action
from domain.messages import in_words

LADDER: Final = frozenset({"reminder", "escalation"})
"""Kinds that say how something stands; notices and breaches say what happened, and that stays so."""


def no_longer(
    action: Action, role: str, agenda: Sequence[AgendaRow] | None, later: Iterable[Action], now: datetime
) -> str:
    """Why an action is no longer to be told to a role, in words; empty if it is.

    `agenda` is the journey's as it stands, None where it could not be asked: then only what the record says counts.
    """
    if action.kind not in LADDER or action.due is None:
        return ""
    if action.kind == "reminder" and local_date(now) > action.due:
        return "it is overdue by now, and that is what is told"
    if any(_says_more(other, action, role) for other in later):
        return "a later message about it says more"
    return _by_agenda(action, agenda) if agenda is not None else ""


def _says_more(other: Action, action: Action, role: str) -> bool:
    """Whether another action tells the same role the same thing, later on."""
    same = (other.period, other.obligation, other.occurrence, other.due) == (
        action.period,
        action.obligation,
        action.occurrence,
        action.due,
    )
    return same and role in other.to and (other.kind, other.rung) != (action.kind, action.rung) and other.at > action.at


def _by_agenda(action: Action, agenda: Sequence[AgendaRow]) -> str:
    rows = [row for row in agenda if (row.obligation, row.occurrence) == (action.obligation, action.occurrence)]
    if not rows:
        return "it no longer applies"
    row = rows[0]
    if not row.is_open:
        return f"it is {row.status.replace('_', ' ')} by now"
    if row.due != action.due:
        return f"it is due on {in_words(row.due)} now"
    return ""
