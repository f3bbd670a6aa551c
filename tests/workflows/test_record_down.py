"""While the case record is down a journey waits, durably and without filling its history; then it goes on."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import EventType, PendingActivityState

from record.entries import KnownEvent, RecordEntry
from record.failures import RecordUnavailable
from record.store import CaseRecord
from record.writing import NewlyWritten
from tests.domain.story import london
from tests.workflows.house import House, Life, house_in, new_child, story
from workflows.child_journey import ChildJourney
from workflows.protocol import CASE_EVENTS, TASK_QUEUE, JourneyOptions, workflow_id

pytestmark = pytest.mark.server

ENTRY = "2026-01-05 became_looked_after"
TEN = london("2026-01-05", "10:00")
SCHEDULED = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED


class Fragile(CaseRecord):
    """A real case record whose database can be told to be out of reach."""

    down = False
    tried = 0

    def write(self, entry: RecordEntry) -> NewlyWritten:
        self._reach()
        return super().write(entry)

    def history(self, child: str) -> list[KnownEvent]:
        self._reach()
        return super().history(child)

    def _reach(self) -> None:
        if self.down:
            self.tried += 1
            raise RecordUnavailable("the case record cannot be used: the database server cannot be reached")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fragile") / "case-record.db"


@pytest.fixture(scope="module")
def record(path: Path) -> Fragile:
    return Fragile.open(f"sqlite:///{path}")  # type: ignore[return-value]  # open answers with the class it is called on


@pytest_asyncio.fixture(scope="module")
async def house(path: Path, record: Fragile) -> AsyncIterator[House]:
    async with house_in(path.parent, record=record) as up:
        yield up


async def attempts(life: Life) -> int:
    """Attempts of the activity that the server has pending; 0 while there is none."""
    raw = (await life.handle.describe()).raw_description
    pending = [a for a in raw.pending_activities if a.state != PendingActivityState.PENDING_ACTIVITY_STATE_UNSPECIFIED]
    return max((activity.attempt for activity in pending), default=0)


async def until_attempt(life: Life, number: int) -> None:
    async with asyncio.timeout(20):
        while await attempts(life) < number:
            await asyncio.sleep(0.05)


async def test_a_journey_waits_with_an_update_and_goes_on(house: House, record: Fragile) -> None:
    life = await house.begin(ENTRY, TEN)
    before = await life.counted(SCHEDULED)
    record.down = True
    try:
        update = asyncio.create_task(life.tell("2026-01-05 ppm_held"))
        await until_attempt(life, 2)
        waiting = len(await life.history())
        await until_attempt(life, 4)
        assert len(await life.history()) == waiting
        assert await life.counted(SCHEDULED) == before + 1
        assert not update.done()
    finally:
        record.down = False

    answer = await asyncio.wait_for(update, 30)

    assert answer.stage == "ppm"
    assert life.recorded() == ["became_looked_after", "ppm_held"]
    assert (await life.tell("2026-01-05 legal_status_changed legal_status=C1")).taken
    assert await life.counted(SCHEDULED) == before + 2


async def test_what_falls_due_meanwhile_is_told_when_the_record_is_back(house: House, record: Fragile) -> None:
    life = await house.begin(ENTRY, TEN)
    await life.forward("2026-01-12", "08:00")
    record.down = True
    try:
        moving = asyncio.create_task(life.forward("2026-01-12", "10:00"))
        await until_attempt(life, 2)
        signal = story_of_ppm(life)
        await life.handle.signal(CASE_EVENTS, signal)
        await life.handle.signal(CASE_EVENTS, {"bad": 1})
    finally:
        record.down = False
    await asyncio.wait_for(moving, 30)
    await life.until(lambda view: view.rejections == 1)
    assert (await life.view()).stage == "ppm"
    assert life.sent() == ["initial-ppm/1 reminder 1"]
    assert life.recorded() == ["became_looked_after", "ppm_held"]


def story_of_ppm(life: Life) -> dict[str, str]:
    return {
        "type": "ppm_held",
        "id": f"{life.child}-ppm",
        "child": life.child,
        "on": "2026-01-12",
        "primary_plan": "adoption",
    }


async def test_a_journey_starts_when_the_record_is_back(house: House, record: Fragile) -> None:
    record.down = True
    try:
        beginning = asyncio.create_task(house.begin(ENTRY, TEN, child="T-waits"))
        tried = record.tried
        async with asyncio.timeout(20):
            while record.tried < tried + 3:
                await asyncio.sleep(0.05)
        assert not beginning.done()
    finally:
        record.down = False
    life = await asyncio.wait_for(beginning, 30)
    assert (await life.view()).stage == "looked_after"


async def test_a_start_by_an_unknown_policy_is_kept_as_rejected_when_the_record_is_back(
    house: House, record: Fragile
) -> None:
    """The refusal comes at a later attempt then; it once made the run itself fail."""
    child = new_child()
    record.down = True
    try:
        tried = record.tried
        handle = await house.client.start_workflow(
            ChildJourney.run,
            args=[story(child, f"{ENTRY} policy=nowhere"), JourneyOptions(clock_offset=TEN - datetime.now(UTC))],
            id=workflow_id(child),
            task_queue=TASK_QUEUE,
        )
        async with asyncio.timeout(20):
            while record.tried < tried + 2:
                await asyncio.sleep(0.05)
    finally:
        record.down = False
    assert (await asyncio.wait_for(handle.result(), 30)).stage == "none"
    [rejected] = record.rejected(child)
    assert "nowhere" in rejected.rejected.reason


async def test_a_record_locked_by_another_program_is_waited_for(house: House, path: Path) -> None:
    life = await house.begin(ENTRY, TEN)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        update = asyncio.create_task(life.tell("2026-01-05 ppm_held"))
        await until_attempt(life, 1)
    finally:
        other.execute("ROLLBACK")
        other.close()

    answer = await asyncio.wait_for(update, 30)

    assert answer.stage == "ppm"
    assert life.recorded() == ["became_looked_after", "ppm_held"]


async def test_queries_answer_while_it_waits(house: House, record: Fragile) -> None:
    life = await house.begin(ENTRY, TEN)
    record.down = True
    try:
        update = asyncio.create_task(life.tell("2026-01-05 ppm_held"))
        await until_attempt(life, 1)
        assert (await asyncio.wait_for(life.view(), 5)).child == life.child
        assert await asyncio.wait_for(life.agenda(), 5)
    finally:
        record.down = False
    assert (await asyncio.wait_for(update, 30)).taken
