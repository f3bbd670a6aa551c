"""Five linked years of 820 fake children, where they are at hand: all of it read, and its known dirt found."""

from collections import Counter

from domain.policy.loading import Policies
from intake.returns import events_of_returns
from tests.intake.returns.paper import SAMPLE, TODAY


def test_the_sample_twice() -> None:
    first = events_of_returns(SAMPLE, Policies.load(), "ppm-procedure", TODAY)
    again = events_of_returns(SAMPLE, Policies.load(), "ppm-procedure", TODAY)
    assert first == again
    assert (first.children, first.journeys, first.short_breaks_only) == (820, 850, 77)
    lines = Counter(doubt.rule for doubt in first.doubts)
    assert lines["not-started"] == 496
    assert lines["x1-undated"] == 62
    assert lines["ceased-undated"] == 24
    assert lines["overlap"] == 25
    assert len({doubt.child for doubt in first.doubts if doubt.rule == "placed-without-order"}) == 37
    assert lines["refused"] == 0
