"""Brothers and sisters: one meeting, a plan for each; and when one is placed for adoption, the others are told."""

import pytest

from domain.case.documents import EventRefused, parse_event
from domain.case.facts import Facts
from domain.case.siblings import derived_id, left_out, siblings_of
from domain.policy.loading import Policies
from domain.study.simulation import FileRefused
from tests.domain.story import (
    BEFORE_THE_EVENING,
    AmendedByDay,
    agenda_at,
    raw_events,
    refusals,
    short,
    simulated,
    standing,
    story,
)

GUIDE = "quick-guide"
PAIR = """
    2026-01-05 became_looked_after @A siblings=B
    2026-01-05 became_looked_after @B siblings=A
    2026-02-02 placement_order_made @A
"""
PLACED = PAIR + "2026-03-02 placed_for_adoption @A #move\n"
DECISION = "siblings-decision"


def facts_of(happened: str, child: str, until: str = "2026-12-01") -> Facts:
    facts = simulated(GUIDE, happened, until)[child].journey.facts
    assert facts is not None
    return facts


# A plan for each


def test_one_meeting_gives_each_child_a_plan_of_their_own() -> None:
    joint = PAIR + '2026-02-10 ppm_held @A primary_plan=adoption plans={"B":{"primary_plan":"kinship_care"}}'
    assert [str(facts_of(joint, child).plans[-1].primary) for child in ("A", "B")] == ["adoption", "kinship_care"]


@pytest.mark.parametrize("plan", ["null", "{}", '{"contingency_plan":"adoption"}'])
def test_a_child_named_without_a_plan_is_refused_by_name(plan: str) -> None:
    with pytest.raises(EventRefused) as refused:
        [parse_event(raw) for raw in raw_events(f'2026-02-10 ppm_held @A primary_plan=adoption plans={{"B":{plan}}}')]
    assert "plans.B" in str(refused.value)
    assert "accepted: " in str(refused.value)


def test_a_brother_known_and_left_out_of_the_joint_meeting_is_named() -> None:
    three = """
        2026-01-05 became_looked_after @A siblings=B,C
        2026-01-05 became_looked_after @B siblings=A,C
        2026-01-05 became_looked_after @C siblings=A,B
        2026-01-12 ppm_held @A plans={"B":{"primary_plan":"kinship_care"}}
    """
    assert siblings_of(facts_of(three, "A")) == ("B", "C")
    assert left_out(facts_of(three, "A")) == ("C",)
    assert left_out(facts_of(three, "B")) == ("C",)
    assert left_out(facts_of(three, "C")) == ()
    all_three = three + '2026-02-10 ppm_held @C plans={"A":{"primary_plan":"adoption"},"B":{"primary_plan":"adoption"}}'
    assert left_out(facts_of(all_three, "A")) == ()


OF_TWO = """
    2026-01-05 became_looked_after @A siblings=B,C
    2026-01-05 became_looked_after @B siblings=A,C
    2026-01-05 became_looked_after @C siblings=A,B
    2026-01-15 ppm_held @A #of-two plans={"B":{"primary_plan":"kinship_care"}}
"""
OF_A_AND_C = (
    OF_TWO + '2026-01-15 ppm_held @A #right corrects=of-two plans={"C":{"primary_plan":"adoption"}} '
    "recorded 2026-01-21 12:00\n"
)


def of_the_meeting(happened: str, at: str) -> list[str]:
    """How the first meeting of each of the three stands."""
    return [line for child in "ABC" for line in standing("ppm-procedure", happened, at, "initial-ppm", child=child)]


def test_a_meeting_is_corrected_for_those_it_named_and_those_it_names_now() -> None:
    met, overdue = "1 met on 2026-01-15 (due 2026-01-19)", "1 overdue (due 2026-01-19)"
    assert of_the_meeting(OF_TWO, "2026-01-20") == [met, met, overdue]
    assert of_the_meeting(OF_A_AND_C, "2026-01-21") == [met, overdue, met]
    voided = OF_A_AND_C + "2026-01-22 event_voided @A event=right"
    assert of_the_meeting(voided, "2026-01-22") == [met, met, overdue]


@pytest.mark.parametrize("before", BEFORE_THE_EVENING)
def test_on_rules_from_before_one_whom_the_correction_alone_names_refuses_it(before: type[Policies]) -> None:
    with pytest.raises(FileRefused, match="corrects: 'of-two' is no event of the child"):
        simulated("ppm-procedure", OF_A_AND_C, "2026-01-22", known=before.load())


def test_a_meeting_about_one_child_leaves_nobody_out() -> None:
    assert left_out(facts_of(PAIR + "2026-02-10 ppm_held @A", "A")) == ()


# One is placed for adoption


def test_the_others_journeys_are_told_and_a_decision_is_due() -> None:
    assert standing(GUIDE, PLACED, "2026-03-01", DECISION, child="B") == []
    assert standing(GUIDE, PLACED, "2026-03-02", DECISION, child="B") == ["1 upcoming (due 2026-03-30)"]
    assert standing(GUIDE, PLACED, "2026-03-02", DECISION, child="A") == []
    assert short(story(GUIDE, PLACED, until="2026-03-31", about=DECISION)) == [
        "2026-03-23 09:00 siblings-decision/1 reminder 1",
        "2026-03-27 09:00 siblings-decision/1 reminder 2",
        "2026-03-31 09:00 siblings-decision/1 escalation 1",
    ]


