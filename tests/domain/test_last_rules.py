"""Rules of contract section 5 that came last: the first meeting before a review booked sooner, three months while
placed, a child not yet born, brothers and sisters and relinquishment as they change.
"""

from datetime import date

import pytest

from domain.case.calendar import end_of
from domain.case.documents import EventRefused, parse_event
from domain.study.explain import explain
from tests.domain.story import agenda_at, noticed, raw_events, simulated, standing

LAW, PPM, GUIDE = "england-statutory", "ppm-procedure", "quick-guide"
BEGUN = "2026-01-05 became_looked_after\n"
PAIR = "2026-01-05 became_looked_after siblings=CLA-2\n"
ORDERED = BEGUN + "2026-02-02 review_held\n2026-02-16 placement_order_made\n"


# The first meeting before the first review


@pytest.mark.parametrize(
    ("booked", "due"),
    [
        ("", "2026-01-19"),
        ("2026-01-07 review_booked for=2026-01-15\n", "2026-01-14"),
        ("2026-01-07 review_booked for=2026-01-19\n", "2026-01-16"),
        ("2026-01-07 review_booked for=2026-01-20\n", "2026-01-19"),
        ("2026-01-07 review_booked for=2026-01-28\n", "2026-01-19"),
        ("2026-01-07 review_booked for=2026-01-15\n2026-01-08 review_booked for=2026-01-28\n", "2026-01-19"),
        ("2026-01-07 review_booked for=2026-03-02\n", "2026-01-19"),
    ],
)
def test_the_first_meeting_is_due_the_working_day_before_a_first_review_booked_sooner(booked: str, due: str) -> None:
    [row] = agenda_at(PPM, BEGUN + booked, "2026-01-08", "initial-ppm")
    assert (row.status in ("upcoming", "due_soon"), str(row.due)) == (True, due)


def test_a_meeting_met_before_the_booking_keeps_the_date_it_had() -> None:
    text = BEGUN + "2026-01-12 ppm_held\n2026-01-13 review_booked for=2026-01-14"
    assert standing(PPM, text, "2026-01-13", "initial-ppm") == ["1 met on 2026-01-12 (due 2026-01-19)"]
    early = BEGUN + "2026-01-06 review_booked for=2026-01-12\n2026-01-12 ppm_held"
    assert standing(PPM, early, "2026-01-13", "initial-ppm") == ["1 met_late on 2026-01-12 (due 2026-01-09)"]


def test_the_explanation_of_the_first_meeting_names_the_booking_that_brought_it_forward() -> None:
    booked = simulated(PPM, BEGUN + "2026-01-07 review_booked for=2026-01-15", "2026-01-08")["CLA-1"]
    [limit] = explain(booked.journey, "initial-ppm", None, end_of(date(2026, 1, 8))).limits
    assert (limit.because, limit.of, str(limit.base), str(limit.due)) == (
        "booked_of",
        "first-review/1",
        "2026-01-15",
        "2026-01-14",
    )
    assert [event.type for event in limit.events] == ["review_booked"]
    unbooked = simulated(PPM, BEGUN, "2026-01-08")["CLA-1"]
    [limit] = explain(unbooked.journey, "initial-ppm", None, end_of(date(2026, 1, 8))).limits
    assert (limit.because, str(limit.due)) == ("anchor", "2026-01-19")


# Three months while placed


PLACED = (
    ORDERED
    + """
    2026-03-02 placed_for_adoption
    2026-03-30 review_held
    2026-06-29 review_held
"""
)


def test_under_the_guide_the_third_review_of_a_placement_is_due_three_months_after_the_second() -> None:
    [row] = agenda_at(GUIDE, PLACED, "2026-07-01", "placement-review")[-1:]
    assert (row.occurrence, str(row.due)) == (3, "2026-09-29")
    assert [(str(limit.due), limit.clause) for limit in row.limits] == [
        ("2026-09-29", "S2 Preventing drift"),
        ("2026-12-29", "AAR reg 36(3)"),
    ]
    assert standing(LAW, PLACED, "2026-07-01", "placement-review")[-1] == "3 upcoming (due 2026-12-29)"
    assert standing(PPM, PLACED, "2026-07-01", "placement-review")[-1] == "3 upcoming (due 2026-12-29)"
    later = PLACED + "2026-09-28 review_held"
    assert standing(GUIDE, later, "2026-10-01", "placement-review")[-1] == "4 upcoming (due 2026-12-28)"


