"""Which returns take nothing: those of which a table, or a column, lost most of what it held for the same children."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from intake.returns.days import with_days
from intake.returns.kept import extracts_of, why_not
from record.extracts import Extract
from tests.intake.returns.paper import TODAY, Paper

READ_AT = datetime(2026, 11, 24, 4, tzinfo=UTC)
DRAWN = date(2025, 10, 31)
IN_CARE = "03/06/2025 S C2 U6"
EIGHT = "27/06/2025 20/09/2025 21/09/2025 22/09/2025 23/09/2025 24/09/2025 25/09/2025 26/09/2025"
MANY = [f"{day:02}/09/2025" for day in range(1, 25)]


def in_care(*reviews: str) -> Paper:
    return Paper.of(IN_CARE).reviews(" ".join(reviews))


def why(before: Paper, now: Paper, drawn: date = DRAWN) -> str:
    """Why nothing of a return is taken beside one that was read before."""
    kept: dict[str, Sequence[Extract]] = {}
    for extract in extracts_of(with_days([before.as_return()], TODAY, DRAWN), READ_AT):
        kept[extract.child] = [extract]
    return why_not(with_days([now.as_return()], TODAY, drawn), kept)


def test_a_table_that_lost_more_than_half_of_its_rows_is_no_word_of_its_own() -> None:
    said = "Reviews of 2025/26 held more than twice as much when read on 2026-11-24"
    assert why(in_care(EIGHT), in_care()) == said
    assert why(in_care(EIGHT), in_care("27/06/2025 20/09/2025 21/09/2025")) == said
    assert why(in_care("27/06/2025 20/09/2025 21/09/2025"), in_care()) == said
    assert why(in_care(EIGHT), in_care("27/06/2025 20/09/2025 21/09/2025 22/09/2025")) == ""


def test_one_row_or_two_may_be_corrected_away_though_they_are_all_of_a_table() -> None:
    assert why(in_care().decisions("01/07/2025"), in_care().decisions("")) == ""
    assert why(in_care("27/06/2025 20/09/2025"), in_care()) == ""


def test_a_table_that_it_lacks_says_nothing() -> None:
    assert why(in_care(EIGHT).decisions("01/07/2025"), in_care(EIGHT)) == ""


@pytest.mark.parametrize("now", [[day.replace("/", ".") for day in MANY], ["soon"] * 24, [*MANY[:11], *["-"] * 13]])
def test_a_column_that_says_nothing_more(now: list[str]) -> None:
    assert why(in_care(*MANY), in_care(*now)).startswith("Reviews.REVIEW of 2025/26 held more than twice")
    assert why(in_care(*MANY[:19]), in_care(*now[-19:])) == "", "of fewer, somebody may have taken most back"


def test_who_is_not_in_it_any_more_loses_nothing() -> None:
    other = Paper(2025).header("102 10/05/2019").episodes(IN_CARE, child="102")
    assert why(in_care(EIGHT), other) == ""


def test_who_is_new_in_it_makes_up_for_nobody() -> None:
    more = in_care().header("102 10/05/2019").episodes(IN_CARE, child="102").reviews(EIGHT, child="102")
    assert why(in_care(EIGHT), more).startswith("Reviews of 2025/26 held")


def test_an_older_extract_takes_nothing_back_whatever_it_lacks() -> None:
    assert why(in_care(EIGHT), in_care(), drawn=date(2025, 9, 30)) == ""
