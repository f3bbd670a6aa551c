"""How fast journeys are started and armed, and how fast they take events."""

import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from statistics import median

import psutil

from tools.bench.children import AFTER_ENTRY, ENTERED_DAYS_AGO, following, new_children
from tools.bench.figures import Aim, Figure, Tell
from tools.bench.ground import AT_ONCE, SIDES, Ground, Side, at_once, ground
from tools.bench.scale import Scale

ENOUGH = Aim("at least", 0.6, of_bare=True)


async def starts_and_updates(scale: Scale, tell: Tell) -> list[Figure]:
    """Both on one server, whose file grows from round to round; bare and ours by turns."""
    starts, updates = Laps(), Laps()
    async with ground() as here, AsyncExitStack() as stack:
        workers = {side.name: await stack.enter_async_context(here.worker(side)) for side in SIDES}
        for side in SIDES:
            await here.start_all(side, new_children(f"WARM-{side.name}", 20))
        for number in range(scale.rounds):
            for side in SIDES if number % 2 else SIDES[::-1]:
                tell(f"starts, round {number + 1} of {scale.rounds}, {side.name}")
                with starts.lap(side, scale.starts, here, workers[side.name]):
                    await here.start_all(side, new_children(f"ROUND-{number}", scale.starts))
        names = [name for name, _ in new_children("TAKES", scale.starts)]
        for side in SIDES:
            tell(f"opening {len(names)} journeys to take events, {side.name}")
            await here.start_all(side, new_children("TAKES", scale.starts, ENTERED_DAYS_AGO))
        for number in range(min(scale.rounds, len(AFTER_ENTRY))):
            for side in SIDES if number % 2 else SIDES[::-1]:
                tell(f"updates, round {number + 1} of {scale.rounds}, {side.name}")
                with updates.lap(side, len(names), here, workers[side.name]):
                    await at_once([partial(side.update, here.client, n, following(n, number)) for n in names])
    return [
        starts.figure("journeys started and armed"),
        updates.figure(f"events taken by update, {AT_ONCE} in flight"),
    ]


@dataclass
class Laps:
    """Rates of one kind, by side, and the processor time behind them, which other programs change little."""

    rates: dict[str, list[float]] = field(default_factory=dict)
    milliseconds: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    @contextmanager
    def lap(self, side: Side, count: int, here: Ground, worker: psutil.Process) -> Iterator[None]:
        processes = {"server": psutil.Process(here.server.pid), "worker": worker, "client": psutil.Process()}
        spent = {name: _spent(process) for name, process in processes.items()}
        began = time.perf_counter()
        yield
        self.rates.setdefault(side.name, []).append(count / (time.perf_counter() - began))
        for name, process in processes.items():
            each = (_spent(process) - spent[name]) / count * 1000
            self.milliseconds.setdefault(side.name, {}).setdefault(name, []).append(each)

    def figure(self, name: str, aim: Aim = ENOUGH) -> Figure:
        parts = {
            f"processor milliseconds for one, {side}": {of: median(each) for of, each in laps.items()}
            for side, laps in self.milliseconds.items()
        }
        return Figure(name, "a second", self.rates["ours"], self.rates["bare"], aim, parts=parts)


def _spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
