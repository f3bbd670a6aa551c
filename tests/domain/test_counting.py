"""Counting days as on a wall calendar: every day has its number, or the reason why it has none."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.case.calendar import Offset, Unit, england_and_wales
from domain.study.counting import steps_counted, weeks_counted

CALENDAR = england_and_wales(2025, 2028)


def shown(base: date, offset: Offset) -> dict[date, int | str | None]:
    weeks = weeks_counted(CALENDAR, base, offset)
    assert all(len(week) == 7 and week[0].day.weekday() == 0 for week in weeks)
    return {one.day: one.skipped or one.number for week in weeks for one in week}


def test_over_christmas_five_working_days_are_counted_one_by_one() -> None:
    days = shown(date(2026, 12, 23), Offset(number=5, unit="working_days"))

    assert days[date(2026, 12, 22)] is None, "before the count"
    assert days[date(2026, 12, 23)] == 0
    assert days[date(2026, 12, 24)] == 1
    assert days[date(2026, 12, 25)] == "Christmas Day"
    assert days[date(2026, 12, 26)] == "weekend"
    assert "Boxing Day" in str(days[date(2026, 12, 28)])
    assert days[date(2026, 12, 31)] == 4
    assert days[date(2027, 1, 1)] == "New Year's Day"
    assert days[date(2027, 1, 4)] == 5
    assert days[date(2027, 1, 5)] is None, "after the count"


def test_a_count_back_has_numbers_below_zero() -> None:
    days = shown(date(2026, 3, 9), Offset(number=-2, unit="working_days"))
    assert (days[date(2026, 3, 9)], days[date(2026, 3, 8)], days[date(2026, 3, 5)]) == (0, "weekend", -2)


def test_a_count_of_months_is_its_steps_the_last_day_of_a_short_month_among_them() -> None:
    offset = Offset(number=3, unit="months")
    assert weeks_counted(CALENDAR, date(2026, 1, 31), offset) == []
    assert [f"{day:%d %b}" for _, day in steps_counted(date(2026, 1, 31), CALENDAR, offset)] == [
        "31 Jan",
        "28 Feb",
        "31 Mar",
        "30 Apr",
    ]


@given(
    st.dates(date(2025, 6, 1), date(2028, 6, 1)),
    st.integers(-40, 40).filter(bool),
    st.sampled_from(["working_days", "days"]),
)
def test_the_last_number_stands_on_the_day_that_the_rules_count_to(base: date, number: int, unit: Unit) -> None:
    offset = Offset(number=number, unit=unit)
    days = shown(base, offset)
    assert days[CALENDAR.add(base, offset)] == number
    counted = [one for one in days.values() if isinstance(one, int)]
    assert sorted(map(abs, counted)) == list(range(abs(number) + 1)), "each once, whatever is skipped"
    assert max(days) - min(days) == timedelta(days=len(days) - 1)
