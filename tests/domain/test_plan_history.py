"""Twin-track plans: what the plan was from when, who changed it and why, and when it does not hold."""

from datetime import date

from domain.case.plan_history import PlanEntry, churn, plan_history
from tests.domain.story import CHILD, simulated

PPM = "ppm-procedure"
TWIN_TRACK = """
    2026-01-05 became_looked_after
    2026-01-12 ppm_held primary_plan=return_home contingency_plan=adoption
"""


def history(happened: str, at: str) -> list[PlanEntry]:
    facts = simulated(PPM, happened, at)[CHILD].journey.facts
    assert facts is not None
    return plan_history(facts)


def told(entries: list[PlanEntry]) -> list[str]:
    return [
        f"{e.on} {e.primary} or {e.contingency or 'nothing'}{', final' * e.final}{', changed' * e.changed}"
        for e in entries
    ]


def days(happened: str, at: str) -> list[str]:
    return [str(entry.on) for entry in churn(history(happened, at), date.fromisoformat(at))]


def test_the_history_says_what_the_plan_was_who_changed_it_and_why() -> None:
    happened = (
        TWIN_TRACK
        + "2026-03-02 plan_changed primary_plan=adoption contingency_plan=kinship_care reasons=assessment by=sw-01"
    )
    entries = history(happened, "2026-03-02")
    assert told(entries) == [
        "2026-01-12 return_home or adoption",
        "2026-03-02 adoption or kinship_care, changed",
    ]
    assert (entries[1].by, entries[1].reasons, entries[1].type) == ("sw-01", "assessment", "plan_changed")


def test_a_final_plan_that_drops_its_contingency_has_not_changed() -> None:
    final = TWIN_TRACK + "2026-03-02 ppm_held primary_plan=return_home contingency_plan=none plan_final=true"
    assert told(history(final, "2026-03-02"))[1] == "2026-03-02 return_home or nothing, final"


def test_each_child_of_a_joint_meeting_has_a_history_of_its_own() -> None:
    joint = """
        2026-01-05 became_looked_after @A
        2026-01-05 became_looked_after @B
        2026-01-12 ppm_held @A primary_plan=adoption plans={"B":{"primary_plan":"kinship_care"}}
    """
    both = simulated(PPM, joint, "2026-01-12")
    plans = {child: one.journey.facts for child, one in both.items()}
    assert {child: plan_history(facts)[0].primary for child, facts in plans.items() if facts} == {
        "A": "adoption",
        "B": "kinship_care",
    }


def test_a_plan_changed_twice_in_six_months_does_not_hold() -> None:
    once = TWIN_TRACK + "2026-03-02 plan_changed primary_plan=adoption contingency_plan=kinship_care\n"
    twice = once + "2026-08-31 plan_changed primary_plan=kinship_care\n"
    assert days(once, "2026-03-02") == []
    assert days(twice, "2026-08-31") == ["2026-03-02", "2026-08-31"]
    assert days(twice, "2026-09-02") == [], "six months after the first of the two it is one change again"


def test_changes_six_months_apart_are_no_churn() -> None:
    apart = (
        TWIN_TRACK + "2026-03-02 plan_changed primary_plan=adoption\n2026-09-02 plan_changed primary_plan=kinship_care"
    )
    assert days(apart, "2026-09-02") == []


def test_another_contingency_counts_and_a_voided_change_does_not() -> None:
    twice = (
        TWIN_TRACK
        + """
        2026-02-02 plan_changed primary_plan=return_home contingency_plan=kinship_care
        2026-03-02 plan_changed #wrong primary_plan=adoption
    """
    )
    assert days(twice, "2026-03-02") == ["2026-02-02", "2026-03-02"]
    assert days(twice + "2026-03-03 event_voided event=wrong", "2026-03-03") == []
