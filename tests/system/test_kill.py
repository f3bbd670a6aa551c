"""Workers and servers killed again and again while timers fall due: every action is told once, and none is lost.

Each child has a clock of its own, so that 09:00 of a working day comes within seconds, a fraction of a second
after that of the child before. What must be told is worked out by the rules from what the case record holds.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from domain.events import parse_event
from domain.journey import Action, Journey
from domain.policy import Policies
from domain.simulation import calendar_for
from embedded.server import EmbeddedServer
from record.store import CaseRecord
from record.verifying import verify
from service.connection import connect
from tests.domain.story import london, raw_events
from tests.system.workers import WorkerProcess
from tests.workflows.house import own_port
from workflows.messages import RECORD_EVENTS, TASK_QUEUE, JourneyOptions, workflow_id

pytestmark = [pytest.mark.server, pytest.mark.slow]

MORE = os.environ.get("PERMANENCE_MORE") == "1"
CHILDREN = 30
APART = timedelta(seconds=0.3)
HISTORY = """
    2025-12-29 became_looked_after
    2026-01-08 ppm_held primary_plan=adoption contingency_plan=kinship_care
    2026-01-12 drift_identified
    2026-01-12 care_proceedings_issued
"""
NINE = london("2026-01-14", "09:00")
"""Then two of the children's obligations are due for a reminder, as `test_something_is_due` makes sure."""
AFTER = ("person_assigned role=iro contact=iro-02@example.org", "care_plan_updated", "ppm_minutes_available")
FEWEST_KILLS = 4
"""One kill says nothing; a loaded machine, which starts a worker slowly, is killed on when all is told."""


@dataclass
class Street:
    """Children whose 09:00 comes one after the other."""

    client: Client
    record: CaseRecord
    offsets: dict[str, timedelta] = field(default_factory=dict)

    async def begin(self, first: timedelta, apart: timedelta) -> None:
        """Start the journeys, so that 09:00 comes for the first after `first`, for the others `apart`."""
        now = datetime.now(UTC)
        for number in range(CHILDREN):
            self.offsets[f"K-{number}"] = NINE - (now + first + number * apart)
        await asyncio.gather(*(self._start(child, offset) for child, offset in self.offsets.items()))

    async def _start(self, child: str, offset: timedelta) -> None:
        events = [event | {"child": child, "id": f"{child}-{event['id']}"} for event in raw_events(HISTORY)]
        options = JourneyOptions(policy="ppm-procedure", clock_offset=offset)
        await self.client.start_workflow(
            "ChildJourney", args=[events, options], id=workflow_id(child), task_queue=TASK_QUEUE
        )

    async def until_begun(self) -> None:
        async with asyncio.timeout(60):
            while set(self.record.children()) != set(self.offsets):
                await asyncio.sleep(0.1)

    def passed(self) -> float:
        """Which share of the children have passed their 09:00."""
        now = datetime.now(UTC)
        return sum(now + offset > NINE for offset in self.offsets.values()) / CHILDREN

    async def tell_everyone_something(self, rng: Random) -> None:
        """One more event for each child, at moments spread over the time of the kills."""
        await asyncio.gather(*(self._tell(child, rng.uniform(0, 8), rng.choice(AFTER)) for child in self.offsets))

    async def _tell(self, child: str, after: float, told: str) -> None:
        await asyncio.sleep(after)
        event = raw_events(f"2026-01-13 {told} #{child}-later")[0] | {"child": child}
        handle = self.client.get_workflow_handle(workflow_id(child))
        while True:
            try:
                await handle.execute_update(RECORD_EVENTS, args=[[event]], id=f"{child}-later")
            except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
                if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
                    raise
                await asyncio.sleep(0.5)  # the SDK tries ten times; a sender goes on until it is answered
            else:
                return

    # What must have been told

    def expected(self) -> dict[str, Counter[str]]:
        """By the rules, from the events and instants that the case record has: up to the end of that day."""
        return {child: self._expected(child) for child in self.offsets}

    def _expected(self, child: str) -> Counter[str]:
        policies, born = Policies.load(), datetime(2018, 5, 5, tzinfo=UTC).date()
        journey = Journey(child, policies.resolve("ppm-procedure"), calendar_for(born, born))
        told: list[Action] = []
        batches: dict[datetime, list[Any]] = {}
        for known in self.record.history(child):
            batches.setdefault(known.known_at, []).append(parse_event(known.event))
        for instant, batch in sorted(batches.items()):
            told += self._until(journey, instant)
            told += journey.step(instant, batch).actions
        told += self._until(journey, NINE + timedelta(hours=1))
        return Counter(action.key for action in told)

    def _until(self, journey: Journey, end: datetime) -> list[Action]:
        told: list[Action] = []
        now = datetime.min.replace(tzinfo=UTC)
        while (change := journey.next_change(now)) is not None and change[0] < end:
            now = change[0]
            told += journey.step(now).actions
        return told

    def told(self) -> dict[str, Counter[str]]:
        """What the case record says was told."""
        found: dict[str, Counter[str]] = {child: Counter() for child in self.offsets}
        for one in self.record.actions():
            if one.status == "sent":
                found[one.action.child][one.action.key] += 1
        return found

    async def until_told(self) -> None:
        """Wait until every child has been told as much as must be, for long enough."""
        for _ in range(300):
            if self.passed() == 1 and self.told() == self.expected():
                return
            await asyncio.sleep(0.1)

    async def check(self, logs: Iterable[WorkerProcess]) -> None:
        """Every action once, in the record, in the outbox and in the logs; every journey alive."""
        expected, told = self.expected(), self.told()
        for child in self.offsets:
            assert told[child] == expected[child]
            assert any("reminder" in key for key in told[child])
            assert len(self.record.history(child)) == 5
        outbox = Counter((item.child, item.action_key, item.role) for item in self.record.outbox())
        assert set(outbox.values()) == {1}
        lines = [line for worker in logs for line in worker.lines() if line["event"] == "action_due"]
        logged = Counter(
            (line["child"], line["obligation"], line["occurrence"], line["kind"], line["rung"]) for line in lines
        )
        assert max(logged.values()) == 1
        for child in self.offsets:
            found = await self.client.get_workflow_handle(workflow_id(child)).describe()
            assert found.status == WorkflowExecutionStatus.RUNNING


