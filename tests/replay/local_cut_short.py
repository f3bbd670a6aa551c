"""A query amid a local activity ends the task with the activity's marker alone; replay resolves it earlier.

Reported in docs/upstream/local-activity-cut-short.md, with this program. It needs a Temporal server at localhost:7233.
"""

import asyncio
import sys
from collections import Counter
from datetime import timedelta
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer, Worker
from temporalio.workflow import NondeterminismError


@activity.defn
async def short() -> None:
    pass


@workflow.defn(sandboxed=False)
class AsksLate:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_local_activity(short, start_to_close_timeout=timedelta(seconds=10))
        if workflow.patched("asked after a local activity"):
            await workflow.sleep(0.2)

    @workflow.query
    def answer(self) -> int:
        return 1


async def live(client: Client) -> WorkflowHistory:
    run = await client.start_workflow(AsksLate.run, id=str(uuid4()), task_queue="q")
    await run.query(AsksLate.answer)
    await run.result()
    return await run.fetch_history()


async def how_it_replays(history: WorkflowHistory) -> str:
    try:
        await Replayer(workflows=[AsksLate]).replay_workflow(history)
    except NondeterminismError as error:
        return str(error)
    return "replays"


async def live_then_replay(client: Client, runs: int) -> Counter[str]:
    async with Worker(client, task_queue="q", workflows=[AsksLate], activities=[short]):
        histories = await asyncio.gather(*(live(client) for _ in range(runs)))
    return Counter([await how_it_replays(history) for history in histories])


async def main() -> None:
    sys.stdout.write(f"{await live_then_replay(await Client.connect('localhost:7233'), 30)}\n")


if __name__ == "__main__":
    asyncio.run(main())
