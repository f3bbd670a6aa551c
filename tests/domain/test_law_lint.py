"""Local rules beside the law: on how many days the local rule alone would be later, and the worst of them."""

from datetime import date
from pathlib import Path

import pytest

from domain.policy.law_lint import Compared, beside_the_law, pairs
from domain.policy.loading import Policies
from tests.domain.story import calendar, policies
from tests.domain.test_new_authority import FIRST_REVIEW, HEAD, newtown

YEAR = date(2026, 1, 1)


def compared(known: Policies, policy: str) -> dict[str, Compared]:
    done, left = beside_the_law(known, policy, YEAR)
    assert left == []
    return {one.local: one for one in done}


def test_the_four_months_are_later_than_the_law_on_most_start_dates() -> None:
    """Counted by hand: four months after entry, against three months after a first review on its due day."""
    comparison = compared(policies(), "ppm-procedure")["permanence-plan-agreed"]
    on_time = [case for case in comparison.cases if case.shift == 0]
    assert len(on_time) == 365
    by_hand = 0
    for case in on_time:
        review = calendar().working_days_after(case.start, 20)
        assert case.held == review
        by_hand += months_after(case.start, 4) > months_after(review, 3)
    assert sum(case.later > 0 for case in on_time) == by_hand == 280
    assert all(case.later > 0 for case in comparison.cases if case.shift in (-10, -5))
    assert not any(case.later > 0 for case in comparison.cases if case.shift in (5, 10))
    assert comparison.worst is not None
    assert (str(comparison.worst.start), str(comparison.worst.held), comparison.worst.later) == (
        "2026-01-25",
        "2026-02-06",
        19,
    )


def months_after(day: date, months: int) -> date:
    from domain.case.calendar import Offset

    return calendar().add(day, Offset(number=months, unit="months"))


def test_a_rule_of_the_same_id_is_compared_by_itself() -> None:
    comparison = compared(policies(), "quick-guide")
    assert len(comparison["second-review"].later) > 0
    assert all(case.shift in (-10, -5) for case in comparison["second-review"].later)
    assert comparison["adoption-review"].later == ()
    assert {case.occurrence for case in comparison["adoption-review"].cases} == {1, 2}


def test_a_tighter_rule_is_never_later_and_a_looser_one_on_every_day(tmp_path: Path) -> None:
    tighter = compared(newtown(tmp_path, HEAD + FIRST_REVIEW), "newtown")["first-review"]
    assert (len(tighter.cases), tighter.later, tighter.worst) == (365, (), None)
    looser = HEAD + FIRST_REVIEW.replace("working_days = 10", "weeks = 6")
    comparison = compared(newtown(tmp_path, looser), "newtown")["first-review"]
    assert len(comparison.later) == 365


@pytest.mark.parametrize(
    ("obligation", "anchor", "met_by", "starts"),
    [
        ("placement-review", "placed_for_adoption", "any_review", "placement for adoption"),
        ("final-order", "care_proceedings_issued", "care_proceedings_concluded", "issue of proceedings"),
        ("short-break-review", "short_breaks_started", "any_review", "entry into short breaks"),
    ],
)
def test_every_clock_of_the_law_has_a_life_laid_out(
    tmp_path: Path, obligation: str, anchor: str, met_by: str, starts: str
) -> None:
    row = FIRST_REVIEW.replace("first-review", obligation).replace("became_looked_after", anchor)
    row = row.replace("first_care_review", met_by).replace("working_days = 10", "months = 7")
    comparison = compared(newtown(tmp_path, HEAD + row), "newtown")[obligation]
    assert comparison.starts == starts
    assert {case.start for case in comparison.later} == {case.start for case in comparison.cases}
    assert len({case.start for case in comparison.cases}) == 365


def test_what_stands_beside_the_law_is_said_in_the_file() -> None:
    listed = {(pair.local, pair.law) for pair in pairs(policies(), policies().resolve("ppm-procedure"))}
    assert listed == {("adoption-review", "adoption-review"), ("permanence-plan-agreed", "second-review")}
    assert "stands_beside" not in policies().resolve("ppm-procedure").model_dump_json()
