"""Explaining: whoever is told of something late says why, under their own name. Nothing pauses by it.

What it is said of: what an escalation told of, also when it was done late meanwhile; and a breach that stands until
it is explained. Every reason is kept; the same one said again by the same person is not said twice.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from delivery.acknowledging import Acknowledgeable, Acknowledging
from delivery.case_now import CaseNow
from delivery.people import Acting, People, case_people
from delivery.references import reference_of
from delivery.referring import Digested
from domain.case import events as ev
from domain.case.calendar import local_date
from domain.case.documents import parse_event
from domain.clocks.actions import Action

PREFIX: Final = "explained-"
LONGEST: Final = 2000
"""Characters of a reason (the events' own limit)."""


class CannotExplain(ValueError):
    """There is nothing to explain by a reference, or no reason was given. The text says why."""


class Reason(NamedTuple):
    """Why something is late, as somebody said it on a day."""

    on: date
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Explainable:
    """Something late, or a breach, that may be explained: as it stands at an instant."""

    reference: str
    case: CaseNow
    obligation: str
    title: str
    clause: str
    due: date | None
    """None of a breach."""
    people: People

    @property
    def child(self) -> str:
        return self.case.child

    @property
    def today(self) -> date:
        return local_date(self.case.now)

    @property
    def reasons(self) -> list[Reason]:
        """The reasons that were given for it, in order of the day."""
        on_it = case_people(self.case.known, self.today)
        return [Reason(one.on, self.people.shown(one.by, on_it), one.reason) for one in self._said()]

    def acting(self, who: str) -> Acting:
        """Who explains it. Raises CannotAct."""
        return self.people.acting(who, case_people(self.case.known, self.today), self.today)

    def event(self, by: Acting, reason: str) -> ev.Event | None:
        """The event that explains it; None where this person has said just that already. Raises CannotExplain."""
        reason = " ".join(reason.split())
        if not 0 < len(reason) <= LONGEST:
            raise CannotExplain(
                f"reason: accepted: why it is late and what is being done, up to {LONGEST:,} characters"
            )
        if any((one.by, one.reason) == (by.key, reason) for one in self._said()):
            return None
        return parse_event(
            {
                "type": "lateness_explained",
                "id": self._event_id(),
                "child": self.child,
                "on": self.today.isoformat(),
                "obligation": self.obligation,
                "reason": reason,
                "by": by.key,
            }
        )

    def _said(self) -> list[ev.LatenessExplained]:
        return [one for one in self.case.facts.all(ev.LatenessExplained) if one.obligation == self.obligation]

    def _event_id(self) -> str:
        stem = PREFIX + self.reference
        before = sum(known == stem or known.startswith(f"{stem}-") for known in self.case.journey.known)
        return f"{stem}-{before + 1}" if before else stem


class Explaining:
    """Finds what can be explained by a reference. Synchronous: for threads. Everything raises RecordUnavailable."""

    def __init__(self, acknowledging: Acknowledging) -> None:
        self._acknowledging = acknowledging

    def find(self, typed: str, now: datetime, child: str | None = None, obligation: str | None = None) -> Explainable:
        """What may be explained by a reference as somebody typed it. Raises CannotExplain, CannotAcknowledge."""
        about = self._acknowledging.about(typed)
        if isinstance(about, Digested):
            return explainable(self._acknowledging.find(typed, now, child, obligation))
        if child not in (None, about.child) or obligation not in (None, about.obligation):
            raise CannotExplain(f"this is about {about.child}, {about.obligation}, and not what was named")
        case = self._acknowledging.case(about.child, now)
        if case is None or case.journey.ended:
            raise CannotExplain("it no longer applies: nothing is to be explained")
        return self._late(about, case) if about.kind == "escalation" else self._breach(about, case)

    def _late(self, action: Action, case: CaseNow) -> Explainable:
        row = case.row((action.obligation, action.occurrence))
        if row is None or row.status not in ("overdue", "met_late"):
            raise CannotExplain("it is not late now: nothing is to be explained")
        people = self._acknowledging.people()
        reference = reference_of(action.child, action.key)
        return Explainable(reference, case, row.obligation, row.title, row.clause, row.due, people)

    def _breach(self, action: Action, case: CaseNow) -> Explainable:
        notice = next((one for one in case.journey.policy.notices if one.id == action.obligation), None)
        if action.kind != "breach" or notice is None or not notice.until_explained:
            raise CannotExplain(INSTEAD[action.kind])
        people = self._acknowledging.people()
        reference = reference_of(action.child, action.key)
        return Explainable(reference, case, notice.id, notice.title, notice.clause, None, people)


def explainable(late: Acknowledgeable) -> Explainable:
    """What can be acknowledged can be explained."""
    row = late.row
    return Explainable(late.reference, late.case, row.obligation, row.title, row.clause, row.due, late.people)


INSTEAD: Final = {
    "reminder": "this is a reminder: nothing is late",
    "notice": "this was told once, and nothing is late: do what it asks, and record that",
    "breach": "this was told once and does not stand: put right what is missing, and record that",
}
