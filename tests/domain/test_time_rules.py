"""Contract section 4, one story for each rule: when people are told, and when they are left in peace."""

import pytest

from tests.domain.story import agenda_at, refusals, short, standing, story

PPM = "ppm-procedure"
GUIDE = "quick-guide"
TO_BEGIN = "2026-01-05 became_looked_after\n"
"""A Monday; the initial meeting is due on Monday 19 January."""


def test_reminders_before_and_the_ladder_after() -> None:
    assert story(PPM, TO_BEGIN, until="2026-05-30", about="initial-ppm") == [
        "2026-01-12 09:00 initial-ppm/1 reminder 1 -> social_worker (due 2026-01-19)",
        "2026-01-16 09:00 initial-ppm/1 reminder 2 -> social_worker (due 2026-01-19)",
        "2026-01-20 09:00 initial-ppm/1 escalation 1 -> case_supervisor, iro, social_worker (due 2026-01-19)",
        "2026-01-26 09:00 initial-ppm/1 escalation 2 -> team_manager (due 2026-01-19)",
        "2026-02-02 09:00 initial-ppm/1 escalation 3 -> cla_service_manager (due 2026-01-19)",
        "2026-02-16 09:00 initial-ppm/1 escalation 4 -> cla_strategic_lead (due 2026-01-19)",
        "2026-03-16 09:00 initial-ppm/1 escalation 5 -> cla_strategic_lead (due 2026-01-19)",
        "2026-04-15 09:00 initial-ppm/1 escalation 6 -> cla_strategic_lead (due 2026-01-19)",
        "2026-05-14 09:00 initial-ppm/1 escalation 7 -> cla_strategic_lead (due 2026-01-19)",
    ]
    assert story(PPM, TO_BEGIN, until="2027-05-30", about="initial-ppm", since="2026-05-15") == []
    assert standing(PPM, TO_BEGIN, "2027-05-30", "initial-ppm") == ["1 overdue (due 2026-01-19)"]


def test_a_due_date_on_a_holiday_stays_and_people_are_told_on_working_days() -> None:
    """Due on Easter Monday: the last reminder goes on Maundy Thursday, the first rung on Tuesday."""
    assert short(story(PPM, "2026-03-23 became_looked_after", until="2026-04-08", about="initial-ppm")) == [
        "2026-03-27 09:00 initial-ppm/1 reminder 1",
        "2026-04-02 09:00 initial-ppm/1 reminder 2",
        "2026-04-07 09:00 initial-ppm/1 escalation 1",
    ]


def test_recorded_late_but_before_due_one_reminder_goes_at_once() -> None:
    late = "2026-01-05 became_looked_after recorded 2026-01-16 14:30"
    assert short(story(PPM, late, until="2026-01-19", about="initial-ppm")) == [
        "2026-01-16 14:30 initial-ppm/1 reminder 2",
    ]
    between = "2026-01-05 became_looked_after recorded 2026-01-13 08:00"
    assert short(story(PPM, between, until="2026-01-19", about="initial-ppm")) == [
        "2026-01-13 08:00 initial-ppm/1 reminder 1",
        "2026-01-16 09:00 initial-ppm/1 reminder 2",
    ]


def test_recorded_on_the_due_day_itself_the_last_reminder_still_goes() -> None:
    late = "2026-01-05 became_looked_after recorded 2026-01-19 23:00"
    assert short(story(PPM, late, until="2026-01-20", about="initial-ppm")) == [
        "2026-01-19 23:00 initial-ppm/1 reminder 2",
        "2026-01-20 09:00 initial-ppm/1 escalation 1",
    ]


