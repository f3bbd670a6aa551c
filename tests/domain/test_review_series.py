"""The statutory reviews: care, adoption and placement series, and how they hand over to one another."""

from tests.domain.story import agenda_at, short, standing, story

PPM, GUIDE, LAW = "ppm-procedure", "quick-guide", "england-statutory"
REVIEWED = "2026-01-05 became_looked_after\n2026-01-20 review_held\n2026-04-10 review_held\n"
ORDERED = REVIEWED + "2026-05-01 placement_order_made\n"


def test_first_second_and_later_reviews_follow_on_the_day_the_last_was_held() -> None:
    assert standing(LAW, REVIEWED, "2026-04-11", "first-review") == ["1 met on 2026-01-20 (due 2026-02-02)"]
    assert standing(LAW, REVIEWED, "2026-04-11", "second-review") == ["1 met on 2026-04-10 (due 2026-04-20)"]
    assert standing(LAW, REVIEWED, "2026-04-11", "subsequent-review") == ["3 upcoming (due 2026-10-10)"]
    again = REVIEWED + "2026-09-30 review_held"
    assert standing(LAW, again, "2026-10-01", "subsequent-review") == [
        "3 met on 2026-09-30 (due 2026-10-10)",
        "4 upcoming (due 2027-03-30)",
    ]


def test_a_review_recorded_late_takes_its_place_by_the_day_it_was_held() -> None:
    late = "2026-01-05 became_looked_after\n2026-04-10 review_held\n2026-01-20 review_held recorded 2026-04-15 10:00"
    assert standing(LAW, late, "2026-04-14", "first-review") == ["1 met_late on 2026-04-10 (due 2026-02-02)"]
    assert standing(LAW, late, "2026-04-15", "first-review") == ["1 met on 2026-01-20 (due 2026-02-02)"]
    assert standing(LAW, late, "2026-04-15", "second-review") == ["1 met on 2026-04-10 (due 2026-04-20)"]


def test_a_review_of_the_adoption_series_alone_is_no_care_review() -> None:
    only = ORDERED + "2026-07-01 review_held series=adoption"
    assert standing(LAW, only, "2026-07-02", "subsequent-review") == ["3 upcoming (due 2026-10-10)"]
    assert standing(LAW, only, "2026-07-02", "adoption-review")[0] == "1 met on 2026-07-01 (due 2026-08-01)"
    care = ORDERED + "2026-07-01 review_held series=care"
    assert standing(LAW, care, "2026-07-02", "adoption-review") == ["1 upcoming (due 2026-08-01)"]


def test_one_review_meets_both_series() -> None:
    both = ORDERED + "2026-07-01 review_held"
    assert standing(LAW, both, "2026-07-02", "subsequent-review")[0] == "3 met on 2026-07-01 (due 2026-10-10)"
    assert standing(LAW, both, "2026-07-02", "adoption-review") == [
        "1 met on 2026-07-01 (due 2026-08-01)",
        "2 upcoming (due 2027-01-01)",
    ]


def test_adoption_reviews_of_the_ppm_procedure_are_due_3_and_6_months_after_the_order() -> None:
    held = ORDERED + "2026-07-20 review_held\n2026-10-25 review_held"
    assert standing(PPM, held, "2026-10-26", "adoption-review") == [
        "1 met on 2026-07-20 (due 2026-08-01)",
        "2 met on 2026-10-25 (due 2026-11-01)",
        "3 upcoming (due 2027-04-25)",
    ]
    second = agenda_at(PPM, ORDERED + "2026-07-20 review_held", "2026-07-21", "adoption-review")[1]
    assert [(str(limit.due), limit.clause) for limit in second.limits] == [
        ("2026-11-01", "S1 §2, §7"),
        ("2027-01-20", "AAR reg 36(1)"),
    ]


def test_a_first_adoption_review_held_6_months_after_the_order_meets_both() -> None:
    assert standing(PPM, ORDERED + "2026-11-01 review_held", "2026-11-02", "adoption-review") == [
        "1 met_late on 2026-11-01 (due 2026-08-01)",
        "2 met on 2026-11-01 (due 2026-11-01)",
        "3 upcoming (due 2027-05-01)",
    ]
    a_day_before = standing(PPM, ORDERED + "2026-10-31 review_held", "2026-11-01", "adoption-review")
    assert a_day_before == ["1 met_late on 2026-10-31 (due 2026-08-01)", "2 due_soon (due 2026-11-01)"]


def test_adoption_reviews_of_the_quick_guide_come_every_3_months() -> None:
    assert standing(GUIDE, ORDERED + "2026-07-20 review_held", "2026-07-21", "adoption-review") == [
        "1 met on 2026-07-20 (due 2026-08-01)",
        "2 upcoming (due 2026-10-20)",
    ]


