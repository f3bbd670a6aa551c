"""Temporal: a bare workflow that sleeps, and its worker."""

import asyncio
import os
from collections import deque
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    import psycopg

    from tools.bench.peers.work import ADD, DUE, FAR, READY, SERVER, STARTED, STEPS, database

TASK_QUEUE = "peers"
CACHED = 20_000
"""Journeys that the worker keeps in memory (ours: all of them, as the others keep theirs)."""


class StepsTaken:
    """The step, an activity."""

    def __init__(self, free: "asyncio.Queue[psycopg.AsyncConnection]") -> None:
        self._free = free

    @activity.defn(name="step")
    async def step(self, journey: str, what: str) -> None:
        connection = await self._free.get()
        try:
            await connection.execute(ADD, (journey, what))
        finally:
            self._free.put_nowait(connection)


@workflow.defn(name="Parked")
class Parked:
    """Sleeps until it is due, and takes a step at its start, for each event, and when it is due."""

    def __init__(self) -> None:
        self._events: deque[tuple[str, float | None]] = deque()

    @workflow.run
    async def run(self, journey: str) -> None:
        due = workflow.time() + FAR
        await self._step(journey, STARTED)
        while True:
            try:
                await workflow.wait_condition(
                    lambda: bool(self._events), timeout=timedelta(seconds=max(due - workflow.time(), 0.001))
                )
            except TimeoutError:
                due = workflow.time() + FAR
                await self._step(journey, DUE)
                continue
            event, sooner = self._events.popleft()
            due = sooner or due
            await self._step(journey, event)

    @workflow.signal
    def take(self, event: str, due: float | None) -> None:
        self._events.append((event, due))

    async def _step(self, journey: str, what: str) -> None:
        await workflow.execute_activity(
            "step", args=[journey, what], start_to_close_timeout=timedelta(seconds=10), result_type=type(None)
        )


async def main() -> None:
    free: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()
    for _ in range(10):
        free.put_nowait(await psycopg.AsyncConnection.connect(database(), autocommit=True))
    connection = free.get_nowait()
    await connection.execute(STEPS)
    free.put_nowait(connection)
    client = await Client.connect(os.environ[SERVER])
    async with Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[Parked],
        activities=[StepsTaken(free).step],
        max_cached_workflows=CACHED,
    ):
        print(READY.decode(), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
