"""What an action says: the case, what is due, when, the clause, and what to do. Nothing personal."""

from datetime import date, datetime
from typing import Final

from domain.case import events as ev
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


def message_for(child: str, occurrence: Occurrence, kind: str, at: datetime) -> str:
    """One or two sentences for the people told. Counts days late in calendar days."""
    what = occurrence.obligation.rule.title
    due = in_words(occurrence.due)
    if kind == "reminder":
        left = (occurrence.due - local_date(at)).days
        when = "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"
        return f"{child}: {what} is due {when}, on {due} ({occurrence.clause}). Record it when it is done."
    late = (local_date(at) - occurrence.due).days
    days = "1 day" if late == 1 else f"{late} days"
    return (
        f"{child}: {what} was due on {due} and is {days} overdue ({occurrence.clause}). "
        "Record it, or say why it is late and what is being done."
    )


def message_at_once(child: str, notice: Notice, event: ev.Event, more: str) -> str:
    """What a notice or breach says: the case, what happened, on which day, the clause, and what to add."""
    return " ".join(f"{child}: {notice.title}, {in_words(event.on)} ({notice.clause}). {more}".split())
