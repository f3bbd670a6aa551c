"""Draining the outbox: what is due is taken in hand, delivered child by child, and put back or settled.

Several messages are under way at once, each child's in order. Whoever stops, is cancelled or is killed in the middle
loses nothing: what was sent is on record, and the rest is in the outbox.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from threading import Event
from typing import Final, NamedTuple
from uuid import uuid4

import structlog

from delivery.bounces import Bounces
from delivery.delivering import CaseInHand, Deliverer, RowOutcome
from delivery.outbox import Outbox, OutboxState, Queued
from delivery.still import JourneyNow
from record.failures import RecordUnavailable, named_by

log: structlog.stdlib.BoundLogger = structlog.get_logger()
AskJourney = Callable[[str], Awaitable[JourneyNow | None]]
"""How a child's journey stands; None where it cannot be asked."""

AFTER_A_FAULT: Final = timedelta(minutes=10)
"""Before something that a fault of ours stopped is tried again (ours: a fault that passes has passed by then)."""

ASK_FOR_BOUNCES: Final = timedelta(minutes=5)
"""Between two questions (ours: one request each, and a person who is not reached learns of it within minutes)."""

IN_HAND: Final = 50
"""Rows taken at once (ours: some seconds of work; more would lie longer with a worker that dies)."""


class Measures(NamedTuple):
    """What an operator watches: rows by state, channels in trouble, and what went to the fallback."""

    rows: Mapping[OutboxState, int]
    in_trouble: Mapping[str, bool]
    to_fallback: int


@dataclass
class Drain:
    """Drains an outbox by a deliverer."""

    outbox: Outbox
    deliverer: Deliverer
    ask_journey: AskJourney
    worker: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:6]}")

    def __post_init__(self) -> None:
        self._bounces = Bounces(self.deliverer.telling.ledger)
        self._asked: datetime | None = None
        self._said_to: int | None = None
        """Up to which row it is said whether a channel is switched on; None: not yet."""
        self._under_way = asyncio.Semaphore(self.deliverer.telling.settings.senders)

    async def once(self) -> int:
        """Deliver what is due now, up to a handful; how many rows were settled or put off."""
        telling = self.deliverer.telling
        await asyncio.to_thread(self._say_whether_a_channel_is_on)
        if not telling.channels:
            return 0
        await asyncio.to_thread(telling.look_at_channels)
        if telling.open_at() is not None:
            return 0
        await asyncio.to_thread(self._ask_for_bounces)
        rows = await asyncio.to_thread(self._claim)
        if not rows:
            await asyncio.to_thread(self._rest)
            return 0
        stop = Event()
        renewing = asyncio.create_task(self._keep_in_hand())
        working = [asyncio.create_task(self._deliver_child(child, own, stop)) for child, own in _by_child(rows)]
        try:
            await asyncio.gather(*(asyncio.shield(task) for task in working))
        finally:
            # Cancelled or not: a message under way is finished, and what is not begun goes back.
            stop.set()
            await asyncio.gather(*working, return_exceptions=True)
            renewing.cancel()
            await asyncio.to_thread(self.outbox.release, self.worker)
        return len(rows)

    def measures(self) -> Measures:
        """Count what an operator watches."""
        telling = self.deliverer.telling
        states = telling.ledger.channels()
        in_trouble: dict[str, bool] = {name: name in states and states[name].state != "up" for name in telling.channels}
        return Measures(self.outbox.counts(), in_trouble, telling.ledger.sent_by_way_of("fallback"))

    def _claim(self) -> list[Queued]:
        now = self.deliverer.clock()
        return self.outbox.claim(self.worker, now, now + self.deliverer.telling.settings.lease, IN_HAND)

    def _say_whether_a_channel_is_on(self) -> None:
        if not self.deliverer.telling.channels:
            self._said_to = self.outbox.say_no_channel(self._said_to or 0)
        elif self._said_to is None:
            self._said_to = self.outbox.say_a_channel()

    def _ask_for_bounces(self) -> None:
        now = self.deliverer.clock()
        if self._asked is None or now - self._asked >= ASK_FOR_BOUNCES:
            self._asked = now
            self._bounces.ask(self.deliverer.telling.channels.values(), now)

    def _rest(self) -> None:
        for channel in self.deliverer.telling.channels.values():
            channel.rest()

    async def _keep_in_hand(self) -> None:
        lease = self.deliverer.telling.settings.lease
        while True:
            await asyncio.sleep(lease.total_seconds() / 4)
            await asyncio.to_thread(self.outbox.renew, self.worker, self.deliverer.clock() + lease)

    async def _deliver_child(self, child: str, rows: Sequence[Queued], stop: Event) -> None:
        async with self._under_way:
            if stop.is_set():
                return
            late = any(self.deliverer.is_late(row) for row in rows)
            standing = await self._standing(child) if late else None
            await asyncio.to_thread(self._deliver_rows, child, rows, standing, stop)

    def _deliver_rows(self, child: str, rows: Sequence[Queued], standing: JourneyNow | None, stop: Event) -> None:
        case = cache(lambda: self.deliverer.case(child, rows, standing))
        for row in rows:
            if stop.is_set():
                return
            settled = self._deliver(row, case)
            self.outbox.settle(self.worker, row.number, *settled)
            _say(row, settled)

    def _deliver(self, row: Queued, case: Callable[[], CaseInHand]) -> RowOutcome:
        """Deliver one row. What goes wrong with it alone must not stop the others: it waits, and that is shown."""
        if row.unreadable:
            return self._after_a_fault(row, f"nobody could be told: it cannot be read; {named_by(row.child)}")
        try:
            return self.deliverer.deliver(row, case())
        except RecordUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, the rest of the queue must go on)
            return self._after_a_fault(row, f"nobody could be told: an error of ours ({type(error).__name__})")

    def _after_a_fault(self, row: Queued, why: str) -> RowOutcome:
        """Tried again while it may pass; at the end it has failed, and is shown until a person has it tried again."""
        log.error("delivery_failed", child=row.child, obligation=row.action.obligation, error=why)
        now = self.deliverer.clock()
        if row.why == why and now - row.created >= self.deliverer.telling.settings.give_up_after:
            return RowOutcome("failed", why)
        return RowOutcome("pending", why, now + AFTER_A_FAULT)

    async def _standing(self, child: str) -> JourneyNow | None:
        """How a journey stands; None where it cannot be asked, whatever the reason."""
        try:
            return await self.ask_journey(child)
        except Exception as error:  # noqa: BLE001 (one journey that cannot be asked must not stop the others' messages)
            log.error("journey_not_asked", child=child, error=type(error).__name__)
            return None


def _by_child(rows: Sequence[Queued]) -> list[tuple[str, list[Queued]]]:
    """Each child's rows in order, the child of the oldest first."""
    rows_by_child: dict[str, list[Queued]] = {}
    for row in rows:
        rows_by_child.setdefault(row.child, []).append(row)
    return list(rows_by_child.items())


def _say(row: Queued, settled: RowOutcome) -> None:
    say = log.error if settled.state in ("failed", "uncertain") else log.info
    say(
        "outbox",
        child=row.child,
        obligation=row.action.obligation,
        kind=row.action.kind,
        rung=row.action.rung,
        role=row.role,
        state=settled.state,
        late_seconds=round((row.created - row.action.at).total_seconds(), 3),
    )
