"""The days that each return speaks for: the year from 1 April to 31 March, as far as it had been lived when drawn.

Nothing in a return says when it was drawn. It is taken to speak until the end of the month of the latest day in it
(councils draw it by the month), so that an older extract that is read again is known for what it is: it says nothing of
what came later. Whoever knows better says so (`--as-at`).
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from intake.returns.reading import day_in
from intake.returns.rows import Return
from intake.sources.covered import Covered

BEGINS: Final = (4, 1)
DATED: Final = (("Episodes", "DECOM"), ("Episodes", "DEC"), ("Reviews", "REVIEW"))
ENOUGH: Final = 20
"""Days in the year before, and none later, that show a return named by the year it ends in (ours: in a whole return of
a council there are hundreds; a handful may all lie in the first weeks of a year)."""


def with_days(returns: Sequence[Return], today: date, as_at: date | None = None) -> list[Return]:
    """The returns with the days that each speaks for. `as_at`: the day they were drawn, if somebody knows it."""
    days = [sorted(day for day in _days(each) if day <= today) for each in returns]
    ends = _named_by_end(returns, days)
    return [
        each if each.covered else _with_days(each, lived or [today], as_at, named_by_end=ends)
        for each, lived in zip(returns, days, strict=True)
    ]


def _with_days(given: Return, days: Sequence[date], as_at: date | None, *, named_by_end: bool) -> Return:
    year = given.year - named_by_end if given.year is not None else _year_of(as_at or days[-1])
    since, last = date(year, *BEGINS), date(year + 1, *BEGINS) - timedelta(days=1)
    lived = [day for day in days if since <= day <= last]
    drawn = as_at or (_end_of_month(lived[-1]) if lived else since)
    return replace(given, year=year, covered=Covered(since, max(since, min(drawn, last))))


def _named_by_end(returns: Sequence[Return], lived: Sequence[Sequence[date]]) -> bool:
    """Whether `2025` names the year that ended in March 2025: nothing in any return is later, and much is before."""
    before = 0
    for given, days in zip(returns, lived, strict=True):
        if given.year is None or any(day >= date(given.year, *BEGINS) for day in days):
            return False
        before += sum(day >= date(given.year - 1, *BEGINS) for day in days)
    return before >= ENOUGH


def _year_of(latest: date) -> int:
    """The year that a return begins in whose name says none, by the latest day in it."""
    return latest.year - ((latest.month, latest.day) < BEGINS)


def _days(given: Return) -> Iterator[date]:
    for table, column in DATED:
        for row in given.rows(table):
            day = day_in(row[column])
            if day is not None:
                yield day


def _end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
