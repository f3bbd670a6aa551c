"""Contract section 2, each refusal beside its nearest neighbour that is taken."""

from datetime import timedelta
from typing import Any

import pytest

from domain.case import events as ev
from domain.case.documents import parse_event
from domain.refusals import judge
from tests.domain.story import Live, all_actions, events, london, policies, refusals, standing

PPM, GUIDE = "ppm-procedure", "quick-guide"
ENTERED = "2026-01-05 became_looked_after\n"
CHECKED = "".join(
    f"2026-02-0{day} return_home_evidence kind={kind}\n"
    for day, kind in enumerate(
        ("detailed_assessment", "dbs_checks", "single_assessment_updated", "childs_wishes", "arrangements_suitable"), 2
    )
)
EARLY = {"pre_proceedings_started", "care_proceedings_issued", "person_assigned", "event_voided", "policy_adopted"}
FIELDS: dict[str, dict[str, Any]] = {
    "became_looked_after": {"date_of_birth": "2018-05-05", "legal_status": "C2"},
    "pre_proceedings_started": {"date_of_birth": "2018-05-05"},
    "ceased_to_be_looked_after": {"reason": "E8"},
    "legal_status_changed": {"legal_status": "C1"},
    "ppm_held": {"primary_plan": "adoption"},
    "plan_changed": {"primary_plan": "adoption", "reasons": "as agreed"},
    "plan_tracked": {"progress": "on_track"},
    "drift_identified": {"reasons": "as recorded"},
    "adm_decision_made": {"should_be_placed": True},
    "adoption_unlikely": {"reasons": "as recorded"},
    "care_plan_referred": {"to": "iro"},
    "return_home_evidence": {"kind": "dbs_checks"},
    "return_home_approved": {"by_role": "team_manager"},
    "sibling_placed_for_adoption": {"sibling": "CLA-2"},
    "siblings_decision_recorded": {"together": True, "reasons": "as recorded"},
    "person_assigned": {"role": "iro", "contact": "someone"},
    "deadline_extended": {"obligation": "initial-ppm", "until": "2026-03-01", "reason": "r", "authorised_by": "a"},
    "obligation_waived": {"obligation": "initial-ppm", "reason": "r", "authorised_by": "a"},
    "escalation_acknowledged": {"obligation": "initial-ppm"},
    "lateness_explained": {"obligation": "initial-ppm", "reason": "r"},
    "event_voided": {"event": "nothing", "reason": "r"},
    "policy_adopted": {"policy": "quick-guide"},
    "siblings_changed": {"siblings": ["CLA-2"]},
    "relinquishment_changed": {"relinquished": True},
    "dispute_opened": {"reasons": "as recorded"},
    "dispute_stage_reached": {"to": "team_manager"},
    "cafcass_referred": {"reasons": "as recorded"},
    "milestone": {"milestone": "review-record-sent"},
}


def an_event(kind: str, on: str) -> ev.Event:
    """The least that an event of a kind can be."""
    model = ev.EVENT_TYPES[kind]
    more = (
        {"for": "2026-01-20"}
        if issubclass(model, ev.Booking)
        else {"to": ["iro"]}
        if issubclass(model, ev.Circulated)
        else {}
    )
    return parse_event({"type": kind, "id": "x", "child": "CLA-1", "on": on, **more, **FIELDS.get(kind, {})})


def judged(event: ev.Event) -> list[str]:
    """Why an event is refused by a journey that began on 5 January, a week later."""
    live = Live(PPM if event.type != "milestone" else "iro-handbook")
    live.told(london("2026-01-05"), events(ENTERED))
    _, refused = judge(live.journey, [event], london("2026-01-12"), policies().ids())
    return [str(each) for each in refused]


# Before entry


@pytest.mark.parametrize("kind", sorted(set(ev.EVENT_TYPES) - {"became_looked_after"}))
def test_of_the_days_before_entry_only_five_kinds_of_event_are_taken(kind: str) -> None:
    said = judged(an_event(kind, "2026-01-02"))
    assert bool(said) is (kind not in EARLY), said
    assert all("on: 2026-01-02 is before the child's entry; accepted: 2026-01-05 or later" in why for why in said)


@pytest.mark.parametrize("kind", sorted(ev.EVENT_TYPES))
def test_a_journey_begins_with_one_of_two_events(kind: str) -> None:
    live = Live(PPM)
    taken, refused = judge(live.journey, [an_event(kind, "2026-01-05")], london("2026-01-05"), policies().ids())
    begins = kind in ("became_looked_after", "pre_proceedings_started")
    assert (len(taken), len(refused)) == ((1, 0) if begins else (0, 1))
    assert all("accepted first: pre_proceedings_started or became_looked_after" in str(why) for why in refused)


