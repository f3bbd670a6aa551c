"""A step as lists have it, in words."""

from datetime import date

import pytest

from desk.steps import DueStep, step_ahead
from record.caseload_reading import StepAhead

TODAY, DUE, SOON = date(2026, 11, 28), date(2026, 12, 1), date(2026, 12, 9)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (None, ""),
        (date(2026, 12, 1), "booked for 1 December 2026"),
        (date(2026, 12, 9), "booked for 9 December 2026, after it is due"),
        (date(2026, 11, 27), "booked for 27 November 2026; that day has passed"),
    ],
)
def test_a_booking_in_a_list_says_what_speaks_against_its_day(day: date | None, said: str) -> None:
    assert listed(booked_for=day).booked == said


def test_a_forecast_is_never_late_in_a_list_also_once_its_day_has_passed() -> None:
    foreseen = listed(due=date(2026, 5, 2), forecast=True)
    assert (foreseen.tag, foreseen.group, foreseen.days_late, foreseen.late_by) == ("Forecast", "later", 0, "")


def listed(due: date = DUE, *, forecast: bool = False, booked_for: date | None = None) -> DueStep:
    step = StepAhead(
        child="C-1",
        obligation="second-review",
        occurrence=1,
        title="Second looked-after review",
        clause="CPPCR reg 33(2)",
        owner="social_worker",
        opened_on=date(2026, 9, 1),
        due=due,
        forecast=forecast,
        escalates=True,
        soon_at=None,
        booked_for=booked_for,
        next_at=None,
        next_kind=None,
        next_rung=None,
        next_to=(),
        explained_on=None,
        held_until=None,
        stem="second-review",
    )
    return step_ahead(step, TODAY, SOON)
