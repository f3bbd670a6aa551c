"""A worker killed again and again while timers fall due, its record in PostgreSQL: all is told once, nothing is lost.

What is killed, locked and starved with a record in SQLite is `make faults` (tests/faults), whose judge this uses.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from temporalio.client import Client

from local.server import EmbeddedServer
from record.store import CaseRecord
from record.verifying import verify
from service.connection import connect
from service.payload_keys import keys_in
from service.ports import own_port
from tests.databases import PostgreSQL
from tests.fewer import MORE
from tests.system.workers import WorkerProcess
from tools.faults.journeys import check
from tools.faults.judge import Judge
from tools.faults.lives import first_action, fostered
from tools.faults.verdict import Verdict
from workflows.protocol import TASK_QUEUE, WORKFLOW_TYPE, JourneyOptions, workflow_id

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(400)]

CHILDREN = 30 if MORE else 8
FIRST = timedelta(seconds=5 if MORE else 3)
APART = timedelta(seconds=0.3)
FEWEST_KILLS = 4
"""One kill says nothing; a loaded machine, which starts a worker slowly, is killed on when all is told."""


@pytest.fixture
def record_url(postgresql: PostgreSQL) -> Iterator[str]:
    with postgresql.database(postgresql.migrated) as url:
        yield url


async def begin(client: Client, first: timedelta) -> dict[str, timedelta]:
    """Start journeys whose 09:00 comes one after the other; how far each one's clock is from ours."""
    offsets: dict[str, timedelta] = {}
    now = datetime.now(UTC)
    for number in range(CHILDREN):
        child = f"K-{number}"
        events = fostered(child, Random(number)).past[child]
        offsets[child] = first_action(child, events, "ppm-procedure") - (now + first + number * APART)
        await client.start_workflow(
            WORKFLOW_TYPE,
            args=[events, JourneyOptions(clock_offset=offsets[child])],
            id=workflow_id(child),
            task_queue=TASK_QUEUE,
        )
    return offsets


async def kill_again_and_again(worker: WorkerProcess, until: datetime, rng: Random) -> int:
    """SIGKILL amid the work, or before it has begun, until an instant and often enough; how often."""
    killed, started = 0, 1
    while datetime.now(UTC) < until or killed < FEWEST_KILLS:
        await asyncio.sleep(rng.choice((0, 0.1, 0.3, 0.7, 1.2)))
        worker.kill()
        killed += 1
        worker.start()
        if rng.random() < 0.8:
            started += 1
            await worker.until_started(started)
    return killed


async def until_told(record: CaseRecord) -> None:
    """Wait until each child was told something at its 09:00, for long enough."""
    async with asyncio.timeout(60):
        while len({one.action.child for one in record.actions() if one.action.kind == "reminder"}) < CHILDREN:
            await asyncio.sleep(0.2)


async def test_a_worker_killed_amid_many_timers_tells_each_once(tmp_path: Path, record_url: str) -> None:
    async with EmbeddedServer(tmp_path / "server", ui=False, in_memory=True, grpc_port=own_port()) as server:
        worker = WorkerProcess(server.address, tmp_path / "home", PERMANENCE_DATABASE_URL=record_url)
        worker.start()
        record = CaseRecord.open(record_url)
        try:
            await worker.until_started()
            client = await connect(server.address, ring=keys_in(tmp_path / "home"))
            offsets = await begin(client, FIRST)
            last = datetime.now(UTC) + FIRST + CHILDREN * APART
            assert await kill_again_and_again(worker, last, Random(1)) >= FEWEST_KILLS
            await until_told(record)
            verdict = Verdict()
            judge = Judge(record, verdict)
            judge.decisions()
            await check(client, judge, offsets)
            assert verdict.wrong == []
            assert verdict.seen["journeys"] == CHILDREN
            assert verify(record.engine).faults == []
        finally:
            worker.kill()
            record.close()