# Ahead of its time


def test_a_day_ahead_is_taken_and_more_is_refused() -> None:
    assert judged(an_event("care_plan_updated", "2026-01-13")) == []
    assert (
        "on: 2026-01-14 is more than a day ahead; accepted: a day up to 2026-01-13"
        in judged(an_event("care_plan_updated", "2026-01-14"))[0]
    )
    event = an_event("care_plan_updated", "2026-01-12")
    in_time = event.model_copy(update={"recorded_at": london("2026-01-12") + timedelta(days=1)})
    too_far = event.model_copy(update={"recorded_at": london("2026-01-12") + timedelta(days=1, seconds=1)})
    assert judged(in_time) == []
    assert "recorded_at: " in judged(too_far)[0]


def test_offline_the_day_is_compared_with_the_recording() -> None:
    assert refusals(PPM, ENTERED + "2026-01-13 care_plan_updated recorded 2026-01-12 12:00") == []
    assert refusals(PPM, ENTERED + "2026-01-14 care_plan_updated recorded 2026-01-12 12:00") != []


# Entering again


def test_who_is_looked_after_cannot_enter_and_who_has_left_can() -> None:
    assert "already looked after from 2026-01-05" in refusals(PPM, ENTERED + "2026-02-02 became_looked_after")[0]
    left = ENTERED + "2026-02-01 ceased_to_be_looked_after\n2026-02-02 became_looked_after"
    assert refusals(PPM, left) == []
    planned = "2026-01-02 pre_proceedings_started\n2026-01-05 became_looked_after"
    assert refusals(PPM, planned) == []


# Going home


def test_a_return_home_is_approved_by_the_right_person_with_all_the_evidence_and_not_before() -> None:
    approved = "2026-02-09 return_home_approved by_role={}"
    assert refusals(PPM, ENTERED + CHECKED + approved.format("team_manager")) == []
    [missing] = refusals(
        PPM, ENTERED + CHECKED.replace("childs_wishes", "dbs_checks") + approved.format("team_manager")
    )
    assert "missing evidence: childs_wishes" in missing
    [nobody] = refusals(PPM, ENTERED + approved.format("iro"))
    assert "detailed_assessment, dbs_checks, single_assessment_updated, childs_wishes, arrangements_suitable" in nobody
    assert "by_role: iro may not approve; accepted: team_manager" in nobody
    teenager = ENTERED.rstrip() + " date_of_birth=2009-06-01 legal_status=V2\n" + CHECKED
    [low] = refusals(PPM, teenager + approved.format("team_manager"))
    assert "accepted: assistant_director, director_of_childrens_services" in low
    assert refusals(PPM, teenager + approved.format("assistant_director")) == []
    in_care = teenager.replace("legal_status=V2", "legal_status=C2")
    assert refusals(PPM, in_care + approved.format("team_manager")) == []


def test_a_placement_is_ratified_at_a_review_from_fourteen_under_the_quick_guide_only() -> None:
    ratified = "2026-02-02 review_held long_term_placement_ratified=true"
    [young] = refusals(GUIDE, ENTERED + ratified)
    assert "the child is under 14; accepted: from age 14, or the review without it" in young
    birthday = ENTERED.rstrip() + " date_of_birth=2012-02-02\n"
    assert refusals(GUIDE, birthday + ratified) == []
    assert refusals(GUIDE, birthday.replace("2012-02-02", "2012-02-03") + ratified) != []
    assert refusals(PPM, ENTERED + ratified) == []


# What has happened has happened


@pytest.mark.parametrize(
    ("happened", "breach"),
    [
        ("2026-02-02 placed_for_adoption", "placed-without-authority"),
        ("2026-02-02 returned_home", "return-home-checks"),
        ("2026-02-02 adm_decision_booked for=2026-02-20", "ppm-before-adm"),
        ("2026-02-02 ppm_held contingency_plan=none", "contingency-plan"),
        ("2026-02-02 ppm_held attended=social_worker", "ppm-attendance"),
    ],
)
def test_what_happened_badly_is_taken_and_raised(happened: str, breach: str) -> None:
    assert refusals(PPM, ENTERED + happened) == []
    raised = [a for a in all_actions(PPM, ENTERED + happened, "2026-02-02") if a.kind == "breach"]
    assert [(a.obligation, a.rung, a.occurrence, a.due) for a in raised] == [(breach, 0, 1, None)]


def test_out_of_order_is_normal() -> None:
    reviewed = ENTERED + "2026-01-12 review_held"
    assert refusals(PPM, reviewed) == []
    assert standing(PPM, reviewed, "2026-01-20", "initial-ppm") == ["1 overdue (due 2026-01-19)"]
