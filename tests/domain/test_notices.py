"""What is told at once because something happened, each both ways: raised, and not raised."""

import pytest

from tests.domain.story import all_actions, refusals

PPM, GUIDE, LAW = "ppm-procedure", "quick-guide", "england-statutory"
ENTERED = "2026-01-05 became_looked_after\n"
YOUNG = "2026-01-05 became_looked_after date_of_birth=2020-05-05\n"
MET = ENTERED + "2026-01-12 ppm_held primary_plan=return_home contingency_plan=adoption\n"


def told(policy: str, happened: str, rule: str, until: str = "2026-12-31") -> list[str]:
    """What is told at once under a rule: day, kind, roles."""
    return [
        f"{a.at:%Y-%m-%d} {a.kind} {', '.join(a.to)}"
        for a in all_actions(policy, happened, until)
        if a.obligation == rule and a.kind in ("notice", "breach")
    ]


def message(policy: str, happened: str, rule: str) -> str:
    [message] = [a.message for a in all_actions(policy, happened, "2026-12-31") if a.obligation == rule and not a.due]
    return message


# Meetings


def test_invitations_go_out_on_entry_and_on_booking_until_a_meeting_was_held() -> None:
    booked = ENTERED + "2026-01-07 ppm_booked for=2026-01-14\n"
    assert told(PPM, booked, "ppm-invitations") == [
        "2026-01-05 notice social_worker",
        "2026-01-07 notice social_worker",
    ]
    held_first = ENTERED + "2026-01-06 ppm_held\n2026-01-06 ppm_booked for=2026-01-06  recorded 2026-01-08 10:00"
    assert told(PPM, held_first, "ppm-invitations") == ["2026-01-05 notice social_worker"]
    assert told(GUIDE, booked, "ppm-invitations") == []


def test_an_invitation_names_whom_the_case_needs() -> None:
    plain = message(PPM, ENTERED, "ppm-invitations")
    assert "Invite PPM chair, case supervisor, fostering social worker, IRO (" in plain
    assert "bring the views of the child, parents, significant others" in plain
    assert "solicitor" not in plain
    court = "2026-01-02 care_proceedings_issued  recorded 2026-01-05 12:00\n" + ENTERED
    assert "IRO, solicitor (" in message(PPM, court, "ppm-invitations")


def invited(happened: str) -> str:
    """Whom the latest invitation names."""
    told_of = [a.message for a in all_actions(PPM, happened, "2026-02-28") if a.obligation == "ppm-invitations"]
    return told_of[-1].partition("Invite ")[2].partition(";")[0]


def test_the_adoption_service_is_invited_where_adoption_is_the_plan_or_a_child_is_relinquished() -> None:
    invitation = "2026-02-02 ppm_booked for=2026-02-12\n"
    old = "2026-01-05 became_looked_after date_of_birth=2015-05-05\n"
    main = "2026-01-12 ppm_held primary_plan=adoption\n" + invitation
    for entry in (YOUNG, old):
        assert invited(entry + main).endswith("IRO, family finding social worker, adoption service")
        assert invited(entry.replace("after ", "after relinquished=true ") + invitation).endswith(
            "IRO, adoption service"
        )
    given_up = old + "2026-01-12 relinquishment_changed\n"
    assert invited(given_up + invitation).endswith("IRO, adoption service")
    assert invited(given_up + "2026-01-19 relinquishment_changed relinquished=false\n" + invitation).endswith("IRO")


def test_below_nine_whoever_invites_is_reminded_of_the_adoption_service_if_adoption_is_likely() -> None:
    perhaps = " (and the adoption service if adoption is likely)"
    spare = "2026-01-12 ppm_held contingency_plan=adoption\n2026-02-02 ppm_booked for=2026-02-12\n"
    old = "2026-01-05 became_looked_after date_of_birth=2015-05-05\n"
    assert invited(YOUNG + spare).endswith("IRO, family finding social worker" + perhaps)
    assert invited(YOUNG).endswith("IRO" + perhaps)
    assert invited(old + spare).endswith("IRO, family finding social worker")
    assert invited(old).endswith("IRO")