def test_recorded_on_a_saturday_is_acted_on_on_monday_at_nine() -> None:
    before_due = "2026-01-01 became_looked_after recorded 2026-01-10 15:00"
    assert short(story(PPM, before_due, until="2026-01-15", about="initial-ppm")) == [
        "2026-01-12 09:00 initial-ppm/1 reminder 1",
        "2026-01-14 09:00 initial-ppm/1 reminder 2",
    ]
    overdue = "2026-01-01 became_looked_after recorded 2026-02-14 15:00"
    assert short(story(PPM, overdue, until="2026-03-11", about="initial-ppm")) == [
        "2026-02-16 09:00 initial-ppm/1 escalation 4",
    ]


def test_long_overdue_only_the_highest_rung_goes_and_later_ones_on_their_days() -> None:
    late = "2026-01-05 became_looked_after recorded 2026-02-03 11:00"
    assert short(story(PPM, late, until="2026-02-16", about="initial-ppm")) == [
        "2026-02-03 11:00 initial-ppm/1 escalation 3",
        "2026-02-16 09:00 initial-ppm/1 escalation 4",
    ]


def test_what_is_known_on_saturday_and_answered_on_sunday_tells_nobody() -> None:
    weekend = """
        2026-01-01 became_looked_after recorded 2026-01-10 15:00
        2026-01-10 ppm_held recorded 2026-01-11 15:00
    """
    assert story(PPM, weekend, until="2026-01-16", about="initial-ppm") == []


def test_events_of_one_instant_are_decided_together() -> None:
    history = """
        2026-01-05 became_looked_after recorded 2026-03-02 10:00
        2026-01-30 ppm_held recorded 2026-03-02 10:00
    """
    assert story(PPM, history, until="2026-03-02", about="initial-ppm") == []
    assert standing(PPM, history, "2026-03-02", "initial-ppm") == ["1 met_late on 2026-01-30 (due 2026-01-19)"]


def test_an_event_at_nine_comes_before_the_actions_of_nine() -> None:
    at_nine = TO_BEGIN + "2026-01-12 ppm_held recorded 2026-01-12 09:00"
    assert story(PPM, at_nine, until="2026-02-12", about="initial-ppm") == []
    a_minute_later = TO_BEGIN + "2026-01-12 ppm_held recorded 2026-01-12 09:01"
    assert short(story(PPM, a_minute_later, until="2026-02-12", about="initial-ppm")) == [
        "2026-01-12 09:00 initial-ppm/1 reminder 1",
    ]


# Due dates that move


def test_an_extension_makes_new_actions_for_the_new_date() -> None:
    extended = TO_BEGIN + "2026-01-21 deadline_extended obligation=initial-ppm until=2026-01-30"
    assert story(PPM, extended, until="2026-02-03", about="initial-ppm", since="2026-01-19") == [
        "2026-01-20 09:00 initial-ppm/1 escalation 1 -> case_supervisor, iro, social_worker (due 2026-01-19)",
        "2026-01-23 09:00 initial-ppm/1 reminder 1 -> social_worker (due 2026-01-30)",
        "2026-01-29 09:00 initial-ppm/1 reminder 2 -> social_worker (due 2026-01-30)",
        "2026-02-02 09:00 initial-ppm/1 escalation 1 -> case_supervisor, iro, social_worker (due 2026-01-30)",
    ]


def test_of_extension_and_computed_date_the_later_counts() -> None:
    """Under section 20 tracking is due after two weeks, extended by one; under an interim order after four."""
    happened = """
        2026-01-05 became_looked_after legal_status=V2
        2026-01-12 ppm_held
        2026-01-20 deadline_extended obligation=plan-tracking until=2026-02-02
    """
    assert standing(PPM, happened, "2026-01-21", "plan-tracking") == ["1 upcoming (due 2026-02-02)"]
    then = happened + "2026-01-22 legal_status_changed legal_status=C1"
    assert standing(PPM, then, "2026-01-23", "plan-tracking") == ["1 upcoming (due 2026-02-09)"]


