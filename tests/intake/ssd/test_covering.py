"""Which copy of an SSD takes nothing: an older one, and one of which a table or a column has been emptied."""

from datetime import UTC, date, datetime, timedelta

import pytest

from intake.ssd.covering import covered_by, extract_of, why_not
from tests.intake.ssd.cabinet import TODAY, Drawers, as_read, drawers

READ_AT = datetime(2026, 11, 24, 4, tzinfo=UTC)


def reviews(days: list[str | date | None]) -> Drawers:
    return drawers(
        cla_reviews=[
            {"clar_cla_review_id": f"R{number}", "clar_cla_id": "C1", "clar_cla_review_date": day}
            for number, day in enumerate(days)
        ],
        cla_placement=[{"clap_cla_placement_id": "B1", "clap_cla_placement_start_date": TODAY}],
    )


def said(before: Drawers, now: Drawers) -> str:
    """Why nothing of a copy is taken beside one that was read before."""
    earlier, read = as_read(before), as_read(now)
    kept = extract_of(earlier, covered_by(earlier, TODAY), READ_AT)
    return why_not(read, covered_by(read, TODAY), kept)


DAYS: list[str | date | None] = [TODAY - timedelta(days=number) for number in range(40)]


@pytest.mark.parametrize(
    "now",
    [
        [None] * 40,
        ["PLACEHOLDER_DATA"] * 40,
        [f"{day:%Y%m%d}" for day in DAYS if isinstance(day, date)],
        [*[None] * 25, *DAYS[:15]],
    ],
)
def test_a_column_that_says_nothing_more_is_no_word_of_its_own(now: list[str | date | None]) -> None:
    why = said(reviews(DAYS), reviews(now))
    assert why == "ssd_cla_reviews.clar_cla_review_date held more than twice as much when read on 2026-11-24"


def test_what_somebody_may_have_taken_back_is_read() -> None:
    assert said(reviews(DAYS), reviews([*[None] * 15, *DAYS[:25]])) == ""
    assert said(reviews(DAYS[:19]), reviews([*DAYS[:1], *[None] * 18])) == ""
    assert said(reviews(DAYS), reviews([f"{day:%d/%m/%Y}" for day in DAYS if isinstance(day, date)])) == ""


def test_what_was_kept_before_columns_were_counted_is_still_read() -> None:
    earlier = as_read(reviews(DAYS))
    kept = extract_of(earlier, covered_by(earlier, TODAY), READ_AT)
    kept.said.pop("cells")
    assert why_not(as_read(reviews(DAYS)), covered_by(earlier, TODAY), kept) == ""


@pytest.mark.parametrize("typed", [date(1926, 11, 20), "20/11/0026", date(1900, 1, 1)])
def test_a_year_that_nobody_lived_in_does_not_make_it_speak_for_a_hundred_years(typed: date | str) -> None:
    assert covered_by(as_read(reviews([*DAYS, typed])), TODAY).since == TODAY - timedelta(days=39)
