"""`python -m worker` beside a server of one's own: metrics, and a graceful stop."""

import asyncio
import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from domain.case.documents import parse_event
from journeys.sending import send_batch
from local.server import EmbeddedServer
from service.connection import connect
from service.keeping import GaveUp, Keeper, Patience
from service.payload_keys import keys_in
from service.ports import own_port
from tests.domain.story import raw_events
from tests.system.workers import WorkerProcess, worker_process
from worker import runs_of
from workflows.standing import StandingProcess

pytestmark = [pytest.mark.server, pytest.mark.slow]


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as page:
        return str(page.read().decode())


@pytest.mark.parametrize(("number", "afresh"), [(signal.SIGTERM, True), (signal.SIGINT, False)])
async def test_it_serves_metrics_and_stops_quickly_when_told(tmp_path: Path, number: int, afresh: bool) -> None:
    async with EmbeddedServer(tmp_path / "server", ui=False, in_memory=True, grpc_port=own_port()) as server:
        with worker_process(server.address, tmp_path / "home", afresh=afresh) as worker:
            await worker.until_started()
            client = await connect(server.address, ring=keys_in(tmp_path / "home"))
            entry = parse_event(raw_events("2026-01-05 became_looked_after @W-1")[0])
            assert (await send_batch(client, "W-1", [entry])).answer

            metrics = await asyncio.to_thread(read, f"http://127.0.0.1:{worker.metrics}/metrics")
            assert "# TYPE temporal_" in metrics
            assert 'task_queue="permanence"' in metrics

            began = time.monotonic()
            status = await asyncio.to_thread(worker.stop, number)
            assert status == 0, worker.said()
            assert time.monotonic() - began < 8
            assert "Traceback" not in worker.said()
            assert "worker stopping" in [line["event"] for line in worker.lines()]


async def test_it_waits_for_a_server_and_a_record_that_are_not_there_yet(tmp_path: Path) -> None:
    port, later = own_port(), tmp_path / "later"
    record = f"sqlite:///{later / 'case-record.db'}"
    with worker_process(f"127.0.0.1:{port}", tmp_path / "home", PERMANENCE_DATABASE_URL=record) as worker:
        await until_waiting_for(worker, "the Temporal server")
        async with EmbeddedServer(tmp_path / "server", ui=False, in_memory=True, grpc_port=port):
            await until_waiting_for(worker, "the case record")
            later.mkdir()
            await worker.until_started()
            assert await asyncio.to_thread(worker.stop) == 0, worker.said()
    assert "Traceback" not in worker.said()


async def test_while_it_waits_it_stops_at_once_when_told(tmp_path: Path) -> None:
    with worker_process("127.0.0.1:1", tmp_path) as worker:
        await until_waiting_for(worker, "the Temporal server")
        began = time.monotonic()
        assert await asyncio.to_thread(worker.stop) == 0, worker.said()
        assert time.monotonic() - began < 5
    assert "127.0.0.1:1" in worker.said()
    assert "Traceback" not in worker.said()


async def test_a_worker_that_cannot_go_on_never_leaves_a_process_without_one(tmp_path: Path) -> None:
    """Here since it was shut down already: it is built anew, and given up in words at last."""
    async with EmbeddedServer(tmp_path, ui=False, in_memory=True, grpc_port=own_port()) as server:
        client = await Client.connect(server.address)
        async with Worker(client, task_queue="nobody", workflows=[StandingProcess]) as done_with:
            pass
        said: list[str] = []
        keeper = Keeper(said.append, Patience(first=0.01, tries=3))
        async with asyncio.timeout(60), keeper.keeping("the worker", runs_of(lambda: done_with, client)):
            with pytest.raises(GaveUp, match=r"the worker has ended 3 times in a row and is given up"):
                await keeper.until_given_up()
    assert len(said) == 2


async def until_waiting_for(worker: WorkerProcess, what: str) -> None:
    async with asyncio.timeout(60):
        while not any(line["event"] == "waiting" and line["what"] == what for line in worker.lines()):
            assert worker.process.poll() is None, worker.said()
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"PERMANENCE_SYNC_AT": "01:30"}, "PERMANENCE_SYNC_AT: accepted: hour and minute in London"),
        ({"PERMANENCE_PAYLOADS_KEYS_FILE": "/nowhere/payloads.key"}, "/nowhere/payloads.key cannot be read"),
        ({"TEMPORAL_TLS_CLIENT_CERT_PATH": "/nowhere/client.pem"}, "TEMPORAL_TLS_CLIENT_CERT_PATH: /nowhere"),
    ],
)
def test_settings_that_it_cannot_start_by_are_told_in_words(
    tmp_path: Path, environment: dict[str, Any], said: str
) -> None:
    with worker_process("127.0.0.1:1", tmp_path, **environment) as worker:
        assert worker.process.wait(60) == 1
    assert "Traceback" not in worker.said()
    assert said in worker.said().splitlines()[-1]
