"""The rules stay as light as they are: counted in calls, which are the same on every machine and under any load."""

from collections.abc import Callable
from datetime import datetime

import pytest

from domain.journey import Journey
from domain.policy.loading import Policies
from tools.bench.agendas import JourneyAt, full_agenda, in_its_middle, wake, whole_step
from tools.bench.calls import calls_of


@pytest.fixture(scope="module")
def middle() -> JourneyAt:
    return in_its_middle(Policies.load())


# Counted with Python 3.11 on 29 November 2026: 1,569, 2,416 and 369. Later Pythons count fewer, since they call no
# function for a list that is built in place. Who makes it dearer for a reason raises the ceiling with it.
@pytest.mark.parametrize(("work", "ceiling"), [(full_agenda, 1_570), (whole_step, 2_440), (wake, 410)])
def test_the_middle_of_a_journey_takes_no_more_calls_than_it_did(
    middle: JourneyAt, work: Callable[[Journey, datetime], object], ceiling: int
) -> None:
    assert calls_of(lambda: work(*middle)) <= ceiling
