"""What recording changes, in sentences: before it is done, and on the receipt."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from domain.agenda import AgendaRow
from domain.case.calendar import local_date
from domain.clocks.wording import days, in_words, spaced
from domain.study.effect import Effect, StepChanged, StepEnded

NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ISO_DAY: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
CODE: Final = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")


def named(row: AgendaRow) -> str:
    """A step by its title, with its number where there was one before."""
    return f"{row.title} (number {row.occurrence})" if row.occurrence > 1 else row.title


def title_of(kind: str) -> str:
    """A type of event as people say it: PPM held."""
    words = spaced(kind)
    return words[:1].upper() + words[1:]


def changes(change: Effect, *, done: bool = False) -> list[str]:
    """What is met, what will not be told any more, what opens or moves, who is told; one sentence each."""
    said = [
        *(_altered(one) for one in change.altered),
        *(line for one in change.ended for line in _ended(one)),
        *(f"{named(row)} is open again, due on {in_words(row.due)}." for row in change.reopened),
        *(line for one in change.changed for line in _changed(one)),
        *(_opened(row) for row in change.opened if not row.forecast),
        *_told(change, done=done),
    ]
    if change.ends_journey:
        said.append("The child's journey ends: nothing more is due, and nobody is told anything more.")
    return said or ["Nothing that is due changes: it is kept with the case."]


def receipt(change: Effect) -> str:
    """What it came to, in a line: two reminders stopped, next due 4 March 2026."""
    said = []
    if messages := _messages(*change.stopped):
        said.append(f"{messages} stopped")
    if change.next_due:
        said.append(f"next due {in_words(change.next_due.due)}: {named(change.next_due)}")
    text = ", ".join(said)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def reason_in_words(reason: str) -> tuple[str, str]:
    """The field that a refusal names, if it does, and why, with days and codes as people write them."""
    field, colon, rest = reason.partition(": ")
    if not colon or not field.replace("_", "").isalpha():
        field, rest = "", reason
    rest = ISO_DAY.sub(lambda day: in_words(date.fromisoformat(day[0])), rest)
    rest = CODE.sub(lambda code: spaced(code[0]), rest)
    return field, f"{rest[:1].upper()}{rest[1:]}."


def many(number: int, word: str) -> str:
    """How many of something: one reminder, two reminders, 12 reminders."""
    count = NUMBERS[number] if number < len(NUMBERS) else str(number)
    return f"{count} {word}" if number == 1 else f"{count} {word}s"


def _messages(reminders: int, escalations: int) -> str:
    counted = ((reminders, "reminder"), (escalations, "escalation"))
    return " and ".join(many(number, word) for number, word in counted if number)


def _ended(one: StepEnded) -> Iterator[str]:
    name, now = named(one.was), one.now
    if now is not None and now.met_on:
        yield f"{name} is met on {in_words(now.met_on)}, {_when(one)}; it was due on {in_words(now.due)}."
    elif now is not None and now.status == "waived":
        yield f"{name} is waived; it was due on {in_words(one.was.due)}."
    else:
        yield f"{name} no longer applies; it was due on {in_words(one.was.due)}."
    if messages := _messages(one.reminders, one.escalations):
        yield f"{messages[:1].upper()}{messages[1:]} about it will not be sent."


def _altered(one: StepEnded) -> str:
    name, was, now = named(one.was), one.was, one.now
    assert was.met_on is not None
    if now is None or not now.met_on:
        return f"{name}, met on {in_words(was.met_on)}, no longer applies."
    said = f"{name} is met on {in_words(now.met_on)}, {_when(one)}; it was due on {in_words(now.due)}"
    before = [f"met on {in_words(was.met_on)}"] if was.met_on != now.met_on else []
    before += [f"due on {in_words(was.due)}"] if was.due != now.due else []
    return f"{said}. Until now it was said to be {' and '.join(before)}."


def _when(one: StepEnded) -> str:
    return f"{days(one.days_late)} after it was due" if one.days_late else "in time"


def _changed(one: StepChanged) -> Iterator[str]:
    if one.moved:
        late = ": it is late then" if one.now.status == "overdue" and one.was.status != "overdue" else ""
        yield f"{named(one.now)} is due on {in_words(one.now.due)}, and not on {in_words(one.was.due)} any more{late}."
    if one.booked:
        yield f"{named(one.now)} is booked for {in_words(one.booked)}; it is due on {in_words(one.now.due)}."
    if one.held and one.was.next:
        roles = " and ".join(spaced(role) for role in one.held.to)
        was = in_words(local_date(one.was.next.at))
        yield (
            f"{named(one.now)} stays due and late. The message of {was} is not sent then; "
            f"the next is on {in_words(local_date(one.held.at))}, to {roles}."
        )


def _opened(row: AgendaRow) -> str:
    booked = f", booked for {in_words(row.booked_for)}" if row.booked_for else ""
    late = ": it is late already" if row.status == "overdue" else ""
    return f"New: {named(row)}, due on {in_words(row.due)}{booked}, for the {spaced(row.owner)}{late}."


def _told(change: Effect, *, done: bool) -> Iterator[str]:
    for action in change.sent:
        roles = ", ".join(spaced(role) for role in action.to)
        message = action.message.removeprefix(f"{action.child}: ")
        yield f"{'Told' if done else 'Told at once'} to {roles}: {message}"
