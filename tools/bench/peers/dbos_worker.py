"""DBOS at its best: workflows that wait as coroutines and hold no thread, told of an event by PostgreSQL's NOTIFY."""

import asyncio
import time

import psycopg
from dbos import DBOS, DBOSConfig

from tools.bench.peers.work import ADD, DUE, FAR, READY, STARTED, STEPS, database

QUEUE = "journeys"
TOPIC = "events"
THREADS = 16
"""Cap of threads (ours: more than two cores can use; without a cap each call in flight has its own)."""
POLL = 0.1
"""Seconds between two looks for what begins (ours: a tenth of the default, since what is measured is the engine)."""
VERSION = "1"
"""Of the application: what was begun by one version is only resumed by the same."""


class Connections:
    """One connection for each thread of the loop's steps in flight, made when first wanted."""

    def __init__(self) -> None:
        self._free: list[psycopg.AsyncConnection] = []

    async def add(self, journey: str, what: str) -> None:
        connection = (
            self._free.pop() if self._free else await psycopg.AsyncConnection.connect(database(), autocommit=True)
        )
        await connection.execute(ADD, (journey, what))
        self._free.append(connection)


CONNECTIONS = Connections()
AT_ONCE = asyncio.Semaphore(10)


@DBOS.step()
async def step(journey: str, what: str) -> None:
    async with AT_ONCE:
        await CONNECTIONS.add(journey, what)


@DBOS.workflow(name="parked")
async def parked(journey: str) -> None:
    due = time.time() + FAR
    await step(journey, STARTED)
    while True:
        # Its end is stored when the wait begins, so a worker that comes back waits for what is left of it.
        message = await DBOS.recv_async(TOPIC, timeout_seconds=max(due - time.time(), 0.001))
        if message is None:
            due = time.time() + FAR
            await step(journey, DUE)
        else:
            event, sooner = message
            due = sooner or due
            await step(journey, event)


def main() -> None:
    with psycopg.connect(database(), autocommit=True) as connection:
        connection.execute(STEPS)
    config: DBOSConfig = {
        "name": "peers",
        "system_database_url": url(database()),
        "application_version": VERSION,
        "executor_id": "worker",
        "max_executor_threads": THREADS,
        "sys_db_pool_size": THREADS,
        "log_level": "ERROR",
    }
    DBOS(config=config)
    DBOS.launch()
    DBOS.register_queue(QUEUE, polling_interval_sec=POLL)
    print(READY.decode(), flush=True)
    while True:
        time.sleep(60)


def url(words: str) -> str:
    """SQLAlchemy's address of a database that is named to libpq by words."""
    parts = dict(word.split("=", 1) for word in words.split())
    return f"postgresql+psycopg://{parts['user']}@/{parts['dbname']}?host={parts['host']}&port={parts['port']}"


if __name__ == "__main__":
    main()
