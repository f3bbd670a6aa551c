"""The agenda: all obligations of a journey at an instant, with due dates, status and the next action of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Final, Literal, TypeVar

from domain.case.calendar import local_date
from domain.case.words import Role
from domain.clocks.booked import booked_for
from domain.clocks.judgement import Judgements, Said, judged
from domain.clocks.obligations import Limit, Occurrence
from domain.clocks.rules import Policy
from domain.clocks.schedule import Kind, reminder_slots
from domain.clocks.wording import spaced
from domain.journey import Journey

Status = Literal["upcoming", "due_soon", "overdue", "met", "met_late", "waived", "lapsed"]
Rag = Literal["green", "amber", "red"]
ORDER: Final = attrgetter("obligation", "occurrence")
"""The order of rows, unless it is another's."""


@dataclass(slots=True)
class NextRow:
    """What will be told next, and to whom, if nothing changes."""

    at: datetime
    kind: Kind
    rung: int
    to: tuple[Role, ...]


@dataclass(slots=True)
class StatusRow:
    """How one occurrence stands: all that the colour and the next due date hang on."""

    obligation: str
    occurrence: int
    due: date
    status: Status
    forecast: bool

    @property
    def is_open(self) -> bool:
        return self.status in ("upcoming", "due_soon", "overdue")


@dataclass(slots=True)
class AgendaRow(StatusRow):
    """One occurrence of an obligation, as it stands."""

    child: str
    title: str
    clause: str
    owner: Role
    opened_on: date
    limits: tuple[Limit, ...]
    met_on: date | None
    next: NextRow | None
    said: tuple[Said, ...] = ()
    """What people said of it: why it is late, that it was put off, waived or is in hand."""
    booked_for: date | None = None
    """The day that the meeting is booked for which would meet it, ahead or past; None where no booking stands."""

    @property
    def status_in_words(self) -> str:
        """The status as people read it everywhere; what is upcoming with no fixed date is a forecast."""
        return "forecast" if self.forecast and self.status == "upcoming" else spaced(self.status)


Row = TypeVar("Row", bound=StatusRow)


def agenda(journey: Journey, now: datetime) -> list[AgendaRow]:
    """The agenda of the latest period of care at an instant, by obligation and occurrence."""
    today = local_date(now)
    judgements = judged(journey.periods[-1], journey.occurrences, journey.calendar) if journey.periods else None
    rows = [_row(journey, occurrence, now, today, judgements) for occurrence in journey.occurrences]
    return sorted(rows, key=ORDER)


def open_statuses(journey: Journey, now: datetime) -> list[StatusRow]:
    """How the rows of the agenda stand that are open, for a wake, at which nobody looks at the rest of them."""
    today = local_date(now)
    rows = [
        StatusRow(one.obligation.id, one.number, one.due, _status(journey, one, now, today), one.forecast)
        for one in journey.occurrences
        if one.ended_on is None
    ]
    return sorted(rows, key=ORDER)


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
        limits=occurrence.limits,
        status=_status(journey, occurrence, now, today),
        met_on=occurrence.met_on,
        forecast=occurrence.forecast,
        next=_next(journey, occurrence) if still_open else None,
        said=judgements.about(occurrence) if judgements else (),
        booked_for=booked_for(occurrence, journey.periods[-1]) if still_open else None,
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
    slots = reminder_slots(occurrence, journey.calendar, amended=journey.policy.amended)
    return "due_soon" if slots and slots[0] <= now else "upcoming"


def rag(rows: Sequence[StatusRow], policy: Policy) -> Rag:
    """Red if anything with a ladder is overdue; else amber if anything is due soon or overdue; else green."""
    if overdue(rows, policy):
        return "red"
    return "amber" if {"due_soon", "overdue"}.intersection([row.status for row in rows]) else "green"


def overdue(rows: Iterable[StatusRow], policy: Policy) -> list[str]:
    """The ids of overdue obligations that have a ladder, sorted, each once."""
    ids = set()
    for row in rows:
        obligation = policy.obligation(row.obligation) if row.status == "overdue" else None
        if obligation is not None and obligation.rule.ladder:
            ids.add(row.obligation)
    return sorted(ids)


def next_due(rows: Iterable[Row], today: date) -> Row | None:
    """The open obligation with the earliest due date not yet past, forecasts aside."""
    ahead = [row for row in rows if row.is_open and not row.forecast and row.due >= today]
    return min(ahead, key=attrgetter("due", "obligation", "occurrence"), default=None)


def earliest(rows: Iterable[StatusRow]) -> date | None:
    """The earliest date still to be met, past or ahead, forecasts aside."""
    return min((row.due for row in rows if row.is_open and not row.forecast), default=None)


def urgency(earliest: date | None, child: str) -> tuple[date, str]:
    """The order of the caseload, of digests and of every list, stated once.

    The most days late first, then what is due soonest, then by reference; where nothing is due, last. It is one order,
    that of the earliest date still to be met, and the passing of a day changes nothing in it: due on 12 January goes
    before due on 19 January, both late on 2 March, and before due on 6 March.
    """
    return (earliest or date.max, child)
