"""What was mended in the clocks in the night after 29 November 2026: each fault as the story that showed it."""

import pytest

from domain.policy.loading import Policies
from tests.domain.story import BEFORE_THE_NIGHT, policies
from tests.domain.test_mended_clocks import BEGUN, GUIDE, PPM, stands

# What was met goes by a date that lapsed afterwards, and was asked again later


MET_LATE = """
    2026-01-05 became_looked_after relinquished=true
    2026-01-30 review_held
    2026-03-02 placement_consent_given
    2026-04-20 ppm_held primary_plan=adoption
    2026-04-22 ppm_minutes_sent to=iro
    2026-04-24 placed_for_adoption
"""
BACK = "2026-06-08 adoption_placement_ended\n"
LATE = ["1 opened 2026-04-20 met_late on 2026-04-22 due 2026-04-20"]
UNLIKELY = """
    2026-01-05 became_looked_after
    2026-01-20 review_held
    2026-04-13 review_held
    2026-05-04 placement_order_made
    2026-06-01 adoption_unlikely
    2026-07-22 ppm_held primary_plan=adoption
    2026-07-27 placed_for_adoption
    2026-08-20 review_held
    2026-09-07 adoption_placement_ended
"""
BEFORE_THE_REVIEW_OF_AUGUST = ["1 opened 2026-06-01 met_late on 2026-07-22 due 2026-07-21"]


@pytest.mark.parametrize("happened", [MET_LATE, MET_LATE + BACK], ids=["while placed", "back"])
def test_what_was_met_late_stays_so_when_the_review_it_hangs_on_is_asked_anew(happened: str) -> None:
    assert stands(policies(), happened, "2026-07-01", "ppm-minutes-sent", GUIDE) == LATE
    assert stands(policies(), happened, "2026-07-01", "ppm", GUIDE) == [
        "1 opened 2026-01-05 met_late on 2026-04-20 due 2026-04-13"
    ]


def test_the_meeting_before_an_adoption_review_that_was_put_off_by_a_placement_stays_late() -> None:
    assert stands(policies(), UNLIKELY, "2026-09-08", "ppm-before-adoption-review", PPM) == BEFORE_THE_REVIEW_OF_AUGUST
    assert stands(policies(), UNLIKELY, "2026-09-08", "adoption-review", PPM)[0].startswith("1 opened 2026-09-07")


def test_what_was_done_while_nobody_asked_for_it_goes_by_the_date_asked_anew() -> None:
    placed = "\n".join(line for line in MET_LATE.splitlines() if "ppm" not in line) + "\n"
    meanwhile = placed + "2026-05-11 plan_changed primary_plan=adoption\n" + BACK
    assert stands(policies(), meanwhile, "2026-07-01", "permanence-plan-recorded", GUIDE) == [
        "1 opened 2026-01-05 met_late on 2026-05-11 due 2026-04-30"
    ]


# A waiver is of the care in which it was said


IN_CARE_AGAIN = """
    2026-02-02 legal_status_changed legal_status=V3
    2026-04-13 legal_status_changed legal_status=V2
"""
MEETING_WAIVED = BEGUN + "2026-01-12 obligation_waived obligation=initial-ppm\n"
TRACKING_WAIVED = """
    2026-01-05 became_looked_after
    2026-01-12 ppm_held
    2026-01-19 obligation_waived obligation=plan-tracking
"""


def test_what_was_waived_before_short_breaks_is_asked_when_care_begins_anew() -> None:
    assert stands(policies(), MEETING_WAIVED, "2026-02-01", "initial-ppm", PPM) == [
        "1 opened 2026-01-05 waived due 2026-01-19"
    ]
    assert stands(policies(), MEETING_WAIVED + IN_CARE_AGAIN, "2026-05-01", "initial-ppm", PPM) == [
        "1 opened 2026-04-13 overdue due 2026-04-27"
    ]
    tracked = TRACKING_WAIVED + IN_CARE_AGAIN + "2026-04-20 ppm_held"
    assert stands(policies(), tracked, "2026-05-01", "plan-tracking", PPM) == [
        "1 opened 2026-04-20 due_soon due 2026-05-04"
    ]


def test_what_is_waived_once_care_has_begun_anew_is_waived() -> None:
    waived = MEETING_WAIVED + IN_CARE_AGAIN + "2026-04-15 obligation_waived obligation=initial-ppm"
    assert stands(policies(), waived, "2026-05-01", "initial-ppm", PPM) == ["1 opened 2026-04-13 waived due 2026-04-27"]


# Due by a review that a placement for adoption put off


OFF = "2026-09-24 placed_for_adoption\n2026-10-23 adoption_placement_ended\n"
MET_BY_SECOND = "2026-03-30 became_looked_after\n2026-04-29 review_held\n2026-07-10 ppm_held\n"
"""The second review is due by 20 July, so the meeting by the 6th."""
MET_BY_ADOPTION_REVIEW = (
    "2025-01-06 became_looked_after\n2025-04-01 placement_order_made\n2025-06-02 review_held\n"
    "2025-06-20 adoption_unlikely\n2025-09-10 ppm_held\n2025-10-01 placed_for_adoption\n"
)
"""The second adoption review is due by 1 October, so the meeting by 17 September."""


