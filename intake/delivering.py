"""From the inbox to the journeys: at once where an answer is waited for, and again by the standing process."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import structlog
from temporalio.client import Client, RPCTimeoutOrCancelledError
from temporalio.service import RPCError

from record.failures import RecordUnavailable
from record.inbox_queue import InboxQueue, Settled, Waiting
from service.loading import load_of
from service.sending import Delivery, NotTaken, deliver

AT_ONCE: Final = 10
"""Children whose events are delivered at the same time by one process (ours: the server has others to serve)."""

ENOUGH: Final = timedelta(seconds=10)
"""How long a journey may take to answer before it is asked again later (ours: well within a claim)."""

LOOK_AGAIN: Final = timedelta(milliseconds=50)
"""How often to look whether another sender has done with a child."""

WAKE_EVERY: Final = timedelta(seconds=3)
"""How often to look for pending events whose journey was started by another way (ours)."""

NOT_NOW = (RPCError, RPCTimeoutOrCancelledError, NotTaken, RuntimeError, TimeoutError)
"""What is raised while Temporal or a run is not to be had; a lazy client's first failure is a RuntimeError."""

T = TypeVar("T")
log: structlog.stdlib.BoundLogger = structlog.get_logger("inbox")


class Deliverer:
    """Delivers what is in the inbox. Any number of them may be at work, in this process and others."""

    def __init__(
        self, client: Client, queue: Callable[[], InboxQueue], ours: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """`ours` is asked before each delivery and raises NoService where the server is another installation's."""
        self._client = client
        self._queue = queue
        self._ours = ours
        self._few = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[int]] = set()
        self._woken = datetime.min.replace(tzinfo=UTC)

    async def sweep(self) -> int:
        """Deliver to every child whose turn it is; how many events were settled. Raises RecordUnavailable."""
        now = datetime.now(UTC)
        if now - self._woken > WAKE_EVERY:
            self._woken = now
            await self._ask(lambda queue: queue.wake(now))
        children = await self._ask(lambda queue: queue.turn(now, 2 * AT_ONCE))
        return sum(await asyncio.gather(*(self.deliver_to(child) for child in children)))

    async def deliver_soon(self, children: Collection[str], within: timedelta) -> None:
        """Deliver to children, and wait so long for it; what takes longer goes on, here or in another process."""
        tasks = {asyncio.create_task(self._deliver_in_turn(child, within)) for child in children}
        self._under_way |= tasks
        for task in tasks:
            task.add_done_callback(self._done)
        if tasks:
            await asyncio.wait(tasks, timeout=within.total_seconds())

    async def finish(self) -> None:
        """Wait for what is under way; what is cut off is delivered by others."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def deliver_to(self, child: str) -> int:
        """Deliver all that waits for a child, unless another is at it; how many events were settled.

        Raises RecordUnavailable.
        """
        async with self._few:
            claim = await self._ask(lambda queue: queue.claim(child, datetime.now(UTC)))
            if claim is None:
                return 0
            done, failed = 0, True
            try:
                if self._ours is not None:
                    await self._ours()
                done = await self._deliver_all(child, claim)
                failed = False
            except NOT_NOW as error:
                log.warning("inbox_not_delivered", child=child, error=type(error).__name__)
            finally:
                await self._ask(lambda queue: queue.let_go(child, claim, datetime.now(UTC), failed=failed))
            return done

    async def _deliver_in_turn(self, child: str, within: timedelta) -> int:
        """Deliver to a child once whoever is at it has done; they may take these events along."""
        end = asyncio.get_running_loop().time() + within.total_seconds()
        while not await self._ask(lambda queue: queue.is_free(child, datetime.now(UTC))):
            if asyncio.get_running_loop().time() > end:
                return 0
            await asyncio.sleep(LOOK_AGAIN.total_seconds())
        return await self.deliver_to(child)

    def _done(self, task: asyncio.Task[int]) -> None:
        self._under_way.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, RecordUnavailable):
            log.warning("inbox_not_delivered", error=str(error))
        elif error is not None:
            log.error("inbox_not_delivered", error=type(error).__name__, exc_info=error)

    async def _deliver_all(self, child: str, claim: str) -> int:
        done, most = 0, None
        while waiting := await self._ask(lambda queue: queue.waiting(child, claim, datetime.now(UTC))):
            batch = waiting[:most]
            events = [one.event for one in batch]
            async with asyncio.timeout(ENOUGH.total_seconds()):
                delivery = await deliver(self._client, child, events, load=load_of(events, "intake", datetime.now(UTC)))
            settled = _settled(batch, delivery)
            # A journey that cannot tell which event it refuses is asked one by one.
            most = None if settled else 1
            await self._settle(settled)
            done += len(settled)
        return done

    async def _settle(self, settled: Sequence[Settled]) -> None:
        await self._ask(lambda queue: queue.settle(settled, datetime.now(UTC)))

    async def _ask(self, what: Callable[[InboxQueue], T]) -> T:
        return await asyncio.to_thread(lambda: what(self._queue()))


def _settled(batch: Sequence[Waiting], delivery: Delivery) -> list[Settled]:
    """What became of each event of a batch. Of one that was refused as a whole only those are settled that are why."""
    if delivery.answer is not None:
        taken = set(delivery.answer.taken)
        return [Settled(one.delivery, "taken" if one.event.id in taken else "known") for one in batch]
    if len(batch) == 1:
        return [Settled(batch[0].delivery, "rejected", delivery.refusal)]
    reasons = {each.id: each.reason for each in delivery.refused}
    return [Settled(one.delivery, "rejected", reasons[one.event.id]) for one in batch if one.event.id in reasons]
