"""What is measured of an engine, with its worker as a process of its own that can be killed."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import psutil
import psycopg

from tools.bench.figures import Tell
from tools.bench.ground import PATIENCE, BenchFailed, at_once, program
from tools.bench.peers.work import AT_ONCE, DATABASE, DUE, READY, STARTED, Peer

KILLS: Final = 5
"""Of the worker in one round (ours)."""
BETWEEN: Final = 1.0
"""Seconds from a worker's start to its kill (ours: long enough that it has taken up work again)."""
IDLE: Final = 20.0
"""Seconds over which an engine is watched that has nothing to do (ours)."""
WARM: Final = 20
"""Journeys before anything is counted, so that no engine's first start of its parts is (ours)."""

CHILDREN: Final = "child-%"

Figures = dict[str, float]


@dataclass
class EngineRun:
    """An engine with its worker."""

    peer: Peer
    folder: Path
    worker: psutil.Process
    stack: AsyncExitStack

    async def start_worker(self) -> None:
        """Start the worker, and wait until it takes work."""
        log = self.folder / f"{self.peer.name}-worker.log"
        self.worker = await self.stack.enter_async_context(program(self.peer.settings, log, READY, self.peer.program))

    def processor(self) -> float:
        """Seconds of processor that the worker, the servers and this sender have had."""
        return sum(map(_spent, [*_all([self.worker, *self.peer.servers()]), psutil.Process()]))

    def memory(self) -> tuple[float, float]:
        """Resident bytes of the worker, and of the servers (what they share is counted once: proportional size)."""
        servers = sum(map(_held, _all(self.peer.servers())))
        return float(self.worker.memory_info().rss), float(servers)

    def steps(self, what: str, of: str = CHILDREN) -> tuple[int, int]:
        """How many steps of a kind were taken of journeys whose names are like this, and how many different ones."""
        with psycopg.connect(self.peer.settings[DATABASE]) as connection:
            [(rows, different)] = connection.execute(
                "SELECT count(*), count(DISTINCT journey) FROM steps WHERE what = %s AND journey LIKE %s", (what, of)
            ).fetchall()
        return int(rows), int(different)

    async def until(self, count: int, what: str, of: str = CHILDREN) -> None:
        """Wait until so many journeys have taken a step. Raises BenchFailed where they do not come."""
        deadline = time.monotonic() + PATIENCE
        while (there := self.steps(what, of)[1]) < count:
            if time.monotonic() > deadline:
                raise BenchFailed(f"{self.peer.name}: {there} of {count} steps after {PATIENCE:.0f} s")
            await asyncio.sleep(0.05)

    def lateness(self, since: float, of: str) -> Sequence[float]:
        """Seconds that a step of a kind came late: of half of them, of 95 in 100, and of the last."""
        with psycopg.connect(self.peer.settings[DATABASE]) as connection:
            [late] = connection.execute(
                "SELECT percentile_cont(ARRAY[0.5, 0.95, 1]) WITHIN GROUP (ORDER BY extract(epoch FROM at) - %s)"
                " FROM steps WHERE what = %s",
                (since, of),
            ).fetchall()
        return [float(seconds) for seconds in late[0]]


@asynccontextmanager
async def running(peer: Peer, folder: Path) -> AsyncIterator[EngineRun]:
    """The engine with its worker started and warm."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(peer)
        run = EngineRun(peer, folder, psutil.Process(), stack)
        await run.start_worker()
        await peer.connect()
        await at_once([partial(peer.start, f"warm-{number}") for number in range(WARM)], AT_ONCE)
        await run.until(WARM, STARTED, "warm-%")
        yield run


async def measured(run: EngineRun, children: int, tell: Tell) -> Figures:
    """Everything, of one round."""
    names = [f"child-{number}" for number in range(children)]
    parts = (_armed, _idle, _events, _due_at_once, _killed)
    figures: Figures = {}
    for part in parts:
        tell(f"{run.peer.name}: {part.__name__.strip('_').replace('_', ' ')}, {children:,} journeys")
        figures |= await part(run, names)
    return figures


async def _armed(run: EngineRun, names: Sequence[str]) -> Figures:
    stored, (worker, servers) = run.peer.stored(), run.memory()
    with _timed(run) as took:
        await at_once([partial(run.peer.start, name) for name in names], AT_ONCE)
        await run.until(len(names), STARTED)
    await asyncio.sleep(3)  # until what each engine writes in arrears is written
    after, (full, held) = run.peer.stored(), run.memory()
    return _each("armed", took, names) | {
        "kB stored for each parked": (after - stored) / len(names) / 1000,
        "kB of the worker's memory for each parked": (full - worker) / len(names) / 1000,
        "kB of the servers' memory for each parked": (held - servers) / len(names) / 1000,
    }


async def _idle(run: EngineRun, _: Sequence[str]) -> Figures:
    before = run.processor()
    await asyncio.sleep(IDLE)
    return {"% of a core with nothing to do": 100 * (run.processor() - before) / IDLE}


async def _events(run: EngineRun, names: Sequence[str]) -> Figures:
    with _timed(run) as took:
        await at_once([partial(run.peer.send, name, "event") for name in names], AT_ONCE)
        await run.until(len(names), "event")
    return _each("events", took, names)


async def _due_at_once(run: EngineRun, names: Sequence[str]) -> Figures:
    when = time.time() + 20 + len(names) / 20
    await at_once([partial(run.peer.send, name, "sooner", when) for name in names], AT_ONCE)
    await run.until(len(names), "sooner")
    if time.time() > when:
        raise BenchFailed(f"{run.peer.name}: not all were told in time that they will be due")
    await run.until(len(names), DUE)
    half, most, last = run.lateness(when, DUE)
    return {"s late, half of those due at once": half, "s late, 95 in 100": most, "s late, the last": last}


async def _killed(run: EngineRun, names: Sequence[str]) -> Figures:
    sending = asyncio.create_task(at_once([partial(run.peer.send, name, "killed") for name in names], AT_ONCE))
    for _ in range(KILLS):
        await asyncio.sleep(BETWEEN)
        run.worker.kill()
        await run.start_worker()
    back = time.monotonic()
    await sending
    await run.until(len(names), "killed")
    rows, different = run.steps("killed")
    return {
        "s from the last kill until all is done": time.monotonic() - back,
        f"doubled by {KILLS} kills": rows - different,
        f"lost by {KILLS} kills": len(names) - different,
    }


@contextmanager
def _timed(run: EngineRun) -> Iterator[list[float]]:
    """Becomes the seconds by the clock and the seconds of processor."""
    took: list[float] = []
    clock, processor = time.monotonic(), run.processor()
    yield took
    took.extend((time.monotonic() - clock, run.processor() - processor))


def _each(what: str, took: Sequence[float], names: Sequence[str]) -> Figures:
    clock, processor = took
    return {f"{what} a second": len(names) / clock, f"ms of processor for each, {what}": 1000 * processor / len(names)}


def _all(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    return [each for process in processes for each in (process, *process.children(recursive=True))]


def _spent(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # a connection's process that has ended is counted with its parent
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def _held(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss)
    except psutil.NoSuchProcess:  # a connection's process that has just ended
        return 0.0