def test_the_reasoned_decision_answers_it() -> None:
    decided = PLACED + "2026-03-10 siblings_decision_recorded @B together=false"
    assert standing(GUIDE, decided, "2026-03-11", DECISION, child="B") == ["1 met on 2026-03-10 (due 2026-03-30)"]


def test_it_is_told_when_it_becomes_known_not_before() -> None:
    late = PAIR + "2026-03-02 placed_for_adoption @A recorded 2026-04-08 16:00"
    assert standing(GUIDE, late, "2026-04-07", DECISION, child="B") == []
    assert short(story(GUIDE, late, until="2026-04-10", about=DECISION)) == [
        "2026-04-08 16:00 siblings-decision/1 escalation 2"
    ]


def test_voiding_the_placement_voids_what_was_told() -> None:
    voided = PLACED + "2026-03-25 event_voided @A #v event=move\n"
    assert standing(GUIDE, voided, "2026-03-24", DECISION, child="B") == ["1 due_soon (due 2026-03-30)"]
    assert standing(GUIDE, voided, "2026-03-25", DECISION, child="B") == []
    assert short(story(GUIDE, voided, until="2026-05-01", about=DECISION)) == [
        "2026-03-23 09:00 siblings-decision/1 reminder 1"
    ]
    restored = voided + "2026-03-26 event_voided @A event=v"
    assert standing(GUIDE, restored, "2026-03-26", DECISION, child="B") == ["1 due_soon (due 2026-03-30)"]


MOVED = PLACED + "2026-03-04 placed_for_adoption @A #right corrects=move recorded 2026-03-10 12:00\n"
NO_PLACEMENT = PLACED + "2026-03-02 matched @A #right corrects=move recorded 2026-03-10 12:00\n"


def test_correcting_the_placement_takes_back_what_was_told() -> None:
    assert standing(GUIDE, MOVED, "2026-03-10", DECISION, child="B") == ["2 upcoming (due 2026-04-01)"]
    assert short(story(GUIDE, MOVED, until="2026-03-31", about=DECISION)) == [
        "2026-03-25 09:00 siblings-decision/2 reminder 1",
        "2026-03-31 09:00 siblings-decision/2 reminder 2",
    ]
    assert standing(GUIDE, NO_PLACEMENT, "2026-03-10", DECISION, child="B") == []


@pytest.mark.parametrize("corrected", [MOVED, NO_PLACEMENT])
def test_voiding_the_correction_brings_back_what_was_told_and_so_on(corrected: str) -> None:
    wrong = corrected + "2026-03-11 event_voided @A #v event=right\n"
    assert standing(GUIDE, wrong, "2026-03-11", DECISION, child="B") == ["1 upcoming (due 2026-03-30)"]
    right = wrong + "2026-03-12 event_voided @A event=v"
    assert standing(GUIDE, right, "2026-03-12", DECISION, child="B") == (
        ["2 upcoming (due 2026-04-01)"] if corrected is MOVED else []
    )


def test_a_correction_of_a_correction_stands_in_for_both() -> None:
    again = MOVED + "2026-03-05 placed_for_adoption @A corrects=right recorded 2026-03-11 12:00"
    assert standing(GUIDE, again, "2026-03-11", DECISION, child="B") == ["3 upcoming (due 2026-04-02)"]


WITH_C = PLACED.replace("@B siblings=A", "@B siblings=A\n    2026-01-05 became_looked_after @C", 1)
C_IS_NAMED = """
    2026-03-11 siblings_changed @A siblings=B,C
    2026-03-11 siblings_changed @C siblings=A
"""
CORRECTED = "2026-03-04 placed_for_adoption @A #undone corrects=move recorded 2026-03-10 12:00"


@pytest.mark.parametrize("undone", [CORRECTED, "2026-03-10 event_voided @A #undone event=move"])
def test_one_who_is_named_while_the_placement_is_corrected_or_void_hears_of_it_when_it_stands_again(
    undone: str,
) -> None:
    again = WITH_C + undone + C_IS_NAMED + "2026-03-12 event_voided @A event=undone"
    assert standing(GUIDE, again, "2026-03-12", DECISION, child="B") == ["1 upcoming (due 2026-03-30)"]
    [row] = agenda_at(GUIDE, again, "2026-03-12", DECISION, child="C")
    assert (row.status, str(row.due)) == ("upcoming", "2026-04-10"), "20 working days from being named"
    assert agenda_at(GUIDE, again, "2026-03-12", DECISION, child="C", known=AmendedByDay.load()) == []


@pytest.mark.parametrize("before", BEFORE_THE_EVENING)
def test_on_rules_from_before_a_correction_is_not_told(before: type[Policies]) -> None:
    [row] = agenda_at(GUIDE, NO_PLACEMENT, "2026-03-10", DECISION, child="B", known=before.load())
    assert (row.status, str(row.due)) == ("upcoming", "2026-03-30")