def test_an_extension_or_waiver_of_what_is_not_open_is_kept_and_changes_nothing() -> None:
    done = TO_BEGIN + "2026-01-12 ppm_held\n"
    asked = (
        done
        + """
        2026-01-14 deadline_extended obligation=initial-ppm until=2026-02-27
        2026-01-15 obligation_waived obligation=initial-ppm
        2026-01-15 obligation_waived obligation=drift-plan
    """
    )
    assert refusals(PPM, asked) == []
    assert standing(PPM, asked, "2026-02-12", "initial-ppm") == standing(PPM, done, "2026-02-12", "initial-ppm")
    later = asked + "2026-02-02 plan_changed primary_plan=return_home\n2026-02-03 drift_identified"
    assert standing(PPM, later, "2026-02-04", "drift-plan") == ["1 due_soon (due 2026-02-10)"]


def test_a_date_that_moves_away_and_back_repeats_nothing() -> None:
    there_and_back = """
        2026-01-05 became_looked_after legal_status=V2
        2026-01-12 ppm_held
        2026-01-27 legal_status_changed #court legal_status=C2
        2026-01-29 event_voided event=court
    """
    assert short(story(PPM, there_and_back, until="2026-02-02", about="plan-tracking")) == [
        "2026-01-19 09:00 plan-tracking/1 reminder 1",
        "2026-01-23 09:00 plan-tracking/1 reminder 2",
        "2026-01-27 09:00 plan-tracking/1 escalation 1",
        "2026-02-02 09:00 plan-tracking/1 escalation 2",
    ]


# Acknowledgements


def ladder(*more: str, until: str = "2026-02-20") -> list[str]:
    """The ladder of an initial meeting due on 19 January that is not held."""
    sent = story(PPM, TO_BEGIN + "\n".join(more), until=until, about="initial-ppm", kinds=["escalation"])
    return [line.replace("initial-ppm/1 escalation", "rung") for line in short(sent)]


def test_an_acknowledgement_holds_the_ladder_ten_working_days() -> None:
    assert ladder("2026-01-20 escalation_acknowledged obligation=initial-ppm") == [
        "2026-01-20 09:00 rung 1",
        "2026-02-04 09:00 rung 3",
        "2026-02-16 09:00 rung 4",
    ]


def test_an_acknowledgement_holds_to_the_end_of_the_day_it_names() -> None:
    assert ladder("2026-01-20 escalation_acknowledged obligation=initial-ppm until=2026-01-26") == [
        "2026-01-20 09:00 rung 1",
        "2026-01-27 09:00 rung 2",
        "2026-02-02 09:00 rung 3",
        "2026-02-16 09:00 rung 4",
    ]


def test_an_acknowledgement_never_holds_more_than_twenty_working_days() -> None:
    asked = "2026-01-20 escalation_acknowledged obligation=initial-ppm until=2026-12-31"
    assert ladder(asked) == ["2026-01-20 09:00 rung 1", "2026-02-18 09:00 rung 4"]


def test_an_acknowledgement_at_nine_holds_the_rung_of_nine() -> None:
    at_nine = "2026-01-26 escalation_acknowledged obligation=initial-ppm until=2026-01-28 recorded 2026-01-26 09:00"
    assert ladder(at_nine, until="2026-01-30") == ["2026-01-20 09:00 rung 1", "2026-01-29 09:00 rung 2"]


def test_an_acknowledgement_counts_from_when_it_is_known() -> None:
    late = "2026-01-20 escalation_acknowledged obligation=initial-ppm recorded 2026-01-27 10:00"
    assert ladder(late, until="2026-02-06") == [
        "2026-01-20 09:00 rung 1",
        "2026-01-26 09:00 rung 2",
        "2026-02-04 09:00 rung 3",
    ]


def test_reminders_are_not_held() -> None:
    held = TO_BEGIN + "2026-01-06 escalation_acknowledged obligation=initial-ppm"
    assert short(story(PPM, held, until="2026-01-20", about="initial-ppm")) == [
        "2026-01-12 09:00 initial-ppm/1 reminder 1",
        "2026-01-16 09:00 initial-ppm/1 reminder 2",
    ]
    assert short(story(PPM, held, until="2026-01-22", about="initial-ppm", since="2026-01-20")) == [
        "2026-01-21 09:00 initial-ppm/1 escalation 1",
    ]


