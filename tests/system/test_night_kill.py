"""A worker killed in the middle of a night: another goes on, and each child is done once."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities.models import SYNC
from domain.case.calendar import local_date
from domain.policy.loading import Policies
from intake.returns import events_of_returns
from local.server import EmbeddedServer
from record.nights import Nights
from record.store import CaseRecord
from service.connection import connect
from service.payload_keys import keys_in
from service.ports import own_port
from synthetic.caseload import caseload
from synthetic.returns import write_returns
from tests.fewer import MORE
from tests.system.workers import WorkerProcess
from workflows.protocol import TASK_QUEUE, workflow_id
from workflows.scheduled import ScheduledTask, ScheduledWork

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(400)]
CHILDREN = 60 if MORE else 14
SILENCE = timedelta(seconds=8)
"""Until a worker counts as dead: shorter than in earnest."""


async def test_a_night_goes_on_after_a_kill_and_does_each_child_once(tmp_path: Path) -> None:
    home, folder, today = tmp_path / "home", tmp_path / "returns", local_date(datetime.now(UTC))
    home.mkdir()
    folder.mkdir()
    write_returns(caseload(CHILDREN, seed=3, today=today), folder, today)
    said = events_of_returns(folder, Policies.load(), "ppm-procedure", today).events
    record = CaseRecord.open(f"sqlite:///{home / 'case-record.db'}")
    async with EmbeddedServer(tmp_path / "server", ui=False, in_memory=True, grpc_port=own_port()) as server:
        worker = WorkerProcess(server.address, home, PERMANENCE_SYNC="apply", PERMANENCE_SYNC_SOURCE=str(folder))
        try:
            worker.start()
            await worker.until_started()
            client = await connect(server.address, ring=keys_in(home))
            work = ScheduledWork(activity=SYNC, longest=timedelta(hours=1), silence=SILENCE)
            night = await client.start_workflow(ScheduledTask.run, work, id="a-night", task_queue=TASK_QUEUE)
            async with asyncio.timeout(120):
                while len(record.children()) < 5:
                    await asyncio.sleep(0.02)
            worker.kill()
            assert len(record.children()) < len(said), "it was in the middle"
            worker.start()
            brought = await asyncio.wait_for(night.result(), 200)
            schedules = {one.id async for one in await client.list_schedules()}
            runs = [
                len([run async for run in client.list_workflows(f'WorkflowId="{workflow_id(child)}"')])
                for child in said
            ]
        finally:
            worker.kill()

    last = Nights(record.engine).last()
    assert last is not None
    assert last.attempts >= 2
    assert (last.failed, last.counts["started"]) == (None, len(said))
    assert last.counts["taken"] == sum(map(len, said.values()))
    assert f"{len(said)} started" in brought
    assert record.ids_of(sorted(said)) == {child: {e.id for e in events} for child, events in said.items()}
    assert set(runs) <= {0, 1}, "ended ones may have gone from the list"
    assert "sync" in schedules
    nights = [line for line in worker.lines() if str(line.get("event", "")).startswith("night_")]
    assert [line["event"] for line in nights] == [*["night_began"] * last.attempts, "night_ended"]
    assert not any(child in str(line) for line in nights for child in said)
    record.close()
