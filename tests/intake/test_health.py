"""The running HTTP service says whether it lives and whether it reaches the database and Temporal."""

import asyncio
import sqlite3
from pathlib import Path

import httpx
import pytest

from embedded.server import EmbeddedServer
from intake.app import create_app
from intake.reach import Reach
from intake.serving import serving
from service.connection import connect
from service.keeping import Keeper, Patience
from service.settings import Settings
from tests.workflows.house import own_port

pytestmark = pytest.mark.server


async def test_alive_and_ready(tmp_path: Path) -> None:
    port = own_port()
    reach = Reach(Settings(home=tmp_path), await connect(f"127.0.0.1:{port}", lazy=True))
    async with serving(create_app(reach), "127.0.0.1", own_port()) as url, httpx.AsyncClient(base_url=url) as http:
        assert (await http.get("/healthz")).json() == {"status": "alive"}
        down = await http.get("/readyz")
        assert down.status_code == 503
        assert down.json()["problems"] == {"temporal": "the Temporal server cannot be reached"}

        async with EmbeddedServer(tmp_path / "server", ui=False, in_memory=True, grpc_port=port):
            ready = await http.get("/readyz")
            assert (ready.status_code, ready.json()) == (200, {"status": "ready", "problems": {}})

        missing = await http.get("/nothing")
        assert missing.headers["content-type"] == "application/problem+json"
        assert missing.json()["status"] == 404
    await reach.close()


async def test_a_database_that_cannot_be_opened_is_told_and_used_once_it_can(tmp_path: Path) -> None:
    home = tmp_path / "later"
    reach = Reach(Settings(home=home), await connect(f"127.0.0.1:{own_port()}", lazy=True))
    async with serving(create_app(reach), "127.0.0.1", own_port()) as url, httpx.AsyncClient(base_url=url) as http:
        assert "its file cannot be opened" in (await http.get("/readyz")).json()["problems"]["database"]
        home.mkdir()
        assert "database" not in (await http.get("/readyz")).json()["problems"]
    await reach.close()
    assert sqlite3.connect(home / "case-record.db").execute("select count(*) from events").fetchone() == (0,)


async def test_an_intake_that_ends_by_itself_comes_back_at_the_same_port(tmp_path: Path) -> None:
    said: list[str] = []
    reach = Reach(Settings(home=tmp_path), await connect(f"127.0.0.1:{own_port()}", lazy=True))
    keeper = Keeper(said.append, Patience(first=0.01))
    app = create_app(reach)
    async with serving(app, "127.0.0.1", own_port(), keeper) as url, httpx.AsyncClient(base_url=url) as http:
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
