"""Drives real journeys through their own dates on a time-skipping server, batch by batch.

Each child's workflow has a clock of its own, moved to just before a batch, which is then sent.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.case import events as ev
from domain.case.documents import document_of
from domain.study.simulation import SiblingNews
from journeys.skipping import JourneyClocks
from journeys.starting import Handle, start_journey
from workflows.child_journey import ChildJourney
from workflows.protocol import RECORD_EVENTS, Answer, JourneyOptions, JourneyView
from workflows.search_attributes import STAGE

JUST_BEFORE = timedelta(seconds=30)
POLL = 0.02
AT_ONCE = 20
PATIENCE = timedelta(minutes=2)
Document = dict[str, Any]
Batches = Sequence[tuple[datetime, list[ev.Event]]]


class RehearsalStuck(RuntimeError):
    """A journey did not come to the instant it was to reach."""


@dataclass(frozen=True, slots=True)
class _Life:
    """A running workflow, and how far its journey's dates are from its own clock."""

    handle: Handle
    offset: timedelta


class Driver:
    """Lives journeys through. `nominal`: decisions use the instants of batches and timers (a rehearsal).

    Otherwise people look at the journeys afterwards (the demo), and each stays in the run that it began today.
    """

    def __init__(self, client: Client, *, policy: str | None = None, nominal: bool) -> None:
        self._client = client
        self._clocks = JourneyClocks(client)
        self._policy = policy
        self._nominal = nominal
        self._margin = JUST_BEFORE if nominal else timedelta()
        self._limit = asyncio.Semaphore(AT_ONCE)

    async def live(
        self, child: str, batches: Batches, until: Callable[[], datetime], step_done: Callable[[], None] = lambda: None
    ) -> None:
        """One child's journey from its first batch until an instant; `step_done` hears of each batch sent.

        `until` is asked at the end: the demo's present has moved on by then. Raises RehearsalStuck, ClockStuck.
        """
        await self._live_together({child: batches}, [], until, step_done)

    async def live_all(
        self,
        children: Mapping[str, Batches],
        between: Sequence[SiblingNews],
        until: Callable[[], datetime],
        step_done: Callable[[], None] = lambda: None,
    ) -> None:
        """Many children's journeys; those who tell one another something (`between`) go through time together."""
        families = [{child: children[child] for child in family} for family in _families(children, between)]
        await asyncio.gather(*(self._live_together(family, between, until, step_done) for family in families))

    async def _live_together(
        self,
        children: Mapping[str, Batches],
        between: Sequence[SiblingNews],
        until: Callable[[], datetime],
        step_done: Callable[[], None],
    ) -> None:
        """Batch by batch in order of time; of one instant, who tells the others something last."""
        tells = {(each.by, each.at) for each in between}
        ahead = [
            (at, (child, at) in tells, child, events) for child, batches in children.items() for at, events in batches
        ]
        async with self._limit:
            lives: dict[str, _Life] = {}
            for instant, _, child, events in sorted(ahead, key=lambda batch: batch[:3]):
                heard = [each for each in between if (each.by, each.at) == (child, instant)]
                for each in heard:
                    if each.child in lives:
                        await self._forward(lives[each.child], instant - self._margin)
                documents = [document_of(event) for event in events]
                lives[child] = await self._send(lives.get(child), child, documents, instant)
                if reported := {each.event.id for each in heard if each.tells}:
                    await self._wait_for(lives[child], partial(_has_told, reported))
                step_done()
            for life in lives.values():
                if await self._running(life):
                    await self._reach(life, until())

    async def _send(self, life: _Life | None, child: str, documents: list[Document], instant: datetime) -> _Life:
        """Send a batch at its instant; a child without a running journey begins a new run with it."""
        if life is None or not await self._forward(life, instant - self._margin):
            return await self._start(child, documents, instant)
        at = instant if self._nominal else None
        await life.handle.execute_update(RECORD_EVENTS, args=[documents, at], result_type=Answer)
        return life

    async def _start(self, child: str, documents: list[Document], instant: datetime) -> _Life:
        offset = instant - datetime.now(UTC)
        options = JourneyOptions(
            policy=self._policy,
            clock_offset=offset,
            nominal=self._nominal,
            at=instant if self._nominal else None,
            in_one_run=not self._nominal,
        )
        life = _Life(await start_journey(self._client, child, documents, options), offset)
        await self._wait(life, self._has_begun)
        return life

    async def _running(self, life: _Life) -> bool:
        return (await life.handle.describe()).close_time is None

    async def _forward(self, life: _Life, instant: datetime) -> bool:
        """Move the journey's clock to an instant of its own dates; False if the journey has ended."""
        if not await self._running(life):
            return False
        return await self._clocks.forward_to(life.handle, instant - life.offset)

    async def _reach(self, life: _Life, end: datetime) -> None:
        if await self._forward(life, end + timedelta(seconds=1)):
            await self._wait_for(life, lambda view: view is None or _is_past(view, end))

    async def _wait_for(self, life: _Life, reached: Callable[[JourneyView | None], bool]) -> None:
        await self._wait(life, partial(self._shows, reached=reached))

    async def _wait(self, life: _Life, reached: Callable[[_Life], Awaitable[bool]]) -> None:
        deadline = datetime.now(UTC) + PATIENCE
        # A journey whose only entry is voided in the same batch ends at once, and never has anything to show.
        while not await reached(life) and await self._running(life):
            if datetime.now(UTC) > deadline:
                raise RehearsalStuck(f"{life.handle.id} has not come on for {PATIENCE}; is a worker running?")
            await asyncio.sleep(POLL)

    async def _has_begun(self, life: _Life) -> bool:
        """Whether it has taken what it was started with, the writing included, which its lists show last."""
        return (await life.handle.describe()).typed_search_attributes.get(STAGE) is not None

    async def _shows(self, life: _Life, reached: Callable[[JourneyView | None], bool]) -> bool:
        try:
            return reached(await life.handle.query(ChildJourney.journey))
        except RPCError as error:
            if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                raise
            return False  # the journey goes on in a new run, which has not begun to work


def _has_told(events: set[str], view: JourneyView | None) -> bool:
    return view is not None and events <= {each.event for each in view.siblings_told}


def _families(children: Iterable[str], between: Sequence[SiblingNews]) -> list[list[str]]:
    """Children in groups: those who tell one another something, over however many others, are in one."""
    family = {child: [child] for child in children}
    for each in between:
        ours, theirs = family.get(each.by), family.get(each.child)
        if ours is not None and theirs is not None and ours is not theirs:
            ours += theirs
            family.update(dict.fromkeys(theirs, ours))
    return [members for child, members in family.items() if members[0] == child]


def _is_past(view: JourneyView, end: datetime) -> bool:
    """Whether it has lived through all before `end`, what was told included."""
    return not view.writing and (view.next_change_at is None or view.next_change_at > end)