def test_ppm_attendance_is_a_breach_that_names_who_was_absent() -> None:
    absent = ENTERED + "2026-01-12 ppm_held chair=team_manager attended=social_worker,iro\n"
    assert told(PPM, absent, "ppm-attendance") == ["2026-01-12 breach ppm_chair"]
    assert "Absent: case supervisor, fostering social worker." in message(PPM, absent, "ppm-attendance")
    everybody = "attended=team_manager,social_worker,case_supervisor,fostering_social_worker"
    there = ENTERED + f"2026-01-12 ppm_held {everybody}\n"
    assert told(PPM, there, "ppm-attendance") == []
    unsaid = ENTERED + "2026-01-12 ppm_held\n"
    assert told(PPM, unsaid, "ppm-attendance") == [], "who attended was not recorded: nothing is known against it"


def test_ppm_attendance_asks_for_adoption_below_nine_where_it_is_planned() -> None:
    all_but = "chair=service_manager attended=social_worker,case_supervisor,fostering_social_worker"
    planned = f"2026-01-12 ppm_held primary_plan=adoption contingency_plan=kinship_care {all_but}\n"
    assert "Absent: adoption service." in message(PPM, YOUNG + planned, "ppm-attendance")
    older = "2026-01-05 became_looked_after date_of_birth=2015-05-05\n" + planned
    assert told(PPM, older, "ppm-attendance") == []


@pytest.mark.parametrize("manager", ["team_manager", "service_manager", "cla_service_manager"])
def test_ppm_attendance_asks_for_a_manager_in_the_chair_or_beside_it(manager: str) -> None:
    others = "social_worker,case_supervisor,fostering_social_worker"
    without = "Absent: a team or service manager."
    assert without in message(PPM, ENTERED + f"2026-01-12 ppm_held attended={others}\n", "ppm-attendance")
    assert without in message(PPM, ENTERED + "2026-01-12 ppm_held chair=ppm_chair\n", "ppm-attendance")
    for there in (f"chair={manager}", f"chair={manager} attended={others}", f"chair=iro attended={manager},{others}"):
        assert told(PPM, ENTERED + f"2026-01-12 ppm_held {there}\n", "ppm-attendance") == []


def test_ppm_attendance_asks_whose_views_were_heard() -> None:
    one = ENTERED + "2026-01-12 ppm_held views=parents\n"
    assert "Views missing: child." in message(PPM, one, "ppm-attendance")
    both = ENTERED + "2026-01-12 ppm_held views=child,parents\n"
    assert told(PPM, both, "ppm-attendance") == []


def test_contingency_plan_is_missed_unless_the_plan_is_final() -> None:
    without = ENTERED + "2026-01-12 ppm_held contingency_plan=none\n"
    assert told(PPM, without, "contingency-plan") == ["2026-01-12 breach ppm_chair"]
    final = ENTERED + "2026-01-12 ppm_held contingency_plan=none plan_final=true\n"
    assert told(PPM, final, "contingency-plan") == []
    assert told(PPM, MET, "contingency-plan") == []
    assert told(GUIDE, without, "contingency-plan") == []


def test_iro_minutes_available_tells_the_iro_each_time() -> None:
    twice = MET + "2026-01-20 ppm_minutes_available\n2026-02-20 ppm_minutes_available\n"
    assert told(GUIDE, twice, "iro-minutes-available") == ["2026-01-20 notice iro", "2026-02-20 notice iro"]
    assert told(PPM, twice, "iro-minutes-available") == []


# Adoption


def test_adoption_service_told_when_adoption_becomes_the_plan_and_not_again() -> None:
    became = MET + "2026-02-02 plan_changed primary_plan=adoption\n"
    assert told(PPM, became, "adoption-service-told") == ["2026-02-02 notice adoption_service"]
    kept = became + "2026-03-02 ppm_held primary_plan=adoption\n"
    assert told(PPM, kept, "adoption-service-told") == ["2026-02-02 notice adoption_service"]
    assert told(PPM, MET, "adoption-service-told") == [], "a contingency is no plan yet"
    overtaken = MET + (
        "2026-02-02 plan_changed primary_plan=adoption  recorded 2026-02-05 10:00\n"
        "2026-02-03 plan_changed primary_plan=kinship_care  recorded 2026-02-05 10:00\n"
    )
    assert told(PPM, overtaken, "adoption-service-told") == []


