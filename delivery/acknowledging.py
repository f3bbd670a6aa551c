"""Acknowledging: whoever is told of something overdue says that they are on to it, and the ladder pauses.

Seen is not done: it stays due, red and in every digest, and when the pause runs out the ladder goes on. Only
escalations are acknowledged: a reminder comes before anything is late, and notices and breaches come once.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from delivery.case_now import CaseNow, Cases
from delivery.references import read_reference, reference_of
from domain.agenda import AgendaRow
from domain.case import events as ev
from domain.case.calendar import local_date
from domain.case.facts import Known
from domain.clocks.schedule import HOLD_AT_MOST, HOLD_UNLESS_SAID, last_day_held
from domain.clocks.wording import in_words
from domain.journey import Action
from record.store import CaseRecord

PREFIX: Final = "acknowledged-"


class CannotAcknowledge(ValueError):
    """There is nothing to acknowledge by a reference. The text says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Acknowledgeable:
    """Something overdue that may be acknowledged, or was."""

    reference: str
    child: str
    obligation: str
    title: str
    clause: str
    due: date
    days_late: int
    today: date
    until: date
    """The last day of the pause, unless another is said; of one that was acknowledged, the day it was said until."""
    latest: date
    """The latest day that can be said."""
    acknowledged_on: date | None = None
    """The day this reference was acknowledged: once is enough."""

    @property
    def event_id(self) -> str:
        """The id of the event; derived, so that acknowledging twice is one event."""
        return PREFIX + self.reference

    def event(self, by: str, until: date | None = None) -> ev.Event:
        """The event that acknowledges it. Raises CannotAcknowledge for a day that cannot be said."""
        if until is not None and not self.today <= until <= self.latest:
            raise CannotAcknowledge(
                f"until: {in_words(until)} is not accepted; from today to {in_words(self.latest)} "
                f"({HOLD_AT_MOST} working days), and when it runs out it can be acknowledged again"
            )
        said: dict[str, Any] = {
            "type": "escalation_acknowledged",
            "id": self.event_id,
            "child": self.child,
            "on": self.today.isoformat(),
            "obligation": self.obligation,
            "by": by,
        }
        return ev.parse_event(said | ({"until": until.isoformat()} if until else {}))


class Acknowledging:
    """Finds what references stand for. Synchronous: for threads. Everything raises RecordUnavailable."""

    def __init__(self, record: CaseRecord, cases: Cases) -> None:
        self._record = record
        self._cases = cases

    def find(self, typed: str, now: datetime) -> Acknowledgeable:
        """What may be acknowledged by a reference as somebody typed it. Raises CannotAcknowledge."""
        reference = read_reference(typed)
        if reference is None:
            raise CannotAcknowledge("this is no reference; accepted: twelve letters and digits as in K7QX-2MPA-V4TD")
        action = self._action(reference)
        if action.kind != "escalation" or action.due is None:
            raise CannotAcknowledge(INSTEAD[action.kind])
        case = self._cases.at(action.child, self._known(action.child), now)
        key = (action.obligation, action.occurrence)
        row = next((r for r in case.rows if (r.obligation, r.occurrence) == key), None) if case else None
        if case is None or row is None:
            raise CannotAcknowledge("it no longer applies: nothing is to be done about it")
        return self._standing(reference, action, case, row)

    def _action(self, reference: str) -> Action:
        """The action of a reference. All are looked through: a reference is a hash that nobody keeps with them."""
        for child, key in self._record.keys_sent():
            if reference_of(child, key) == reference:
                return next(one.action for one in self._record.actions(child) if one.action.key == key)
        raise CannotAcknowledge("no message has this reference; compare it with the message")

    def _known(self, child: str) -> list[Known]:
        return [Known(ev.parse_event(one.event), one.known_at) for one in self._record.history(child)]

    def _standing(self, reference: str, action: Action, case: CaseNow, row: AgendaRow) -> Acknowledgeable:
        today = local_date(case.now)
        if not row.is_open:
            when = f" on {in_words(row.met_on)}" if row.met_on else ""
            raise CannotAcknowledge(f"{row.title} is {row.status.replace('_', ' ')}{when}: nothing is left to do")
        if row.status != "overdue":
            raise CannotAcknowledge(f"{row.title} is due on {in_words(row.due)} now, and not overdue")
        working_days_after = case.journey.calendar.working_days_after
        before = case.journey.known.get(PREFIX + reference)
        acknowledged = before.event if before and isinstance(before.event, ev.EscalationAcknowledged) else None
        return Acknowledgeable(
            reference=reference,
            child=action.child,
            obligation=row.obligation,
            title=row.title,
            clause=row.clause,
            due=row.due,
            days_late=(today - row.due).days,
            today=today,
            until=last_day_held(acknowledged, case.journey.calendar)
            if acknowledged
            else working_days_after(today, HOLD_UNLESS_SAID),
            latest=working_days_after(today, HOLD_AT_MOST),
            acknowledged_on=acknowledged.on if acknowledged else None,
        )


INSTEAD: Final = {
    "escalation": "it has no due date, so nothing pauses",
    "reminder": "this is a reminder: nothing is late, so there is no ladder to pause. Record it when it is done, "
    "and nothing more is sent",
    "notice": "this was told once, and nothing more is sent: do what it asks, and record that",
    "breach": "this was told once, and nothing more is sent: put it right, or record why it could not be otherwise "
    "(lateness_explained)",
}
