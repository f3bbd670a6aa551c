"""What would open on or after the day on which what it is due by has lapsed is not listed; what was open before is."""

from datetime import date, timedelta

import pytest

from domain.policy.loading import Policies
from tests.domain.story import BEFORE_THE_NIGHT, Live, london, standing

PPM, GUIDE = "ppm-procedure", "quick-guide"
BROTHER_NAMED = """
    2026-01-05 became_looked_after
    2026-01-12 placed_for_adoption
    2026-02-02 siblings_changed siblings=CLA-2
"""
BACK = "2026-02-16 adoption_placement_ended"
HOME = """
    2026-01-05 became_looked_after
    2026-01-12 ppm_held
    2026-01-30 review_held
    2026-02-20 returned_home
"""
PERMANENT_NO_MORE = """
    2026-03-02 placed_for_adoption
    2026-03-16 plan_changed primary_plan=adoption
"""


def test_of_a_brother_named_after_the_first_review_has_lapsed_no_assessment_is_listed_until_that_is_open_again() -> (
    None
):
    assert standing(GUIDE, BROTHER_NAMED, "2026-02-10", "sibling-assessment") == []
    assert standing(GUIDE, BROTHER_NAMED + BACK, "2026-02-17", "sibling-assessment") == ["1 overdue (due 2026-02-02)"]


@pytest.mark.parametrize("happened", [HOME, HOME + PERMANENT_NO_MORE])
def test_what_lapsed_stays_listed_where_it_would_open_again_too_late(happened: str) -> None:
    """The second review lapsed with the placement of 2 March, and permanence ended on the 16th."""
    assert standing(PPM, happened, "2026-03-20", "second-ppm") == ["1 lapsed (due 2026-04-23)"]


@pytest.mark.parametrize("before", BEFORE_THE_NIGHT)
def test_on_rules_from_before_it_is_listed_as_lapsed(before: type[Policies]) -> None:
    live = Live(GUIDE, before.load())
    live.told(london("2026-02-10"), BROTHER_NAMED)
    assert [o.lapsed_on for o in live.journey.occurrences if o.obligation.id == "sibling-assessment"] == [
        date(2026, 1, 12)
    ]


def test_a_child_of_whom_a_thousand_placements_are_recorded_has_due_dates() -> None:
    days = [date(2012, 3, 1) + timedelta(4 * number) for number in range(990)]
    placed = "".join(f"{day} placed_for_adoption\n{day + timedelta(2)} adoption_placement_ended\n" for day in days)
    live = Live(PPM)
    live.told(
        london("2023-02-01"),
        "2012-01-05 became_looked_after date_of_birth=2011-05-05\n2012-02-01 placement_order_made\n" + placed,
    )
    asked = [one.opened_on for one in live.journey.occurrences if one.open and one.obligation.id == "adoption-review"]
    assert asked == [days[-1] + timedelta(2)]
