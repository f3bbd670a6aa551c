"""A bad release: seen, rolled back, and what it touched goes on; what it did not touch has never noticed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from journeys.release import held
from service.releases import promote
from tests.workflows.house import Life, Pause, story
from tests.workflows.other_releases import OfBadRelease
from tests.workflows.releasing import (
    PATIENCE,
    Ground,
    assert_each_event_is_there_once,
    ground_in,
    release_of,
    until_all_on,
)
from workflows.protocol import MOVE_ON, Answer

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest_asyncio.fixture(scope="module")
async def ground(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    async with ground_in(tmp_path_factory.mktemp("bad-release")) as up:
        yield up


async def insist(life: Life) -> Answer:
    """Tell a journey one thing until it has taken it, as the inbox does: the server refuses one whose tasks fail."""
    said, pause = story(life.child, "2026-01-05 person_assigned role=iro contact=iro-03@example.org"), Pause()
    while True:
        try:
            return await life.tell(said)
        except RPCError as error:
            if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                raise
        await pause()


async def test_a_bad_release_is_rolled_back_and_what_it_touched_goes_on(ground: Ground) -> None:
    client = ground.house.client
    await ground.start("good")
    await promote(client, "good")
    lives = await ground.begin(6)
    touched, untouched = lives[:4], lives[4:]
    await until_all_on(lives, "good")

    await ground.start("bad", OfBadRelease)
    await promote(client, "bad")
    for life in touched:  # taken on the good release, which then hands over to the bad one
        before = await life.run_id()
        await life.tell("2026-01-05 person_assigned role=iro contact=iro-02@example.org")
        pause = Pause()
        async with asyncio.timeout(PATIENCE):
            # A cluster tells its parts of a promotion within a moment: a task sent before that knows of none.
            while await life.run_id() == before:
                await pause()
                await life.handle.signal(MOVE_ON)
    in_flight = [asyncio.create_task(insist(life)) for life in touched]
    pause = Pause()
    async with asyncio.timeout(PATIENCE):
        while sum(one.failing for one in await held(client)) < len(touched):
            await pause()
    for life in untouched:
        assert (await life.view()).stage
        assert await release_of(life) == "good"
    assert not any(each.done() for each in in_flight), in_flight

    await ground.until_shown("4 journeys fail: `permanence release roll-back`", code=1)
    assert "Release good is current" in (await ground.command("roll-back")).out
    assert (await ground.command("move")).code == 0

    answers = await asyncio.wait_for(asyncio.gather(*in_flight), PATIENCE)
    assert all(len(answer.taken) == 1 for answer in answers)
    await until_all_on(lives, "good")
    await ground.until_shown()
    await assert_each_event_is_there_once(lives, Counter({life.child: 2 for life in touched}))
    statuses = {(await life.handle.describe()).status for life in lives}
    assert statuses == {WorkflowExecutionStatus.RUNNING}
