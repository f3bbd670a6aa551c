"""The bank holidays of England, reckoned here by hand from the Acts and proclamations, against those the clocks skip.

They come from a library that is updated: one day more or less moves every date counted in working days across it.
"""

from datetime import date, timedelta

import pytest

from domain.case.calendar import england_and_wales

DAY = timedelta(days=1)
SATURDAY = 5
PROCLAIMED = {
    1999: ["1999-12-31"],
    2002: ["2002-06-03", "2002-06-04"],
    2011: ["2011-04-29"],
    2012: ["2012-06-04", "2012-06-05"],
    2020: ["2020-05-08"],
    2022: ["2022-06-02", "2022-06-03", "2022-09-19"],
    2023: ["2023-05-08"],
}
"""The millennium, jubilees, weddings, a funeral, a coronation, and days that were moved for them."""
MOVED = {date(2002, 5, 27), date(2012, 5, 28), date(2020, 5, 4), date(2022, 5, 30)}
"""Mondays of May that were worked, the holiday having gone to one of those days."""


def easter(year: int) -> date:
    """Easter Sunday by the Gregorian reckoning (Meeus)."""
    century, of_century = divmod(year, 100)
    golden = year % 19
    leap, rest = divmod(century, 4)
    epact = (19 * golden + century - leap - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * rest + 2 * (of_century // 4) - epact - of_century % 4) % 7
    month, day = divmod(epact + weekday - 7 * ((golden + 11 * epact + 22 * weekday) // 451) + 114, 31)
    return date(year, month, day + 1)


def by_hand(year: int) -> set[date]:
    """All bank holidays of a year, each on the day it is kept: those that fall on a weekend on the next day free."""
    kept = {easter(year) - 2 * DAY, easter(year) + DAY, *map(date.fromisoformat, PROCLAIMED.get(year, []))}
    first_of_may, lasts = date(year, 5, 1), [date(year, 5, 31), date(year, 8, 31)]
    mondays = {first_of_may + -first_of_may.weekday() % 7 * DAY, *(last - last.weekday() * DAY for last in lasts)}
    kept |= mondays - MOVED
    for fixed in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        day = fixed
        while day.weekday() >= SATURDAY or day in kept:
            day += DAY
        kept.add(day)
    return kept


@pytest.mark.parametrize("first", range(1998, 2057, 10))
def test_the_bank_holidays_are_those_reckoned_by_hand(first: int) -> None:
    years = range(first, first + 10)
    known = england_and_wales(1998, 2066).bank_holidays
    assert {day for day in known if day.year in years} == set().union(*map(by_hand, years))
