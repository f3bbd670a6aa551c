"""The running HTTP service says whether it lives and whether what it needs is there."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from temporalio.client import Client
from temporalio.worker import Worker

from intake.app import create_app
from intake.reach import Reach
from intake.readiness import NO_WORKER, UNREACHABLE
from intake.serving import serving
from local.server import EmbeddedServer
from record.engine import open_engine
from record.failures import RecordUnavailable
from record.readiness import write_a_row
from service.connection import connect
from service.keeping import Keeper, Patience
from service.ports import own_port
from service.settings import IntakeSettings, Settings
from tests.intake.service import with_credential
from workflows.protocol import TASK_QUEUE
from workflows.registry import WORKFLOWS

pytestmark = pytest.mark.server


@asynccontextmanager
async def intake_at(home: Path, temporal: str) -> AsyncIterator[httpx.AsyncClient]:
    reach = Reach(Settings(home=home), await connect(temporal, lazy=True))
    async with (
        serving(create_app(reach), IntakeSettings(port=own_port())) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        yield http
    await reach.close()


async def until(http: httpx.AsyncClient, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The problems of the first answer of which something holds: an answer may be a second old."""
    async with asyncio.timeout(60):
        while not holds(problems := (await http.get("/readyz")).json()["problems"]):
            await asyncio.sleep(0.1)
    return dict(problems)


async def prometheus(http: httpx.AsyncClient, token: str) -> dict[str, float]:
    """What the metrics say of each thing that is needed."""
    answer = await http.get("/metrics", headers={"authorization": f"Bearer {token}"})
    return {
        sample.labels["what"]: sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.name == "permanence_intake_ready"
    }


async def test_alive_and_ready_once_temporal_answers_and_a_worker_asks_for_work(tmp_path: Path) -> None:
    port, token = own_port(), with_credential(tmp_path, "prometheus", ["metrics:read"])
    async with intake_at(tmp_path, f"127.0.0.1:{port}") as http:
        assert (await http.get("/healthz")).json() == {"status": "alive"}
        down = await http.get("/readyz")
        assert (down.status_code, down.json()["problems"]) == (503, {"temporal": UNREACHABLE})
        assert (await http.head("/readyz")).status_code == 503
        assert await prometheus(http, token) == {"database": 1, "temporal": 0, "worker": 1}

        async with EmbeddedServer(tmp_path / "server", ui=False, in_memory=True, grpc_port=port) as server:
            assert await until(http, lambda problems: "temporal" not in problems) == {"worker": NO_WORKER}
            client = await Client.connect(server.address)
            async with Worker(client, task_queue=TASK_QUEUE, workflows=WORKFLOWS, build_id="test"):
                await until(http, lambda problems: not problems)
                ready = await http.get("/readyz")
                assert (ready.status_code, ready.json()) == (200, {"status": "ready", "problems": {}})
                assert set((await prometheus(http, token)).values()) == {1}

        missing = await http.get("/nothing")
        assert missing.headers["content-type"] == "application/problem+json"
        assert missing.json()["status"] == 404


async def test_a_database_that_cannot_be_opened_is_told_and_used_once_it_can(tmp_path: Path) -> None:
    home = tmp_path / "later"
    async with intake_at(home, f"127.0.0.1:{own_port()}") as http:
        assert "its file cannot be opened" in (await http.get("/readyz")).json()["problems"]["database"]
        home.mkdir()
        await until(http, lambda problems: "database" not in problems)
    assert sqlite3.connect(home / "case-record.db").execute("select count(*) from events").fetchone() == (0,)


async def test_a_locked_record_is_not_ready_though_it_can_be_read(tmp_path: Path) -> None:
    async with intake_at(tmp_path, f"127.0.0.1:{own_port()}") as http:
        await until(http, lambda problems: "database" not in problems)
        other = sqlite3.connect(tmp_path / "case-record.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answer = await until(http, lambda problems: "database" in problems)
        assert answer["database"] in (
            "the case record does not answer",
            "the case record cannot be used: another program holds it locked",
        )
        assert (await asyncio.gather(*(http.get("/healthz") for _ in range(5))))[0].status_code == 200
        other.execute("ROLLBACK")
        await until(http, lambda problems: "database" not in problems)
        other.close()


def test_a_record_that_takes_nothing_more_is_told_in_words(tmp_path: Path) -> None:
    """As on a disk that was remounted read-only: SQLite refuses to write and goes on reading."""
    engine = open_engine(f"sqlite:///{tmp_path / 'record.db'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
    with pytest.raises(RecordUnavailable, match="read-only"):
        write_a_row(engine)
    engine.dispose()


def test_every_database_takes_the_row_and_keeps_one(database_url: str) -> None:
    engine = open_engine(database_url)
    write_a_row(engine)
    write_a_row(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from readiness").scalar() == 1
    engine.dispose()


async def test_an_intake_that_ends_by_itself_comes_back_at_the_same_port(tmp_path: Path) -> None:
    said: list[str] = []
    reach = Reach(Settings(home=tmp_path), await connect(f"127.0.0.1:{own_port()}", lazy=True))
    keeper = Keeper(said.append, Patience(first=0.01))
    app = create_app(reach)
    async with serving(app, IntakeSettings(port=own_port()), keeper) as url, httpx.AsyncClient(base_url=url) as http:
        assert (await http.get("/healthz")).status_code == 200
        [server] = [task for task in asyncio.all_tasks() if task.get_name() == "serving"]
        server.cancel()
        async with asyncio.timeout(20):
            while not said:
                await asyncio.sleep(0.01)
            assert (await until_answered(http)).status_code == 200
    assert said == ["The intake has ended (it ended by itself). It is started again in 0.01 s."]


async def until_answered(http: httpx.AsyncClient) -> httpx.Response:
    while True:
        try:
            return await http.get("/healthz")
        except httpx.TransportError:  # nobody listens for a moment
            await asyncio.sleep(0.01)
