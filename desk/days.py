"""A day as people type it: 3 Jan, 03/01/26, 3 January 2026, 2026-01-03; the day first, as it is written here."""

import re
from datetime import date
from typing import Final, NamedTuple

from domain.case.accepted import FIRST_DAY, LAST_DAY

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ISO: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
TYPED: Final = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s./-]+(?P<month>\d{1,2}|[a-z]{3,9})\.?(?:[\s./,-]+(?P<year>\d{4}|\d{2}))?"
)
ACCEPTED: Final = "Enter a day, such as 3 Jan, 3/1/2026 or 3 January 2026"
OTHER_YEARS: Final = f"Enter a day of the years {FIRST_DAY.year} to {LAST_DAY.year}, such as 3 Jan or 3/1/2026"
"""The days that a case can name: no calendar has others, and no list of months begins with the year 26."""


class DayTyped(NamedTuple):
    """A day that was understood."""

    day: date


def day_typed(text: str, today: date, *, ahead: bool = False) -> DayTyped | str:
    """The day, or what to enter instead.

    Without a year it is the latest such day up to today; `ahead`, the next one from today on. On 2 January 2026
    `30 Dec` is 30 December 2025, and ahead 30 December 2026.
    """
    read = ISO.fullmatch(text.strip()) or TYPED.fullmatch(text.strip().lower())
    month = _month(read["month"]) if read else None
    if read is None or month is None:
        return ACCEPTED
    years = _years(read["year"], today, ahead=ahead)
    days = [day for year in years if (day := _day(year, month, int(read["day"])))]
    if not days:
        return f"There is no such day. {ACCEPTED}"
    if read["year"]:
        return DayTyped(days[0]) if FIRST_DAY <= days[0] <= LAST_DAY else OTHER_YEARS
    fitting = [day for day in days if (day >= today if ahead else day <= today)]
    return DayTyped(min(fitting) if ahead else max(fitting)) if fitting else ACCEPTED


def _years(typed: str | None, today: date, *, ahead: bool) -> list[int]:
    if typed:
        return [int(typed) if len(typed) == 4 else 2000 + int(typed)]
    step = 1 if ahead else -1
    return [today.year + step * years for years in range(5)]  # 29 February comes every fourth


def _month(typed: str) -> int | None:
    if typed.isdecimal():
        return int(typed)
    return MONTHS.index(typed[:3]) + 1 if typed[:3] in MONTHS else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
