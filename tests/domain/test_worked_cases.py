"""The two worked journeys come out to the line, and the calendar gives the contract's check values."""

from datetime import date

import pytest

from domain.agenda import agenda
from domain.case import events as ev
from domain.case.calendar import Offset, birthday, end_of
from tests.domain.story import all_actions, calendar, case_lines, expected_actions, expected_agenda, simulated

ADOPTION, SIBLINGS = "adoption-ppm-procedure", "siblings-quick-guide"
RENEW = "if a policy has changed on purpose: tests/cases/README.md says how the lines are renewed"


@pytest.mark.parametrize(
    ("case", "policy", "until"),
    [(ADOPTION, "ppm-procedure", "2027-03-31"), (SIBLINGS, "quick-guide", "2026-07-31")],
)
def test_actions_come_out_to_the_line(case: str, policy: str, until: str) -> None:
    got = [
        {
            "at": a.at.astimezone(ev.LONDON).isoformat(),
            "child": a.child,
            "obligation": a.obligation,
            "occurrence": a.occurrence,
            "kind": a.kind,
            "rung": a.rung,
            "to": list(a.to),
            "due": str(a.due) if a.due else None,
        }
        for a in all_actions(policy, case_lines(case), until)
    ]
    assert got == expected_actions(case), RENEW


@pytest.mark.parametrize(
    ("case", "policy", "day"),
    [(ADOPTION, "ppm-procedure", "2026-03-20"), (SIBLINGS, "quick-guide", "2026-04-22")],
)
def test_agendas_come_out_row_by_row(case: str, policy: str, day: str) -> None:
    expected = expected_agenda(case, day)
    given = simulated(policy, case_lines(case), day)
    end = end_of(date.fromisoformat(day))
    rows = [row for one in given.values() for row in agenda(one.journey, end)]
    got = [{key: _plain(getattr(row, key)) for key in expected[0]} for row in rows]
    assert got == expected, RENEW


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int) else str(value)


@pytest.mark.parametrize(
    ("start", "number", "unit", "day"),
    [
        ("2025-12-24", 20, "working_days", "2026-01-26"),
        ("2026-03-27", 20, "working_days", "2026-04-28"),
        ("2026-01-31", 20, "working_days", "2026-02-27"),
        ("2025-10-31", 4, "months", "2026-02-28"),
        ("2025-12-24", 14, "weeks", "2026-04-01"),
        ("2025-12-22", 5, "working_days", "2025-12-31"),
    ],
)
def test_check_values(start: str, number: int, unit: str, day: str) -> None:
    offset = Offset.model_validate({unit: number})
    assert calendar().add(date.fromisoformat(start), offset) == date.fromisoformat(day)


def test_counting_back_skips_weekends_and_holidays_too() -> None:
    assert calendar().working_days_after(date(2026, 1, 5), -5) == date(2025, 12, 24)
    assert calendar().working_days_after(date(2026, 4, 6), -1) == date(2026, 4, 2)


def test_born_on_29_february_has_birthdays_on_1_march() -> None:
    assert birthday(date(2008, 2, 29), 18) == date(2026, 3, 1)
    assert birthday(date(2008, 2, 29), 16) == date(2024, 2, 29)
