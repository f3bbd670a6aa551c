"""A standing process goes on for ever: past failures, dead workers, and the end of each run."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Worker

from activities.keeping_at import keep_at
from journeys.caseload import caseload
from local.server import EmbeddedServer
from service.connection import connect
from service.ports import own_port
from service.standing import StandingActivity, keep_standing
from workflows.protocol import TASK_QUEUE
from workflows.standing import ROUNDS_IN_A_RUN, StandingProcess

PATIENCE = 25.0
STARTED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED


@pytest_asyncio.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    folder = tmp_path_factory.mktemp("standing")
    async with EmbeddedServer(folder, ui=False, in_memory=True, grpc_port=own_port()) as server:
        yield await connect(server.address)


@pytest_asyncio.fixture(autouse=True)
async def none_left(client: Client) -> AsyncIterator[None]:
    yield
    async for run in client.list_workflows('ExecutionStatus="Running"'):
        await client.get_workflow_handle(run.id).terminate()


def worker(client: Client, does: Callable[[], Awaitable[int]], grace: float = 0) -> Worker:
    @activity.defn(name="stand")
    async def stand() -> int:
        return await does()

    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[StandingProcess],
        activities=[stand],
        graceful_shutdown_timeout=timedelta(seconds=grace),
        max_cached_workflows=0,  # or the server waits 10 s for a worker that has gone before it asks another
    )


def standing(name: str) -> tuple[StandingActivity, ...]:
    return (StandingActivity(name, "stand", "standing about, for a test"),)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.02)


async def runs_of(client: Client, name: str, number: int) -> list[str]:
    """The runs of a standing process, once the server's list, which comes after, has so many of them."""
    async with asyncio.timeout(60):
        while len(runs := [r.run_id async for r in client.list_workflows(f'WorkflowId="standing-{name}"')]) < number:
            await asyncio.sleep(0.1)
    return runs


@pytest.mark.server
async def test_a_new_run_follows_when_one_has_done_its_rounds(client: Client) -> None:
    rounds = 0

    async def stand() -> int:
        nonlocal rounds
        rounds += 1
        return 1

    await keep_standing(client, standing("rounds"))
    async with worker(client, stand):
        await until(lambda: rounds > ROUNDS_IN_A_RUN + 1)
    history = await client.get_workflow_handle("standing-rounds").fetch_history()
    first = next(event for event in history.events if event.event_type == STARTED)
    assert first.workflow_execution_started_event_attributes.continued_execution_run_id


@pytest.mark.server
async def test_what_fails_is_tried_again(client: Client) -> None:
    attempts = 0

    async def stand() -> int:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise RuntimeError("not today")
        return await keep_at(nothing)

    await keep_standing(client, standing("failing"))
    async with worker(client, stand):
        await until(lambda: attempts == 3)


@pytest.mark.server
async def test_a_worker_that_stops_lets_go_at_once_and_the_next_takes_over(client: Client) -> None:
    begun = 0

    async def stand() -> int:
        nonlocal begun
        begun += 1
        return await keep_at(nothing)

    loop = asyncio.get_running_loop()
    await keep_standing(client, standing("handed-over"))
    async with worker(client, stand, grace=20):
        await until(lambda: begun == 1)
        stopped = loop.time()
    assert loop.time() - stopped < 5
    async with worker(client, stand, grace=20):
        await until(lambda: begun == 2)


@pytest.mark.server
async def test_it_runs_once_however_often_it_is_started_and_is_no_journey(client: Client) -> None:
    for _ in range(3):
        await keep_standing(client, standing("once"))
    assert len(await runs_of(client, "once", 1)) == 1
    assert await caseload(client) == []


@pytest.mark.server
async def test_one_that_somebody_ended_stands_up_again_at_the_next_start(client: Client) -> None:
    await keep_standing(client, standing("ended"))
    await client.get_workflow_handle("standing-ended").terminate()
    await keep_standing(client, standing("ended"))
    assert len(await runs_of(client, "ended", 2)) == 2


# A round


async def nothing() -> int:
    return 0


async def test_a_round_ends_by_itself_and_says_how_much_was_done() -> None:
    waiting, looked = [3, 0, 2, 0], 0

    async def work() -> int:
        nonlocal looked
        looked += 1
        return waiting.pop() if waiting else 0

    done = await ActivityEnvironment().run(
        keep_at, work, round_length=timedelta(seconds=0.2), pause=timedelta(seconds=0.01)
    )
    assert done == 5
    assert looked > 6


async def test_it_says_that_it_lives_while_one_piece_of_work_is_long() -> None:
    heard: list[int] = []
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *_: heard.append(1)

    async def long_work() -> int:
        await until(lambda: bool(heard))
        return 1

    done = await environment.run(keep_at, long_work, round_length=timedelta(seconds=0.01))
    assert done == 1


async def test_a_failure_is_not_swallowed() -> None:
    async def fails() -> int:
        raise ConnectionError("the record is down")

    with pytest.raises(ConnectionError):
        await ActivityEnvironment().run(keep_at, fails)
