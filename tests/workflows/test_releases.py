"""Upgrades under open journeys: two releases side by side, a ramp, a roll back; nothing lost or doubled."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.exceptions import TemporalError

from tests.replay.histories import replay
from tests.workflows.house import Pause
from tests.workflows.other_releases import OfNextRelease
from tests.workflows.releasing import (
    PATIENCE,
    Ground,
    assert_each_event_is_there_once,
    assert_every_run_replays_on_its_release,
    ground_in,
    release_of,
    until_all_on,
    updates_in_flight,
    woken,
)
from workflows.child_journey import ChildJourney

pytestmark = pytest.mark.server
SOME = 12
"""Children: that a ramp of a half leaves all where they were, or none, happens once in two thousand times."""


@pytest_asyncio.fixture(scope="module")
async def ground(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    async with ground_in(tmp_path_factory.mktemp("releases")) as up:
        yield up


async def test_journeys_asleep_and_updates_in_flight_go_through_a_ramp_a_roll_back_and_a_promotion(
    ground: Ground,
) -> None:
    client = ground.house.client
    await ground.start("old")
    assert (await ground.command("promote", "old")).code == 0
    lives = await ground.begin(SOME)
    awake, asleep = lives[: SOME // 2], lives[SOME // 2 :]
    await until_all_on(lives, "old")
    await ground.until_counted({"old": SOME})
    before = await lives[0].handle.fetch_history()
    with pytest.raises(TemporalError):
        await replay(before, [OfNextRelease], sandboxed=False, converter=client.data_converter)

    await ground.start("next", OfNextRelease)
    async with updates_in_flight(awake) as answered:
        assert (await ground.command("ramp", "next", "50")).code == 0
        # One that is just then between two runs is in no list: it moves by itself.
        assert len(asleep) <= woken((await ground.command("move")).out) <= SOME
        pause = Pause()
        async with asyncio.timeout(PATIENCE):
            while {await release_of(life) for life in lives} != {"old", "next"}:
                await pause()

        assert "Release old is current" in (await ground.command("roll-back")).out
        assert (await ground.command("move")).code == 0
        await until_all_on(lives, "old")

        assert (await ground.command("promote", "next")).code == 0
        await until_all_on(awake, "next")
    assert {await release_of(life) for life in asleep} == {"old"}
    shown = await ground.until_counted({"next": len(awake), "old": len(asleep)})
    assert {build: one["state"] for build, one in shown.items()} == {"next": "current", "old": "draining"}

    for life in asleep:  # their own next wake brings them over
        await life.forward("2026-01-12")
    await until_all_on(lives, "next")
    for life in asleep:
        await life.forward("2026-01-30")

    await assert_each_event_is_there_once(lives, answered)
    assert min(answered[life.child] for life in awake) > 0
    sent = [sorted(life.sent()) for life in asleep]
    assert sent[0]
    assert all(each == sent[0] and len(set(each)) == len(each) for each in sent)
    runs = await assert_every_run_replays_on_its_release(ground.house, {"old": ChildJourney, "next": OfNextRelease})
    assert runs > 2 * SOME