async def kill_again_and_again(worker: WorkerProcess, street: Street, rng: Random) -> int:
    """SIGKILL amid the work, or before it has begun, until all have passed their 09:00, and often enough; how often."""
    killed, started = 0, 1
    while street.passed() < 1 or killed < FEWEST_KILLS:
        await asyncio.sleep(rng.choice((0, 0.1, 0.3, 0.7, 1.2)))
        worker.kill()
        killed += 1
        worker.start()
        if rng.random() < 0.8:
            started += 1
            await worker.until_started(started)
    return killed


def test_something_is_due_at_nine() -> None:
    policies, born = Policies.load(), datetime(2018, 5, 5, tzinfo=UTC).date()
    journey = Journey("CLA-1", policies.resolve("ppm-procedure"), calendar_for(born, born))
    journey.step(NINE - timedelta(minutes=1), [parse_event(event) for event in raw_events(HISTORY)])
    change = journey.next_change(NINE - timedelta(minutes=1))
    assert change is not None
    assert change[0] == NINE
    assert len(journey.step(NINE).actions) >= 1


@pytest.fixture(params=["sqlite", "postgresql"] if MORE else ["sqlite"])
def record_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where the case record is; with PERMANENCE_MORE=1 in PostgreSQL too."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'case-record.db'}"
    else:
        with request.getfixturevalue("postgresql").database() as url:
            yield url


async def test_a_worker_killed_between_an_event_and_its_timer_and_amid_many(tmp_path: Path, record_url: str) -> None:
    rng = Random(1)
    async with EmbeddedServer(tmp_path / "server", ui=False, grpc_port=own_port()) as server:
        worker = WorkerProcess(server.address, tmp_path / "home", PERMANENCE_DATABASE_URL=record_url)
        worker.start()
        record = CaseRecord.open(record_url)
        street = Street(await connect(server.address), record)
        try:
            await worker.until_started()
            await street.begin(timedelta(seconds=5), APART)
            await street.until_begun()
            telling = asyncio.create_task(street.tell_everyone_something(rng))
            kills = await kill_again_and_again(worker, street, rng)
            await telling
            await street.until_told()
            await street.check([worker])
            assert verify(record.engine).faults == []
        finally:
            worker.kill()
            record.close()
    assert kills >= FEWEST_KILLS


async def test_a_server_killed_while_journeys_sleep_and_while_their_timers_fall_due(tmp_path: Path) -> None:
    rng = Random(2)
    server = EmbeddedServer(tmp_path / "server", ui=False, grpc_port=own_port())
    home = tmp_path / "home"
    async with server:
        port = int(server.address.rpartition(":")[2])
        worker = WorkerProcess(server.address, home)
        worker.start()
        record = CaseRecord.open(f"sqlite:///{home / 'case-record.db'}")
        street = Street(await connect(server.address), record)
        again = server
        try:
            await worker.until_started()
            await street.begin(timedelta(seconds=5), APART)
            await street.until_begun()
            telling = asyncio.create_task(street.tell_everyone_something(rng))
            kills = 0
            while street.passed() < 1 or kills < FEWEST_KILLS:
                await asyncio.sleep(rng.choice((0.3, 1, 2)))
                again.kill()
                kills += 1
                await asyncio.sleep(rng.choice((0, 0.5, 1.5)))
                again = EmbeddedServer(tmp_path / "server", ui=False, grpc_port=port)
                await again.start()
            await telling
            await street.until_told()
            await street.check([worker])
        finally:
            worker.kill()
            record.close()
            await again.stop()
    assert kills >= FEWEST_KILLS
