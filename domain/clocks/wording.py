"""What an action says: the case, what is due, when, the clause, and what to do. Nothing personal."""

import calendar
import re
from datetime import date, datetime
from typing import Final

from domain.case import events as ev
from domain.case.booking import BOOKINGS
from domain.case.calendar import local_date
from domain.case.words import LegalStatus, Participation, ReasonForCeasing
from domain.clocks.obligations import Occurrence
from domain.clocks.rules import Notice
from domain.clocks.spelling import in_full, in_short, spaced

__all__ = [
    "booked", "booked_for_day", "booking_in_words", "booking_said", "coded", "days", "in_full", "in_short", "in_words",
    "message_at_once", "message_for", "short_date", "spaced", "stage_in_words", "when_due",
]  # fmt: skip

MONTHS: Final = tuple(calendar.month_name)
"""By number; once, since each formatting of a date by the C library imports a module, which a sandbox looks into."""

STAGES: Final = {
    "pre_proceedings": "pre-proceedings",
    "looked_after": "looked after",
    "ppm": "permanency planning meeting held",
    "first_review": "first review held",
    "second_review": "second review held",
    "placement_order": "placement order made",
    "placed_for_adoption": "placed for adoption",
    "permanence": "permanence reached",
    "left_care": "left care",
}


def coded(code: LegalStatus | Participation | ReasonForCeasing) -> str:
    """A code of the SSDA903 return with what it means: section 20 (V2)."""
    return f"{spaced(code.name.lower())} ({code.value})"


def stage_in_words(code: str) -> str:
    """A stage of the journey as people say it."""
    return STAGES.get(code, spaced(code))


def days(number: int) -> str:
    """A number of calendar days."""
    return "1 day" if number == 1 else f"{number} days"


def when_due(left: int) -> str:
    """When something is due that has so many calendar days left: today, tomorrow, in 3 days."""
    return "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"


def in_words(day: date) -> str:
    """A date as people write it, such as 7 January 2026."""
    return f"{day.day} {MONTHS[day.month]} {day.year}"


def short_date(day: date) -> str:
    """A date short enough for a table, such as 7 Jan 2026."""
    return f"{day.day} {MONTHS[day.month][:3]} {day.year}"


def booked_for_day(day: date, today: date) -> str:
    """The day that something is booked for which has not been held, and whether it has passed."""
    return in_words(day) + ("; that day has passed" if day < today else "")


def booked(day: date, today: date) -> str:
    """The same as part of a sentence."""
    return f"booked for {booked_for_day(day, today)}"


def booking_in_words(kind: type[ev.Booking], day: date, today: date) -> str:
    """A booking that stands: what is booked, for which day, and whether that has passed."""
    return f"{BOOKINGS[kind]} for {booked_for_day(day, today)}"


SAID_TO_BE_BOOKED: Final = re.compile(r" It (?:is|was) booked for (\d+ [A-Z][a-z]+ \d{4})[.;]")


def booking_said(message: str) -> date | None:
    """The day for which `message_for` said that something was booked. An action keeps it in its words alone."""
    said = SAID_TO_BE_BOOKED.search(message)
    return datetime.strptime(said[1], "%d %B %Y").date() if said else None  # noqa: DTZ007 (a day has no zone)


def message_for(child: str, occurrence: Occurrence, kind: str, at: datetime, booked_for: date | None = None) -> str:
    """Two or three sentences for the people told. Counts days late in calendar days."""
    today, due = local_date(at), occurrence.due
    if kind == "reminder":
        stands, to_do = f"is due {when_due((due - today).days)}, on {in_words(due)}", "Record it when it is done."
    else:
        stands = f"was due on {in_words(due)} and is {days((today - due).days)} overdue"
        to_do = "Record it, or say why it is late and what is being done."
    sentences = [f"{child}: {occurrence.obligation.rule.title} {stands} ({occurrence.clause})."]
    if booked_for:
        sentences.append(f"It {'is' if booked_for >= today else 'was'} {booked(booked_for, today)}.")
    return " ".join([*sentences, to_do])


def message_at_once(child: str, notice: Notice, day: str, more: str) -> str:
    """What a notice or breach says: the case, what happened or is called for, its day, the clause, and more."""
    return " ".join(f"{child}: {notice.title}, {day} ({notice.clause}). {more}".split())
