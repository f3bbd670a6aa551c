"""The rulings of 27 November 2026 on what the contract had left open, each shown both ways.

Rulings on batches, corrections and joint meetings are in test_corrections.py.
"""

import json
from datetime import date

import pytest

from domain.agenda import agenda, rag
from domain.case import events as ev
from domain.case.calendar import end_of
from domain.case.documents import parse_event
from domain.clocks.rules import Policy
from domain.policy.loading import Policies
from domain.study.simulation import FileRefused
from tests.domain.story import (
    CASES,
    agenda_at,
    noticed,
    refusals,
    short,
    simulated,
    standing,
    story,
)

LAW, PPM, GUIDE = "england-statutory", "ppm-procedure", "quick-guide"
BEGUN = "2026-01-05 became_looked_after\n"
PAIR = "2026-01-05 became_looked_after siblings=CLA-2\n"
ORDERED = BEGUN + "2026-02-02 review_held\n2026-02-16 placement_order_made\n"


def fault(name: str) -> list[ev.Event]:
    """The events of an input that once went wrong."""
    lines = (CASES / "faults" / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [parse_event(json.loads(line)) for line in lines]


class AsBefore(Policies):
    """The policies as a journey has them that began before the rulings, and has adopted nothing since."""

    def resolve(self, policy_id: str) -> Policy:
        """The policy, not read to the letter."""
        return super().resolve(policy_id).model_copy(update={"to_the_letter": False})


def test_a_journey_on_rules_from_before_goes_on_as_it_did() -> None:
    before = AsBefore.load()
    held = fault("hold-outlives-void")
    actions = story(LAW, held, until="2026-02-28", about="first-review", kinds=["escalation"], known=before)
    assert short(actions) == [
        "2026-02-03 09:00 first-review/1 escalation 1",
        "2026-02-10 12:00 first-review/1 escalation 2",
        "2026-02-16 09:00 first-review/1 escalation 3",
    ]
    with pytest.raises(FileRefused, match="already looked after from 2026-01-05"):
        simulated(LAW, fault("void-and-right-entry"), "2026-02-28", known=before)


# What went wrong once


def test_an_entry_is_voided_and_the_right_one_taken_at_the_same_instant() -> None:
    rows = agenda_at(LAW, fault("void-and-right-entry"), "2026-01-10", "first-review", child="A")
    assert [(row.status, str(row.due)) for row in rows] == [("upcoming", "2026-02-03")]


def test_a_child_who_enters_again_is_invited_for_again() -> None:
    assert noticed(PPM, fault("re-entry-invitations"), "2027-06-30", "ppm-invitations") == [
        "2026-01-05 ppm-invitations",
        "2026-06-01 ppm-invitations",
    ]


def test_voiding_a_voiding_reaches_every_child_of_the_meeting() -> None:
    happened = fault("voiding-voided-joint-meeting")
    for child in "AB":
        assert [r.status for r in agenda_at(PPM, happened, "2026-01-20", "initial-ppm", child=child)] == ["met"]
        before = agenda_at(PPM, happened, "2026-01-14", "initial-ppm", child=child)
        assert [r.status for r in before] == ["due_soon"]


def test_a_hold_outlives_being_met_and_voided_again() -> None:
    actions = story(LAW, fault("hold-outlives-void"), until="2027-06-30", about="first-review", kinds=["escalation"])
    assert short(actions)[:3] == [
        "2026-02-03 09:00 first-review/1 escalation 1",
        "2026-03-05 09:00 first-review/1 escalation 3",
        "2026-03-16 09:00 first-review/1 escalation 4",
    ]


def test_a_hold_does_not_outlive_another_due_date() -> None:
    text = BEGUN + "2026-01-21 escalation_acknowledged obligation=initial-ppm until=2026-02-10\n"
    moved = text + "2026-01-22 deadline_extended obligation=initial-ppm until=2026-01-23"
    actions = story(PPM, moved, until="2026-02-02", about="initial-ppm", kinds=["escalation"], since="2026-01-22")
    assert short(actions) == [
        "2026-01-26 09:00 initial-ppm/1 escalation 1",
        "2026-01-30 09:00 initial-ppm/1 escalation 2",
    ]


def test_a_waiver_reaches_what_was_open_on_its_day_though_recorded_later() -> None:
    rows = agenda_at(PPM, fault("waiver-before-late-record"), "2026-02-10", "ppm-decisions-uploaded", child="A")
    assert [(row.status, str(row.due)) for row in rows] == [("waived", "2026-01-19")]


def test_a_waiver_does_not_reach_what_opened_after_its_day() -> None:
    text = BEGUN + "2026-01-21 obligation_waived obligation=ppm-decisions-uploaded\n2026-01-22 ppm_held"
    assert standing(PPM, text, "2026-01-23", "ppm-decisions-uploaded") == ["1 upcoming (due 2026-01-29)"]


# Forecasts, and the due dates of what is over


def test_a_forecast_is_upcoming_whatever_its_date_and_colours_nothing() -> None:
    rows = agenda_at(LAW, BEGUN, "2026-06-01", "second-review")
    assert [(row.status, str(row.due), row.forecast) for row in rows] == [("upcoming", "2026-05-02", True)]
    waiting = BEGUN + "2026-02-02 placed_for_adoption\n2026-02-09 review_held"
    journey = simulated(LAW, waiting, "2026-02-16")["CLA-1"].journey
    assert rag(agenda(journey, end_of(date(2026, 2, 16))), journey.policy) == "green"


def test_a_forecast_that_lapses_is_not_listed_and_one_that_is_met_is_none() -> None:
    lapsed = BEGUN + "2026-01-12 placed_for_adoption"
    assert standing(LAW, lapsed, "2026-01-13", "second-review") == []
    assert standing(LAW, lapsed, "2026-01-13", "first-review") == ["1 lapsed (due 2026-02-02)"]
    recorded = standing(PPM, BEGUN + "2026-01-12 ppm_held", "2026-01-13", "permanence-plan-recorded")
    assert recorded == ["1 met on 2026-01-12 (due 2026-05-02)"]
    open_still = standing(PPM, BEGUN, "2026-01-13", "permanence-plan-recorded")
    assert open_still == ["1 upcoming (due 2026-05-02) forecast"]


def test_the_due_date_of_what_lapsed_or_was_waived_stays_what_it_was_that_day() -> None:
    issued = "2026-03-02 care_proceedings_issued"
    lapsed = BEGUN + "2026-02-16 placed_for_adoption\n" + issued
    assert standing(GUIDE, lapsed, "2026-03-03", "second-review") == ["1 lapsed (due 2026-04-27)"]
    waived = BEGUN + "2026-02-16 obligation_waived obligation=ppm\n" + issued
    assert standing(GUIDE, waived, "2026-03-03", "ppm") == ["1 waived (due 2026-04-13)"]
    assert standing(GUIDE, BEGUN + issued, "2026-03-03", "ppm") == ["1 upcoming (due 2026-03-30)"]


# Waivers in a series


TRACKED = "2026-01-05 became_looked_after\n2026-01-12 ppm_held\n"


@pytest.mark.parametrize(("waived_on", "due"), [("2026-02-02", "2026-03-09"), ("2026-02-16", "2026-03-16")])
def test_after_a_waiver_the_next_counts_from_the_later_of_the_due_date_and_its_day(waived_on: str, due: str) -> None:
    text = TRACKED + f"{waived_on} obligation_waived obligation=plan-tracking\n"
    rows = ["1 waived (due 2026-02-09)", f"2 upcoming (due {due})"]
    assert standing(PPM, text, "2026-02-17", "plan-tracking") == rows
    later = text + "2026-02-18 care_proceedings_issued\n2026-02-19 plan_overseen"
    assert standing(PPM, later, "2026-02-20", "plan-tracking") == rows  # asked anew each time, it waives no more


# Adoption being unlikely


def test_a_word_on_adoption_counts_under_the_order_of_its_day_and_a_later_order_is_asked_afresh() -> None:
    said = (
        ORDERED + "2026-03-02 adoption_unlikely\n2026-04-06 placement_order_revoked\n2026-05-04 placement_order_made\n"
    )
    first = "1 lapsed (due 2026-08-21)"
    assert standing(GUIDE, said, "2026-05-05", "head-of-service-referral") == [first]
    between = said.replace("2026-05-04", "2026-04-20 adoption_unlikely\n2026-05-04")
    assert standing(GUIDE, between, "2026-05-05", "head-of-service-referral") == [first]
    again = said + "2026-06-01 adoption_unlikely"
    assert standing(GUIDE, again, "2026-06-02", "head-of-service-referral") == [first, "2 upcoming (due 2026-11-11)"]
    meetings = standing(PPM, again, "2026-06-02", "ppm-before-adoption-review")
    assert [row[:8] for row in meetings] == ["1 lapsed", "2 upcomi"]


# Short breaks


SHORT = "2026-01-05 became_looked_after legal_status=V4\n"


def test_under_short_breaks_nothing_of_care_is_told_and_on_leaving_them_the_invitations_go() -> None:
    text = SHORT + "2026-01-12 ppm_booked for=2026-01-19\n2026-01-26 ppm_held contingency_plan=none\n"
    rules = ("ppm-invitations", "contingency-plan", "placed-without-authority")
    assert noticed(PPM, text, "2026-03-01", *rules) == []
    left = text + "2026-03-09 legal_status_changed legal_status=C2\n2026-03-16 ppm_held contingency_plan=none"
    assert noticed(PPM, left, "2026-03-31", *rules) == ["2026-03-09 ppm-invitations", "2026-03-16 contingency-plan"]
    another = left.replace(
        "2026-03-16 ppm_held contingency_plan=none", "2026-03-16 legal_status_changed legal_status=C1"
    )
    assert noticed(PPM, another, "2026-03-31", *rules) == ["2026-03-09 ppm-invitations"]


def test_a_review_of_short_breaks_booked_too_late_is_told_all_the_same() -> None:
    late = SHORT + "2026-01-12 review_booked for=2026-04-20"
    assert noticed(PPM, late, "2026-01-31", "booked-too-late") == ["2026-01-12 booked-too-late"]
    assert noticed(PPM, late.replace("04-20", "04-02"), "2026-01-31", "booked-too-late") == []


def test_what_was_done_under_short_breaks_meets_nothing_and_takes_no_number() -> None:
    left = SHORT + "2026-01-12 ppm_held\n2026-03-09 legal_status_changed legal_status=C2\n"
    assert standing(PPM, left, "2026-03-10", "permanence-plan-recorded") == ["1 upcoming (due 2026-07-08) forecast"]
    drifted = (
        TRACKED
        + "2026-02-02 drift_identified\n2026-02-16 legal_status_changed legal_status=V4\n2026-02-23 drift_identified\n"
        + "2026-03-09 legal_status_changed legal_status=C2\n2026-03-16 drift_identified\n"
    )
    assert [row[:2] for row in standing(PPM, drifted, "2026-03-17", "further-ppm")] == ["2 "]


# Placements for adoption


def test_a_review_while_placed_is_none_of_care_but_on_the_first_and_last_day_it_is() -> None:
    placed = BEGUN + "2026-01-19 placed_for_adoption\n"
    back = "2026-03-16 adoption_placement_ended\n"
    held = placed + "2026-02-16 review_held\n" + back
    rows = agenda_at(LAW, held, "2026-03-17", "first-review")
    assert [(row.occurrence, row.is_open) for row in rows] == [(1, True)]
    assert standing(GUIDE, held, "2026-03-17", "care-plan-updated") == []
    for day in ("2026-01-19", "2026-03-16"):
        on_the_edge = placed + back + f"{day} review_held"
        assert agenda_at(LAW, on_the_edge, "2026-03-17", "first-review")[0].status in ("met", "met_late")
        assert standing(LAW, on_the_edge, "2026-03-17", "placement-review")[0].startswith("1 met")


def test_placed_while_placed_the_series_of_the_new_placement_begins_anew() -> None:
    moved = (
        ORDERED
        + """
        2026-03-02 placed_for_adoption
        2026-03-30 review_held
        2026-05-04 placed_for_adoption
    """
    )
    assert standing(LAW, moved, "2026-05-05", "placement-review") == [
        "1 met on 2026-03-30 (due 2026-03-30)",
        "2 lapsed (due 2026-06-30)",
        "3 upcoming (due 2026-06-01)",
    ]
    assert [row[:8] for row in standing(LAW, moved, "2026-05-05", "second-review")] == ["1 lapsed"]
    same_day = moved.replace("2026-05-04 placed", "2026-03-02 placed")
    assert standing(LAW, same_day, "2026-05-05", "placement-review")[-1] == "2 upcoming (due 2026-06-30)"


def test_back_from_a_placement_the_care_review_still_outstanding_is_asked() -> None:
    back = ORDERED + "2026-03-02 placed_for_adoption\n2026-03-30 review_held\n2026-05-04 adoption_placement_ended"
    assert standing(LAW, back, "2026-05-05", "second-review") == ["1 upcoming (due 2026-06-30)"]
    assert standing(LAW, back, "2026-05-05", "subsequent-review") == []


def test_the_end_of_a_placement_asks_for_a_review_from_the_28th_day_within_42() -> None:
    back = ORDERED + "2026-03-02 placed_for_adoption\n2026-05-04 adoption_placement_ended\n"
    early = back + "2026-05-31 review_held"
    assert standing(LAW, early, "2026-06-01", "disruption-review") == ["1 upcoming (due 2026-06-15)"]
    held = back + "2026-06-01 review_held series=adoption"
    assert standing(LAW, held, "2026-06-02", "disruption-review") == ["1 met on 2026-06-01 (due 2026-06-15)"]
    again = back + "2026-05-18 placed_for_adoption"
    assert standing(LAW, again, "2026-05-19", "disruption-review") == ["1 lapsed (due 2026-06-15)"]
    late = back + "2026-05-05 review_booked for=2026-06-16"
    assert "2026-05-05 booked-too-late" in noticed(LAW, late, "2026-05-06", "booked-too-late")


def test_a_decision_reversed_ends_the_search_for_a_family_and_a_later_decision_begins_it_again() -> None:
    given_up = "2026-01-05 became_looked_after relinquished=true\n2026-01-12 adm_decision_made\n"
    reversed_ = given_up + "2026-01-12 adm_decision_reversed"
    assert standing(PPM, given_up, "2026-01-13", "family-finding") == ["1 upcoming (due 2026-01-13)"]
    assert standing(PPM, given_up + "2026-01-14 adm_decision_reversed", "2026-01-15", "family-finding") == [
        "1 lapsed (due 2026-01-13)"
    ]
    assert standing(PPM, reversed_, "2026-01-13", "family-finding") == []
    decided = given_up + "2026-01-14 adm_decision_reversed\n2026-01-19 adm_decision_made"
    assert standing(PPM, decided, "2026-01-20", "family-finding")[-1] == "2 upcoming (due 2026-01-20)"


# Return home and permanence


EVIDENCE = ["detailed_assessment", "dbs_checks", "single_assessment_updated", "childs_wishes", "arrangements_suitable"]


def test_evidence_counts_up_to_the_day_of_the_approval() -> None:
    gathered = "".join(f"2026-01-1{n} return_home_evidence kind={kind}\n" for n, kind in enumerate(EVIDENCE, 2))
    approved = BEGUN + gathered + "2026-01-16 return_home_approved by_role=team_manager recorded 2026-01-20 12:00"
    assert refusals(PPM, approved) == []
    before = approved.replace("2026-01-16 return_home_approved", "2026-01-15 return_home_approved")
    assert "missing evidence: arrangements_suitable" in refusals(PPM, before)[0]


HOME = TRACKED + "2026-02-09 plan_tracked\n2026-02-16 returned_home\n"


def test_a_changed_plan_ends_permanence_and_what_had_lapsed_is_counted_from_that_day() -> None:
    assert standing(PPM, HOME, "2026-04-01", "plan-tracking")[-1] == "2 lapsed (due 2026-03-09)"
    changed = HOME + "2026-04-06 plan_changed\n"
    assert standing(PPM, changed, "2026-04-07", "plan-tracking") == [
        "1 met on 2026-02-09 (due 2026-02-09)",
        "2 upcoming (due 2026-05-04)",
    ]
    assert standing(PPM, changed, "2026-04-07", "plan-oversight") == ["1 upcoming (due 2026-07-06)"]
    assert simulated(PPM, changed, "2026-04-07")["CLA-1"].journey.stage == "permanence"
    followed = changed + "2026-05-04 plan_tracked"
    assert standing(PPM, followed, "2026-05-05", "plan-tracking")[-1] == "3 upcoming (due 2026-06-01)"
    again = changed + "2026-04-20 review_held long_term_placement_ratified=true"
    assert standing(PPM, again, "2026-04-21", "plan-tracking")[-1] == "2 lapsed (due 2026-05-04)"


def test_a_plan_changed_before_or_on_the_day_ends_no_permanence() -> None:
    on_the_day = HOME + "2026-02-16 plan_changed"
    assert standing(PPM, on_the_day, "2026-04-01", "plan-tracking")[-1] == "2 lapsed (due 2026-03-09)"


def test_when_permanence_ends_brothers_and_sisters_are_assessed_within_20_working_days() -> None:
    ended = PAIR + "2026-01-19 returned_home\n2026-04-06 plan_changed\n"
    assert standing(GUIDE, ended, "2026-04-07", "sibling-assessment") == ["1 upcoming (due 2026-05-05)"]
    assessed = PAIR + "2026-01-12 sibling_assessment_completed\n2026-01-19 returned_home\n2026-04-06 plan_changed"
    assert standing(GUIDE, assessed, "2026-04-07", "sibling-assessment")[-1] == "2 upcoming (due 2026-10-06)"
    second = BEGUN + "2026-01-19 returned_home\n2026-02-02 review_held\n2026-04-06 plan_changed"
    assert standing(PPM, second, "2026-04-07", "second-ppm") == ["1 upcoming (due 2026-04-27)"]


# Endings


def test_at_the_instant_that_ends_a_journey_only_breaches_go() -> None:
    ending = BEGUN + "2026-01-19 ppm_held contingency_plan=none primary_plan=adoption recorded 2026-01-26 12:00\n"
    rules = ("contingency-plan", "adoption-service-told")
    assert noticed(PPM, ending, "2026-02-01", *rules) == [
        "2026-01-26 adoption-service-told",
        "2026-01-26 contingency-plan",
    ]
    ended = ending + "2026-01-26 ceased_to_be_looked_after"
    assert noticed(PPM, ended, "2026-02-01", *rules) == ["2026-01-26 contingency-plan"]
    after = ended.replace("recorded 2026-01-26", "recorded 2026-01-27")
    assert noticed(PPM, after, "2026-02-01", *rules) == []


def test_a_period_that_begins_and_ends_in_one_batch_tells_its_breaches_and_the_next_all() -> None:
    at = "recorded 2026-03-02 12:00"
    first = f"2026-01-05 became_looked_after {at}\n2026-01-19 ppm_held contingency_plan=none {at}\n"
    batch = first + f"2026-02-02 ceased_to_be_looked_after {at}\n2026-03-02 became_looked_after {at}"
    assert noticed(PPM, batch, "2026-03-03", "contingency-plan", "ppm-invitations") == [
        "2026-03-02 contingency-plan",
        "2026-03-02 ppm-invitations",
    ]


# Breaches about reviews, and plans changed without one


HELD = BEGUN + "2026-02-02 review_held\n"


def test_the_first_review_without_a_meeting_is_a_breach_set_off_by_that_review() -> None:
    assert noticed(PPM, HELD, "2026-03-01", "first-review-without-ppm") == ["2026-02-02 first-review-without-ppm"]
    met = BEGUN + "2026-02-02 ppm_held\n2026-02-02 review_held"
    assert noticed(PPM, met, "2026-03-01", "first-review-without-ppm") == []
    second = met + "\n2026-03-02 review_held\n2026-03-09 event_voided event=e2"
    assert noticed(PPM, second, "2026-04-01", "first-review-without-ppm") == []  # the review was known before
    earlier = HELD + "2026-01-26 review_held recorded 2026-02-09 12:00"
    assert noticed(PPM, earlier, "2026-03-01", "first-review-without-ppm") == [
        "2026-02-02 first-review-without-ppm",
        "2026-02-09 first-review-without-ppm",
    ]


def test_the_second_review_without_an_agreed_or_a_recorded_plan_is_a_breach() -> None:
    rules = ("second-review-without-agreement", "second-review-without-plan")
    second = HELD + "2026-04-27 review_held"
    assert noticed(PPM, second, "2026-05-01", *rules) == [f"2026-04-27 {rule}" for rule in rules]
    assert noticed(PPM, second + " plan_agreed=true", "2026-05-01", *rules) == [f"2026-04-27 {rules[1]}"]
    assert (
        noticed(PPM, HELD + "2026-03-02 plan_changed\n2026-04-27 review_held plan_agreed=true", "2026-05-01", *rules)
        == []
    )
    papers = "2026-02-03 needs_assessment_completed\n2026-02-03 pathway_plan_completed\n2026-04-27 review_held"
    assert noticed(GUIDE, HELD + papers, "2026-05-01", *rules) == [f"2026-04-27 {rules[1]}"]
    at_fifteen = HELD.replace("after\n", "after date_of_birth=2010-05-05\n")
    assert noticed(GUIDE, at_fifteen + papers, "2026-05-01", *rules) == []


def test_another_plan_that_no_review_considered_is_told_to_the_iro() -> None:
    planned = BEGUN + "2026-01-12 ppm_held primary_plan=return_home\n"
    changed = "2026-02-16 plan_changed primary_plan=adoption"
    rule = "plan-changed-unreviewed"
    assert noticed(LAW, planned + changed, "2026-03-01", rule) == [f"2026-02-16 {rule}"]
    assert noticed(LAW, planned + "2026-01-12 review_held\n" + changed, "2026-03-01", rule) == []
    assert noticed(LAW, planned + changed.replace("adoption", "return_home"), "2026-03-01", rule) == []
    assert noticed(LAW, BEGUN + changed, "2026-03-01", rule) == []


def test_leaving_care_for_home_as_planned_needs_the_approval_too() -> None:
    home = BEGUN + "2026-02-16 ceased_to_be_looked_after reason=E4A"
    assert noticed(PPM, home, "2026-03-01", "return-home-checks") == ["2026-02-16 return-home-checks"]
    assert noticed(PPM, home.replace("E4A", "E4B"), "2026-03-01", "return-home-checks") == []
