"""A count of days as a person does it on a wall calendar: which day is the first, which are skipped, and why."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from domain.case.calendar import Offset, WorkingCalendar

LONGEST: Final = 60
"""Working days or days that are shown one by one (ours: twelve weeks fit a page); beyond, and by weeks and months, the
steps alone."""


@dataclass(frozen=True, slots=True)
class DayCounted:
    """A day of the calendar: its number in the count, or why it has none."""

    day: date
    number: int | None = None
    """Day zero is the day counted from; a count back has numbers below zero. None: not counted."""
    skipped: str | None = None
    """Weekend, or the bank holiday's name; None where the day is counted, or outside the count."""


def weeks_counted(calendar: WorkingCalendar, base: date, offset: Offset) -> list[list[DayCounted]]:
    """The whole weeks, from Monday, that a count of days or working days runs through; empty for other counts."""
    # Five working days after Wednesday 23 December 2026: the 24th is 1; the 25th, the weekend and Monday 28, the
    # holiday for Boxing Day, are skipped; the 29th is 2, the 31st is 4; 1 January is skipped; 4 January is 5.
    if offset.unit not in ("working_days", "days") or not 0 < abs(offset.number) <= LONGEST:
        return []
    last = calendar.add(base, offset)
    first, final = min(base, last), max(base, last)
    numbers = _numbers(calendar, base, offset)
    start = first - timedelta(days=first.weekday())
    end = final + timedelta(days=6 - final.weekday())
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    working = offset.unit == "working_days"
    shown = [
        DayCounted(day, numbers.get(day), _why_not(calendar, day) if working and first < day < final else None)
        for day in days
    ]
    return [shown[monday : monday + 7] for monday in range(0, len(shown), 7)]


def steps_counted(base: date, calendar: WorkingCalendar, offset: Offset) -> list[tuple[int, date]]:
    """Each week or month of a count by weeks or months, with the day it reaches; empty for counts of days."""
    if offset.unit in ("working_days", "days"):
        return []
    step = 1 if offset.number > 0 else -1
    return [
        (n * step, calendar.add(base, Offset(number=n * step, unit=offset.unit))) for n in range(abs(offset.number) + 1)
    ]


def _numbers(calendar: WorkingCalendar, base: date, offset: Offset) -> dict[date, int]:
    step = 1 if offset.number > 0 else -1
    counted = {base: 0}
    for n in range(1, abs(offset.number) + 1):
        counted[calendar.add(base, Offset(number=n * step, unit=offset.unit))] = n * step
    return counted


def _why_not(calendar: WorkingCalendar, day: date) -> str | None:
    if day in calendar.bank_holidays:
        return calendar.bank_holidays[day]
    return "weekend" if day.weekday() > 4 else None
