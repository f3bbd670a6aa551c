"""What takes long is done on a queue of its own, and by those who wake journeys where nobody else does it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.models import SEND_DIGESTS, ScheduledRun
from local.server import EmbeddedServer
from service.connection import connect
from service.ports import own_port
from workflows import background
from workflows.protocol import BACKGROUND, TASK_QUEUE
from workflows.scheduled import ScheduledTask, ScheduledWork

pytestmark = pytest.mark.server
WORK = ScheduledWork(activity=SEND_DIGESTS, longest=timedelta(minutes=1))


@pytest_asyncio.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    folder = tmp_path_factory.mktemp("background")
    async with EmbeddedServer(folder, ui=False, in_memory=True, grpc_port=own_port()) as server:
        yield await connect(server.address)


def worker(client: Client, queue: str, *, journeys: bool) -> Worker:
    @activity.defn(name=SEND_DIGESTS)
    async def send_digests(run: ScheduledRun) -> str:
        del run
        return f"done by {queue}"

    return Worker(
        client,
        task_queue=queue,
        workflows=[ScheduledTask] if journeys else [],
        activities=[send_digests],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=0,
    )


async def done(client: Client, name: str) -> str:
    async with asyncio.timeout(60):
        return await client.execute_workflow(ScheduledTask.run, WORK, id=name, task_queue=TASK_QUEUE)


async def test_those_who_wake_journeys_are_not_asked_where_others_serve_the_background(client: Client) -> None:
    async with worker(client, TASK_QUEUE, journeys=True), worker(client, BACKGROUND, journeys=False):
        assert await done(client, "served") == f"done by {BACKGROUND}"


async def test_what_nobody_begins_in_the_background_is_done_all_the_same(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "NOBODY_AFTER", timedelta(seconds=1))
    async with worker(client, TASK_QUEUE, journeys=True):
        assert await done(client, "unserved") == f"done by {TASK_QUEUE}"