def test_consent_is_authority_to_place_too_and_the_first_of_both_counts() -> None:
    consent = REVIEWED + "2026-05-01 placement_consent_given\n2026-06-01 placement_order_made"
    assert standing(LAW, consent, "2026-06-02", "adoption-review") == ["1 upcoming (due 2026-08-01)"]


def test_a_revoked_order_ends_the_series_and_a_new_one_begins_it_anew() -> None:
    again = (
        ORDERED
        + """
        2026-07-20 review_held
        2026-08-03 placement_order_revoked
        2026-09-14 placement_order_made
    """
    )
    assert standing(LAW, again, "2026-09-15", "adoption-review") == [
        "1 met on 2026-07-20 (due 2026-08-01)",
        "2 lapsed (due 2027-01-20)",
        "3 upcoming (due 2026-12-14)",
    ]


def test_placed_for_adoption_the_placement_series_runs_and_the_others_lapse() -> None:
    placed = ORDERED + "2026-06-01 placed_for_adoption\n2026-06-29 review_held\n2026-09-15 review_held\n"
    assert standing(LAW, placed, "2026-09-16", "placement-review") == [
        "1 met on 2026-06-29 (due 2026-06-29)",
        "2 met on 2026-09-15 (due 2026-09-29)",
        "3 upcoming (due 2027-03-15)",
    ]
    assert standing(LAW, placed, "2026-09-16", "subsequent-review") == ["3 lapsed (due 2026-10-10)"]
    assert standing(LAW, placed, "2026-09-16", "adoption-review") == ["1 lapsed (due 2026-08-01)"]
    ended = placed + "2027-02-01 adoption_order_made"
    assert standing(LAW, ended, "2027-02-02", "placement-review")[-1] == "3 lapsed (due 2027-03-15)"


def test_back_from_a_placement_both_series_resume_from_the_last_review_of_any_kind() -> None:
    back = (
        ORDERED
        + """
        2026-07-20 review_held
        2026-08-03 placed_for_adoption
        2026-08-28 review_held
        2026-09-15 adoption_placement_ended
    """
    )
    for policy, due in [(LAW, "2027-02-28"), (PPM, "2027-02-28"), (GUIDE, "2026-11-28")]:
        row = agenda_at(policy, back, "2026-09-16", "adoption-review")[-1]
        assert (row.status, str(row.due), str(row.opened_on)) == ("upcoming", due, "2026-09-15")
    care = agenda_at(LAW, back, "2026-09-16", "subsequent-review")[-1]
    assert (care.status, str(care.due), str(care.opened_on)) == ("upcoming", "2027-02-28", "2026-09-15")
    assert standing(LAW, back, "2026-09-16", "placement-review")[-1] == "2 lapsed (due 2026-11-28)"


def test_back_from_a_placement_the_numbers_go_on_without_a_gap() -> None:
    """Finding: reviews held while placed are placement reviews and use up no number of the adoption series."""
    back = (
        ORDERED
        + """
        2026-06-01 placed_for_adoption
        2026-06-19 review_held
        2026-08-05 review_held
        2026-09-01 adoption_placement_ended
    """
    )
    numbers = [row.occurrence for row in agenda_at(LAW, back, "2026-09-02", "adoption-review")]
    assert numbers in ([1], [1, 2])


def test_back_from_a_first_placement_the_second_review_is_still_due_from_the_first() -> None:
    back = """
        2026-01-05 became_looked_after
        2026-01-20 review_held
        2026-02-02 placement_order_made
        2026-03-02 placed_for_adoption
        2026-03-16 adoption_placement_ended
    """
    assert standing(LAW, back, "2026-03-17", "second-review") == ["1 upcoming (due 2026-04-20)"]
    assert short(story(LAW, back, until="2026-04-14", about="second-review")) == [
        "2026-04-13 09:00 second-review/1 reminder 1",
    ]


def test_a_final_order_is_due_26_weeks_after_each_issue() -> None:
    issued = "2026-01-05 became_looked_after\n2026-01-08 care_proceedings_issued\n"
    assert standing(LAW, issued, "2026-01-09", "final-order") == ["1 upcoming (due 2026-07-09)"]
    twice = issued + "2026-02-08 care_proceedings_concluded\n2026-02-10 care_proceedings_issued"
    assert standing(LAW, twice, "2026-02-11", "final-order") == [
        "1 met on 2026-02-08 (due 2026-07-09)",
        "2 upcoming (due 2026-08-11)",
    ]
    before_entry = "2026-01-02 care_proceedings_issued recorded 2026-01-06 10:00\n2026-01-05 became_looked_after"
    assert standing(LAW, before_entry, "2026-01-09", "final-order") == ["1 upcoming (due 2026-07-03)"]
    extended = issued + "2026-07-01 deadline_extended obligation=final-order until=2026-09-03"
    assert standing(LAW, extended, "2026-07-02", "final-order") == ["1 upcoming (due 2026-09-03)"]
