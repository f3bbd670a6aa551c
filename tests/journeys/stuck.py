"""A journey that is stuck: its worker fails each of its workflow tasks, as one does that cannot replay its history."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from workflows.protocol import WORKFLOW_TYPE, workflow_id

ELSEWHERE = "elsewhere"
"""A task queue of its own, so that the service's worker goes on with all others."""


@workflow.defn(name=WORKFLOW_TYPE)
class Broken:
    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("canary text that may be shown nowhere")


@asynccontextmanager
async def stuck_journey(client: Client, child: str) -> AsyncIterator[None]:
    """A child's journey that cannot go on, for as long as the context lasts."""
    async with Worker(client, task_queue=ELSEWHERE, workflows=[Broken], workflow_runner=UnsandboxedWorkflowRunner()):
        await client.start_workflow(Broken.run, id=workflow_id(child), task_queue=ELSEWHERE)
        yield
        await client.get_workflow_handle(workflow_id(child)).terminate()
