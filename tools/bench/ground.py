"""The ground both stand on: one embedded server on a file, and each worker a program of its own."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from temporalio.client import Client, WorkflowHandle

from local import launch
from local.server import EmbeddedServer, Synchronous
from service.connection import connect
from service.payload_keys import KEY_FILE, keys_in
from service.ports import own_port
from tools.bench import bare
from tools.bench.bare import Bare
from workflows.child_journey import ChildJourney
from workflows.protocol import RECORD_EVENTS, TASK_QUEUE, JourneyOptions, workflow_id

AT_ONCE = 50
PATIENCE = 300.0
Documents = list[dict[str, Any]]


class BenchFailed(RuntimeError):
    """A measurement could not be made; the text says why."""


class Ours:
    """Journeys as the service runs them."""

    name = "ours"
    program = "worker"

    async def start(self, client: Client, child: str, documents: Documents) -> WorkflowHandle[Any, Any]:
        return await client.start_workflow(
            ChildJourney.run,
            args=[documents, JourneyOptions()],
            id=workflow_id(child),
            task_queue=TASK_QUEUE,
            static_summary=f"{child}: a journey to permanence",
        )

    async def update(self, client: Client, child: str, documents: Documents) -> None:
        await client.get_workflow_handle(workflow_id(child)).execute_update(RECORD_EVENTS, args=[documents])

    async def query(self, client: Client, child: str) -> None:
        await client.get_workflow_handle(workflow_id(child)).query(ChildJourney.agenda)


class BareSide:
    """The bare workflow, with the same messages."""

    name = "bare"
    program = "tools.bench.bare_worker"

    async def start(self, client: Client, child: str, documents: Documents) -> WorkflowHandle[Any, Any]:
        return await client.start_workflow(
            Bare.run,
            args=[documents, timedelta(days=30)],
            id=f"bare-{child}",
            task_queue=bare.TASK_QUEUE,
            static_summary=f"{child}: a journey to permanence",
        )

    async def update(self, client: Client, child: str, documents: Documents) -> None:
        await client.get_workflow_handle(f"bare-{child}").execute_update(RECORD_EVENTS, args=[documents])

    async def query(self, client: Client, child: str) -> None:
        await client.get_workflow_handle(f"bare-{child}").query(Bare.wakes)


Side = Ours | BareSide
SIDES: tuple[Side, Side] = (BareSide(), Ours())


@dataclass
class Ground:
    """A running server and the file it keeps."""

    folder: Path
    server: EmbeddedServer
    client: Client

    @property
    def database(self) -> Path:
        return self.folder / "temporal.db"

    def timers(self) -> int:
        """How many timers are set, as the server has them on file: a journey is armed when its timer is there."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as file:
            [(count,)] = file.execute("SELECT count(*) FROM timer_info_maps").fetchall()
        return int(count)

    async def armed(self, count: int) -> None:
        """Wait until so many timers are set."""
        deadline = time.monotonic() + PATIENCE
        while (there := self.timers()) < count:
            if time.monotonic() > deadline:
                raise BenchFailed(f"{there} of {count} timers were set after {PATIENCE:.0f} s; see {self.folder}")
            await asyncio.sleep(0.02)

    async def at_rest(self) -> dict[str, int]:
        """Bytes the server's file uses, by table and in all, once nothing changes any more; nothing is vacuumed."""
        before: dict[str, int] = {}
        for _ in range(30):
            now = self._used()
            if now == before:
                return now
            before = now
            await asyncio.sleep(1.5)
        return before

    def _used(self) -> dict[str, int]:
        with closing(sqlite3.connect(self.database, timeout=30)) as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            [[pages]], [[free]], [[size]] = (
                file.execute(f"PRAGMA {name}").fetchall() for name in ("page_count", "freelist_count", "page_size")
            )
            used = {"all": (pages - free) * size}
            try:
                rows = file.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall()
            except sqlite3.OperationalError:  # this Python's SQLite has no dbstat
                rows = []
        return used | {name: int(count) for name, count in rows}

    @asynccontextmanager
    async def worker(self, side: Side, cached: int = 2_000) -> AsyncIterator[psutil.Process]:
        """A side's worker as a process that ends with this one."""
        home = self.folder / side.name
        home.mkdir(exist_ok=True)
        (home / KEY_FILE).write_bytes((self.folder / KEY_FILE).read_bytes())
        (home / KEY_FILE).chmod(0o600)
        settings = {
            "TEMPORAL_ADDRESS": self.server.address,
            "PERMANENCE_HOME": str(home),
            "PERMANENCE_METRICS_PORT": str(own_port()),
            "PERMANENCE_CACHED_JOURNEYS": str(cached),
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(self.folder / "pycache"),
        }
        async with program(settings, home / "worker.log", b"worker started", side.program) as process:
            yield process

    async def start_all(self, side: Side, children: Iterable[tuple[str, Documents]]) -> int:
        """Start journeys, 50 at a time, and wait until each has its timer; how many."""
        before = self.timers()
        count = await at_once([partial(side.start, self.client, *child) for child in children])
        await self.armed(before + count)
        return count


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with further settings."""
    return {**os.environ, **settings}


@asynccontextmanager
async def program(settings: Mapping[str, str], log: Path, ready: bytes, *words: str) -> AsyncIterator[psutil.Process]:
    """A module with its arguments as a process that ends with this one, from when its log says that it is ready."""
    process = _spawn(settings, log, words)
    try:
        await asyncio.to_thread(_until_ready, process, log, ready)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait)


def _spawn(settings: Mapping[str, str], log: Path, words: Sequence[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), sys.executable, "-m", *words]
    with log.open("wb") as said:
        return subprocess.Popen(command, env=environment(settings), stdout=said, stderr=said)


def _until_ready(process: subprocess.Popen[bytes], log: Path, ready: bytes) -> None:
    while ready not in log.read_bytes():
        if process.poll() is not None:
            raise BenchFailed(f"a program ended at its start: {log.read_text()[-2000:]}")
        time.sleep(0.05)


async def at_once(calls: list[Callable[[], Awaitable[object]]], limit: int = AT_ONCE) -> int:
    """Make calls, so many in flight; how many there were."""
    waiting = iter(calls)

    async def work() -> None:
        for call in waiting:
            await call()

    await asyncio.gather(*(work() for _ in range(limit)))
    return len(calls)


@contextmanager
def bytecode_in(folder: Path) -> Iterator[None]:
    """Keep what this process compiles, in a folder: Temporal's sandbox imports the workflow anew for each journey.

    Where Python may not write bytecode each import compiles it, several milliseconds that are no journey's.
    """
    before = sys.dont_write_bytecode, sys.pycache_prefix
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(folder)
    try:
        yield
    finally:
        sys.dont_write_bytecode, sys.pycache_prefix = before


@asynccontextmanager
async def ground(*, synchronous: Synchronous = "FULL", time_skipping: bool = False) -> AsyncIterator[Ground]:
    """A server on a file in a folder of its own, removed afterwards. Payloads are sealed, but where time is skipped."""
    with tempfile.TemporaryDirectory(prefix="permanence-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        server = EmbeddedServer(folder, ui=False, synchronous=synchronous, time_skipping=time_skipping)
        with bytecode_in(folder / "pycache"):
            async with server:
                ring = None if time_skipping else keys_in(folder)
                yield Ground(folder, server, await connect(server.address, ring=ring))
