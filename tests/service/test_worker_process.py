"""`python -m worker` beside a server of one's own: metrics, and a graceful stop."""

import asyncio
import signal
import time
import urllib.request
from pathlib import Path

import pytest

from domain.events import parse_event
from embedded.server import EmbeddedServer
from service.connection import connect
from service.sending import deliver
from tests.domain.story import raw_events
from tests.system.workers import worker_process
from tests.workflows.house import own_port

pytestmark = [pytest.mark.server, pytest.mark.slow]


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as page:
        return str(page.read().decode())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_serves_metrics_and_stops_quickly_when_told(tmp_path: Path, number: int) -> None:
    async with EmbeddedServer(tmp_path / "server", ui=False, in_memory=True, grpc_port=own_port()) as server:
        with worker_process(server.address, tmp_path / "home") as worker:
            await worker.until_started()
            client = await connect(server.address)
            entry = parse_event(raw_events("2026-01-05 became_looked_after @W-1")[0])
            assert (await deliver(client, "W-1", [entry])).answer

            metrics = await asyncio.to_thread(read, f"http://127.0.0.1:{worker.metrics}/metrics")
            assert "# TYPE temporal_" in metrics
            assert 'task_queue="permanence"' in metrics

            began = time.monotonic()
            status = await asyncio.to_thread(worker.stop, number)
            assert status == 0, worker.said()
            assert time.monotonic() - began < 8
            assert "Traceback" not in worker.said()
            assert "worker stopping" in [line["event"] for line in worker.lines()]


async def test_without_a_server_it_says_so_and_ends(tmp_path: Path) -> None:
    with worker_process("127.0.0.1:1", tmp_path) as worker:
        status = await asyncio.to_thread(worker.process.wait, 30)
    assert status != 0
    assert "127.0.0.1:1" in worker.said()
    assert "Traceback" not in worker.said()