def test_what_the_case_system_tells_as_well_counts_once() -> None:
    both = PLACED + "2026-03-02 sibling_placed_for_adoption @B sibling=A recorded 2026-03-04 10:00"
    assert standing(GUIDE, both, "2026-03-05", DECISION, child="B") == ["1 upcoming (due 2026-03-30)"]
    another = both + "\n2026-03-09 sibling_placed_for_adoption @B sibling=C"
    assert len(standing(GUIDE, another, "2026-03-10", DECISION, child="B")) == 2


def test_a_brother_without_a_journey_is_no_error() -> None:
    alone = """
        2026-01-05 became_looked_after @A siblings=AT-HOME
        2026-02-02 placement_order_made @A
        2026-03-02 placed_for_adoption @A
    """
    assert refusals(GUIDE, alone) == []
    assert set(simulated(GUIDE, alone, "2026-06-01")) == {"A"}


def test_one_who_enters_later_hears_on_entry_of_whom_adopters_have_already() -> None:
    """S2 "Brothers and sisters": one of them lives with adopters already."""
    later = PLACED + "2026-05-05 became_looked_after @C siblings=A"
    assert standing(GUIDE, later, "2026-05-05", DECISION, child="C") == ["1 upcoming (due 2026-06-03)"]
    stranger = PLACED + "2026-05-05 became_looked_after @C siblings=D"
    assert standing(GUIDE, stranger, "2026-05-05", DECISION, child="C") == []
    back = PLACED + "2026-04-20 adoption_placement_ended @A\n2026-05-05 became_looked_after @C siblings=A"
    assert standing(GUIDE, back, "2026-05-05", DECISION, child="C") == []


def test_whose_journey_has_ended_is_told_nothing() -> None:
    ended = PAIR + "2026-02-10 ceased_to_be_looked_after @B\n2026-03-02 placed_for_adoption @A"
    assert refusals(GUIDE, ended) == []
    assert agenda_at(GUIDE, ended, "2026-04-01", DECISION, child="B") == []


def test_a_placement_before_the_others_entry_recorded_after_it_counts_from_entry() -> None:
    before = """
        2026-01-05 became_looked_after @A siblings=B
        2026-02-02 placement_order_made @A
        2026-03-30 became_looked_after @B siblings=A
        2026-03-02 placed_for_adoption @A recorded 2026-04-01 12:00
    """
    assert standing(GUIDE, before, "2026-04-01", DECISION, child="B") == ["1 upcoming (due 2026-04-29)"]


def test_derived_ids_are_legible_and_never_too_long() -> None:
    assert derived_id("evt-7", "CLA-2") == "told:CLA-2:evt-7"
    longest = derived_id("x" * 200, "B" * 64)
    assert len(longest) <= 200
    assert longest != derived_id("x" * 199 + "y", "B" * 64)


# Named later


APART = """
    2026-01-05 became_looked_after @A
    2026-01-05 became_looked_after @B
    2026-02-02 placement_order_made @A
    2026-03-02 placed_for_adoption @A #move
"""


def test_a_child_named_later_hears_of_a_placement_and_decides_from_the_day_of_the_naming() -> None:
    assert standing(GUIDE, APART, "2026-04-30", DECISION, child="B") == []
    by_the_placed = APART + "2026-05-05 siblings_changed @A siblings=B\n"
    assert standing(GUIDE, by_the_placed, "2026-05-05", DECISION, child="B") == ["1 overdue (due 2026-03-30)"]
    by_the_other = APART + "2026-05-05 siblings_changed @B siblings=A\n"
    assert standing(GUIDE, by_the_other, "2026-05-05", DECISION, child="B") == ["1 upcoming (due 2026-06-03)"]
    both = by_the_placed + "2026-05-05 siblings_changed @B siblings=A"
    assert standing(GUIDE, both, "2026-05-05", DECISION, child="B") == ["1 upcoming (due 2026-06-03)"]


def test_a_child_no_longer_named_hears_of_no_placement_but_of_the_voiding_of_one() -> None:
    changed = PAIR + "2026-02-16 siblings_changed @A siblings=none\n2026-03-02 placed_for_adoption @A"
    assert standing(GUIDE, changed, "2026-03-03", DECISION, child="B") == []
    voided = PLACED + "2026-03-09 siblings_changed @A siblings=none\n2026-03-10 event_voided @A event=move"
    assert standing(GUIDE, voided, "2026-03-09", DECISION, child="B") == ["1 upcoming (due 2026-03-30)"]
    assert standing(GUIDE, voided, "2026-03-10", DECISION, child="B") == []


def test_a_placement_that_has_ended_is_not_told_to_a_child_named_later() -> None:
    ended = APART + "2026-04-06 adoption_placement_ended @A\n"
    for change in ("2026-05-05 siblings_changed @A siblings=B", "2026-05-05 siblings_changed @B siblings=A"):
        assert standing(GUIDE, ended + change, "2026-05-06", DECISION, child="B") == []
