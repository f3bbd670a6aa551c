"""Intake, worker and Temporal server as processes, stopped and killed: nothing accepted is lost, nothing doubled."""

import asyncio
import contextlib
import json
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
import pytest_asyncio

from intake.inbox import Inbox
from local.server import EmbeddedServer
from record.store import CaseRecord
from service.ports import own_port
from tests.fewer import MORE
from tests.intake.service import JSON, ago, entry, story, with_credential
from tests.system.forked import Forked
from tests.system.workers import WorkerProcess
from tools.faults.programs import environment

pytestmark = [pytest.mark.server, pytest.mark.slow]
KILLED = (("intake",), ("server", "intake"), ("worker",)) * 5 if MORE else (("server", "worker", "intake"),)
"""What is killed, one after the other."""


class IntakeProcess:
    """`permanence intake`, which can be killed and started again at the same port."""

    def __init__(self, address: str, home: Path) -> None:
        self.port = own_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home / "intake.log"
        self._environment = environment(home, TEMPORAL_ADDRESS=address, PERMANENCE_INTAKE_PORT=str(self.port))
        self._process: Forked | None = None

    @property
    def process(self) -> Forked:
        assert self._process is not None
        return self._process

    def begin(self) -> None:
        self._process = Forked("cli", "intake", env=self._environment, log=self.log)

    async def start(self) -> None:
        self.begin()
        async with asyncio.timeout(100), httpx.AsyncClient() as http:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await http.get(f"{self.url}/healthz")).status_code == 200:
                        return
                assert self.process.poll() is None, self.log.read_text("utf-8")
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@dataclass
class Town:
    """A Temporal server, a worker and an intake, each a process; and a case system that sends to it."""

    home: Path
    server: EmbeddedServer
    worker: WorkerProcess
    intake: IntakeProcess
    token: str
    record: CaseRecord
    accepted: list[dict[str, Any]] = field(default_factory=list)

    async def restart_server(self) -> None:
        self.server = EmbeddedServer(self.home / "server", ui=False, grpc_port=int(self.server.address.split(":")[1]))
        await self.server.start()

    async def told_to_stop(self) -> None:
        """The intake ends as it should, and its log says nothing of a child."""
        self.intake.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(self.intake.process.wait, 20) == 0
        log = self.intake.log.read_text("utf-8")
        assert "Traceback" not in log
        assert "intake stopping" in log
        assert re.search(r'"route": "/events", "status": 202', log)
        assert not [line for line in log.splitlines() if '"route"' in line and "K-" in line]

    async def try_to_post(self, events: list[dict[str, Any]]) -> list[str] | None:
        """The outcomes; None where nobody knows whether it was taken, or it surely was not."""
        headers = {**JSON, "authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(base_url=self.intake.url, timeout=20) as http:
            try:
                answer = await http.post("/events", content=json.dumps(events).encode(), headers=headers)
            except httpx.TransportError:
                return None
        if answer.status_code != 202:
            assert answer.status_code == 503, answer.text
            assert int(answer.headers["retry-after"]) > 0
            return None
        self.accepted += events
        return [result["outcome"] for result in answer.json()["results"]]

    async def post(self, events: list[dict[str, Any]]) -> list[str]:
        """Send until it is accepted, as the guide says a case system does."""
        while (outcomes := await self.try_to_post(events)) is None:
            await asyncio.sleep(0.1)
        return outcomes

    def taken(self) -> Counter[str]:
        """How often each event stands in the journeys' histories."""
        return Counter(known.event["id"] for child in self.record.children() for known in self.record.history(child))

    async def check(self) -> None:
        """Every accepted event is with its journey, once; the inbox says so too."""
        expected = {event["id"] for event in self.accepted}
        inbox = Inbox(self.record.engine)
        await until(lambda: set(self.taken()) >= expected and inbox.listed(["received"]) == [])
        assert self.taken() == Counter(expected)
        assert inbox.listed(["pending", "rejected"]) == []
        assert {item.event_id for item in inbox.listed(["taken", "known"])} == expected


async def until(holds: Callable[[], bool], patience: float = 60) -> None:
    async with asyncio.timeout(patience):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.1)


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    home = folder / "home"
    token = with_credential(home, "case-system", ["events:write"])
    record = CaseRecord.open(f"sqlite:///{home / 'case-record.db'}")
    server = EmbeddedServer(folder / "server", ui=False, grpc_port=own_port())
    await server.start()
    worker, intake = WorkerProcess(server.address, home), IntakeProcess(server.address, home)
    town = Town(folder, server, worker, intake, token, record)
    try:
        worker.start()
        await asyncio.gather(intake.start(), worker.until_started())
        yield town
    finally:
        intake.kill()
        worker.kill()
        record.close()
        await town.server.stop()


def a_life(child: str) -> list[list[dict[str, Any]]]:
    """A child's entry, then what happened since, request by request."""
    later = [story(f"{ago(n)} plan_tracked @{child} #{child}-{n} progress=on_track") for n in (20, 15, 10)]
    return [[entry(child)], *later]


@pytest_asyncio.fixture(scope="module")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with town(tmp_path_factory.mktemp("town")) as up:
        yield up


async def test_stored_while_temporal_is_down_and_killed_before_delivery(here: Town) -> None:
    """The intake dies between store and delivery; the standing process delivers, though no intake runs."""
    await here.post([entry("K-1")])
    await here.check()
    here.server.kill()
    assert await here.post([entry("K-2")]) == ["received"]
    assert await here.post(story(f"{ago(3)} review_held @K-1 #K-1-rev")) == ["received"]
    here.intake.kill()
    await here.restart_server()
    await here.check()


async def test_killed_amid_the_work_and_at_last_told_to_stop(here: Town) -> None:
    """A case system that sends again until it is answered loses nothing, and nothing is applied twice."""
    await here.intake.start()
    rng = Random(5)

    async def live(child: str) -> None:
        for request in a_life(child):
            await here.post(request)
            if rng.random() < 0.3:
                await here.post(request)  # nobody was sure that it had been taken

    sending = asyncio.gather(*(live(f"M-{number}") for number in range(6 * len(KILLED))))
    for what in KILLED:
        await asyncio.sleep(rng.choice((0.2, 0.5)))
        if "server" in what:
            here.server.kill()
            await here.restart_server()
        if "worker" in what:
            here.worker.kill()
            here.worker.start()
        if "intake" in what:
            here.intake.kill()
            await here.intake.start()
    await asyncio.wait_for(sending, 100)
    last = asyncio.gather(*(here.try_to_post([entry(f"K-9{number}")]) for number in range(8)))
    await asyncio.sleep(0.3)
    await here.told_to_stop()
    await last
    await here.check()
