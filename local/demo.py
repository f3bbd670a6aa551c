"""The demo's caseload: synthetic children who began in the past, lived through up to now by the real workflow."""

from collections.abc import Callable
from datetime import UTC, datetime

from domain.case.calendar import local_date
from domain.study.simulation import EventLine, Simulation, batches_of, by_child
from local.driver import Driver
from local.running import Running
from synthetic.caseload import caseload

DEFAULT_POLICY = "england-statutory"
"""Synthetic entries name a policy of their own."""


async def live_until_now(service: Running, count: int, seed: int, progress: Callable[[int, int], None]) -> list[str]:
    """Open journeys for `count` synthetic children and bring each to the present; the children's references."""
    began = datetime.now(UTC)
    lines = [
        EventLine(number, event)
        for child in caseload(count, seed=seed, today=local_date(began))
        for number, event in enumerate(child.events, 1)
        if event.known_from <= began
    ]
    lines_of = by_child(lines)
    between = Simulation(service.policies, DEFAULT_POLICY).told_to_siblings(lines_of)
    children = {child: batches_of(child, (line.event for line in own)) for child, own in lines_of.items()}
    total, done = sum(len(batch) for batch in children.values()), 0

    def step_done() -> None:
        nonlocal done
        done += 1
        progress(done, total)

    await Driver(service.client, nominal=False).live_all(children, between, lambda: datetime.now(UTC), step_done)
    return sorted(children)
