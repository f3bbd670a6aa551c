"""One rule engine: what the real workflow does on a real server is what `simulate` prints, line for line.

A few journeys each time; PERMANENCE_MORE=1 for many, with seeds of the day's choosing in PERMANENCE_SEED.
"""

import json
import os
from datetime import date, timedelta
from random import Random

import pytest

from cli.offline import action_line
from domain.calendar import local_date
from domain.events import Event
from domain.policy import Policies
from domain.simulation import Line, Simulation
from rehearsal.rehearse import rehearse
from synthetic.caseload import caseload
from synthetic.random_journeys import random_journey
from tests.domain.story import case_lines, events

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(1800)]

MORE = os.environ.get("PERMANENCE_MORE") == "1"
SEED = int(os.environ.get("PERMANENCE_SEED", "0"))
CHILDREN = 80 if MORE else 6
TODAY = date(2026, 11, 18)


async def both_ways(happened: list[Event], policy: str, until: date) -> None:
    lines = [Line(number, event) for number, event in enumerate(happened, 1)]
    policies = Policies.load()
    lived = await rehearse(lines, policies, policy, until)
    told = [a for one in Simulation(policies, policy).run(lines, until).values() for a in one.actions]
    told.sort(key=lambda a: a.order)
    assert [json.dumps(action_line(a)) for a in lived] == [json.dumps(action_line(a)) for a in told]
    assert lived == told
    assert lived


@pytest.mark.parametrize(
    ("case", "policy", "until"),
    [
        ("adoption-ppm-procedure", "ppm-procedure", "2027-03-31"),
        ("siblings-quick-guide", "quick-guide", "2026-07-31"),
        ("siblings-quick-guide", "ppm-procedure", "2026-12-31"),
    ],
)
async def test_worked_journeys(case: str, policy: str, until: str) -> None:
    await both_ways(case_lines(case), policy, date.fromisoformat(until))


async def test_synthetic_children() -> None:
    children = caseload(CHILDREN, seed=SEED + 3, today=TODAY)
    await both_ways([event for child in children for event in child.events], "ppm-procedure", TODAY)


@pytest.mark.parametrize("policy", ["ppm-procedure", "quick-guide"])
async def test_random_journeys(policy: str) -> None:
    seeds = range(SEED, SEED + CHILDREN)
    woven = [event for seed in seeds for event in random_journey(Random(seed), f"R-{seed}", policy)]
    last = max(local_date(event.known_from) for event in woven)
    await both_ways(woven, policy, last + timedelta(days=30))


async def test_an_entry_taken_back_in_the_same_batch_stops_nothing() -> None:
    """Such a journey ends at once and shows nothing; the rehearsal once waited for it for ever."""
    taken_back = events(
        """
        2026-02-02 became_looked_after @CLA-9 #wrong recorded 2026-02-03 12:00
        2026-02-03 event_voided @CLA-9 event=wrong recorded 2026-02-03 12:00
        2026-02-09 became_looked_after @CLA-9 #right
        """
    )
    await both_ways([*taken_back, *case_lines("siblings-quick-guide")[:3]], "quick-guide", date(2026, 4, 1))
