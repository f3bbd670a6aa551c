"""The permanency planning procedure (S1), row by row."""

import pytest

from tests.domain.story import agenda_at, short, standing, story

PPM = "ppm-procedure"
MET = "2026-01-05 became_looked_after\n2026-01-12 ppm_held\n"
REVIEWED = "2026-01-05 became_looked_after\n2026-01-20 review_held\n"
ORDERED = REVIEWED + "2026-04-10 review_held\n2026-05-01 placement_order_made\n"


def test_decisions_are_sent_when_all_who_must_have_them_have_them() -> None:
    adoption = "2026-01-05 became_looked_after\n2026-01-12 ppm_held contingency_plan=adoption\n"
    sent = (
        adoption
        + """
        2026-01-14 ppm_decisions_sent to=iro
        2026-01-16 ppm_decisions_sent to=team_manager
        2026-01-20 ppm_decisions_sent to=adoption_service
    """
    )
    assert standing(PPM, sent, "2026-01-19", "ppm-decisions-sent") == ["1 due_soon (due 2026-01-19)"]
    assert standing(PPM, sent, "2026-01-20", "ppm-decisions-sent") == ["1 met_late on 2026-01-20 (due 2026-01-19)"]
    fostering = MET + "2026-01-14 ppm_decisions_sent to=iro,team_manager"
    assert standing(PPM, fostering, "2026-01-14", "ppm-decisions-sent") == ["1 met on 2026-01-14 (due 2026-01-19)"]


def test_papers_sent_before_the_meeting_do_not_count() -> None:
    before = "2026-01-05 became_looked_after\n2026-01-09 ppm_decisions_sent to=iro,team_manager\n2026-01-12 ppm_held"
    assert standing(PPM, before, "2026-01-13", "ppm-decisions-sent") == ["1 upcoming (due 2026-01-19)"]


def test_each_brother_and_sister_has_a_plan_out_of_a_joint_meeting() -> None:
    joint = """
        2026-01-05 became_looked_after @A
        2026-01-05 became_looked_after @B
        2026-01-12 ppm_held @A #m primary_plan=long_term_fostering plans={"B":{"primary_plan":"adoption"}}
        2026-01-13 ppm_decisions_sent @A to=iro,team_manager
        2026-01-13 ppm_decisions_sent @B to=iro,team_manager
    """
    assert standing(PPM, joint, "2026-01-14", "ppm-decisions-sent", child="A")[0].startswith("1 met ")
    assert standing(PPM, joint, "2026-01-14", "ppm-decisions-sent", child="B") == ["1 upcoming (due 2026-01-19)"]
    voided = joint + "2026-01-15 event_voided @B event=m"
    for child in ("A", "B"):
        assert standing(PPM, voided, "2026-01-15", "initial-ppm", child=child) == ["1 due_soon (due 2026-01-19)"]
        assert standing(PPM, voided, "2026-01-15", "ppm-decisions-sent", child=child) == []


@pytest.mark.parametrize("what", ["plan_implemented", "returned_home", "review_held long_term_placement_ratified=true"])
def test_a_plan_is_implemented_any_day_since_entry_or_by_permanence(what: str) -> None:
    done = f"2026-01-05 became_looked_after\n2026-01-07 {what}"
    assert standing(PPM, done, "2026-01-08", "plan-implemented") == ["1 met on 2026-01-07 (due 2026-05-05)"]


def test_the_plan_is_agreed_at_a_review_reminded_a_month_ahead() -> None:
    entered = "2026-01-05 became_looked_after\n2026-01-20 review_held\n"
    assert short(story(PPM, entered, until="2026-05-06", about="permanence-plan-agreed")) == [
        "2026-04-02 09:00 permanence-plan-agreed/1 reminder 1",
        "2026-04-27 09:00 permanence-plan-agreed/1 reminder 2",
        "2026-05-01 09:00 permanence-plan-agreed/1 reminder 3",
        "2026-05-06 09:00 permanence-plan-agreed/1 escalation 1",
    ]
    agreed = entered + "2026-03-02 review_held plan_agreed=true"
    assert standing(PPM, agreed, "2026-03-03", "permanence-plan-agreed") == ["1 met on 2026-03-02 (due 2026-05-05)"]


