"""Who reads what when: at once, or in a digest on working days."""

from datetime import date, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.choices import Cadence, cadence_of, digest_before, is_digest_day, next_digest, waits_for_digest
from delivery.directory import Addressee
from domain.case.calendar import england_and_wales, local_date, nine
from domain.clocks.schedule import Kind
from tests.domain.story import london

CALENDAR = england_and_wales(2025, 2027)
AT_ONCE = Addressee()
DAILY = Addressee(reminders="daily")
WEEKLY = Addressee(reminders="weekly")
ALL_DAILY = Addressee(reminders="weekly", escalations="daily")
THURSDAY = london("2026-03-05", "09:03")
"""Some minutes after that day's digest."""


@pytest.mark.parametrize(
    ("entry", "cadence"), [(AT_ONCE, None), (DAILY, "daily"), (WEEKLY, "weekly"), (ALL_DAILY, "daily")]
)
def test_nobody_gets_two_digests(entry: Addressee, cadence: Cadence | None) -> None:
    assert cadence_of(entry) == cadence


@pytest.mark.parametrize("kind", get_args(Kind))
def test_whoever_chose_at_once_is_told_at_once(kind: Kind) -> None:
    assert not waits_for_digest(AT_ONCE, kind, date(2026, 3, 12), THURSDAY, CALENDAR)


@pytest.mark.parametrize("kind", ["escalation", "notice", "breach"])
def test_escalations_notices_and_breaches_are_told_at_once_unless_daily_is_chosen(kind: Kind) -> None:
    due = None if kind != "escalation" else date(2026, 3, 4)
    assert not waits_for_digest(DAILY, kind, due, THURSDAY, CALENDAR)
    assert not waits_for_digest(WEEKLY, kind, due, THURSDAY, CALENDAR)
    assert waits_for_digest(ALL_DAILY, kind, due, THURSDAY, CALENDAR)


@pytest.mark.parametrize(
    ("entry", "due", "waits"),
    [
        (DAILY, date(2026, 3, 5), False),  # today: tomorrow is too late
        (DAILY, date(2026, 3, 6), True),  # tomorrow's digest comes at nine that day
        (WEEKLY, date(2026, 3, 6), False),  # Monday's is too late
        (WEEKLY, date(2026, 3, 9), True),
        (WEEKLY, date(2026, 3, 20), True),
    ],
)
def test_a_reminder_waits_unless_it_would_be_read_too_late(entry: Addressee, due: date, waits: bool) -> None:
    assert waits_for_digest(entry, "reminder", due, THURSDAY, CALENDAR) is waits


@pytest.mark.parametrize(
    ("now", "daily", "weekly"),
    [
        (london("2026-03-05", "08:59"), "2026-03-05", "2026-03-09"),
        (london("2026-03-05", "09:00"), "2026-03-06", "2026-03-09"),
        (london("2026-04-02", "10:00"), "2026-04-07", "2026-04-07"),  # Good Friday and Easter Monday
        (london("2026-12-24", "10:00"), "2026-12-29", "2026-12-29"),  # Christmas, Boxing Day in lieu
        (london("2026-12-31", "10:00"), "2027-01-04", "2027-01-04"),
    ],
)
def test_the_next_digest_comes_on_a_working_day(now: datetime, daily: str, weekly: str) -> None:
    assert next_digest("daily", now, CALENDAR) == london(daily, "09:00")
    assert next_digest("weekly", now, CALENDAR) == london(weekly, "09:00")


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.sampled_from(get_args(Cadence)))
def test_the_digest_before_the_next_one_is_never_later_than_today(day: date, cadence: Cadence) -> None:
    after = local_date(next_digest(cadence, nine(day), CALENDAR))
    before = digest_before(cadence, after, CALENDAR)
    assert before <= day < after
    assert is_digest_day(cadence, before, CALENDAR)


@given(st.dates(date(2026, 1, 1), date(2026, 12, 20)))
def test_every_week_with_a_working_day_has_one_weekly_digest(day: date) -> None:
    week = [date.fromisocalendar(*day.isocalendar()[:2], weekday) for weekday in range(1, 8)]
    assert sum(is_digest_day("weekly", one, CALENDAR) for one in week) == 1
