"""The quick guide (S2), row by row."""

import pytest

from domain.case.documents import EventRefused, parse_event
from tests.domain.story import agenda_at, short, standing, story

GUIDE = "quick-guide"
BEGUN = "2026-01-05 became_looked_after\n"
TEEN = "2026-01-05 became_looked_after date_of_birth=2010-05-05\n"


def test_the_second_review_is_due_after_16_weeks_or_14_in_proceedings() -> None:
    assert standing(GUIDE, BEGUN, "2026-01-06", "second-review") == ["1 upcoming (due 2026-04-27)"]
    court = BEGUN + "2026-02-10 care_proceedings_issued\n"
    assert standing(GUIDE, court, "2026-02-11", "second-review") == ["1 upcoming (due 2026-04-13)"]
    over = court + "2026-03-10 care_proceedings_concluded"
    assert standing(GUIDE, over, "2026-03-11", "second-review") == ["1 upcoming (due 2026-04-27)"]
    interim = "2026-01-05 became_looked_after legal_status=C1"
    assert standing(GUIDE, interim, "2026-01-06", "second-review") == ["1 upcoming (due 2026-04-13)"]


def test_the_law_binds_where_it_is_earlier_and_all_limits_are_shown() -> None:
    reviewed = BEGUN + "2026-01-20 review_held"
    row = agenda_at(GUIDE, reviewed, "2026-01-21", "second-review")[0]
    assert (str(row.due), row.clause) == ("2026-04-20", "CPPCR reg 33(2)")
    assert [(str(limit.due), limit.clause) for limit in row.limits] == [
        ("2026-04-27", "S2 Permanency planning meetings"),
        ("2026-04-20", "CPPCR reg 33(2)"),
    ]


def test_the_meeting_is_due_two_weeks_ahead_of_the_second_review_booked_or_due() -> None:
    reviewed = BEGUN + "2026-02-02 review_held\n"
    assert standing(GUIDE, reviewed, "2026-02-03", "ppm") == ["1 upcoming (due 2026-04-13)"]
    booked = reviewed + "2026-02-03 review_booked for=2026-04-20\n"
    assert standing(GUIDE, booked, "2026-02-04", "ppm") == ["1 upcoming (due 2026-04-06)"]
    too_late = reviewed + "2026-02-03 review_booked for=2026-05-20\n"
    assert standing(GUIDE, too_late, "2026-02-04", "ppm") == ["1 upcoming (due 2026-04-13)"]
    moved = booked + "2026-02-10 review_booked for=2026-04-24"
    assert standing(GUIDE, moved, "2026-02-11", "ppm") == ["1 upcoming (due 2026-04-10)"]
    assert short(story(GUIDE, booked, until="2026-04-07", about="ppm")) == [
        "2026-03-20 09:00 ppm/1 reminder 1",
        "2026-03-27 09:00 ppm/1 reminder 2",
        "2026-04-02 09:00 ppm/1 reminder 3",
        "2026-04-07 09:00 ppm/1 escalation 1",
    ]


def test_a_booking_of_the_first_review_moves_nothing() -> None:
    booked = BEGUN + "2026-01-06 review_booked for=2026-01-20"
    assert standing(GUIDE, booked, "2026-01-07", "ppm") == ["1 upcoming (due 2026-04-13)"]


def test_a_discussion_with_specialists_does_as_well_on_any_day_since_entry() -> None:
    talked = BEGUN + "2026-01-09 specialist_discussion_held"
    assert standing(GUIDE, talked, "2026-01-10", "ppm") == ["1 met on 2026-01-09 (due 2026-04-13)"]


def test_from_15_on_a_pathway_plan_takes_the_place_of_the_meeting() -> None:
    assert {r.obligation for r in agenda_at(GUIDE, TEEN, "2026-01-06")} == {
        "first-review",
        "second-review",
        "pathway-plan",
        "permanence-plan-recorded",
    }
    birthday = "2026-01-05 became_looked_after date_of_birth=2011-01-05"
    assert standing(GUIDE, birthday, "2026-01-06", "ppm") == []
    day_before = "2026-01-05 became_looked_after date_of_birth=2011-01-06"
    assert standing(GUIDE, day_before, "2026-01-06", "ppm") == ["1 upcoming (due 2026-04-13)"]
    both = TEEN + "2026-02-10 needs_assessment_completed\n"
    assert standing(GUIDE, both, "2026-02-11", "pathway-plan") == ["1 upcoming (due 2026-04-27)"]
    assert standing(GUIDE, both + "2026-02-15 pathway_plan_completed", "2026-02-16", "pathway-plan") == [
        "1 met on 2026-02-15 (due 2026-04-27)",
    ]


