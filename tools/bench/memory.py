"""How much memory a worker takes with many journeys open, each kept in its cache."""

import asyncio
from functools import partial

import psutil

from tools.bench.children import new_children
from tools.bench.figures import Figure, Tell
from tools.bench.ground import SIDES, Ground, Side, at_once, ground
from tools.bench.scale import Scale

MEGABYTE = 1e6


async def memory_of_a_worker(scale: Scale, tell: Tell) -> list[Figure]:
    """The worker's resident memory at its start and at its peak, each side by itself."""
    peaks: dict[str, list[float]] = {}
    each: dict[str, list[float]] = {}
    async with ground(synchronous="OFF") as here:
        for side in SIDES:
            tell(f"opening {scale.open_journeys} journeys, {side.name}")
            peak, grown = await _fill(here, side, scale.open_journeys)
            peaks[side.name] = [peak / MEGABYTE]
            each[side.name] = [grown / scale.open_journeys / 1000]
    name = f"peak memory of a worker, {scale.open_journeys:,} journeys in its cache"
    return [
        Figure(name, "MB", peaks["ours"], peaks["bare"]),
        Figure("memory of each journey kept", "kB", each["ours"], each["bare"]),
    ]


async def _fill(here: Ground, side: Side, count: int) -> tuple[float, float]:
    """The peak, and the growth from a worker that has run a few journeys to one that keeps so many."""
    async with here.worker(side, cached=count + 50) as process:
        await here.start_all(side, new_children(f"WARM-{side.name}", 20))
        before = process.memory_info().rss
        seen = [before]
        watch = asyncio.create_task(_watch(process, seen))
        children = new_children("OPEN", count)
        await here.start_all(side, children)
        await at_once([partial(side.query, here.client, child) for child, _ in children])
        watch.cancel()
        after = process.memory_info().rss
        return float(max(*seen, after)), float(after - before)


async def _watch(process: psutil.Process, seen: list[int]) -> None:
    while True:
        seen.append(process.memory_info().rss)
        await asyncio.sleep(0.1)