def test_the_second_meeting_comes_a_week_before_the_second_review_and_is_reminded_only() -> None:
    assert standing(PPM, REVIEWED, "2026-01-21", "second-ppm") == ["1 upcoming (due 2026-04-13)"]
    assert short(story(PPM, REVIEWED, until="2026-12-31", about="second-ppm")) == [
        "2026-04-02 09:00 second-ppm/1 reminder 1",
        "2026-04-10 09:00 second-ppm/1 reminder 2",
    ]
    assert standing(PPM, REVIEWED + "2026-02-02 review_booked for=2026-03-30", "2026-02-03", "second-ppm") == [
        "1 upcoming (due 2026-03-23)",
    ]
    assert standing(PPM, REVIEWED + "2026-02-02 review_booked for=2026-05-29", "2026-02-03", "second-ppm") == [
        "1 upcoming (due 2026-04-13)",
    ]


def test_the_second_meeting_is_met_after_the_day_of_the_first_review_only() -> None:
    same_day = REVIEWED + "2026-01-20 ppm_held\n"
    assert standing(PPM, same_day, "2026-01-21", "second-ppm") == ["1 upcoming (due 2026-04-13)"]
    later = same_day + "2026-02-20 ppm_held"
    assert standing(PPM, later, "2026-02-21", "second-ppm") == ["1 met on 2026-02-20 (due 2026-04-13)"]
    final = REVIEWED + "2026-01-19 ppm_held plan_final=true"
    assert standing(PPM, final, "2026-01-21", "second-ppm") == []
    reviewed = REVIEWED + "2026-04-01 review_held"
    assert standing(PPM, reviewed, "2026-04-02", "second-ppm") == ["1 lapsed (due 2026-04-13)"]


def test_oversight_and_tracking_follow_on_and_end_with_permanence() -> None:
    seen = MET + "2026-02-02 plan_overseen\n2026-02-02 plan_tracked\n"
    assert standing(PPM, seen, "2026-02-03", "plan-oversight")[1] == "2 upcoming (due 2026-05-02)"
    assert standing(PPM, seen, "2026-02-03", "plan-tracking")[1] == "2 upcoming (due 2026-03-02)"
    home = seen + "2026-02-20 returned_home"
    assert standing(PPM, home, "2026-02-21", "plan-oversight")[1] == "2 lapsed (due 2026-05-02)"
    assert standing(PPM, home, "2026-02-21", "plan-tracking")[1] == "2 lapsed (due 2026-03-02)"
    assert standing(PPM, home, "2026-02-21", "permanence-plan-agreed") == ["1 upcoming (due 2026-05-05)"]


def test_tracking_starts_with_a_first_review_that_sees_no_way_home() -> None:
    none = "2026-01-05 became_looked_after\n2026-01-20 review_held reunification_prospect=false\n"
    assert standing(PPM, none + "2026-01-27 ppm_held", "2026-01-28", "plan-tracking") == ["1 upcoming (due 2026-02-17)"]
    unclear = "2026-01-05 became_looked_after\n2026-01-20 review_held\n"
    assert standing(PPM, unclear, "2026-01-28", "plan-tracking") == []


def test_further_meetings_after_drift_and_changed_plans() -> None:
    happened = MET + "2026-01-20 plan_changed\n2026-01-21 drift_identified\n"
    assert standing(PPM, happened, "2026-01-22", "further-ppm") == [
        "1 met on 2026-01-20 (due 2026-02-03)",
        "2 upcoming (due 2026-02-04)",
    ]
    assert short(story(PPM, happened, until="2026-06-01", about="further-ppm")) == [
        "2026-01-28 09:00 further-ppm/2 reminder 1",
        "2026-02-03 09:00 further-ppm/2 reminder 2",
    ]
    assert (
        standing(PPM, happened + "2026-02-02 review_held", "2026-02-03", "further-ppm")[1]
        == "2 lapsed (due 2026-02-04)"
    )
    same_day = happened + "2026-01-21 review_held"
    assert standing(PPM, same_day, "2026-01-22", "further-ppm")[1] == "2 upcoming (due 2026-02-04)"
    too_early = "2026-01-05 became_looked_after\n2026-01-05 ppm_held\n2026-01-20 plan_changed"
    assert standing(PPM, too_early, "2026-01-21", "further-ppm") == ["1 upcoming (due 2026-02-03)"]
    drifting = MET + "2026-02-02 plan_tracked progress=drifting\n2026-02-03 plan_tracked"
    assert standing(PPM, drifting, "2026-02-04", "further-ppm") == ["1 upcoming (due 2026-02-16)"]