def test_minutes_go_to_the_iro_a_week_before_the_review() -> None:
    met = BEGUN + "2026-01-12 ppm_held\n"
    assert standing(GUIDE, BEGUN, "2026-01-13", "ppm-minutes-sent") == []
    assert standing(GUIDE, met, "2026-01-13", "ppm-minutes-sent") == ["1 upcoming (due 2026-04-20)"]
    elsewhere = met + "2026-01-20 ppm_minutes_sent to=team_manager\n"
    assert standing(GUIDE, elsewhere, "2026-01-21", "ppm-minutes-sent") == ["1 upcoming (due 2026-04-20)"]
    assert standing(GUIDE, elsewhere + "2026-01-22 ppm_minutes_sent to=iro", "2026-01-23", "ppm-minutes-sent") == [
        "1 met on 2026-01-22 (due 2026-04-20)",
    ]


def test_the_care_plan_is_updated_within_28_days_of_the_first_review() -> None:
    reviewed = BEGUN + "2026-01-07 care_plan_updated\n2026-01-20 review_held\n"
    assert standing(GUIDE, reviewed, "2026-01-21", "care-plan-updated") == ["1 upcoming (due 2026-02-17)"]


def test_adoption_advice_reaches_social_worker_and_iro_over_several_sendings() -> None:
    advised = BEGUN + "2026-01-12 ppm_held adoption_advice_issued=true\n2026-01-14 adoption_advice_circulated to=iro\n"
    assert standing(GUIDE, advised, "2026-01-15", "adoption-advice-circulated") == ["1 upcoming (due 2026-01-19)"]
    both = advised + "2026-01-16 adoption_advice_circulated to=social_worker"
    assert standing(GUIDE, both, "2026-01-17", "adoption-advice-circulated") == ["1 met on 2026-01-16 (due 2026-01-19)"]


def test_sibling_assessments_by_the_first_review_then_every_six_months() -> None:
    pair = "2026-01-05 became_looked_after siblings=CLA-2 date_of_birth=2011-05-05\n"
    assert standing(GUIDE, BEGUN, "2026-01-06", "sibling-assessment") == []
    assert standing(GUIDE, pair, "2026-01-06", "sibling-assessment") == ["1 upcoming (due 2026-02-02)"]
    done = pair + "2026-02-10 sibling_assessment_completed\n"
    assert standing(GUIDE, done, "2026-02-11", "sibling-assessment") == [
        "1 met_late on 2026-02-10 (due 2026-02-02)",
        "2 upcoming (due 2026-08-10)",
    ]
    settled = done + "2026-03-02 review_held long_term_placement_ratified=true"
    assert standing(GUIDE, settled, "2026-03-03", "sibling-assessment")[1] == "2 lapsed (due 2026-08-10)"


def test_decisions_about_brothers_and_sisters() -> None:
    pair = "2026-01-05 became_looked_after siblings=CLA-2\n2026-02-10 ppm_held primary_plan=adoption\n"
    assert standing(GUIDE, pair, "2026-02-11", "siblings-plan-decision") == ["1 upcoming (due 2026-03-10)"]
    placed = pair + "2026-02-12 sibling_placed_for_adoption\n2026-03-02 siblings_decision_recorded"
    assert standing(GUIDE, placed, "2026-03-03", "siblings-decision") == ["1 met on 2026-03-02 (due 2026-03-12)"]
    assert standing(GUIDE, placed, "2026-03-03", "siblings-plan-decision") == ["1 met on 2026-03-02 (due 2026-03-10)"]


def test_adoption_being_unlikely_goes_to_a_head_of_service_after_six_months() -> None:
    order = BEGUN + "2026-01-15 placement_order_made\n"
    assert standing(GUIDE, order, "2026-01-16", "head-of-service-referral") == []
    early = order + "2026-02-02 adoption_unlikely\n"
    assert standing(GUIDE, early, "2026-02-03", "head-of-service-referral") == ["1 upcoming (due 2026-07-22)"]
    late = order + "2026-08-03 adoption_unlikely\n"
    assert standing(GUIDE, late, "2026-08-04", "head-of-service-referral") == ["1 due_soon (due 2026-08-10)"]
    wrong = early + "2026-03-02 care_plan_referred to=iro\n"
    assert standing(GUIDE, wrong, "2026-03-03", "head-of-service-referral") == ["1 upcoming (due 2026-07-22)"]
    referred = wrong.replace("to=iro", "to=head_of_family_safeguarding")
    assert standing(GUIDE, referred, "2026-03-03", "head-of-service-referral") == [
        "1 met on 2026-03-02 (due 2026-07-22)"
    ]
    known_before = BEGUN + "2026-01-10 adoption_unlikely\n2026-01-15 placement_order_made"
    assert standing(GUIDE, known_before, "2026-01-16", "head-of-service-referral") == []


def test_a_joint_meeting_makes_a_plan_for_each_child() -> None:
    """own-plan-per-child: a child of the meeting without one is named, and the event is refused by its form."""
    joint = {"type": "ppm_held", "id": "m", "child": "A", "on": "2026-01-12", "primary_plan": "kinship_care"}
    with pytest.raises(EventRefused, match=r"plans\.B\.primary_plan: missing; accepted: one of return_home"):
        parse_event({**joint, "plans": {"B": {"contingency_plan": "adoption"}}})
    assert parse_event({**joint, "plans": {"B": {"primary_plan": "adoption"}}}).id == "m"
