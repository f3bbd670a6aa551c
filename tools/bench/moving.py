"""Journeys moved from one server to another, a few and twice as many: whether each costs the same."""

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from typing import Final

import psutil

from domain.policy.loading import Policies
from journeys.moving import Relocation, RelocationSide
from journeys.unmovable import refusals
from record.store import CaseRecord
from service.connection import connect
from service.payload_keys import keys_in
from tools.bench.figures import Figure, Tell
from tools.bench.ground import SIDES, BenchFailed, Ground, ground
from tools.bench.loading import begin_all, histories_named, patterns
from tools.bench.scale import Scale

ours: Final = SIDES[1]
POLICY: Final = "england-statutory"


async def moving(scale: Scale, tell: Tell) -> list[Figure]:
    """Processor time of a move for each 1,000 journeys, of all processes that take part; the second twice the first."""
    return [await _moved(count, tell) for count in scale.moved]


async def _moved(count: int, tell: Tell) -> Figure:
    async with AsyncExitStack() as stack:
        source = await stack.enter_async_context(_lived_on(count, tell))
        target = await stack.enter_async_context(ground())
        worker = await stack.enter_async_context(target.worker(ours))
        sides = [stack.enter_context(_side(here)) for here in (source, target)]
        processes = {
            "the command": psutil.Process(),
            "the source's server": psutil.Process(source.server.pid),
            "the target's server": psutil.Process(target.server.pid),
            "the target's worker": worker,
        }
        tell(f"{count} journeys moved")
        spent, clock = await _move(Relocation(*sides), count, processes)
        memory = processes["the command"].memory_info().rss / 1e6
    each = 1_000 / count
    return Figure(
        f"{count} journeys moved",
        "s of processor for each 1,000",
        [each * sum(spent.values())],
        about=f"{sum(clock.values()):.0f} s by the clock; the command held {memory:.0f} MB at the end",
        parts={
            "s of processor for each 1,000": {name: each * seconds for name, seconds in spent.items()},
            "s by the clock for each 1,000": {name: each * seconds for name, seconds in clock.items()},
        },
    )


@asynccontextmanager
async def _lived_on(count: int, tell: Tell) -> AsyncIterator[Ground]:
    """A server on which so many children with histories have lived, and no worker is known any more."""
    tell(f"{count} children loaded where they are to leave")
    async with ground() as here:
        async with here.worker(ours):
            with closing(_record(here)) as record:
                await begin_all(ours, here, record, histories_named(patterns(), "MOVED", count))
        await here.server.stop()  # it remembers workers for minutes
        await here.server.start()
        here.client = await connect(here.server.address, ring=keys_in(here.folder))
        yield here


@contextmanager
def _side(here: Ground) -> Iterator[RelocationSide]:
    with closing(_record(here)) as record:
        yield RelocationSide(here.client, record, here.folder / ours.name, Policies.load(), POLICY)


def _record(here: Ground) -> CaseRecord:
    return CaseRecord.open(f"sqlite:///{here.folder / ours.name / 'case-record.db'}")


async def _move(
    move: Relocation, count: int, processes: Mapping[str, psutil.Process]
) -> tuple[dict[str, float], dict[str, float]]:
    """What each process spends of the processor, and how long each step takes. Raises BenchFailed."""
    if standing := await refusals(move):
        raise BenchFailed("; ".join(standing))
    before, clock, at = _processor(processes), dict[str, float](), time.monotonic()

    def passed(step: str) -> None:
        nonlocal at
        clock[step], at = time.monotonic() - at, time.monotonic()

    await move.fence()
    passed("the fence")
    await move.bring_record()
    passed("the record")
    brought = await move.bring_journeys()
    passed("the journeys")
    other = [one for one in brought if one.became != "moved"]
    if other or len(brought) != count:
        raise BenchFailed(f"of {count} journeys {len(brought)} were brought, and not as they were: {other[:3]}")
    return {name: seconds - before[name] for name, seconds in _processor(processes).items()}, clock


def _processor(processes: Mapping[str, psutil.Process]) -> dict[str, float]:
    return {name: sum(process.cpu_times()[:2]) for name, process in processes.items()}
