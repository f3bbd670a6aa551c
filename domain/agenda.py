"""The agenda: all obligations of a journey at an instant, with due dates, status and the next action of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Literal

from domain.case.calendar import local_date
from domain.case.words import Role
from domain.clocks.judgement import Judgements, Said, judged
from domain.clocks.obligations import Occurrence
from domain.clocks.rules import Policy
from domain.clocks.schedule import Kind, reminder_slots
from domain.clocks.wording import spaced
from domain.journey import Journey

Status = Literal["upcoming", "due_soon", "overdue", "met", "met_late", "waived", "lapsed"]
Rag = Literal["green", "amber", "red"]


@dataclass(slots=True)
class NextRow:
    """What will be told next, and to whom, if nothing changes."""

    at: datetime
    kind: Kind
    rung: int
    to: tuple[Role, ...]


@dataclass(slots=True)
class LimitRow:
    """A date one clause sets."""

    due: date
    clause: str


@dataclass(slots=True)
class AgendaRow:
    """One occurrence of an obligation, as it stands."""

    child: str
    obligation: str
    occurrence: int
    title: str
    clause: str
    owner: Role
    opened_on: date
    due: date
    limits: tuple[LimitRow, ...]
    status: Status
    met_on: date | None
    forecast: bool
    next: NextRow | None
    said: tuple[Said, ...] = ()
    """What people said of it: why it is late, that it was put off, waived or is in hand."""
    booked_for: date | None = None
    """The day that the meeting is booked for which would meet it, ahead or past; None where no booking stands."""

    @property
    def is_open(self) -> bool:
        return self.status in ("upcoming", "due_soon", "overdue")

    @property
    def status_in_words(self) -> str:
        """The status as people read it everywhere; what is upcoming with no fixed date is a forecast."""
        return "forecast" if self.forecast and self.status == "upcoming" else spaced(self.status)


def agenda(journey: Journey, now: datetime) -> list[AgendaRow]:
    """The agenda of the latest period of care at an instant, by obligation and occurrence."""
    return _rows(journey, journey.occurrences, now)


def open_agenda(journey: Journey, now: datetime) -> list[AgendaRow]:
    """Of the agenda what is still open: all that the colour and the next due date hang on."""
    return _rows(journey, [occurrence for occurrence in journey.occurrences if occurrence.open], now)


def _rows(journey: Journey, occurrences: Iterable[Occurrence], now: datetime) -> list[AgendaRow]:
    today = local_date(now)
    judgements = judged(journey.periods[-1], journey.occurrences, journey.calendar) if journey.periods else None
    rows = [_row(journey, occurrence, now, today, judgements) for occurrence in occurrences]
    return sorted(rows, key=attrgetter("obligation", "occurrence"))


def _row(
    journey: Journey, occurrence: Occurrence, now: datetime, today: date, judgements: Judgements | None
) -> AgendaRow:
    rule, still_open = occurrence.obligation.rule, occurrence.ended_on is None
    return AgendaRow(
        child=journey.child,
        obligation=rule.id,
        occurrence=occurrence.number,
        title=rule.title,
        clause=occurrence.clause,
        owner=rule.owner,
        opened_on=occurrence.opened_on,
        due=occurrence.due,
        limits=tuple([LimitRow(limit.due, limit.clause) for limit in occurrence.limits]),
        status=_status(journey, occurrence, now, today),
        met_on=occurrence.met_on,
        forecast=occurrence.forecast,
        next=_next(journey, occurrence) if still_open else None,
        said=judgements.about(occurrence) if judgements else (),
        booked_for=journey.booked_for(occurrence) if still_open else None,
    )


def _next(journey: Journey, occurrence: Occurrence) -> NextRow | None:
    ahead = journey.next_planned(occurrence)
    if ahead is None:
        return None
    return NextRow(ahead.at, ahead.kind, ahead.rung, journey.roles_told(occurrence, ahead))


def _status(journey: Journey, occurrence: Occurrence, now: datetime, today: date) -> Status:
    if occurrence.waived_on is not None:
        return "waived"
    if occurrence.met_on is not None:
        return "met_late" if occurrence.met_on > occurrence.due else "met"
    if occurrence.lapsed_on is not None:
        return "lapsed"
    if occurrence.forecast and journey.policy.to_the_letter:
        return "upcoming"
    if today > occurrence.due:
        return "overdue"
    slots = reminder_slots(occurrence, journey.calendar)
    return "due_soon" if slots and slots[0] <= now else "upcoming"


def rag(rows: list[AgendaRow], policy: Policy) -> Rag:
    """Red if anything with a ladder is overdue; else amber if anything is due soon or overdue; else green."""
    if overdue(rows, policy):
        return "red"
    return "amber" if {"due_soon", "overdue"}.intersection([row.status for row in rows]) else "green"


def overdue(rows: list[AgendaRow], policy: Policy) -> list[str]:
    """The ids of overdue obligations that have a ladder, sorted, each once."""
    ids = set()
    for row in rows:
        obligation = policy.obligation(row.obligation) if row.status == "overdue" else None
        if obligation is not None and obligation.rule.ladder:
            ids.add(row.obligation)
    return sorted(ids)


def next_due(rows: list[AgendaRow], today: date) -> AgendaRow | None:
    """The open obligation with the earliest due date not yet past, forecasts aside."""
    ahead = [row for row in rows if row.is_open and not row.forecast and row.due >= today]
    return min(ahead, key=lambda row: (row.due, row.obligation, row.occurrence), default=None)


def earliest(rows: Iterable[AgendaRow]) -> date | None:
    """The earliest date still to be met, past or ahead, forecasts aside."""
    return min((row.due for row in rows if row.is_open and not row.forecast), default=None)


def urgency(earliest: date | None, child: str) -> tuple[date, str]:
    """The order of the caseload, of digests and of every list, stated once.

    The most days late first, then what is due soonest, then by reference; where nothing is due, last. It is one order,
    that of the earliest date still to be met, and the passing of a day changes nothing in it: due on 12 January goes
    before due on 19 January, both late on 2 March, and before due on 6 March.
    """
    return (earliest or date.max, child)