def test_ppm_before_adm_wants_a_meeting_that_considered_adoption() -> None:
    not_considered = (
        ENTERED + "2026-01-12 ppm_held primary_plan=return_home\n2026-02-02 adm_decision_booked for=2026-03-02"
    )
    assert told(PPM, not_considered, "ppm-before-adm") == ["2026-02-02 breach iro, ppm_chair, social_worker"]
    considered = MET + "2026-02-02 adm_decision_booked for=2026-03-02\n"
    assert told(PPM, considered, "ppm-before-adm") == []
    changed_only = (
        ENTERED + "2026-01-20 plan_changed primary_plan=adoption\n2026-02-02 adm_decision_booked for=2026-03-02"
    )
    assert told(PPM, changed_only, "ppm-before-adm") == ["2026-02-02 breach iro, ppm_chair, social_worker"]


def test_placed_without_authority_is_a_breach_under_every_policy() -> None:
    placed = ENTERED + "2026-03-02 placed_for_adoption\n"
    for policy in (LAW, PPM, GUIDE):
        assert told(policy, placed, "placed-without-authority") == ["2026-03-02 breach iro, team_manager"]
    for authority in ("placement_order_made", "placement_consent_given"):
        held = ENTERED + f"2026-02-02 {authority}\n2026-03-02 placed_for_adoption\n"
        assert told(LAW, held, "placed-without-authority") == []
    revoked = (
        ENTERED + "2026-02-02 placement_order_made\n2026-02-20 placement_order_revoked\n2026-03-02 placed_for_adoption"
    )
    assert told(LAW, revoked, "placed-without-authority") == ["2026-03-02 breach iro, team_manager"]


# Before care, and reviews


def test_pre_proceedings_planning_is_told_until_the_child_is_looked_after() -> None:
    started = "2026-01-05 pre_proceedings_started\n"
    assert told(PPM, started, "pre-proceedings-planning") == ["2026-01-05 notice social_worker"]
    already = "2026-01-05 pre_proceedings_started  recorded 2026-02-02 10:00\n" + (
        "2026-02-01 became_looked_after  recorded 2026-02-02 10:00\n"
    )
    assert told(PPM, already, "pre-proceedings-planning") == []


def test_booked_too_late_is_told_once_for_each_booking_and_again_when_the_limit_moves() -> None:
    late = ENTERED + "2026-01-12 review_booked for=2026-02-10\n"
    assert told(LAW, late, "booked-too-late") == ["2026-01-12 notice iro, social_worker"]
    in_time = ENTERED + "2026-01-12 review_booked for=2026-02-02\n"
    assert told(LAW, in_time, "booked-too-late") == []
    rebooked = late + "2026-01-14 review_booked for=2026-02-12\n"
    assert len(told(LAW, rebooked, "booked-too-late")) == 2
    moved = ENTERED + (
        "2026-01-20 review_held\n2026-01-21 review_booked for=2026-04-15\n2026-02-10 care_proceedings_issued\n"
    )
    assert told(GUIDE, moved, "booked-too-late") == ["2026-02-10 notice iro, social_worker"]


def test_ratified_at_review_from_fourteen_under_the_quick_guide() -> None:
    ratified = "2026-01-20 review_held long_term_placement_ratified=true\n"
    [refused] = refusals(GUIDE, "2026-01-05 became_looked_after date_of_birth=2012-02-05\n" + ratified)
    assert "the child is under 14; accepted: from age 14, or the review without it" in refused
    old_enough = "2026-01-05 became_looked_after date_of_birth=2012-01-20\n" + ratified
    assert refusals(GUIDE, old_enough) == [], "ratified-at-review: fourteen that very day"
    assert refusals(PPM, ENTERED + ratified) == []


def test_an_ended_journey_hears_of_breaches_at_that_instant_and_of_nothing_later() -> None:
    together = ENTERED + (
        "2026-03-02 placed_for_adoption  recorded 2026-03-09 10:00\n"
        "2026-03-06 adoption_order_made  recorded 2026-03-09 10:00\n"
    )
    assert told(LAW, together, "placed-without-authority") == ["2026-03-09 breach iro, team_manager"]
    after = ENTERED + ("2026-03-06 adoption_order_made\n2026-03-02 placed_for_adoption  recorded 2026-03-09 10:00\n")
    assert told(LAW, after, "placed-without-authority") == []