def test_of_the_first_two_reviews_of_a_placement_the_law_alone_sets_the_date() -> None:
    rows = agenda_at(GUIDE, PLACED, "2026-07-01", "placement-review")[:2]
    assert [[limit.clause for limit in row.limits] for row in rows] == [["AAR reg 36(3)"], ["AAR reg 36(3)"]]
    assert [str(row.due) for row in rows] == ["2026-03-30", "2026-06-30"]


def test_three_months_are_asked_only_while_there_is_authority_to_place() -> None:
    revoked = PLACED + "2026-07-06 placement_order_revoked\n"
    assert standing(GUIDE, revoked, "2026-07-07", "placement-review")[-1] == "3 upcoming (due 2026-12-29)"
    again = revoked + "2026-07-13 placement_consent_given"
    assert standing(GUIDE, again, "2026-07-14", "placement-review")[-1] == "3 upcoming (due 2026-09-29)"
    never = PLACED.replace("2026-02-16 placement_order_made", "2026-02-16 adm_decision_made")
    assert standing(GUIDE, never, "2026-07-01", "placement-review")[-1] == "3 upcoming (due 2026-12-29)"


def test_the_third_review_is_by_place_within_the_placement() -> None:
    another = PLACED + "2026-07-06 placed_for_adoption\n2026-08-03 review_held\n2026-11-02 review_held"
    rows = standing(GUIDE, another, "2026-11-03", "placement-review")
    assert rows[2:] == [
        "3 lapsed (due 2026-09-29)",
        "4 met on 2026-08-03 (due 2026-08-03)",
        "5 met on 2026-11-02 (due 2026-11-03)",
        "6 upcoming (due 2027-02-02)",
    ]


# A child not yet born


EXPECTED = "2026-01-05 pre_proceedings_started date_of_birth=none expected_on=2026-03-16\n"


def test_pre_proceedings_may_be_of_a_child_who_is_expected() -> None:
    rule = "pre-proceedings-planning"
    assert noticed(PPM, EXPECTED, "2026-02-28", rule) == [f"2026-01-05 {rule}"]
    born = EXPECTED + "2026-03-18 became_looked_after date_of_birth=2026-03-12"
    [row] = agenda_at(PPM, born, "2026-03-19", "first-review")
    assert str(row.due) == "2026-04-17"
    facts = simulated(PPM, born, "2026-03-19")["CLA-1"].journey.facts
    assert facts is not None
    assert (str(facts.born), str(facts.eighteenth_birthday)) == ("2026-03-12", "2044-03-12")


def test_an_expected_child_has_no_age_and_no_birthday_to_end_on() -> None:
    facts = simulated(PPM, EXPECTED, "2050-01-05")["CLA-1"].journey.facts
    assert facts is not None
    assert (facts.born, facts.eighteenth_birthday, facts.ended_on) == (None, None, None)


@pytest.mark.parametrize("both", ["", " date_of_birth=2018-05-05 expected_on=2026-03-16"])
def test_pre_proceedings_say_either_birth_or_expectation(both: str) -> None:
    raw = raw_events("2026-01-05 pre_proceedings_started date_of_birth=none" + both)
    with pytest.raises(EventRefused, match="either date_of_birth or, for a child not yet born, expected_on"):
        parse_event(raw[0])


# Brothers and sisters, and relinquishment, as they change


def test_another_list_of_brothers_and_sisters_counts_from_its_day() -> None:
    rule = "sibling-assessment"
    named = BEGUN + "2026-01-12 siblings_changed siblings=CLA-2\n"
    assert standing(GUIDE, BEGUN, "2026-01-13", rule) == []
    [row] = agenda_at(GUIDE, named, "2026-01-13", rule)
    assert (str(row.opened_on), str(row.due)) == ("2026-01-12", "2026-02-02")
    none_left = PAIR + "2026-01-12 siblings_changed siblings=none"
    assert standing(GUIDE, none_left, "2026-01-13", rule) == ["1 lapsed (due 2026-02-02)"]
    back = none_left + "\n2026-01-19 siblings_changed siblings=CLA-3"
    assert standing(GUIDE, back, "2026-01-20", rule) == ["1 upcoming (due 2026-02-02)"]


def test_relinquishment_counts_from_the_day_it_changes() -> None:
    decided = BEGUN + "2026-01-12 adm_decision_made\n"
    assert standing(PPM, decided, "2026-01-13", "family-finding") == []
    given_up = decided + "2026-01-19 relinquishment_changed\n"
    assert standing(PPM, given_up, "2026-01-20", "family-finding") == ["1 overdue (due 2026-01-13)"]
    kept = given_up + "2026-01-20 relinquishment_changed relinquished=false"
    assert standing(PPM, kept, "2026-01-21", "family-finding") == ["1 lapsed (due 2026-01-13)"]
