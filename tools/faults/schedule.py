"""Which mishaps happen when: drawn from the seed before anything runs, so that the same seed does the same again."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from tools.faults.mishaps import ON_ONE_MACHINE, Kinds, Mishap
from tools.faults.town import Town

BETWEEN = (3.0, 14.0)
"""Seconds between the beginnings of two (ours: seven a minute, of which four kill; a start takes several seconds)."""

SHARE_OF_KILLS = 0.6

FOR_COMING_UP = 45.0
"""Seconds that the service has to come up before it is killed again (ours: five are enough where nobody else works)."""


@dataclass(frozen=True, slots=True)
class PlannedMishap:
    """A mishap, when it begins and how long it lasts, in seconds."""

    at: float
    mishap: Mishap
    lasts: float

    @property
    def name(self) -> str:
        """What it is."""
        return type(self.mishap).__name__

    @property
    def kills(self) -> bool:
        """Whether it ends programs."""
        return self.mishap.kills


def schedule(seed: int, seconds: float, kinds: Kinds = ON_ONE_MACHINE) -> list[PlannedMishap]:
    """The mishaps of so many seconds."""
    rng = Random(f"mishaps/{seed}")
    planned: list[PlannedMishap] = []
    bags: dict[bool, list[type[Mishap]]] = {True: [], False: []}
    at = rng.uniform(*BETWEEN)
    while at < seconds:
        bag = bags[rng.random() < SHARE_OF_KILLS]
        if not bag:  # each kind comes before any comes again
            all_kinds = kinds.kills if bag is bags[True] else kinds.others
            bag += rng.sample(all_kinds, len(all_kinds))
        kind = bag.pop()
        planned.append(PlannedMishap(at, kind(), min(rng.uniform(*kind.lasts), max(seconds - at, 1.0))))
        at += rng.uniform(*BETWEEN)
    return planned


async def happen(planned: list[PlannedMishap], town: Town, seconds: float) -> None:
    """Have everything happen at its time, and wait until all is mended; several may be under way at once.

    Kills come one after the other, each when the service has come up since the one before (or has had long enough):
    on a slow machine fewer have their time, and events flow all the same.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def one(each: PlannedMishap) -> None:
        await asyncio.sleep(max(0.0, began + each.at - loop.time()))
        if each.kills:
            await town.until_ready(*town.must_be_up, within=FOR_COMING_UP)
            if loop.time() - began > seconds:
                return town.chronicle.note("no time for", mishap=each.name)
        try:
            await each.mishap.happen(town, each.lasts)
        except TimeoutError:
            town.chronicle.note("took too long", mishap=each.name)

    async def one_by_one(kills: Iterable[PlannedMishap]) -> None:
        for each in kills:
            await one(each)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(one_by_one(each for each in planned if each.kills))
        for each in planned:
            if not each.kills:
                tasks.create_task(one(each))
