"""A local activity that runs out of time is one error while it is lived, and another when it is replayed.

Reported in docs/upstream/local-activity-timeout.md, with this program. It needs a Temporal server at localhost:7233.
"""

import asyncio
import sys
from datetime import timedelta
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, FailureError
from temporalio.worker import Replayer, Worker

caught: list[str] = []


@activity.defn
async def too_slow() -> None:
    await asyncio.sleep(30)


@workflow.defn(sandboxed=False)
class RunsOut:
    @workflow.run
    async def run(self) -> None:
        try:
            await workflow.execute_local_activity(
                too_slow,
                start_to_close_timeout=timedelta(seconds=0.2),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        except FailureError as error:
            caught.append(type(error).__name__)
            if isinstance(error, ActivityError):
                await workflow.sleep(0.01)


async def live_then_replay(client: Client) -> None:
    async with Worker(client, task_queue="q", workflows=[RunsOut], activities=[too_slow]):
        run = await client.start_workflow(RunsOut.run, id=str(uuid4()), task_queue="q")
        await run.result()
    await Replayer(workflows=[RunsOut]).replay_workflow(await run.fetch_history())


async def main() -> None:
    try:
        await live_then_replay(await Client.connect("localhost:7233"))
    finally:
        sys.stdout.write(f"{caught}\n")


if __name__ == "__main__":
    asyncio.run(main())
