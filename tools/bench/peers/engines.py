"""The engines: how each is started, and how work is put to it."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

import psutil
import psycopg
from dbos import DBOSClient, EnqueueOptions
from temporalio.client import Client

from local.server import EmbeddedServer
from tools.bench.peers import dbos_worker, temporal_worker
from tools.bench.peers.work import AT_ONCE, DATABASE, SERVER, STARTED
from tools.cluster.database import Database


class _OnPostgreSQL:
    """What keeps its work in PostgreSQL, in a database of its own."""

    name: str

    def __init__(self, server: Database) -> None:
        self._server = server
        self.words = f"host={server.folder} port={server.port} user=postgres dbname={self.name}"
        self.settings = {DATABASE: self.words}

    async def __aenter__(self) -> Self:
        self._server.run(f"CREATE DATABASE {self.name}")
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def servers(self) -> Sequence[psutil.Process]:
        return [psutil.Process(self._server.pid)]

    def stored(self) -> int:
        """All its tables but the steps, which are the same everywhere."""
        with psycopg.connect(self.words) as connection:
            [(size,)] = connection.execute(
                "SELECT pg_database_size(current_database()) - pg_total_relation_size('steps')"
            ).fetchall()
        return int(size)


class Dbos(_OnPostgreSQL):
    name = "dbos"
    program = "tools.bench.peers.dbos_worker"

    async def connect(self) -> None:
        self._client = DBOSClient(
            system_database_url=dbos_worker.url(self.words), system_database_pool_size=AT_ONCE, lazy=True
        )

    async def start(self, journey: str) -> None:
        options: EnqueueOptions = {
            "queue_name": dbos_worker.QUEUE,
            "workflow_name": "parked",
            "workflow_id": journey,
            "app_version": dbos_worker.VERSION,
        }
        await self._client.enqueue_async(options, journey)

    async def send(self, journey: str, event: str, due: float | None = None) -> None:
        await self._client.send_async(journey, [event, due], dbos_worker.TOPIC)

    async def __aexit__(self, *_: object) -> None:
        self._client.destroy()


class Poller(_OnPostgreSQL):
    name = "poller"
    program = "tools.bench.peers.poller_worker"

    async def connect(self) -> None:
        self._free: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()
        for _ in range(AT_ONCE):
            self._free.put_nowait(await psycopg.AsyncConnection.connect(self.words, autocommit=True))

    async def start(self, journey: str) -> None:
        await self._run(b"INSERT INTO journeys (id, due, what) VALUES (%s, 0, %s)", journey, STARTED)

    async def send(self, journey: str, event: str, due: float | None = None) -> None:
        await self._run(b"INSERT INTO events (journey, what, due) VALUES (%s, %s, %s)", journey, event, due)

    async def _run(self, statement: bytes, *values: object) -> None:
        connection = await self._free.get()
        await connection.execute(statement, values)
        self._free.put_nowait(connection)

    async def __aexit__(self, *_: object) -> None:
        while not self._free.empty():
            await self._free.get_nowait().close()


class Temporal(_OnPostgreSQL):
    """On the embedded server and its file, as `up` and `demo` run it; its steps go where the others' go."""

    name = "temporal"
    program = "tools.bench.peers.temporal_worker"

    def __init__(self, server: Database, folder: Path) -> None:
        super().__init__(server)
        self._engine = EmbeddedServer(folder, ui=False)
        self._file = folder / "temporal.db"
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self._stack.enter_async_context(self._engine)
        self.settings |= {SERVER: self._engine.address}
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def connect(self) -> None:
        self._client = await Client.connect(self._engine.address)

    async def start(self, journey: str) -> None:
        await self._client.start_workflow("Parked", journey, id=journey, task_queue=temporal_worker.TASK_QUEUE)

    async def send(self, journey: str, event: str, due: float | None = None) -> None:
        await self._client.get_workflow_handle(journey).signal("take", args=[event, due])

    def servers(self) -> Sequence[psutil.Process]:
        """Its own server, and PostgreSQL, which only takes the steps."""
        return [psutil.Process(self._engine.pid), *super().servers()]

    def stored(self) -> int:
        return sum(path.stat().st_size for path in self._file.parent.glob("temporal.db*"))
