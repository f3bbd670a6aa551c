"""A day as people type it: 3 Jan, 03/01/26, Sat 3 January 2026, yesterday; the day first, as it is written here."""

import re
from calendar import day_name
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

from domain.case.accepted import FIRST_DAY, LAST_DAY
from domain.clocks.wording import in_words

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ISO: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
TYPED: Final = re.compile(
    r"(?:(?P<weekday>[a-z]{3,9})[.,]?\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?[\s./-]+(?P<month>\d{1,2}|[a-z]{3,9})\.?(?:[\s./,-]+(?P<year>\d{4}|\d{2}))?"
)
ACCEPTED: Final = "Enter a day, such as 3 Jan, 3/1/2026 or 3 January 2026"
FROM_TODAY: Final[Mapping[str, int]] = {"yesterday": -1, "today": 0, "tomorrow": 1}
FAR: Final = timedelta(days=335)
"""A day without a year that would be further away than this is asked for it (ours: eleven months)."""
OTHER_YEARS: Final = f"Enter a day of the years {FIRST_DAY.year} to {LAST_DAY.year}, such as 3 Jan or 3/1/2026"
"""The days that a case can name: no calendar has others, and no list of months begins with the year 26."""


class DayTyped(NamedTuple):
    """A day that was understood."""

    day: date


def day_typed(text: str, today: date, *, ahead: bool = False) -> DayTyped | str:
    """The day, or what to enter instead.

    Without a year it is the latest such day up to today; `ahead`, the next one from today on. On 2 January 2026
    `5 Dec` is 5 December 2025, and ahead 5 December 2026. Of one that would be nearly a year away the year is asked.
    """
    # On 29 November 2026 `28 Nov`, as the day of a review that was to be booked, was 28 November 2027, and `1 Dec`, as
    # that of one that had been held, 1 December 2025.
    typed = text.strip().lower()
    if typed in FROM_TODAY:
        return DayTyped(today + timedelta(days=FROM_TODAY[typed]))
    read = ISO.fullmatch(typed) or TYPED.fullmatch(typed)
    month = _month(read["month"]) if read else None
    if read is None or month is None:
        return ACCEPTED
    years = _years(read["year"], today, ahead=ahead)
    days = [day for year in years if (day := _day(year, month, int(read["day"])))]
    if not days:
        return f"There is no such day. {ACCEPTED}"
    fitting = days if read["year"] else [day for day in days if (day >= today if ahead else day <= today)]
    return _certain(read, fitting[0], today) if fitting else ACCEPTED


def _certain(read: re.Match[str], day: date, today: date) -> DayTyped | str:
    """The day that was read, if nothing in what was typed speaks against it."""
    if not FIRST_DAY <= day <= LAST_DAY:
        return OTHER_YEARS
    if not read["year"] and abs(day - today) > FAR:
        return f"Enter the year too: without it this would be {in_words(day)}"
    weekday = day_name[day.weekday()]
    named = (read.groupdict().get("weekday") or "").removesuffix("s")  # Tues, Weds, Thurs
    if not weekday.lower().startswith(named):
        known = any(one.lower().startswith(named) for one in day_name)
        return f"{in_words(day)} is a {weekday}: enter the day again" if known else ACCEPTED
    return DayTyped(day)


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
