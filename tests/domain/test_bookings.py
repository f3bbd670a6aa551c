"""What is booked stands beside what is due, and when its day has passed with nothing recorded, that is said."""

from datetime import date

import pytest

from domain.agenda import agenda
from domain.case.calendar import end_of
from domain.clocks.wording import booked, booking_said
from domain.waking import next_change
from tests.domain.story import all_actions, events, london, simulated
from workflows.view import Shown

PPM, LAW = "ppm-procedure", "england-statutory"
ENTERED = "2026-01-05 became_looked_after\n"
BOOKED = ENTERED + "2026-01-07 ppm_booked for=2026-01-14\n"


def bookings(policy: str, happened: str, day: str) -> dict[str, str]:
    """What stands booked at the end of a day, by obligation and occurrence."""
    [one] = simulated(policy, events(happened), day).values()
    today = date.fromisoformat(day)
    rows = agenda(one.journey, end_of(today))
    return {f"{row.obligation} {row.occurrence}": booked(row.booked_for, today) for row in rows if row.booked_for}


def messages(policy: str, happened: str, until: str, obligation: str = "initial-ppm") -> list[str]:
    return [a.message for a in all_actions(policy, happened, until) if a.obligation == obligation]


def test_a_booking_stands_with_what_it_is_for_and_on_the_day_after_it_has_passed() -> None:
    assert bookings(PPM, BOOKED, "2026-01-14") == {"initial-ppm 1": "booked for 14 January 2026"}
    assert bookings(PPM, BOOKED, "2026-01-15") == {"initial-ppm 1": "booked for 14 January 2026; that day has passed"}


def test_reminders_and_escalations_say_for_which_day_it_is_booked_and_that_it_has_passed() -> None:
    first, second, late, *_ = messages(PPM, BOOKED, "2026-01-20")
    assert first.endswith("(S1 §2, §5). It is booked for 14 January 2026. Record it when it is done.")
    assert "due in 3 days, on 19 January 2026 (S1 §2, §5). It was booked for 14 January 2026; that day has" in second
    assert "1 day overdue (S1 §2, §5). It was booked for 14 January 2026; that day has passed. Record it, or" in late


@pytest.mark.parametrize(
    ("happened", "standing"),
    [
        ("2026-01-12 ppm_held", None),
        ("2026-01-14 ppm_held", None),
        ("2026-01-08 ppm_booked for=2026-01-16", "booked for 16 January 2026"),
        ("2026-01-08 event_voided event=e2", None),
        ("2026-01-07 ppm_held", "booked for 14 January 2026"),
    ],
    ids=["held early", "held on the day", "booked anew", "booking voided", "booked at the meeting before"],
)
def test_the_latest_booking_stands_until_the_meeting_is_held(happened: str, standing: str | None) -> None:
    drifting = "2026-01-08 drift_identified\n" if "07 ppm_held" in happened else ""
    said = bookings(PPM, BOOKED + happened + "\n" + drifting, "2026-01-14")
    assert set(said.values()) == ({standing} if standing else set())


def test_a_review_is_booked_for_the_next_review_and_no_later_one() -> None:
    first = ENTERED + "2026-01-06 review_booked for=2026-01-29\n"
    assert bookings(LAW, first, "2026-01-10") == {"first-review 1": "booked for 29 January 2026"}
    second = first + "2026-01-29 review_held\n2026-01-29 review_booked for=2026-04-20\n"
    assert bookings(LAW, second, "2026-04-21") == {"second-review 1": "booked for 20 April 2026; that day has passed"}


def test_an_invitation_says_for_when_the_meeting_is_booked_and_by_when_it_is_due_not_the_day_of_entry() -> None:
    on_entry, on_booking = messages(PPM, BOOKED, "2026-01-07", "ppm-invitations")
    assert on_entry.startswith("CLA-1: A permanency planning meeting is to be held, due by 19 January 2026 (S1 §5). ")
    assert "held, booked for 14 January 2026 and due by 19 January 2026 (S1 §5). Invite" in on_booking
    assert "5 January" not in on_entry


def test_the_page_in_the_ui_says_that_the_booked_day_has_passed_and_the_journey_wakes_to_say_so() -> None:
    [one] = simulated(PPM, events(BOOKED), "2026-01-14").values()
    evening, midnight = london("2026-01-14", "18:00"), london("2026-01-15", "00:00")
    assert next_change(one.journey, evening, bookings=True) == (midnight, "booked day passed, ppm_booked")
    assert next_change(one.journey, evening) == (london("2026-01-16", "09:00"), "reminder 2, initial-ppm")
    before, after = (Shown(one.journey, at, 0).page([]) for at in (evening, midnight))
    assert "- **Booked:** Permanency planning meeting for 14 January 2026\n" in before
    assert "Booked for 14 January 2026. Social worker: record it when it is done." in before
    assert "<br>*booked for 14 January 2026; that day has passed* |" in after


def test_what_a_message_says_of_a_booking_can_be_read_back_from_it() -> None:
    said = [booking_said(message) for message in messages(PPM, BOOKED, "2026-01-20")]
    assert said == [date(2026, 1, 14)] * 3
    assert [booking_said(message) for message in messages(PPM, ENTERED, "2026-01-20")] == [None] * 3


def test_what_no_rule_of_the_policy_asks_for_is_shown_booked_all_the_same() -> None:
    decision = BOOKED + "2026-01-08 adm_decision_booked for=2026-01-20\n"
    [one] = simulated(LAW, events(decision), "2026-01-21").values()
    page = Shown(one.journey, london("2026-01-21"), 0).page([])
    assert "- **Booked:** Decision of the agency decision maker for 20 January 2026; that day has passed\n" in page
    ended = decision + "2026-01-21 ceased_to_be_looked_after\n"
    [one] = simulated(LAW, events(ended), "2026-01-21").values()
    assert one.journey.periods[-1].bookings == []