def test_what_was_met_stays_as_late_as_it_was_when_the_review_it_was_due_by_is_put_off() -> None:
    late = ["1 opened 2026-03-30 met_late on 2026-07-10 due 2026-07-06"]
    for happened in (MET_BY_SECOND, MET_BY_SECOND + OFF, MET_BY_SECOND + OFF + OFF.replace("2026", "2027")):
        assert stands(policies(), happened, "2027-11-01", "ppm", GUIDE) == late
    back = MET_BY_ADOPTION_REVIEW + "2026-02-02 adoption_placement_ended"
    for happened in (MET_BY_ADOPTION_REVIEW, back):
        assert stands(policies(), happened, "2026-02-03", "ppm-before-adoption-review", PPM) == [
            "1 opened 2025-06-20 met on 2025-09-10 due 2025-09-17"
        ]


MINUTES_NOT_DUE = "2027-01-31 became_looked_after\n2027-02-15 placed_for_adoption\n2027-03-07 ppm_held\n"


def test_what_would_open_after_the_review_it_is_due_by_has_lapsed_never_applies_until_that_is_open_again() -> None:
    assert stands(policies(), MINUTES_NOT_DUE, "2027-03-08", "ppm-minutes-sent", GUIDE) == []
    before = MINUTES_NOT_DUE.replace("03-07", "02-14")
    assert stands(policies(), before, "2027-03-08", "ppm-minutes-sent", GUIDE) == [
        "1 opened 2027-02-14 lapsed due 2027-05-17"
    ]
    back = MINUTES_NOT_DUE + "2027-03-09 adoption_placement_ended"
    assert stands(policies(), back, "2027-03-10", "ppm-minutes-sent", GUIDE) == [
        "1 opened 2027-03-07 upcoming due 2027-05-17"
    ]


# Booked under short breaks


def left_short_breaks(happened: str) -> str:
    """A child of short breaks from 2 March 2026, who is looked after altogether from 6 June."""
    return f"""2026-03-02 became_looked_after legal_status=V3
    {happened}
    2026-06-06 legal_status_changed legal_status=V2"""


BOOKED_AND_HELD = left_short_breaks("2026-04-20 review_booked for=2026-05-25\n2026-05-25 review_held")


@pytest.mark.parametrize(
    ("happened", "due"),
    [
        (BOOKED_AND_HELD, "2026-06-20"),
        (left_short_breaks("2026-04-20 review_booked for=2026-05-25"), "2026-06-20"),
        (left_short_breaks("2026-04-20 review_booked for=2026-06-15\n2026-05-25 review_held"), "2026-06-20"),
        (left_short_breaks("2026-04-20 review_booked for=2026-06-15"), "2026-06-12"),
        (BOOKED_AND_HELD + "\n2026-06-08 review_booked for=2026-06-16", "2026-06-15"),
    ],
)
def test_a_review_of_short_breaks_brings_no_meeting_of_the_care_that_follows_forward(happened: str, due: str) -> None:
    assert stands(policies(), happened, "2026-06-09", "initial-ppm", PPM)[0].endswith(f"due {due}")


# As it was


@pytest.mark.parametrize("before", BEFORE_THE_NIGHT)
def test_a_waiver_on_rules_from_before_goes_on_as_it_did(before: type[Policies]) -> None:
    assert stands(before.load(), MEETING_WAIVED + IN_CARE_AGAIN, "2026-05-01", "initial-ppm", PPM) == [
        "1 opened 2026-04-13 waived due 2026-04-27"
    ]


@pytest.mark.parametrize("before", BEFORE_THE_NIGHT)
def test_on_rules_from_before_a_review_of_short_breaks_brings_it_forward(before: type[Policies]) -> None:
    assert stands(before.load(), BOOKED_AND_HELD, "2026-06-09", "initial-ppm", PPM) == [
        "1 opened 2026-06-06 overdue due 2026-05-22"
    ]


@pytest.mark.parametrize("before", BEFORE_THE_NIGHT)
def test_what_was_met_late_on_rules_from_before_goes_by_the_date_asked_anew(before: type[Policies]) -> None:
    known = before.load()
    assert stands(known, MET_LATE, "2026-07-01", "ppm-minutes-sent", GUIDE) == LATE
    assert stands(known, MET_LATE + BACK, "2026-07-01", "ppm-minutes-sent", GUIDE) == [
        "1 opened 2026-04-20 met on 2026-04-22 due 2026-04-23"
    ]
    assert stands(known, UNLIKELY, "2026-09-08", "ppm-before-adoption-review", PPM) != BEFORE_THE_REVIEW_OF_AUGUST


@pytest.mark.parametrize("before", BEFORE_THE_NIGHT)
def test_on_rules_from_before_a_review_put_off_moves_what_was_met(before: type[Policies]) -> None:
    known = before.load()
    moved = ["1 opened 2026-03-30 met on 2026-07-10 due 2026-07-15"]
    assert stands(known, MET_BY_SECOND + OFF, "2026-11-01", "ppm", GUIDE) == moved
    back = MET_BY_ADOPTION_REVIEW + "2026-02-02 adoption_placement_ended"
    assert stands(known, back, "2026-02-03", "ppm-before-adoption-review", PPM) == [
        "1 opened 2025-06-20 met_late on 2025-09-10 due 2025-06-17"
    ]
    assert stands(known, MINUTES_NOT_DUE, "2027-03-08", "ppm-minutes-sent", GUIDE) == [
        "1 opened 2027-03-07 lapsed due 2027-05-17"
    ]
