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
        ("29 Feb 2024", date(2024, 2, 29)),
        ("Thu 1 Jan 2026", date(2026, 1, 1)),
        ("Thursday, 1st of January", date(2026, 1, 1)),
        ("thurs. 1/1", date(2026, 1, 1)),
        ("Weds 31 Dec", date(2025, 12, 31)),
        ("Yesterday", date(2026, 1, 1)),
        ("today", TODAY),
        ("tomorrow", date(2026, 1, 3)),
    ],
)
def test_it_is_understood(typed: str, day: date) -> None:
    assert day_typed(typed, TODAY) == DayTyped(day)


def test_without_a_year_a_day_ahead_is_the_next() -> None:
    assert day_typed("2 Jan", TODAY, ahead=True) == DayTyped(TODAY)
    assert day_typed("3 Dec", TODAY, ahead=True) == DayTyped(date(2026, 12, 3))


@pytest.mark.parametrize(
    ("typed", "ahead", "would_be"),
    [
        ("1 Jan", True, "1 January 2027"),
        ("4 Dec", True, "4 December 2026"),
        ("3 Jan", False, "3 January 2025"),
        ("29 Feb", False, "29 February 2024"),
    ],
)
def test_of_a_day_nearly_a_year_away_the_year_is_asked(typed: str, ahead: bool, would_be: str) -> None:
    """Whoever books for `1 Jan` on the 2nd meant another day, or the year after."""
    assert day_typed(typed, TODAY, ahead=ahead) == f"Enter the year too: without it this would be {would_be}"
    assert day_typed(would_be, TODAY, ahead=ahead) == day_typed(would_be, TODAY)


def test_a_day_of_the_week_that_is_not_the_days_is_said() -> None:
    assert day_typed("Fri 1 Jan 2026", TODAY) == "1 January 2026 is a Thursday: enter the day again"


@pytest.mark.parametrize("typed", ["", "soon", "3", "31 Feb", "13/13/26", "0 Jan", "3 Jnu", "1 2 3 4", "Thing 1 Jan"])
def test_what_is_no_day_is_told_what_to_enter(typed: str) -> None:
    said = day_typed(typed, TODAY)
    assert isinstance(said, str)
    assert "such as 3 Jan" in said


@pytest.mark.parametrize("typed", ["1/1/0001", "3/1/0026", "31 Dec 1949", "9999-12-31"])
@pytest.mark.parametrize("ahead", [True, False])
def test_a_day_that_no_case_can_name_is_told_of_which_years(typed: str, ahead: bool) -> None:
    """Of the year 1 the report was an error of the server."""
    assert day_typed(typed, TODAY, ahead=ahead) == "Enter a day of the years 1950 to 2150, such as 3 Jan or 3/1/2026"
