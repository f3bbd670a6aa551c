"""Working days and offsets: how the procedures count time.

A working day is Monday to Friday and not a bank holiday in England and Wales. Days, weeks and months are
calendar time; due dates are never moved off weekends. A calendar is data: a journey records the one it
runs on, so a holiday proclaimed later changes nothing behind its back.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any, Literal, get_args

import holidays as holiday_library
from dateutil.relativedelta import relativedelta
from pydantic import BaseModel, ConfigDict, model_validator

from domain.case.events import LONDON

Unit = Literal["working_days", "hours", "days", "weeks", "months"]
UNITS: tuple[Unit, ...] = get_args(Unit)
NINE = time(9)

FURTHEST: dict[Unit, int] = {
    "working_days": 26_000,
    "hours": 876_000,
    "days": 36_600,
    "weeks": 5_200,
    "months": 1_200,
}
"""The largest number of each (ours: a century; beyond some thousand years there are no dates, and a rule must have
one)."""


class Offset(BaseModel):
    """A distance in time: a number of working days, hours, days, weeks or months. Negative counts back.

    An event has its day and not its hour, so hours count as whole days, never later than the letter: 48 hours are two
    days, 36 hours one; 36 hours before are two days before.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int
    unit: Unit

    @model_validator(mode="before")
    @classmethod
    def _unit_as_key(cls, row: Any) -> Any:
        """In a policy file the unit is the key: `{ weeks = 2 }`."""
        if not isinstance(row, Mapping) or "unit" in row:
            return row
        if len(row) != 1 or next(iter(row)) not in UNITS:
            raise ValueError(f"give exactly one of {', '.join(UNITS)} with a number")
        [(unit, number)] = row.items()
        return {"number": number, "unit": unit}

    @model_validator(mode="after")
    def _within_a_century(self) -> "Offset":
        if abs(self.number) > FURTHEST[self.unit]:
            raise ValueError(f"{self.unit} = {self.number}; accepted: up to {FURTHEST[self.unit]}")
        return self

    def __str__(self) -> str:
        words = self.unit.replace("_", " ")
        return f"{abs(self.number)} {words[:-1] if abs(self.number) == 1 else words}"


class WorkingCalendar:
    """Working days of a run of whole years, from the bank holidays given as data."""

    def __init__(self, first_year: int, last_year: int, bank_holidays: Mapping[date, str]) -> None:
        self.first_year = first_year
        self.last_year = last_year
        self.bank_holidays = dict(bank_holidays)
        self._first = date(first_year, 1, 1)
        # Asked of each obligation at each step and wake, and of all children born in one year by one calendar.
        self._working_days_after = lru_cache(maxsize=1024)(self.working_days_after)
        self.nines_after = lru_cache(maxsize=1024)(self._nines_after)
        """`nines_after(day, numbers)`: 09:00 of the working days so many after (or, negative, before) a day."""

    @cached_property
    def _working_days(self) -> list[date]:
        return [day for day in self._days() if self.is_working_day(day)]

    @cached_property
    def _before(self) -> list[int]:
        """How many working days there are before each day, from the first on; and, last, in all."""
        return [0, *accumulate(self.is_working_day(day) for day in self._days())]

    def _days(self) -> Iterator[date]:
        last = date(self.last_year, 12, 31)
        return (self._first + timedelta(n) for n in range((last - self._first).days + 1))

    def is_working_day(self, day: date) -> bool:
        """Whether a day is Monday to Friday and no bank holiday."""
        return day.weekday() < 5 and day not in self.bank_holidays

    def add(self, day: date, offset: Offset) -> date:
        """The day at an offset after (or, negative, before) `day`, which is itself day zero.

        Working days skip weekends and holidays; hours, days and weeks are calendar; months keep the day of the
        month, clamped to the month's end.
        """
        if offset.unit == "working_days":
            return self._working_days_after(day, offset.number)
        return _days_after(day, offset.number, offset.unit)

    def working_days_after(self, day: date, number: int) -> date:
        """The nth working day after `day`; negative counts back; zero is the day itself.

        Beyond the years whose bank holidays are known, which no childhood reaches, weekends alone are skipped.
        """
        if number == 0:
            return day
        if not self.first_year <= day.year <= self.last_year:
            return self._one_by_one(day, number)
        # Of Friday 2 January 2026, with one working day before it in the years known, the first working day after has
        # place 2 and the first before has place 0.
        place = (day - self._first).days
        at = self._before[place + 1] + number - 1 if number > 0 else self._before[place] + number
        return self._working_days[at] if 0 <= at < self._before[-1] else self._one_by_one(day, number)

    def _nines_after(self, day: date, numbers: tuple[int, ...]) -> tuple[datetime, ...]:
        return tuple([nine(self.working_days_after(day, number)) for number in numbers])

    def _one_by_one(self, day: date, number: int) -> date:
        step = timedelta(days=1 if number > 0 else -1)
        left = abs(number)
        while left:
            day += step
            left -= self.is_working_day(day)
        return day

    def on_or_before(self, day: date) -> date:
        """The day itself if it is a working day, else the working day before it."""
        return day if self.is_working_day(day) else self.working_days_after(day, -1)

    def on_or_after(self, day: date) -> date:
        """The day itself if it is a working day, else the next one."""
        return day if self.is_working_day(day) else self.working_days_after(day, 1)

    def acting_instant(self, instant: datetime) -> datetime:
        """When something known at an instant can be acted on: at once, or at 09:00 of the next working day."""
        day = local_date(instant)
        return instant if self.is_working_day(day) else nine(self.working_days_after(day, 1))