def test_a_moved_due_date_ends_the_hold() -> None:
    moved = (
        "2026-01-20 escalation_acknowledged obligation=initial-ppm",
        "2026-01-21 deadline_extended obligation=initial-ppm until=2026-01-23",
    )
    assert ladder(*moved, until="2026-01-30") == [
        "2026-01-20 09:00 rung 1",
        "2026-01-26 09:00 rung 1",
        "2026-01-30 09:00 rung 2",
    ]


def test_a_voided_acknowledgement_lets_the_held_rung_go_then_not_in_the_past() -> None:
    """Finding: the rung held from 26 January goes when the voiding is known, not on a day that has passed."""
    voided = (
        "2026-01-20 escalation_acknowledged #ack obligation=initial-ppm",
        "2026-01-29 event_voided event=ack",
    )
    assert ladder(*voided, until="2026-01-28") == ["2026-01-20 09:00 rung 1"]
    assert ladder(*voided, until="2026-01-30") == ["2026-01-20 09:00 rung 1", "2026-01-29 12:00 rung 2"]


# Waivers


def test_a_waived_obligation_is_silent_whatever_follows() -> None:
    waived = TO_BEGIN + "2026-01-08 obligation_waived obligation=initial-ppm\n2026-01-30 ppm_held"
    assert story(PPM, waived, until="2026-06-01", about="initial-ppm") == []
    assert standing(PPM, waived, "2026-06-01", "initial-ppm") == ["1 waived (due 2026-01-19)"]


def test_a_waived_occurrence_of_a_series_opens_the_next_from_its_due_date() -> None:
    waived = TO_BEGIN + "2026-01-12 ppm_held\n2026-01-20 obligation_waived obligation=plan-tracking"
    assert standing(PPM, waived, "2026-01-21", "plan-tracking") == [
        "1 waived (due 2026-02-09)",
        "2 upcoming (due 2026-03-09)",
    ]


def test_a_voided_waiver_opens_the_obligation_again() -> None:
    text = TO_BEGIN + "2026-01-08 obligation_waived #w obligation=initial-ppm\n2026-01-14 event_voided event=w"
    assert short(story(PPM, text, until="2026-01-20", about="initial-ppm")) == [
        "2026-01-14 12:00 initial-ppm/1 reminder 1",
        "2026-01-16 09:00 initial-ppm/1 reminder 2",
        "2026-01-20 09:00 initial-ppm/1 escalation 1",
    ]


# Met, late and frozen


def test_met_on_the_due_day_is_in_time_the_day_after_is_late() -> None:
    assert standing(PPM, TO_BEGIN + "2026-01-19 ppm_held", "2026-02-01", "initial-ppm") == [
        "1 met on 2026-01-19 (due 2026-01-19)",
    ]
    assert standing(PPM, TO_BEGIN + "2026-01-20 ppm_held", "2026-02-01", "initial-ppm") == [
        "1 met_late on 2026-01-20 (due 2026-01-19)",
    ]


def test_once_met_a_later_issue_of_proceedings_does_not_move_the_due_date() -> None:
    met = TO_BEGIN + "2026-02-02 review_held\n2026-04-24 review_held\n"
    assert standing(GUIDE, met + "2026-04-25 care_proceedings_issued", "2026-05-11", "second-review") == [
        "1 met on 2026-04-24 (due 2026-04-27)",
    ]


def test_once_met_what_had_happened_by_that_day_counts_whenever_recorded() -> None:
    met = TO_BEGIN + "2026-02-02 review_held\n2026-04-24 review_held\n"
    issued = met + "2026-04-20 care_proceedings_issued recorded 2026-05-05 10:00"
    assert standing(GUIDE, issued, "2026-05-04", "second-review") == ["1 met on 2026-04-24 (due 2026-04-27)"]
    assert standing(GUIDE, issued, "2026-05-11", "second-review") == ["1 met_late on 2026-04-24 (due 2026-04-13)"]


