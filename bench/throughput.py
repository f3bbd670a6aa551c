"""How fast journeys are started and armed, and how fast they take events."""

import time
from contextlib import AsyncExitStack

from bench.children import AFTER_ENTRY, ENTERED_DAYS_AGO, following, new_children
from bench.figures import Aim, Figure, Tell
from bench.ground import SIDES, Ground, Side, at_once, ground
from bench.scale import Scale

ENOUGH = Aim("at least", 0.6, of_bare=True)


async def starts_and_updates(scale: Scale, tell: Tell) -> list[Figure]:
    """Both on one server, whose file grows from round to round; bare and ours by turns."""
    starts: dict[str, list[float]] = {"bare": [], "ours": []}
    updates: dict[str, list[float]] = {"bare": [], "ours": []}
    async with ground() as here, AsyncExitStack() as stack:
        for side in SIDES:
            await stack.enter_async_context(here.worker(side))
            await here.start_all(side, new_children(f"WARM-{side.name}", 20))
        for number in range(scale.rounds):
            for side in SIDES if number % 2 else SIDES[::-1]:
                tell(f"starts, round {number + 1} of {scale.rounds}, {side.name}")
                starts[side.name].append(await _starts_a_second(here, side, f"ROUND-{number}", scale.starts))
        names = [name for name, _ in new_children("TAKES", scale.starts)]
        for side in SIDES:
            tell(f"opening {len(names)} journeys to take events, {side.name}")
            await here.start_all(side, new_children("TAKES", scale.starts, ENTERED_DAYS_AGO))
        for number in range(min(scale.rounds, len(AFTER_ENTRY))):
            for side in SIDES if number % 2 else SIDES[::-1]:
                tell(f"updates, round {number + 1} of {scale.rounds}, {side.name}")
                updates[side.name].append(await _updates_a_second(here, side, names, number))
    return [
        Figure("journeys started and armed", "a second", starts["ours"], starts["bare"], ENOUGH),
        Figure("events taken by update, 50 in flight", "a second", updates["ours"], updates["bare"], ENOUGH),
    ]


async def _starts_a_second(here: Ground, side: Side, prefix: str, count: int) -> float:
    children = new_children(prefix, count)
    began = time.perf_counter()
    await here.start_all(side, children)
    return count / (time.perf_counter() - began)


async def _updates_a_second(here: Ground, side: Side, names: list[str], number: int) -> float:
    """One event to each of many journeys."""
    batches = [(name, following(name, number)) for name in names]
    began = time.perf_counter()
    await at_once([lambda b=batch: side.update(here.client, *b) for batch in batches])  # type: ignore[misc]
    return len(names) / (time.perf_counter() - began)
