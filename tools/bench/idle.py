"""What a service costs that has nothing to do: `permanence up`, its journeys asleep, beside bare Temporal."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Final, NamedTuple

import psutil

from journeys.loading import load_histories
from journeys.sending import Load
from record.store import CaseRecord
from reporting.keeping import ReportKeeper
from service.connection import connect
from service.payload_keys import keys_in
from service.ports import HOST, own_port
from service.settings import Settings
from tools.bench.children import new_children
from tools.bench.figures import Aim, Figure, Tell
from tools.bench.ground import PATIENCE, SIDES, BenchFailed, ground, program
from tools.bench.listing import until_listed
from tools.bench.loading import histories_named, patterns, whole
from tools.bench.scale import Scale
from worker import policies_of

READY: Final = b"Send events with"
LOOKED_OVER: Final = b"journeys_looked_over"
SETTLING: Final = 90.0
"""Seconds from when the start is over until it counts as idle (ours: the first look at everything is done by then)."""
MEGABYTE: Final = 1e6
bare = SIDES[0]


class AtRest(NamedTuple):
    """What a process took over a time, in per cent of a core, and what it held at its end, in MB."""

    name: str
    processor: float
    held: float
    """Proportional set size: pages of a program that others run too are shared out among them."""
    private: float


async def idle(scale: Scale, tell: Tell) -> list[Figure]:
    """A service loaded by its own means, started again, and left alone; and the least that Temporal itself takes."""
    at_rest = await _of_service(scale, tell)
    least = await _of_bare(scale, tell)
    seconds, journeys = f"{scale.idle_seconds:.0f} s", f"{scale.idle_journeys} journeys asleep"
    about = (
        f"{journeys}, {len(at_rest)} times {seconds}; bare: as many bare workflows, their worker and the same server"
    )
    sides = {"ours": at_rest, "bare": least}
    processor = {f"{side}, % of a core": _parts(rounds, "processor") for side, rounds in sides.items()}
    memory = {
        f"{side}, MB {name}": _parts(rounds, field)
        for side, rounds in sides.items()
        for name, field in (("PSS", "held"), ("of its own", "private"))
    }
    return [
        Figure("an idle service", unit, _sums(at_rest, field), _sums(least, field), aim, said, parts)
        for unit, field, aim, said, parts in (
            ("% of a core", "processor", Aim("under", 1), about, processor),
            ("MB", "held", Aim("under", 300), "PSS of both processes", memory),
        )
    ]


Rounds = Sequence[Sequence[AtRest]]


def _sums(rounds: Rounds, field: str) -> list[float]:
    """Of all processes together, round by round."""
    return [sum(getattr(one, field) for one in each) for each in rounds]


def _parts(rounds: Rounds, field: str) -> dict[str, float]:
    """The last round's, by process."""
    return {one.name: getattr(one, field) for one in rounds[-1]}


async def _of_service(scale: Scale, tell: Tell) -> Rounds:
    with tempfile.TemporaryDirectory(prefix="permanence-bench-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        async with _up(home) as (_, address):
            tell(f"loading {scale.idle_journeys} journeys")
            await _loaded(home, address, scale.idle_journeys)
        async with _up(home) as (service, _):
            tell("waiting until the start is over")
            await _until_said(home / "permanence.log", LOOKED_OVER)
            [server] = service.children()
            return await _watched({"service": service, "server": server}, scale, tell)


async def _of_bare(scale: Scale, tell: Tell) -> Rounds:
    async with ground() as here:
        async with here.worker(bare):
            tell(f"starting {scale.idle_journeys} bare workflows")
            await here.start_all(bare, new_children("BARE", scale.idle_journeys))
        async with here.worker(bare) as worker:
            return await _watched({"worker": worker, "server": psutil.Process(here.server.pid)}, scale, tell)


@asynccontextmanager
async def _up(home: Path) -> AsyncIterator[tuple[psutil.Process, str]]:
    """The whole service as a process, and its server's address."""
    port = own_port()
    settings = {
        "PERMANENCE_HOME": str(home),
        "PERMANENCE_SERVER_PORT": str(port),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(home / "pycache"),
    }
    async with program(settings, home / "up.log", READY, "cli", "up") as process:
        yield process, f"{HOST}:{port}"


async def _loaded(home: Path, address: str, count: int) -> None:
    """Journeys with their histories, listed and in the report: nothing is left to be done for them."""
    settings = Settings(home=home, database_url=None)
    client = await connect(address, ring=keys_in(home))
    with closing(CaseRecord.open(settings.record_url)) as record:
        histories = histories_named(patterns(), "IDLE", count)
        loaded = await load_histories(client, record, histories, Load("bench"), whole, lambda done, total: None)
        if loaded.started != count:
            raise BenchFailed(str(loaded))
        await until_listed(record)
        report = ReportKeeper(record, policies_of(settings), settings.default_policy)
        while await asyncio.to_thread(report.waiting):
            await asyncio.sleep(1)


async def _until_said(log: Path, words: bytes) -> None:
    deadline = time.monotonic() + PATIENCE
    while words not in await asyncio.to_thread(log.read_bytes):
        if time.monotonic() > deadline:
            raise BenchFailed(f"the start was not over after {PATIENCE:.0f} s: {log} does not say {words.decode()}")
        await asyncio.sleep(0.5)


async def _watched(every: dict[str, psutil.Process], scale: Scale, tell: Tell) -> Rounds:
    """What processes take while they are left alone, time after time."""
    tell("leaving it alone")
    await asyncio.sleep(SETTLING)
    rounds = []
    for number in range(scale.rounds):
        tell(f"looking on for {scale.idle_seconds:.0f} s, {number + 1} of {scale.rounds}")
        before, began = {name: _processor(process) for name, process in every.items()}, time.monotonic()
        await asyncio.sleep(scale.idle_seconds)
        seconds = time.monotonic() - began
        rounds.append(
            [
                AtRest(name, 100 * (_processor(process) - before[name]) / seconds, *_memory(process))
                for name, process in every.items()
            ]
        )
    return rounds


def _processor(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _memory(process: psutil.Process) -> tuple[float, float]:
    """Held and its own, in MB; where the system counts no shares, what is its own is taken for both."""
    info = process.memory_full_info()
    return getattr(info, "pss", info.uss) / MEGABYTE, info.uss / MEGABYTE