def test_once_met_a_later_booking_does_not_move_what_hung_on_it() -> None:
    met = TO_BEGIN + "2026-02-02 review_held\n2026-03-20 ppm_held\n"
    assert standing(GUIDE, met + "2026-03-23 review_booked for=2026-03-30", "2026-04-01", "ppm") == [
        "1 met on 2026-03-20 (due 2026-04-13)",
    ]


def test_once_met_tracking_keeps_the_two_weeks_of_section_20() -> None:
    met = """
        2026-01-05 became_looked_after legal_status=V2
        2026-01-12 ppm_held
        2026-01-30 plan_tracked
        2026-02-02 legal_status_changed legal_status=C2
    """
    assert standing(PPM, met, "2026-02-03", "plan-tracking")[0] == "1 met_late on 2026-01-30 (due 2026-01-26)"


# Forecasts and statuses


def test_the_second_review_is_a_silent_forecast_until_the_first_is_held() -> None:
    assert standing(PPM, TO_BEGIN, "2026-01-05", "second-review") == ["1 upcoming (due 2026-05-02) forecast"]
    assert story(PPM, TO_BEGIN, until="2026-08-30", about="second-review") == []
    held = TO_BEGIN + "2026-01-21 review_held"
    assert standing(PPM, held, "2026-01-21", "second-review") == ["1 upcoming (due 2026-04-21)"]
    assert agenda_at(PPM, TO_BEGIN, "2026-01-05", "second-review")[0].next is None


@pytest.mark.parametrize(
    ("day", "status"),
    [("2026-01-11", "upcoming"), ("2026-01-12", "due_soon"), ("2026-01-19", "due_soon"), ("2026-01-20", "overdue")],
)
def test_statuses_follow_the_reminders_and_the_due_day(day: str, status: str) -> None:
    assert standing(PPM, TO_BEGIN, day, "initial-ppm") == [f"1 {status} (due 2026-01-19)"]


# Numbers


def test_numbers_follow_the_order_of_knowledge_and_stay() -> None:
    meetings = (
        TO_BEGIN
        + """
        2026-01-19 ppm_held #a
        2026-02-02 ppm_held #b
        2026-01-26 ppm_held #late recorded 2026-02-04 10:00
        2026-02-05 event_voided event=a
    """
    )
    assert standing(PPM, meetings, "2026-02-04", "ppm-decisions-uploaded") == [
        "1 overdue (due 2026-01-26)",
        "2 upcoming (due 2026-02-09)",
        "3 overdue (due 2026-02-02)",
    ]
    assert standing(PPM, meetings, "2026-02-05", "ppm-decisions-uploaded") == [
        "2 upcoming (due 2026-02-09)",
        "3 overdue (due 2026-02-02)",
    ]


def test_an_event_never_known_unvoided_takes_no_number() -> None:
    meetings = (
        TO_BEGIN
        + """
        2026-01-19 ppm_held #wrong recorded 2026-01-20 10:00
        2026-01-20 event_voided event=wrong recorded 2026-01-20 10:00
        2026-01-21 ppm_held
    """
    )
    assert standing(PPM, meetings, "2026-01-22", "ppm-decisions-uploaded") == ["1 upcoming (due 2026-01-28)"]


def test_a_voided_voiding_stands_for_nothing_even_at_the_same_instant() -> None:
    """Finding: which of two voidings is taken first must not hang on their ids."""
    text = (
        TO_BEGIN
        + """
        2026-01-12 ppm_held #meeting
        2026-01-13 event_voided #v9 event=meeting recorded 2026-01-13 12:00
        2026-01-13 event_voided #v1 event=v9 recorded 2026-01-13 12:00
    """
    )
    assert standing(PPM, text, "2026-01-25", "initial-ppm") == ["1 met on 2026-01-12 (due 2026-01-19)"]
