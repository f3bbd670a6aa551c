"""Bodies that sit on fixed days: a panel each week or on the second Tuesday of a month, with days left out."""

import calendar
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from domain.case.calendar import UNITS, Offset, months_after
from domain.case.periods import AMENDED_AT_NIGHT

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: Final[tuple[str, ...]] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FURTHEST: Final = 60
"""Sittings that may be left out one after another (ours: a year of weeks, and some)."""

Place = Annotated[int, Field(ge=-1, le=5)]


def _one_or_several(given: object) -> object:
    return (given,) if isinstance(given, int) else given


class SittingDays(BaseModel):
    """The days on which a body sits: a weekday each week, or those of a month at `nth` (-1: the last)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    weekday: Weekday
    nth: Annotated[tuple[Place, ...], BeforeValidator(_one_or_several)] = ()
    left_out: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _no_nought(self) -> "SittingDays":
        if 0 in self.nth:
            raise ValueError("nth = 0; accepted: 1 to 5, or -1 for the last of the month")
        return self

    def on_or_before(self, day: date) -> date:
        """The last sitting by a day; one that is left out is taken to be the one before."""
        return next((one for one in self._back_from(day) if one not in self.left_out), day)

    def on_or_after(self, day: date, *, amended: int = AMENDED_AT_NIGHT) -> date:
        """The first sitting from a day on; one that is left out is taken to be the one before."""
        if amended:
            return self.on_or_before(next(self._on_from(day), day))
        return next((one for one in self._on_from(day) if one not in self.left_out), day)

    def _back_from(self, day: date) -> Iterator[date]:
        if not self.nth:
            first = day - timedelta(days=(day.weekday() - WEEKDAYS.index(self.weekday)) % 7)
            yield from (first - timedelta(weeks=n) for n in range(FURTHEST))
            return
        for n in range(FURTHEST):
            yield from reversed([one for one in self._of_month(months_after(day.replace(day=1), -n)) if one <= day])

    def _on_from(self, day: date) -> Iterator[date]:
        if not self.nth:
            first = day + timedelta(days=(WEEKDAYS.index(self.weekday) - day.weekday()) % 7)
            yield from (first + timedelta(weeks=n) for n in range(FURTHEST))
            return
        for n in range(FURTHEST):
            yield from (one for one in self._of_month(months_after(day.replace(day=1), n)) if one >= day)

    def _of_month(self, first: date) -> list[date]:
        last = calendar.monthrange(first.year, first.month)[1]
        days = (first.replace(day=number) for number in range(1, last + 1))
        every = [day for day in days if day.weekday() == WEEKDAYS.index(self.weekday)]
        chosen = (every[n - 1] if n > 0 else every[-1] for n in self.nth if n <= len(every))
        return sorted(set(chosen))

    def __str__(self) -> str:
        if not self.nth:
            return f"each {self.weekday.capitalize()}"
        places = " and ".join(PLACES[n] for n in self.nth)
        return f"the {places} {self.weekday.capitalize()} of the month"


PLACES: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}


class Sitting(SittingDays):
    """A date moved to a sitting: the last `on_or_before` it or the first `on_or_after`; or so long from that."""

    side: Literal["on_or_before", "on_or_after"] = "on_or_before"
    offset: Offset | None = None

    @model_validator(mode="before")
    @classmethod
    def _offset_from_row(cls, row: Any) -> Any:
        units = {key: value for key, value in row.items() if key in UNITS} if isinstance(row, dict) else {}
        if not units:
            return row
        return {**{key: value for key, value in row.items() if key not in UNITS}, "offset": units}

    def of(self, day: date, *, amended: int = AMENDED_AT_NIGHT) -> date:
        """The sitting that a counted day leads to. `amended`: by `Policy.amended`."""
        return self.on_or_before(day) if self.side == "on_or_before" else self.on_or_after(day, amended=amended)
