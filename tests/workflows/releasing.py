"""Releases side by side on one real server, each with a worker of its own: what drills of an upgrade stand on."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import worker
from delivery.settings import DeliverySettings
from domain.policy.loading import Policies
from journeys.skipping import JourneyClocks
from journeys.stuck import RUNNING
from record.store import CaseRecord
from service.connection import connect
from service.payload_keys import keys_in
from service.releases import ReleaseRefused, releases
from service.settings import Settings
from tests.delivery.offices import OFFICE
from tests.domain.story import london
from tests.local.programs import Ended, quick
from tests.replay.every_server import BROKEN
from tests.replay.histories import replay
from tests.servers import named_to_programs, server_in
from tests.workflows.house import House, Life, Pause
from worker import build_worker
from workflows.child_journey import ChildJourney
from workflows.released import IN_RELEASE

ENTRY = "2026-01-05 became_looked_after"
TEN = london("2026-01-05", "10:00")
PATIENCE = 180.0
"""Seconds for what takes a few: a task that failed is tried again ten later, and a busy machine is slow (ours)."""
BETWEEN = 0.25
"""Seconds between two updates of a journey: all the time some are in flight, and a run stays short."""
_numbers = count(1)


@dataclass
class Ground:
    """A server without a worker, and the releases that a test brings to it."""

    house: House
    stack: AsyncExitStack
    settings: Settings
    children: set[str] = field(default_factory=set)

    async def start(self, build: str, journey: type[ChildJourney] = ChildJourney) -> None:
        """Start the worker of a release, whose journeys are of a class of its own."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(worker, "IN_RELEASE", [journey, *IN_RELEASE[1:]])
            settings = self.settings.model_copy(update={"build_id": build})
            built = build_worker(self.house.client, self.house.record, self.house.policies, settings)
        await self.stack.enter_async_context(built)
        await self.until(build, workers=1)

    async def command(self, *words: str) -> Ended:
        """`permanence release`, as an operator types it."""
        named = named_to_programs(self.house.server)
        return await asyncio.to_thread(quick, self.house.folder, "release", *words, **named)

    async def until(self, build: str, workers: int) -> None:
        """Wait until the server knows the workers of a release."""
        pause = Pause()
        async with asyncio.timeout(PATIENCE):
            while await self._workers(build) != workers:
                await pause()

    async def _workers(self, build: str) -> int:
        try:
            return sum(one.workers for one in await releases(self.house.client) if one.build == build)
        except ReleaseRefused:
            return 0

    async def begin(self, number: int) -> list[Life]:
        """Start journeys, which then sleep."""
        children = [f"R-{next(_numbers)}" for _ in range(number)]
        BROKEN.update(f"child-{child}" for child in children)  # of other releases: replayed here, each by its own
        lives = list(await asyncio.gather(*(self.house.begin(ENTRY, TEN, child=child) for child in children)))
        self.children |= set(children)
        await self.house.until_found(RUNNING, expected=self.children)  # `release move` and `show` ask for that list
        return lives

    async def until_shown(self, *said: str, code: int = 0, within: float = PATIENCE) -> None:
        """Wait until `release show` ends so and says this: the lists that it counts follow a moment later."""
        pause, deadline = Pause(), time.monotonic() + within
        while True:
            shown = await self.command("show")
            if shown.code == code and all(words in shown.out + shown.err for words in said):
                return
            assert time.monotonic() < deadline, f"after {within:.0f} s not {code} {said} but {shown}"
            await pause()

    async def until_counted(self, journeys: dict[str, int]) -> dict[str, Any]:
        """Wait until `release show` counts so many journeys of releases, none of which fails; what it says of each."""
        pause, deadline = Pause(), time.monotonic() + PATIENCE
        while True:
            shown = {one["release"]: one for one in (await self.command("show", "--json")).json}
            counted = {build: (shown[build]["journeys"], shown[build]["failing"]) for build in journeys}
            if counted == {build: (number, 0) for build, number in journeys.items()}:
                return shown
            assert time.monotonic() < deadline, (
                f"after {PATIENCE:.0f} s not {journeys} but {counted} (journeys, failing)"
            )
            await pause()


@asynccontextmanager
async def ground_in(folder: Path) -> AsyncIterator[Ground]:
    """In a folder of the test's own."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(server_in(folder))
        client = await connect(server.address, ring=keys_in(folder))
        record = CaseRecord.open(f"sqlite:///{folder / 'case-record.db'}")
        stack.callback(record.close)
        people = folder / "people.toml"
        people.write_text(OFFICE, "utf-8")
        settings = Settings(default_policy="ppm-procedure", delivery=DeliverySettings(directory=people))
        house = House(server, client, record, folder, JourneyClocks(client), Policies.load())
        yield Ground(house, stack, settings)


async def release_of(life: Life) -> str:
    """The release that a journey's latest run is on."""
    info = (await life.handle.describe()).raw_description.workflow_execution_info
    return str(info.versioning_info.deployment_version.build_id)


def woken(said: str) -> int:
    """How many journeys `release move` says it woke, all by telling them."""
    counted = re.search(r"^(\d+) woken, 0 taken up as they stood, 0 ended meanwhile\.$", said, re.MULTILINE)
    assert counted, said
    return int(counted[1])


async def until_all_on(lives: Sequence[Life], build: str) -> None:
    pause = Pause()
    async with asyncio.timeout(PATIENCE):
        while {await release_of(life) for life in lives} != {build}:
            await pause()


@asynccontextmanager
async def updates_in_flight(lives: Sequence[Life]) -> AsyncIterator[Counter[str]]:
    """While it lasts, each journey is told something all the time; how often each has answered."""
    answered, ends = Counter[str](), asyncio.Event()

    async def tell(life: Life) -> None:
        while not ends.is_set():
            said = f"#{life.child}-{answered[life.child]}"
            await life.tell(f"2026-01-05 person_assigned {said} role=iro contact=iro-02@example.org")
            answered[life.child] += 1
            await asyncio.sleep(BETWEEN)

    async with asyncio.TaskGroup() as telling:
        for life in lives:
            telling.create_task(tell(life))
        try:
            yield answered
        finally:
            ends.set()


async def assert_each_event_is_there_once(lives: Sequence[Life], answered: Counter[str]) -> None:
    for life in lives:
        expected = ["became_looked_after", *["person_assigned"] * answered[life.child]]
        assert life.recorded() == expected
        assert len(await life.ask(ChildJourney.known_events)) == len(expected)


async def assert_every_run_replays_on_its_release(house: House, by: dict[str, type[ChildJourney]]) -> int:
    """How many runs there were. A run that was never taken up by a release is not replayed: it has done nothing."""
    replayed = 0
    async for run in house.client.list_workflows('WorkflowType="ChildJourney"'):
        handle = house.client.get_workflow_handle(run.id, run_id=run.run_id)
        info = (await handle.describe()).raw_description.workflow_execution_info
        journey = by[info.versioning_info.deployment_version.build_id]
        history = await handle.fetch_history()
        await replay(history, [journey], sandboxed=False, converter=house.client.data_converter)
        replayed += 1
    return replayed
