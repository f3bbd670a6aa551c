"""Schedules are kept: made once, changed where they differ, and after an outage followed by one run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from pydantic import SecretStr
from temporalio import activity
from temporalio.client import (
    Client,
    ScheduleActionExecutionStartWorkflow,
    ScheduleBackfill,
    ScheduleDescription,
    WorkflowFailureError,
)
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from activities.models import ScheduledRun
from domain.case.events import LONDON
from local.server import EmbeddedServer
from service.connection import connect
from service.ports import own_port
from service.schedules import EVERY_DAY, MONDAY_TO_FRIDAY, Kept, keep_schedules, schedules_for
from service.settings import Settings
from tests.fewer import MORE
from workflows.protocol import TASK_QUEUE
from workflows.scheduled import ScheduledTask

pytestmark = pytest.mark.server
MORNING: Final = Kept("morning", "look_around", time(9), MONDAY_TO_FRIDAY, timedelta(hours=10))
DOWN: Final = 8
"""Seconds after which the server is down."""


class Looks:
    """An activity that remembers when it was asked to run."""

    def __init__(self) -> None:
        self.runs: list[ScheduledRun] = []

    @activity.defn
    async def look_around(self, run: ScheduledRun) -> str:
        self.runs.append(run)
        return f"looked {len(self.runs)}"

    @activity.defn
    async def give_up(self, run: ScheduledRun) -> str:
        raise ApplicationError("there is nothing to look at", non_retryable=True)


@asynccontextmanager
async def working(client: Client, looks: Looks) -> AsyncIterator[None]:
    async with Worker(
        client, task_queue=TASK_QUEUE, workflows=[ScheduledTask], activities=[looks.look_around, looks.give_up]
    ):
        yield


@pytest_asyncio.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    folder = tmp_path_factory.mktemp("schedules")
    async with EmbeddedServer(folder, ui=False, in_memory=True, grpc_port=own_port()) as server:
        yield await connect(server.address)


async def until_run(client: Client, name: str) -> str:
    """The id of the first run that a schedule has started, waited for."""
    async with asyncio.timeout(10):
        while not (actions := (await described(client, name)).info.recent_actions):
            await asyncio.sleep(0.05)
    assert isinstance(actions[0].action, ScheduleActionExecutionStartWorkflow)
    return actions[0].action.workflow_id


async def described(client: Client, name: str) -> ScheduleDescription:
    return await client.get_schedule_handle(name).describe()


async def test_it_runs_at_nine_in_london_on_weekdays_summer_and_winter(client: Client) -> None:
    await keep_schedules(client, [replace(MORNING, name="weekdays")])
    times = (await described(client, "weekdays")).info.next_action_times
    assert len(times) >= 6
    local = [time.astimezone(LONDON) for time in times]
    assert {(time.hour, time.minute) for time in local} == {(9, 0)}
    assert all(time.weekday() < 5 for time in local)
    assert (await described(client, "weekdays")).schedule.spec.time_zone_name == "Europe/London"


def test_a_source_is_read_where_one_is_set_and_compared_only_after_that() -> None:
    compared = Settings(reconcile_source="returns")
    both = Settings(reconcile_source="returns", sync_source=SecretStr("returns"), sync_at=time(23, 30))
    assert {kept.name: kept.at for kept in schedules_for(compared)}["reconcile"] == time(2)
    at = {kept.name: kept.at for kept in schedules_for(both)}
    assert (at["sync"], at["reconcile"]) == (time(23, 30), time(2, 30)), "at half past one it is left out in March"
    at = {kept.name: kept.at for kept in schedules_for(both.model_copy(update={"sync_at": time(22, 30)}))}
    assert (at["sync"], at["reconcile"]) == (time(22, 30), time(0, 30))
    assert {kept.name for kept in schedules_for(Settings())} == {"digests", "journeys", "proof"}


async def test_what_stands_as_it_should_is_left_alone(client: Client) -> None:
    kept = replace(MORNING, name="same")
    for _ in range(3):
        await keep_schedules(client, [kept])
    assert (await described(client, "same")).info.last_updated_at is None
    assert len([one async for one in await client.list_schedules() if one.id == "same"]) <= 1


@pytest.mark.parametrize(
    "change",
    [
        {"at": time(7, 30)},
        {"days": EVERY_DAY},
        {"catch_up": timedelta(hours=1)},
        {"activity": "give_up"},
        {"longest": timedelta(hours=9)},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_what_differs_is_changed_and_stays_paused(client: Client, change: dict[str, object]) -> None:
    name = f"changed-{next(iter(change))}"
    kept = replace(MORNING, name=name)
    await keep_schedules(client, [kept])
    await client.get_schedule_handle(name).pause(note="the manager is on leave")

    other = replace(kept, **change)  # type: ignore[arg-type]  # each value fits its field
    await keep_schedules(client, [other])

    description = await described(client, name)
    assert description.info.last_updated_at is not None
    assert (description.schedule.state.paused, description.schedule.state.note) == (True, "the manager is on leave")
    changed_at = description.info.last_updated_at
    await keep_schedules(client, [other])
    assert (await described(client, name)).info.last_updated_at == changed_at


async def test_a_run_tells_its_activity_when_it_was_planned_and_when_it_began(client: Client) -> None:
    looks = Looks()
    await keep_schedules(client, [replace(MORNING, name="told")])
    planned = datetime(2026, 3, 30, 8, tzinfo=UTC)  # a Monday in summer time
    async with working(client, looks):
        before = datetime.now(UTC)
        await client.get_schedule_handle("told").backfill(ScheduleBackfill(planned - timedelta(seconds=1), planned))
        run = await until_run(client, "told")
        assert await client.get_workflow_handle(run).result() == "looked 1"
    assert [one.nominal for one in looks.runs] == [planned]
    assert before - timedelta(seconds=1) < looks.runs[0].begun < datetime.now(UTC) + timedelta(seconds=1)


async def test_what_can_never_work_fails_in_sight(client: Client) -> None:
    await keep_schedules(client, [replace(MORNING, name="hopeless", activity="give_up")])
    async with working(client, Looks()):
        await client.get_schedule_handle("hopeless").trigger()
        run = await until_run(client, "hopeless")
        with pytest.raises(WorkflowFailureError):
            await client.get_workflow_handle(run).result()


async def test_days_without_a_worker_are_followed_by_one_run(client: Client) -> None:
    """The first waits for a worker; those of the next days find it waiting, and are not started."""
    looks = Looks()
    await keep_schedules(client, [replace(MORNING, name="idle")])
    handle = client.get_schedule_handle("idle")
    for _ in range(3):
        await handle.trigger()
    await until_run(client, "idle")
    async with working(client, looks), asyncio.timeout(10):
        while not looks.runs:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
    assert len(looks.runs) == 1


if MORE:  # half a minute: the server's own scheduler wakes late after a start

    async def test_a_server_that_was_down_over_the_hour_makes_good_for_it_once(tmp_path: Path) -> None:
        looks = Looks()
        soon = (datetime.now(UTC) + timedelta(seconds=DOWN)).astimezone(LONDON).replace(microsecond=0)
        kept = replace(MORNING, at=soon.time(), days=EVERY_DAY)
        async with EmbeddedServer(tmp_path, ui=False, grpc_port=own_port()) as server:
            await keep_schedules(await connect(server.address), [kept])
            await asyncio.sleep(
                3
            )  # a schedule that is killed before it has looked at the clock counts from its next start
        await asyncio.sleep((soon - datetime.now(UTC)).total_seconds() + 0.5)
        async with EmbeddedServer(tmp_path, ui=False, grpc_port=own_port()) as server:
            client = await connect(server.address)
            await keep_schedules(client, [kept])
            async with working(client, looks), asyncio.timeout(30):
                while not looks.runs:
                    await asyncio.sleep(0.05)
                await asyncio.sleep(0.5)
        assert [run.nominal for run in looks.runs] == [soon]
