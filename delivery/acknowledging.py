"""Acknowledging: whoever is told of something overdue says that they are on to it, and the ladder pauses.

Seen is not done: it stays due, red and in every digest, and when the pause runs out the ladder goes on. Only
escalations are acknowledged: a reminder comes before anything is late, and notices and breaches come once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from delivery.case_now import CaseNow, Cases
from delivery.directory import Directory
from delivery.people import Acting, CasePeople, People, case_people
from delivery.references import ACKNOWLEDGED, read_reference, reference_of
from delivery.referring import Digested, LateLine, Referring
from domain.agenda import AgendaRow
from domain.case import events as ev
from domain.case.calendar import local_date
from domain.case.documents import parse_event
from domain.clocks.actions import Action
from domain.clocks.schedule import HOLD_AT_MOST, HOLD_UNLESS_SAID
from domain.clocks.wording import in_words
from domain.study.hold import HoldNow, LadderNow, Withheld, ladder_now
from record.protections import Protections
from record.store import CaseRecord

NO_DIRECTORY: Final = (
    "nobody can be checked: PERMANENCE_DELIVERY_DIRECTORY must name the directory of people (docs/delivery.md)"
)


class CannotAcknowledge(ValueError):
    """There is nothing to acknowledge by a reference. The text says why, and what to do instead."""


class OfMany(CannotAcknowledge):
    """A reference of a digest or summary, of whose lines one must be named. `lines` are those still overdue."""

    def __init__(self, why: str, lines: list[LateLine]) -> None:
        super().__init__(why)
        self.lines = lines


class DayRefused(CannotAcknowledge):
    """A day until which nothing can be acknowledged."""


@dataclass(frozen=True, slots=True)
class Acknowledgeable:
    """Something overdue that may be acknowledged, or was: as it stands at an instant."""

    reference: str
    case: CaseNow
    row: AgendaRow
    ladder: LadderNow
    people: People
    kept_from: frozenset[str]
    """From whom an exclusion keeps the child."""

    @property
    def child(self) -> str:
        return self.case.child

    @property
    def today(self) -> date:
        return local_date(self.case.now)

    @property
    def days_late(self) -> int:
        return (self.today - self.row.due).days

    @property
    def latest(self) -> date:
        """The latest day that can be said."""
        return self.case.journey.calendar.working_days_after(self.today, HOLD_AT_MOST)

    @property
    def unless_said(self) -> date:
        """The last day of the pause, unless another is said."""
        return self.case.journey.calendar.working_days_after(self.today, HOLD_UNLESS_SAID)

    @property
    def hold(self) -> HoldNow | None:
        """The pause in which its ladder stands, by whomever."""
        return self.ladder.hold_at(self.case.now)

    @property
    def can_go_further(self) -> bool:
        """Whether a pause that stands can be made longer today."""
        return self.hold is None or self.hold.last_day < self.latest

    @property
    def on_it(self) -> CasePeople:
        """Whom the case names, and who is to be told nothing of it."""
        return case_people(self.case.known, self.today, self.kept_from)

    def withheld(self, until: date | None = None) -> Withheld | None:
        """What the pause that stands, or one until the end of a day, keeps from whom."""
        return self.ladder.withheld(self.case.now, until)

    def others(self) -> list[tuple[AgendaRow, LadderNow]]:
        """What else of the same obligation is open: an acknowledgement names the obligation, and holds all of it."""
        key = (self.row.obligation, self.row.occurrence)
        rows = [row for row in self.case.rows if row.obligation == key[0] and row.occurrence != key[1]]
        ladders = [(row, ladder_now(self.case.journey, (row.obligation, row.occurrence))) for row in rows]
        return [(row, ladder) for row, ladder in ladders if ladder is not None]

    def acting(self, who: str) -> Acting:
        """Who acknowledges it. Raises CannotAct."""
        return self.people.acting(who, self.on_it, self.today)

    def event(self, by: Acting, until: date | None = None) -> ev.Event | None:
        """The event that acknowledges it; None where it would change nothing: it is acknowledged for as long already.

        Without a day it is the usual ten working days, and never longer than what stands. Raises DayRefused.
        """
        if until is not None and not self.today <= until <= self.latest:
            raise self.refused(until)
        last = until or self.unless_said
        if self.hold is not None and (until is None or last <= self.hold.last_day):
            return None
        said: dict[str, Any] = {
            "type": "escalation_acknowledged",
            "id": self._event_id(),
            "child": self.child,
            "on": self.today.isoformat(),
            "obligation": self.row.obligation,
            "until": last.isoformat(),
            "by": by.key,
        }
        return parse_event(said)

    def refused(self, until: date) -> "DayRefused":
        """Why a day cannot be said."""
        return DayRefused(
            f"until: {in_words(until)} is not accepted, and nothing has changed; accepted: from today to "
            f"{in_words(self.latest)} ({HOLD_AT_MOST} working days). When it runs out it can be acknowledged again"
        )

    def _event_id(self) -> str:
        """Derived, so that a button pressed twice makes one event; numbered, so that a later day makes another."""
        stem = ACKNOWLEDGED + self.reference
        before = sum(known == stem or known.startswith(f"{stem}-") for known in self.case.journey.known)
        return f"{stem}-{before + 1}" if before else stem


class Acknowledging:
    """Finds what references stand for. Synchronous: for threads. Everything raises RecordUnavailable."""

    def __init__(self, record: CaseRecord, cases: Cases, directory: Callable[[], Directory | None]) -> None:
        self._record = record
        self._cases = cases
        self._directory = directory
        self._referring = Referring(record, cases)

    def find(
        self, typed: str, now: datetime, child: str | None = None, obligation: str | None = None
    ) -> Acknowledgeable:
        """What may be acknowledged by a reference as somebody typed it. Raises CannotAcknowledge.

        A digest or summary has a reference of its own, of many lines: `child` and `obligation` say which is meant.
        """
        about = self.about(typed)
        if isinstance(about, Digested):
            return self._one_of(about, now, child, obligation)
        if child not in (None, about.child) or obligation not in (None, about.obligation):
            raise CannotAcknowledge(f"this is about {about.child}, {about.obligation}, and not what was named")
        if about.kind != "escalation" or about.due is None:
            raise CannotAcknowledge(INSTEAD[about.kind])
        return self._standing(about, self.case(about.child, now))

    def about(self, typed: str) -> Action | Digested:
        """What a reference is of, as somebody typed it. Raises CannotAcknowledge."""
        reference = read_reference(typed)
        if reference is None:
            raise CannotAcknowledge("this is no reference; accepted: twelve letters and digits as in K7QX-2MPA-V4TD")
        about = self._referring.about(reference)
        if about is None:
            raise CannotAcknowledge("no message has this reference; compare it with the message")
        return about

    def case(self, child: str, now: datetime) -> CaseNow | None:
        """A child's case, as its journey stands."""
        return self._cases.lived(self._record, child, now)

    def _one_of(self, about: Digested, now: datetime, child: str | None, obligation: str | None) -> Acknowledgeable:
        """The line of a digest or summary that is meant."""
        lines = self._referring.lines(about, self.people(), now, child)
        lines = [line for line in lines if obligation in (None, line.action.obligation)]
        narrowed = bool(child or obligation)
        if not lines:
            which = "nothing like it" if narrowed else "nothing of it"
            raise CannotAcknowledge(
                f"this is {about.in_words}: {which} is overdue, and there is nothing to acknowledge"
            )
        if len(lines) > 1 or not narrowed:
            raise OfMany(f"this is {about.in_words}. Which is meant?", lines)
        action = lines[0].action
        return self._standing(action, self.case(action.child, now))

    def people(self) -> People:
        """Who is who. Raises CannotAcknowledge where there is no directory."""
        directory = self._directory()
        if directory is None:
            raise CannotAcknowledge(NO_DIRECTORY)
        return People(directory)

    def _standing(self, action: Action, case: CaseNow | None) -> Acknowledgeable:
        key = (action.obligation, action.occurrence)
        row = case.row(key) if case else None
        if case is None or row is None:
            raise CannotAcknowledge("it no longer applies: nothing is to be done about it")
        if not row.is_open:
            when = f" on {in_words(row.met_on)}" if row.met_on else ""
            raise CannotAcknowledge(f"{row.title} is {row.status.replace('_', ' ')}{when}: nothing is left to do")
        ladder = ladder_now(case.journey, key)
        if row.status != "overdue" or ladder is None:
            raise CannotAcknowledge(f"{row.title} is due on {in_words(row.due)} now, and not overdue")
        excluded = Protections(self._record.engine).of(action.child).excluded
        return Acknowledgeable(reference_of(action.child, action.key), case, row, ladder, self.people(), excluded)


INSTEAD: Final = {
    "escalation": "it has no due date, so nothing pauses",
    "reminder": "this is a reminder: nothing is late, so there is no ladder to pause. Record it when it is done, "
    "and nothing more is sent",
    "notice": "this was told once, and nothing more is sent: do what it asks, and record that",
    "breach": "this was told once, and nothing more is sent: put it right, or record why it could not be otherwise "
    "(lateness_explained)",
}
