"""An upgrade by worker processes, of this program and of copies with other code, under journeys asleep and updates.

Typed as an operator types it: ramp, move, roll back, promote, and what is to be done where workers went too soon.
"""

import asyncio
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from service.build import BY_CODE, ROOMS
from service.ports import own_port
from tests.cluster.conftest import Here
from tests.servers import named_to_programs
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
from tools.faults.programs import ROOT, Program, environment, module
from workflows.child_journey import ChildJourney

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(900)]

SOME = 16
BEGINS = "        if self._wrong:\n            await self._end_in_words(events)\n"
"""Where a run begins; before it the next release waits for a millisecond, by another command than any of this one's."""
WAITS = "        await workflow.sleep(timedelta(milliseconds=1))\n"
SHOWN_FOR = 300.0
"""Seconds: a worker that has gone counts as one for a minute and a half."""


class Workers:
    """The worker processes of one release: of this tree, or of a copy."""

    def __init__(self, ground: Ground, name: str, tree: Path = ROOT) -> None:
        self.ground, self.tree = ground, tree
        home = ground.house.folder
        settings = environment(home, **named_to_programs(ground.house.server), PERMANENCE_BUILD_ID=BY_CODE)
        settings |= {"PYTHONPATH": str(tree), "PERMANENCE_DEFAULT_POLICY": "ppm-procedure"}
        settings |= {"PERMANENCE_DELIVERY_DIRECTORY": str(home / "people.toml")}
        self.programs = [
            Program(
                f"{name}-{number}",
                module("worker"),
                "worker started",
                home / f"{name}-{number}.log",
                settings | {"PERMANENCE_METRICS_PORT": str(own_port())},
                tree,
            )
            for number in range(2)
        ]

    async def start(self) -> str:
        """Start them; the release that they are."""
        words = (sys.executable, "-c", "from service.build import build_id; print(build_id())")
        asked = await asyncio.to_thread(
            subprocess.run,
            words,
            cwd=self.tree,
            env=environment(self.tree) | {"PYTHONPATH": str(self.tree)},
            capture_output=True,
            text=True,
            check=True,
        )
        for one in self.programs:
            self.ground.stack.callback(one.kill)
            one.start()
        build = asked.stdout.strip()
        await self.ground.until(build, workers=len(self.programs))
        return build

    async def stop(self) -> None:
        await asyncio.gather(*(one.stop(30) for one in self.programs))


def copy_of(folder: Path, tree: Path, file: str, old: str, new: str) -> Path:
    """The program in another folder, with one change."""
    for room in (*ROOMS, "desk", "local"):
        place = tree / room
        (shutil.copytree if place.is_dir() else shutil.copy)(place, folder / room)
    changed = folder / file
    text = changed.read_text("utf-8")
    assert old in text
    changed.write_text(text.replace(old, new), "utf-8")
    return folder


@pytest_asyncio.fixture(scope="module")
async def ground(here: Here, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    async with ground_in(tmp_path_factory.mktemp("upgrades")) as up:
        yield up


async def test_an_upgrade_by_processes_and_one_whose_old_workers_went_too_soon(ground: Ground, tmp_path: Path) -> None:
    next_tree = copy_of(tmp_path / "next", ROOT, "workflows/child_journey.py", BEGINS, WAITS + BEGINS)
    third_tree = copy_of(tmp_path / "third", next_tree, "workflows/ways.py", '"""Which', '"""(Third.) Which')
    old_workers, next_workers = Workers(ground, "old"), Workers(ground, "next", next_tree)
    old = await old_workers.start()
    assert (await ground.command("promote", old)).code == 0
    lives = await ground.begin(SOME)
    await until_all_on(lives, old)
    await ground.until_counted({old: SOME})
    awake, asleep = lives[: SOME // 2], lives[SOME // 2 :]

    newer = await next_workers.start()
    async with updates_in_flight(awake) as answered:
        assert (await ground.command("ramp", newer, "50")).code == 0
        # One that is just then between two runs is in no list: it moves by itself.
        assert len(asleep) <= woken((await ground.command("move")).out) <= SOME
        pause = Pause()
        async with asyncio.timeout(PATIENCE):
            while {await release_of(life) for life in lives} != {old, newer}:
                await pause()
        assert f"Release {old} is current" in (await ground.command("roll-back")).out
        assert (await ground.command("move")).code == 0
        await until_all_on(lives, old)

        assert (await ground.command("promote", newer)).code == 0
        await until_all_on(awake, newer)
        assert next_workers.programs[0].kill()  # amid updates: the other goes on
        next_workers.programs[0].start()
        so_far = dict(answered)
        async with asyncio.timeout(PATIENCE):
            while any(answered[life.child] < so_far[life.child] + 2 for life in awake):
                await pause()
    assert {await release_of(life) for life in asleep} == {old}
    for life in asleep:  # their own next wake brings them over
        await life.forward("2026-01-12")
    await until_all_on(lives, newer)
    for life in asleep:
        await life.forward("2026-01-30")
    await ground.until_counted({old: 0, newer: SOME})
    await old_workers.stop()
    await assert_each_event_is_there_once(lives, answered)
    sent = [sorted(life.sent()) for life in asleep]
    assert sent[0]
    assert all(each == sent[0] and len(set(each)) == len(each) for each in sent)

    third = await Workers(ground, "third", third_tree).start()
    assert (await ground.command("promote", third)).code == 0
    await next_workers.stop()
    gone = f"{SOME} journeys are on release {newer}, which has no workers"
    await ground.until_shown(gone, code=1, within=SHOWN_FOR)
    assert f"0 woken, {SOME} taken up as they stood" in (await ground.command("move")).out
    await until_all_on(lives, third)
    await assert_each_event_is_there_once(lives, Counter(answered))
    await ground.until_shown()
    classes = {old: ChildJourney, newer: OfNextRelease, third: OfNextRelease}
    assert await assert_every_run_replays_on_its_release(ground.house, classes) > 2 * SOME
