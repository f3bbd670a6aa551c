"""A test that leaves a journey which cannot wake again fails, in words that name it."""

import asyncio
from pathlib import Path

import pytest
from temporalio.worker import Worker

from local.server import EmbeddedServer
from service.connection import connect
from service.ports import own_port
from tests.replay.changed import WithAnotherTimerFirst
from tests.replay.every_server import BROKEN, DoesNotReplay, assert_all_replay
from tests.replay.histories import load
from workflows.protocol import TASK_QUEUE, WORKFLOW_TYPE, workflow_id
from workflows.runner import workflow_runner

pytestmark = pytest.mark.server


async def test_a_server_with_a_journey_that_does_not_replay_is_told(tmp_path: Path) -> None:
    """It was run by another program than today's; with none on it the server closes as ever."""
    child = workflow_id("BROKEN-1")
    async with EmbeddedServer(tmp_path, ui=False, in_memory=True, grpc_port=own_port()) as server:
        client = await connect(server.address)
        assert await assert_all_replay(server.address, tmp_path) == 0
        runner = workflow_runner()
        async with (
            Worker(client, task_queue=TASK_QUEUE, workflows=[WithAnotherTimerFirst], workflow_runner=runner),
            asyncio.timeout(30),
        ):
            journey = await client.start_workflow(WORKFLOW_TYPE, id=child, task_queue=TASK_QUEUE)
            while len((await journey.fetch_history()).events) < 5:  # its timer has started
                await asyncio.sleep(0.05)
        with pytest.raises(DoesNotReplay, match=rf"1 of 1 .*test_every_server\.py(?s:.*){child} \(") as raised:
            await server.stop()
        BROKEN.add(child)
    [kept] = await asyncio.to_thread(lambda: list(tmp_path.glob("*.json.gz")))
    assert str(kept) in str(raised.value)
    assert load(kept).workflow_id == child
