"""How a number of the report is read."""

import pytest

from reporting.tables import Cell


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0.0"), (0.01, "0.1"), (87.56, "87.6"), (99.96, "99.9"), (100, "100.0")]
)
def test_a_share_is_shown_as_none_or_all_only_where_it_is(value: float, text: str) -> None:
    assert Cell(value, unit="%").text == text


@pytest.mark.parametrize(("value", "text"), [(3, "3"), (3.04, "3.0"), (None, "")])
def test_other_numbers_have_one_digit_where_they_are_not_whole(value: float | None, text: str) -> None:
    assert Cell(value).text == text