def calendar_days_after(day: date, offset: Offset) -> date:
    """The day at an offset of hours, days, weeks or months, which need no calendar of working days."""
    return _days_after(day, offset.number, offset.unit)


@lru_cache(maxsize=8192)
def _days_after(day: date, number: int, unit: Unit) -> date:
    if unit == "months":
        return months_after(day, number)
    if unit == "weeks":
        return day + timedelta(weeks=number)
    return day + timedelta(days=number // 24 if unit == "hours" else number)


@lru_cache(maxsize=8192)
def months_after(day: date, number: int) -> date:
    """The same day of the month so many calendar months later (negative: earlier), clamped to the month's end."""
    return day + relativedelta(months=number)


@lru_cache(maxsize=8192)
def nine(day: date) -> datetime:
    """09:00 in London on a day, as an instant in UTC."""
    return datetime.combine(day, NINE, LONDON).astimezone(UTC)


@lru_cache(maxsize=8192)
def midnight(day: date) -> datetime:
    """The instant a day begins in London, in UTC."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The last instant of a day in London: what is known at the end of that day is known by then."""
    return midnight(day + timedelta(days=1)) - timedelta(microseconds=1)


@lru_cache(maxsize=8192)
def local_date(instant: datetime) -> date:
    """The date in London at an instant."""
    return instant.astimezone(LONDON).date()


def birthday(born: date, age: int) -> date:
    """The day a child reaches an age. Born on 29 February: 1 March in other years."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def age_on(born: date, day: date) -> int:
    """Age in whole years on a day."""
    years = day.year - born.year
    return years if day >= birthday(born, years) else years - 1


@lru_cache(maxsize=64)
def england_and_wales(first_year: int, last_year: int) -> WorkingCalendar:
    """The calendar of England and Wales for whole years, holidays by the `holidays` library.

    Children born in one year share one: twenty years of working days take longer to list than a year's journey to live.
    """
    named = holiday_library.country_holidays("GB", subdiv="ENG", years=range(first_year, last_year + 1))
    weekday_holidays = {day: name for day, name in sorted(named.items()) if day.weekday() < 5}
    return WorkingCalendar(first_year, last_year, weekday_holidays)


def years_of_childhood(born: date) -> tuple[int, int]:
    """The years a journey can reach: from the year before birth (pre-proceedings) to two after the 18th."""
    return born.year - 1, born.year + 20
