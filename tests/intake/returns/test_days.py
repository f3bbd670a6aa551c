"""The days that a return speaks for, by its name and what stands in it."""

from datetime import date

import pytest

from intake.returns.days import with_days
from intake.returns.rows import Return
from intake.sources.covered import Covered
from tests.intake.returns.paper import TODAY, Paper

IN_CARE = "03/06/2025 S C2 U6"


def covered(given: Return, as_at: date | None = None) -> tuple[int | None, Covered | None]:
    [one] = with_days([given], TODAY, as_at)
    return one.year, one.covered


@pytest.mark.parametrize(
    ("latest", "until"),
    [("20/09/2025", date(2025, 9, 30)), ("02/03/2026", date(2026, 3, 31)), ("02/05/2026", date(2025, 6, 30))],
    ids=["drawn in September", "of the whole year", "a date outside the year"],
)
def test_it_speaks_until_the_end_of_its_latest_month(latest: str, until: date) -> None:
    paper = Paper.of(IN_CARE).reviews(latest)
    assert covered(paper.as_return()) == (2025, Covered(date(2025, 4, 1), until))


def test_the_day_it_was_drawn_can_be_given() -> None:
    paper = Paper.of(IN_CARE).as_return()
    assert covered(paper, date(2025, 12, 12)) == (2025, Covered(date(2025, 4, 1), date(2025, 12, 12)))
    assert covered(paper, TODAY) == (2025, Covered(date(2025, 4, 1), date(2026, 3, 31))), "never past its year"


def test_a_return_named_by_the_year_it_ends_in_is_known_by_its_dates() -> None:
    days = " ".join(f"{day:02}/09/2025" for day in range(1, 25))
    paper = Paper.of(IN_CARE, year=2026).reviews(days)
    assert covered(paper.as_return())[0] == 2025
    assert covered(paper.reviews("02/04/2026").as_return())[0] == 2026


def test_one_without_a_year_in_its_name_is_of_its_latest_days() -> None:
    paper = Paper.of(IN_CARE).reviews("20/02/2026").as_return()
    assert covered(Return(None, paper.tables)) == (2025, Covered(date(2025, 4, 1), date(2026, 2, 28)))
