"""The street: lives that begin one after the other while the run lasts, each told of by its senders."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from tools.faults.lives import KINDS, Later, ScriptedLife
from tools.faults.senders import Senders

APART = 4.0
"""Seconds between two lives (ours: some five events a second with all that follows, which two cores carry)."""

LEAD = (12.0, 35.0)
"""Seconds from the start of a journey to the instant at which it has something to tell (ours)."""

AT_REST = 45.0
"""Seconds before the end of the faults from which no life begins."""


@dataclass
class Street:
    """The children, and how far each one's clock is from ours."""

    senders: Senders
    seed: int
    offsets: dict[str, timedelta] = field(default_factory=dict)
    lives: list[ScriptedLife] = field(default_factory=list)
    moments: dict[str, datetime] = field(default_factory=dict)
    """When, by our clock, the first 09:00 comes for a child."""

    async def live(self, seconds: float) -> None:
        """Have lives begin for so long, and wait until all is told of them."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(max(len(KINDS), round((seconds - AT_REST) / APART))):
                life = KINDS[number % len(KINDS)](f"F-{number}", Random(f"{self.seed}/{number}"))
                self.lives.append(life)
                tasks.create_task(self._live(life, Random(f"{self.seed}/{number}/life")))
                await asyncio.sleep(APART)

    async def _live(self, life: ScriptedLife, rng: Random) -> None:
        moment = life.moment()
        if moment is not None:
            due = datetime.now(UTC) + timedelta(seconds=rng.uniform(*LEAD))
            for child in life.past:
                self.offsets[child], self.moments[child] = moment - due, due
            await asyncio.gather(
                *(self.senders.start(child, events, self.offsets[child]) for child, events in life.past.items())
            )
        for later in life.later:
            await asyncio.sleep(rng.uniform(0, 9))
            await self._tell(later, rng)

    async def _tell(self, later: Later, rng: Random) -> None:
        await self.senders.send(rng.choice(list(later.ways)), str(later.events[0]["child"]), later.events)
