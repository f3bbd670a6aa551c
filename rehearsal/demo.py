"""The demo's caseload: synthetic children who began in the past, lived through up to now by the real workflow."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from domain.calendar import local_date
from domain.simulation import Line, batches, by_child
from rehearsal.driver import Driver
from service.running import Running
from synthetic.caseload import caseload


async def live_until_now(service: Running, count: int, seed: int, progress: Callable[[int, int], None]) -> list[str]:
    """Open journeys for `count` synthetic children and bring each to the present; the children's references."""
    began = datetime.now(UTC)
    lines = [
        Line(number, event)
        for child in caseload(count, seed=seed, today=local_date(began))
        for number, event in enumerate(child.events, 1)
        if event.known_from <= began
    ]
    children = {child: batches(line.event for line in own) for child, own in by_child(lines).items()}
    total, done = sum(len(found) for found in children.values()) + len(children), 0

    def told() -> None:
        nonlocal done
        done += 1
        progress(done, total)

    async def live(child: str) -> None:
        await driver.live(child, children[child], lambda: datetime.now(UTC), told)
        told()

    driver = Driver(service.client, nominal=False)
    await asyncio.gather(*(live(child) for child in children))
    return sorted(children)
