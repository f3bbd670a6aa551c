"""A day as people type it."""

from datetime import date

import pytest

from desk.days import DayTyped, day_typed

TODAY = date(2026, 1, 2)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("3 Jan 2026", date(2026, 1, 3)),
        ("03/01/26", date(2026, 1, 3)),
        ("3.1.2026", date(2026, 1, 3)),
        ("2026-01-03", date(2026, 1, 3)),
        (" 3rd  January, 2026 ", date(2026, 1, 3)),
        ("1 Jan", date(2026, 1, 1)),
        ("30 dec", date(2025, 12, 30)),
        ("29 Feb", date(2024, 2, 29)),
    ],
)
def test_it_is_understood(typed: str, day: date) -> None:
    assert day_typed(typed, TODAY) == DayTyped(day)


def test_without_a_year_a_day_ahead_is_the_next() -> None:
    assert day_typed("30 Dec", TODAY, ahead=True) == DayTyped(date(2026, 12, 30))
    assert day_typed("1 Jan", TODAY, ahead=True) == DayTyped(date(2027, 1, 1))


@pytest.mark.parametrize("typed", ["", "soon", "3", "31 Feb", "13/13/26", "0 Jan", "3 Jnu", "1 2 3 4"])
def test_what_is_no_day_is_told_what_to_enter(typed: str) -> None:
    said = day_typed(typed, TODAY)
    assert isinstance(said, str)
    assert "such as 3 Jan" in said


@pytest.mark.parametrize("typed", ["1/1/0001", "3/1/0026", "31 Dec 1949", "9999-12-31"])
@pytest.mark.parametrize("ahead", [True, False])
def test_a_day_that_no_case_can_name_is_told_of_which_years(typed: str, ahead: bool) -> None:
    """Of the year 1 the report was an error of the server."""
    assert day_typed(typed, TODAY, ahead=ahead) == "Enter a day of the years 1950 to 2150, such as 3 Jan or 3/1/2026"
