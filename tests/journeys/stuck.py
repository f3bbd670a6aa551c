"""Journeys that are not well: one whose worker fails each of its workflow tasks, as one does that cannot replay its
history, and one that fails when it is asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from workflows.protocol import WORKFLOW_TYPE, workflow_id

IN_A_ROW = 2
"""Failures after which the server answers an update at once that the workflow task is in failed state."""

ELSEWHERE = "elsewhere"
"""Begins the name of a task queue of its own, so that the service's worker goes on with all others."""


@workflow.defn(name=WORKFLOW_TYPE)
class Broken:
    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("canary text that may be shown nowhere")


@workflow.defn(name=WORKFLOW_TYPE)
class Unasked:
    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.query
    def state(self) -> None:
        raise RuntimeError("canary text that may be shown nowhere")


@asynccontextmanager
async def stuck_journey(client: Client, child: str) -> AsyncIterator[None]:
    """A child's journey that cannot go on, for as long as the context lasts."""
    async with _elsewhere(client, child, Broken):
        yield


async def until_refused(client: Client, child: str) -> None:
    """Wait until the server refuses to hand a stuck journey an update, as it does after some failures in a row."""
    journey = client.get_workflow_handle(workflow_id(child))
    async with asyncio.timeout(60):
        while (await journey.describe()).raw_description.pending_workflow_task.attempt <= IN_A_ROW:
            await asyncio.sleep(0.1)


@asynccontextmanager
async def unasked_journey(client: Client, child: str) -> AsyncIterator[None]:
    """A child's journey that sleeps as others do and cannot be asked how it is, for as long as the context lasts."""
    async with _elsewhere(client, child, Unasked):
        yield


@asynccontextmanager
async def _elsewhere(client: Client, child: str, kind: type[Broken | Unasked]) -> AsyncIterator[None]:
    queue = f"{ELSEWHERE}-{kind.__name__}"
    async with Worker(client, task_queue=queue, workflows=[kind], workflow_runner=UnsandboxedWorkflowRunner()):
        await client.start_workflow(kind.run, id=workflow_id(child), task_queue=queue)
        yield
        await client.get_workflow_handle(workflow_id(child)).terminate()
