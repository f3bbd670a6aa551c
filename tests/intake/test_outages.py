"""The database goes and comes back while a case system sends: refused, and told when to try again."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from record import engine
from record.store import CaseRecord
from tests.databases import PostgreSQL
from tests.intake.service import Caller, ago, calling, entry, story
from tests.workflows.house import House, house_in, new_child

pytestmark = pytest.mark.server


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, postgresql: PostgreSQL) -> AsyncIterator[House]:
    """Journeys, inbox and intake on PostgreSQL."""
    with postgresql.database(postgresql.migrated) as url:
        async with house_in(tmp_path_factory.mktemp("outage"), record=CaseRecord.open(url)) as up:
            yield up


@pytest_asyncio.fixture(scope="module")
async def caller(house: House) -> AsyncIterator[Caller]:
    async with calling(house.folder / "intake", house.client, house.record) as one:
        yield one


async def test_postgresql_takes_what_sqlite_takes(caller: Caller) -> None:
    one, two = new_child(), new_child()
    plans = json.dumps({two: {"primary_plan": "adoption"}}).replace(" ", "")
    meeting = story(f"{ago(5)} ppm_held @{one} #{one}-ppm plans={plans}")
    assert await caller.outcomes([entry(one), *meeting, {"odd": "\u0000 and \ud800"}]) == [
        "taken",
        "pending",
        "rejected",
    ]
    assert await caller.outcomes([entry(two)]) == ["taken"]
    assert await caller.outcomes(meeting) == ["known"]
    assert await caller.outcomes([entry(one, days=7)]) == ["rejected"]
    assert sorted(caller.known(two)) == sorted([f"{one}-ppm", f"{two}-in"])
    assert (await caller.get("/readyz")).json()["status"] == "ready"


async def test_the_database_down_and_back(caller: Caller, postgresql: PostgreSQL) -> None:
    child = new_child()
    name = str(caller.record.engine.url.database)
    postgresql.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    postgresql.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    try:
        refused = await caller.post(entry(child))
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert "nothing was taken" in refused.json()["detail"]
        async with asyncio.timeout(20):  # an answer may be a second old
            while (await caller.get("/readyz")).status_code != 503:
                await asyncio.sleep(0.1)
        assert (await caller.get("/healthz")).status_code == 200
    finally:
        postgresql.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert await caller.outcomes(entry(child)) == ["taken"]
    assert caller.known(child) == [f"{child}-in"]


async def test_a_locked_sqlite_file(tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 0.2)
    record = CaseRecord.open(f"sqlite:///{tmp_path / 'record.db'}")
    async with calling(tmp_path, house.client, record) as one:
        other = sqlite3.connect(tmp_path / "record.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        refused = await one.post(entry(new_child()))
        assert (refused.status_code, "holds it locked" in refused.text) == (503, True)
        other.execute("ROLLBACK")
        other.close()
        assert one.inbox.depth() == ({"rejected": 0}, None)
    record.close()
