"""Several years as one."""

from dataclasses import replace

import pytest

from tests.intake.returns.paper import Paper, doubted, imported, told

IN_CARE = "03/06/2024 S C2 U6"
"""Of two years' returns, that of 2024 speaks here until 30 June: what tells so are its episodes and reviews."""


def test_an_episode_over_the_years_end_is_one() -> None:
    papers = Paper.of("03/06/2025 S C2 U6"), Paper.of("03/06/2025 S C2 U6 01/09/2026 E4A", year=2026)
    assert told(*papers) == ["2025-06-03 became_looked_after C2", "2026-09-01 ceased_to_be_looked_after E4A"]
    assert doubted(*papers) == []


def test_a_review_in_two_returns_is_one() -> None:
    papers = [Paper.of("03/06/2025 S C2 U6", year=year).reviews("27/06/2025") for year in (2025, 2026)]
    assert len(told(*papers)) == 2
    assert doubted(*papers) == []


def test_the_later_return_is_believed() -> None:
    papers = (
        Paper.of("03/06/2025 S V2 U6 01/09/2025 E4A"),
        Paper.of("03/06/2025 S C1 U6 08/09/2025 E4B", year=2026),
    )
    assert told(*papers) == ["2025-06-03 became_looked_after C1", "2025-09-08 ceased_to_be_looked_after E4B"]
    [doubt] = imported(*papers).doubts
    assert doubt.message == "a later return gives this episode another LS, DEC, REC"


def decided(first: str, then: str) -> list[str]:
    """The decisions to place that the returns of two years tell together."""
    papers = Paper.of(IN_CARE, year=2024).decisions(first), Paper.of(IN_CARE, year=2025).decisions(then)
    return [line.replace(" adm_decision_made", "") for line in told(*papers) if "adm_decision" in line]


@pytest.mark.parametrize(
    ("first", "then", "right"),
    [
        ("10/08/2024", "12/08/2024", ["2024-08-12 true"]),
        ("12/08/2024", "10/08/2024", ["2024-08-10 true"]),
        ("10/08/2024", "07/09/2024", ["2024-09-07 true"]),
        ("10/08/2024", "08/09/2024", ["2024-08-10 true", "2024-09-08 true"]),  # the 29th day, and not yet lived in 2024
        ("05/06/2024", "28/06/2024", ["2024-06-28 true"]),
        ("10/08/2024", "-", ["2024-08-10 true"]),
        ("10/08/2024", "10/08/2024\n12/08/2024", ["2024-08-10 true", "2024-08-12 true"]),
        ("10/08/2024\n12/08/2024", "12/08/2024", ["2024-08-10 true", "2024-08-12 true"]),
        ("10/08/2024\n20/08/2024", "12/08/2024\n23/08/2024", ["2024-08-12 true", "2024-08-23 true"]),
        ("10/08/2024 20/08/2024 RD1", "01/09/2024", ["2024-08-10 true", "2024-08-20 false", "2024-09-01 true"]),
        ("10/08/2024 01/02/2025 RD1", "12/08/2024 01/02/2025 RD1", ["2024-08-12 true", "2025-02-01 false"]),
    ],
)
def test_a_decision_that_a_later_return_gives_another_day_is_one(first: str, then: str, right: list[str]) -> None:
    assert decided(first, then) == right


def test_a_decision_redated_within_the_days_of_the_earlier_return_is_one_however_far_it_moved() -> None:
    """Two were never told of for those days: the return of 2024, drawn in March, would have had the other too."""
    first = Paper.of(IN_CARE, year=2024).reviews("20/03/2025").decisions("10/08/2024")
    then = Paper.of(IN_CARE, year=2025).decisions("10/11/2024")
    assert told(first, then)[1] == "2024-11-10 adm_decision_made true"
    assert len(told(first, then)) == 3
    [doubt] = imported(first, then).doubts
    assert (doubt.rule, doubt.message) == ("redated", "DATE_PLACED is 2024-11-10 in a later return")


def test_a_match_that_a_later_return_gives_another_day_is_one() -> None:
    first = Paper.of(IN_CARE, year=2024).matches("- 10/02/2025")
    then = Paper.of(IN_CARE, year=2025).matches("- 12/02/2025")
    assert told(first, then) == ["2024-06-03 became_looked_after C2", "2025-02-12 matched"]
    assert doubted(first, then) == ["redated ad1:2"]
    assert told(first, first) == told(first)
    another = Paper.of(IN_CARE, year=2025).matches("- 12/05/2025")
    assert [line[:10] for line in told(first, another)][1:] == ["2025-02-10", "2025-05-12"]


def test_a_reversal_that_the_later_return_takes_back_is_none_though_both_files_have_one_name() -> None:
    papers = [
        Paper.of(IN_CARE, year=2024).decisions("10/08/2024 01/02/2025 RD1"),
        Paper.of(IN_CARE, year=2025).decisions("10/08/2024"),
    ]
    for paper in papers:
        rows = paper.tables["PlacedAdoption"]
        paper.tables["PlacedAdoption"] = [replace(row, file="PlacedAdoption.csv") for row in rows]
    assert told(*papers) == ["2024-06-03 became_looked_after C2", "2024-08-10 adm_decision_made true"]


def test_of_two_lines_for_a_decision_the_same_stands_in_any_order() -> None:
    lines = ["10/08/2024 - -", "10/08/2024 01/02/2025 RD1", "10/08/2024 03/02/2025 RD2"]
    stories = [told(Paper.of(IN_CARE, year=2024).decisions("\n".join(order))) for order in (lines, lines[::-1])]
    assert stories[0] == stories[1]
    assert stories[0][-1] == "2025-02-03 adm_decision_made false"
