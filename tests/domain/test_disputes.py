"""The IRO's formal dispute: opened, its levels, Cafcass at any time, and twenty working days in all."""

from domain.clocks.dispute_words import disputes_in_words
from domain.study.explain import explain
from domain.study.explain_words import about
from tests.domain.story import london, simulated, standing, story

PACK, GUIDE = "iro-handbook", "quick-guide"
BEGUN = "2026-01-05 became_looked_after\n"
OPENED = BEGUN + "2026-02-02 dispute_opened #first\n"
RULE = "dispute-resolved"


def said(happened: str, policy: str = PACK) -> dict[str, str]:
    """What is shown of disputes at the end of the year."""
    facts = simulated(policy, happened, "2026-12-31")["CLA-1"].journey.facts
    assert facts is not None
    return dict(disputes_in_words(facts))


def test_a_dispute_is_to_be_resolved_within_twenty_working_days_whatever_its_levels() -> None:
    assert standing(PACK, OPENED, "2026-02-03", RULE) == ["1 upcoming (due 2026-03-02)"]
    higher = OPENED + "2026-02-09 dispute_stage_reached to=team_manager\n"
    assert standing(PACK, higher, "2026-02-10", RULE) == ["1 upcoming (due 2026-03-02)"]
    resolved = higher + "2026-02-20 dispute_resolved"
    assert standing(PACK, resolved, "2026-02-21", RULE) == ["1 met on 2026-02-20 (due 2026-03-02)"]
    late = higher + "2026-03-04 dispute_resolved"
    assert standing(PACK, late, "2026-03-05", RULE) == ["1 met_late on 2026-03-04 (due 2026-03-02)"]


def test_its_reminders_go_to_the_officer_and_its_first_rung_to_the_director() -> None:
    assert story(PACK, OPENED, until="2026-07-31", about=RULE) == [
        "2026-02-16 09:00 dispute-resolved/1 reminder 1 -> iro (due 2026-03-02)",
        "2026-02-23 09:00 dispute-resolved/1 reminder 2 -> iro (due 2026-03-02)",
        "2026-02-27 09:00 dispute-resolved/1 reminder 3 -> iro (due 2026-03-02)",
        "2026-03-03 09:00 dispute-resolved/1 escalation 1 -> director_of_childrens_services, iro (due 2026-03-02)",
        "2026-03-31 09:00 dispute-resolved/1 escalation 2 -> director_of_childrens_services, iro (due 2026-03-02)",
        "2026-04-30 09:00 dispute-resolved/1 escalation 3 -> director_of_childrens_services, iro (due 2026-03-02)",
        "2026-06-01 09:00 dispute-resolved/1 escalation 4 -> director_of_childrens_services, iro (due 2026-03-02)",
    ]


def test_each_dispute_has_its_own_date_and_one_outcome_resolves_what_goes_on() -> None:
    two = OPENED + "2026-02-09 dispute_opened\n"
    assert standing(PACK, two, "2026-02-10", RULE) == ["1 upcoming (due 2026-03-02)", "2 upcoming (due 2026-03-09)"]
    after = two + "2026-02-12 dispute_resolved\n2026-02-16 dispute_opened"
    assert [row[:5] for row in standing(PACK, after, "2026-02-17", RULE)] == ["1 met", "2 met", "3 upc"]
    voided = two + "2026-02-12 event_voided event=first"
    assert [row[:1] for row in standing(PACK, voided, "2026-02-13", RULE)] == ["2"]


def test_any_level_may_be_passed_over_and_each_that_was_reached_is_shown() -> None:
    text = OPENED + "2026-02-04 dispute_stage_reached to=director_of_childrens_services\n"
    assert said(text)["Formal dispute"] == (
        "opened 2 February 2026; with the director of children's services since 4 February 2026; not resolved"
    )
    back = text + "2026-02-06 dispute_stage_reached to=team_manager\n2026-02-20 dispute_resolved"
    assert said(back)["Formal dispute"].endswith(
        "with the team manager since 6 February 2026; resolved 20 February 2026"
    )


def test_cafcass_may_be_asked_at_any_time_and_the_dispute_goes_on() -> None:
    beside = OPENED + "2026-02-10 cafcass_referred\n"
    assert said(beside) == {
        "Formal dispute": "opened 2 February 2026; referred to Cafcass 10 February 2026; not resolved"
    }
    assert standing(PACK, beside, "2026-02-11", RULE) == ["1 upcoming (due 2026-03-02)"]
    alone = BEGUN + "2026-02-10 cafcass_referred"
    assert said(alone) == {"Referred to Cafcass": "10 February 2026"}
    assert said(OPENED + "2026-02-06 dispute_resolved\n2026-02-10 cafcass_referred")["Referred to Cafcass"]


def test_a_level_is_of_the_dispute_opened_last() -> None:
    facts = simulated(
        PACK,
        OPENED + "2026-02-09 dispute_opened #second\n2026-02-11 dispute_stage_reached to=service_manager",
        "2026-02-28",
    )["CLA-1"].journey.facts
    assert facts is not None
    first, second = (text for _, text in disputes_in_words(facts))
    assert "service manager" not in first
    assert "service manager" in second


def test_without_the_pack_a_dispute_is_known_and_shown_and_asks_for_nothing() -> None:
    assert said(OPENED, GUIDE) == {"Formal dispute": "opened 2 February 2026; not resolved"}
    assert story(GUIDE, OPENED, until="2026-07-31", about=RULE) == []


def test_the_explanation_says_how_far_the_dispute_has_come() -> None:
    text = OPENED + "2026-02-09 dispute_stage_reached to=team_manager\n"
    one = simulated(PACK, text, "2026-03-10")["CLA-1"]
    lines = dict(about(explain(one.journey, RULE, None, london("2026-03-10"))))
    assert lines["Dispute"] == "opened 2 February 2026; with the team manager since 9 February 2026; not resolved"
    assert "Dispute" not in dict(about(explain(one.journey, "first-review", None, london("2026-03-10"))))


def test_a_dispute_lapses_with_the_journey_and_not_with_permanence() -> None:
    home = OPENED + "2026-02-06 returned_home\n"
    assert standing(PACK, home, "2026-02-07", RULE) == ["1 upcoming (due 2026-03-02)"]
    left = OPENED + "2026-02-06 ceased_to_be_looked_after"
    assert standing(PACK, left, "2026-02-07", RULE) == ["1 lapsed (due 2026-03-02)"]
