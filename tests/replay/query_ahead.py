"""A query that waited for a worker goes ahead of the workflow task: what the workflow does there is replayed elsewhere.

Reported in docs/upstream/query-ahead-of-task.md, with this program. It needs a Temporal server at localhost:7233.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker, WorkflowRunner
from temporalio.workflow import NondeterminismError


@activity.defn
async def wait_a_second() -> None:
    await asyncio.sleep(1)


@workflow.defn
class LooksAtTheClock:
    @workflow.run
    async def run(self) -> None:
        begun = workflow.now()
        await self.act()
        if workflow.now() == begun:  # it never is: a second went by
            await self.act()
        await workflow.sleep(0.1)

    async def act(self) -> None:
        await workflow.execute_activity(
            wait_a_second, task_queue="activities", start_to_close_timeout=timedelta(minutes=1)
        )

    @workflow.query
    def answer(self) -> int:
        return 1


class Lived(NamedTuple):
    histories: list[WorkflowHistory]
    answers: list[int | BaseException]


async def live(client: Client, runs: int, runner: WorkflowRunner) -> Lived:
    def worker() -> Worker:
        return Worker(client, task_queue="q", workflows=[LooksAtTheClock], workflow_runner=runner)

    async def start() -> str:
        return (await client.start_workflow(LooksAtTheClock.run, id=str(uuid4()), task_queue="q")).id

    async with Worker(client, task_queue="activities", activities=[wait_a_second]):
        async with worker():
            handles = [client.get_workflow_handle(one) for one in await asyncio.gather(*(start() for _ in range(runs)))]
            await asyncio.gather(*(handle.query(LooksAtTheClock.answer) for handle in handles))
        waiting = asyncio.gather(*(handle.query(LooksAtTheClock.answer) for handle in handles), return_exceptions=True)
        await asyncio.sleep(2)  # the activities complete, and there is no worker to hear of it
        async with worker():
            answers = await waiting
            await asyncio.gather(*(handle.result() for handle in handles))
    return Lived([await handle.fetch_history() for handle in handles], answers)


async def how_it_replays(history: WorkflowHistory) -> str:
    replayer = Replayer(workflows=[LooksAtTheClock], workflow_runner=UnsandboxedWorkflowRunner())
    try:
        await replayer.replay_workflow(history)
    except NondeterminismError as error:
        return str(error)
    return "replays"


async def how_they_replay(histories: Sequence[WorkflowHistory]) -> Counter[str]:
    return Counter([await how_it_replays(history) for history in histories])


async def main() -> None:
    client = await Client.connect("localhost:7233")
    lived = await live(client, 10, UnsandboxedWorkflowRunner())
    sys.stdout.write(f"{await how_they_replay(lived.histories)}\n")


if __name__ == "__main__":
    asyncio.run(main())
