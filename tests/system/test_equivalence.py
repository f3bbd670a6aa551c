"""One rule engine: what the real workflow does on a real server is what `simulate` prints, line for line.

A child of each kind each time, under policies that each run draws, of random journeys the first half, of siblings under
a policy that is not theirs the first three months; `make deep` lives through many under every policy, each whole, with
seeds of the day's choosing in PERMANENCE_SEED.
"""

import json
import os
from datetime import date, timedelta
from random import Random

import pytest

from cli.offline import action_line
from domain.case.calendar import local_date
from domain.case.events import Event
from domain.policy.loading import Policies
from domain.study.simulation import EventLine, Simulation
from local.rehearse import rehearse
from synthetic.caseload import caseload
from tests.domain.story import case_lines, events
from tests.fewer import MORE
from tests.random_journeys import random_journey

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(1800)]

SEED = int(os.environ.get("PERMANENCE_SEED", "0"))
CHILDREN = 80 if MORE else 1
TODAY = date(2026, 11, 18)


async def both_ways(happened: list[Event], policy: str, until: date) -> set[str]:
    """Lives the events through and works them out; the kinds of action that were told, the same both ways."""
    lines = [EventLine(number, event) for number, event in enumerate(happened, 1)]
    policies = Policies.load()
    lived = await rehearse(lines, policies, policy, until)
    simulated = [a for one in Simulation(policies, policy).run(lines, until).values() for a in one.actions]
    simulated.sort(key=lambda a: a.order)
    assert [json.dumps(action_line(a)) for a in lived] == [json.dumps(action_line(a)) for a in simulated]
    assert lived == simulated
    assert lived
    return {action.kind for action in simulated}


@pytest.mark.drawn("policy", "until")
@pytest.mark.parametrize(
    ("case", "policy", "until"),
    [
        ("adoption-ppm-procedure", "ppm-procedure", "2027-03-31"),
        ("siblings-quick-guide", "quick-guide", "2026-06-30"),
        ("siblings-quick-guide", "ppm-procedure", "2026-06-30" if MORE else "2026-04-30"),
    ],
)
async def test_worked_journeys(case: str, policy: str, until: str) -> None:
    await both_ways(case_lines(case), policy, date.fromisoformat(until))


async def test_synthetic_children() -> None:
    children = caseload(CHILDREN, seed=SEED + 3, today=TODAY)
    await both_ways([event for child in children for event in child.events], "ppm-procedure", TODAY)


def enough(journey: list[Event]) -> list[Event]:
    """All of it, or its first half, to the end of a batch."""
    until = journey[-1 if MORE else len(journey) // 2].known_from
    return [event for event in journey if event.known_from <= until]


@pytest.mark.drawn("policy", "children", of=2)
@pytest.mark.parametrize(
    ("policy", "children"),
    [
        ("ppm-procedure", CHILDREN),
        ("quick-guide", CHILDREN),
        ("iro-handbook", (CHILDREN + 1) // 2),
        ("england-statutory", (CHILDREN + 1) // 2),
    ],
)
async def test_random_journeys(policy: str, children: int) -> None:
    seeds = range(SEED, SEED + children)
    woven = [event for seed in seeds for event in enough(random_journey(Random(seed), f"R-{seed}", policy))]
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


FAMILY = """
    2026-01-05 became_looked_after @A siblings=B,C,HOME
    2026-01-05 became_looked_after @B siblings=A,C
    2026-01-12 ppm_held @A primary_plan=adoption contingency_plan=none plans={"B":{"primary_plan":"adoption"}}
    2026-02-02 placement_order_made @A
    2026-02-02 placement_order_made @B
    2026-02-03 adm_decision_booked @A for=2026-02-20
    2026-03-02 placed_for_adoption @A #a-moves
    2026-03-02 placed_for_adoption @B #b-moves
    2026-03-20 event_voided @B #wrong event=b-moves
    2026-03-24 event_voided @B event=wrong
    2026-04-02 deadline_extended @A obligation=siblings-decision until=2026-04-20
    2026-04-08 escalation_acknowledged @B obligation=siblings-decision
    2026-04-20 adoption_placement_ended @B
    2026-05-05 became_looked_after @C siblings=A,B
    2026-05-06 returned_home @C
    2026-05-07 obligation_waived @C obligation=siblings-decision
    2026-02-23 became_looked_after @E
    2026-05-11 siblings_changed @E siblings=A
    2026-05-12 siblings_changed @A siblings=B,C,HOME,E
    2026-05-13 siblings_changed @C siblings=none
"""
OF_HIS_OWN = """
    2026-01-07 pre_proceedings_started @D date_of_birth=none expected_on=2026-02-16
    2026-02-18 became_looked_after @D date_of_birth=2026-02-17 policy=iro-handbook
    2026-03-09 relinquishment_changed @D
    2026-03-16 review_held @D
    2026-03-17 milestone @D milestone=review-decisions-sent
    2026-03-18 dispute_opened @D
    2026-03-25 dispute_stage_reached @D to=team_manager
    2026-03-26 cafcass_referred @D
    2026-04-21 dispute_resolved @D
"""
"""Nobody's brother, and under a policy of his own: his life is the same whatever that of the others."""


@pytest.mark.drawn("policy")
@pytest.mark.parametrize("policy", ["quick-guide", "ppm-procedure"])
async def test_brothers_and_sisters_tell_one_another(policy: str) -> None:
    """Placed the same day, one back again, one who enters later, one named later; a dispute; every kind of action."""
    of_policy = FAMILY if policy == "quick-guide" else FAMILY.replace("siblings-decision", "initial-ppm")
    happened = of_policy + (OF_HIS_OWN if MORE or policy == "ppm-procedure" else "")
    kinds = await both_ways(events(happened), policy, date(2026, 5, 15))
    assert kinds == {"reminder", "escalation"} | ({"notice", "breach"} if policy == "ppm-procedure" else set())
