from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from domain.case.events import EVENT_TYPES, Event
from domain.policy.loading import Policies
from domain.study.simulation import EventLine, Simulation
from tests.random_journeys import KINDS, journeys, random_journey

BOTH = ("ppm-procedure", "quick-guide")


def accepted(policy: str, events: list[Event]) -> bool:
    simulation = Simulation(Policies.load(), policy)
    until = max(event.known_from for event in events).date()
    return "CLA-1" in simulation.run([EventLine(n, e) for n, e in enumerate(events, 1)], until=until)


def test_every_event_type_can_be_drawn() -> None:
    assert set(KINDS) == set(EVENT_TYPES), "each type has a line in KINDS of tests/random_journeys.py"


@pytest.mark.parametrize("seed", range(24))
def test_the_domain_takes_every_event(seed: int) -> None:
    policy = BOTH[seed % 2]
    assert accepted(policy, random_journey(Random(seed), "CLA-1", policy))


def test_the_same_chance_gives_the_same_journey() -> None:
    assert random_journey(Random(7), "CLA-1", "quick-guide") == random_journey(Random(7), "CLA-1", "quick-guide")


def test_most_have_ten_to_forty_events() -> None:
    lengths = [len(random_journey(Random(seed), "CLA-1", BOTH[seed % 2])) for seed in range(30)]
    assert sum(10 <= length <= 42 for length in lengths) > 0.8 * len(lengths)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(journeys())
def test_hypothesis_draws_them_too(drawn: tuple[str, list[Event]]) -> None:
    policy, events = drawn
    assert accepted(policy, events)
