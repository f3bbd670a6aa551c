"""How much memory a worker takes for each journey that it keeps in its cache."""

import asyncio
from functools import partial

import psutil

from tools.bench.children import new_children
from tools.bench.figures import Aim, Figure, Tell
from tools.bench.ground import SIDES, Ground, Side, at_once, ground
from tools.bench.scale import Scale

MEGABYTE = 1e6
SETTLING = 3.0
"""Seconds without work before a worker is looked at: the last answers are sent, and what they were made of is freed."""


async def memory_of_a_worker(scale: Scale, tell: Tell) -> list[Figure]:
    """A worker's own memory with so many journeys; each round has new workers, bare and ours by turns."""
    filled: dict[str, list[float]] = {}
    each: dict[str, list[float]] = {}
    async with ground(synchronous="OFF") as here:
        for number in range(scale.memory_rounds):
            for side in SIDES if number % 2 else SIDES[::-1]:
                tell(f"opening journeys, round {number + 1} of {scale.memory_rounds}, {side.name}")
                before, after = await _fill(here, side, number, scale.warm_journeys, scale.open_journeys)
                filled.setdefault(side.name, []).append(after / MEGABYTE)
                each.setdefault(side.name, []).append((after - before) / scale.open_journeys / 1000)
    name = f"own memory of a worker, {scale.warm_journeys + scale.open_journeys:,} journeys in its cache"
    return [
        Figure(name, "MB", filled["ours"], filled["bare"]),
        Figure("memory of each journey kept", "kB", each["ours"], each["bare"], Aim("under", 1.5, of_bare=True)),
    ]


async def _fill(here: Ground, side: Side, number: int, warm: int, count: int) -> tuple[int, int]:
    """What is a worker's own, once all its threads and tables are there, and with so many more journeys."""
    async with here.worker(side, cached=warm + count + 50) as process:
        await _open(here, side, f"WARM-{number}", warm)
        before = await _own(process)
        await _open(here, side, f"OPEN-{number}", count)
        return before, await _own(process)


async def _open(here: Ground, side: Side, prefix: str, count: int) -> None:
    children = new_children(prefix, count)
    await here.start_all(side, children)
    await at_once([partial(side.query, here.client, child) for child, _ in children])


async def _own(process: psutil.Process) -> int:
    """What no other process shares: the system has it back when the worker ends."""
    await asyncio.sleep(SETTLING)
    return int(process.memory_full_info().uss)
