"""How much a table may lose before it is no word of its own."""

from datetime import UTC, datetime

from intake.sources.holding import SourceHolding

READ_AT = datetime(2026, 11, 24, 4, tzinfo=UTC)
SAID = "reviews held more than twice as much when read on 2026-11-24"


def test_a_table_that_lost_its_only_row_has_lost_more_than_half() -> None:
    assert SourceHolding({}).less_than(SourceHolding({"reviews": 1}), READ_AT) == SAID


def test_where_it_may_lose_a_few_it_may_lose_no_more() -> None:
    assert SourceHolding({}).less_than(SourceHolding({"reviews": 2}), READ_AT, few=2) == ""
    assert SourceHolding({}).less_than(SourceHolding({"reviews": 3}), READ_AT, few=2) == SAID