def test_a_drift_plan_is_numbered_as_the_drift_it_answers() -> None:
    drift = (
        MET
        + """
        2026-01-13 drift_identified
        2026-01-14 plan_changed primary_plan=return_home
        2026-01-15 drift_identified
    """
    )
    assert standing(PPM, drift, "2026-01-16", "drift-plan") == ["2 due_soon (due 2026-01-22)"]
    agreed = drift + "2026-01-19 drift_plan_agreed"
    assert standing(PPM, agreed, "2026-01-19", "drift-plan") == ["2 met on 2026-01-19 (due 2026-01-22)"]


def test_family_finding_for_a_relinquished_child_the_next_working_day() -> None:
    decided = "2026-01-05 became_looked_after relinquished=true\n2026-02-06 adm_decision_made\n"
    assert short(story(PPM, decided, until="2026-02-10", about="family-finding")) == [
        "2026-02-10 09:00 family-finding/1 escalation 1",
    ]
    before = "2026-01-05 became_looked_after relinquished=true\n2026-01-12 matched\n2026-02-06 adm_decision_made\n"
    assert standing(PPM, before, "2026-02-07", "family-finding") == ["1 met on 2026-02-06 (due 2026-02-09)"]
    kept = decided.replace(" relinquished=true", "")
    assert standing(PPM, kept, "2026-02-07", "family-finding") == []
    against = decided.replace("adm_decision_made", "adm_decision_made should_be_placed=false")
    assert standing(PPM, against, "2026-02-07", "family-finding") == []


def test_the_meeting_before_an_adoption_review_follows_the_open_review() -> None:
    unlikely = ORDERED + "2026-06-20 adoption_unlikely\n"
    assert standing(PPM, ORDERED, "2026-06-21", "ppm-before-adoption-review") == []
    assert standing(PPM, unlikely, "2026-06-21", "ppm-before-adoption-review") == ["1 upcoming (due 2026-07-18)"]
    reviewed = unlikely + "2026-07-21 review_held\n"
    assert short(story(PPM, reviewed, until="2026-10-19", about="ppm-before-adoption-review")) == [
        "2026-07-13 09:00 ppm-before-adoption-review/1 reminder 1",
        "2026-07-17 09:00 ppm-before-adoption-review/1 reminder 2",
        "2026-07-20 09:00 ppm-before-adoption-review/1 escalation 1",
        "2026-10-12 09:00 ppm-before-adoption-review/1 reminder 1",
        "2026-10-16 09:00 ppm-before-adoption-review/1 reminder 2",
        "2026-10-19 09:00 ppm-before-adoption-review/1 escalation 1",
    ]
    held = unlikely + "2026-06-20 ppm_held"
    assert standing(PPM, held, "2026-06-21", "ppm-before-adoption-review") == ["1 met on 2026-06-20 (due 2026-07-18)"]
    earlier = ORDERED + "2026-06-19 ppm_held\n2026-06-20 adoption_unlikely"
    assert standing(PPM, earlier, "2026-06-21", "ppm-before-adoption-review") == ["1 upcoming (due 2026-07-18)"]
    placed = unlikely + "2026-07-01 placed_for_adoption"
    assert standing(PPM, placed, "2026-07-02", "ppm-before-adoption-review") == ["1 lapsed (due 2026-07-18)"]


def test_under_a_new_placement_order_the_meeting_is_asked_for_again() -> None:
    """Finding: the anchor is the first order since the last revocation, so a new order opens it anew."""
    again = (
        ORDERED
        + """
        2026-06-20 adoption_unlikely
        2026-07-06 placement_order_revoked
        2026-08-03 placement_order_made
        2026-08-10 adoption_unlikely
    """
    )
    assert agenda_at(PPM, again, "2026-08-11", "ppm-before-adoption-review")[-1].is_open
