"""What an action says: the case, what is due, when, the clause, and what to do. Nothing personal."""

from datetime import date, datetime
from typing import Final

from domain.case.calendar import local_date
from domain.clocks.obligations import Occurrence
from domain.clocks.rules import Notice

ABBREVIATIONS: Final = {"iro": "IRO", "ppm": "PPM", "cla": "CLA", "childrens": "children's"}


def spaced(code: str) -> str:
    """A code as words: `ppm_chair` is PPM chair."""
    return " ".join(ABBREVIATIONS.get(word, word) for word in code.split("_"))


def in_words(day: date) -> str:
    """A date as people write it, such as 7 January 2026."""
    return f"{day.day} {day:%B %Y}"


def short_date(day: date) -> str:
    """A date short enough for a table, such as 7 Jan 2026."""
    return f"{day.day} {day:%b %Y}"


def booked(day: date, today: date) -> str:
    """For which day something is booked that has not been held, and whether that day has passed."""
    return f"booked for {in_words(day)}" + ("; that day has passed" if day < today else "")


def message_for(child: str, occurrence: Occurrence, kind: str, at: datetime, booked_for: date | None = None) -> str:
    """Two or three sentences for the people told. Counts days late in calendar days."""
    what, today = occurrence.obligation.rule.title, local_date(at)
    due = in_words(occurrence.due)
    booking = f"It {'is' if booked_for >= today else 'was'} {booked(booked_for, today)}. " if booked_for else ""
    if kind == "reminder":
        left = (occurrence.due - today).days
        when = "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"
        return f"{child}: {what} is due {when}, on {due} ({occurrence.clause}). {booking}Record it when it is done."
    late = (today - occurrence.due).days
    days = "1 day" if late == 1 else f"{late} days"
    return (
        f"{child}: {what} was due on {due} and is {days} overdue ({occurrence.clause}). {booking}"
        "Record it, or say why it is late and what is being done."
    )


def message_at_once(child: str, notice: Notice, day: str, more: str) -> str:
    """What a notice or breach says: the case, what happened or is called for, the day in words, the clause, and more."""
    return " ".join(f"{child}: {notice.title}, {day} ({notice.clause}). {more}".split())
