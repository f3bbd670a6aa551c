"""From the inbox to the journeys: at once where an answer is waited for, and again by the standing process."""

import asyncio
from asyncio import FIRST_COMPLETED
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import structlog
from temporalio.client import Client, RPCTimeoutOrCancelledError
from temporalio.service import RPCError

from intake.inbox_queue import InboxQueue, Settled, Waiting
from journeys.loading import load_of
from journeys.sending import CannotTake, NotTaken, Reply, send_batch
from record.failures import RecordUnavailable

AT_ONCE: Final = 10
"""Children whose events are delivered at the same time by one process (ours: the server has others to serve)."""

ENOUGH: Final = timedelta(seconds=10)
"""How long a journey may take to answer before it is asked again later (ours: well within a claim)."""

QUICK: Final = timedelta(seconds=1)
"""How long a delivery keeps others from its place (ours: one takes a tenth of that); then it goes on beside them."""

FAILED_AT_ONCE: Final = 3
"""Children tried again at the same time whose journeys gave no answer when last asked (ours)."""

OF_ONE_SENDER: Final = 4
"""Of one sender's children as many are delivered to at once while it waits (ours: others have places too)."""

BATCHES_IN_A_ROW: Final = 4
"""Of one child; then it is the turn of others (ours: 4,000 events at most)."""

LOOK_AGAIN: Final = timedelta(milliseconds=50)
"""How often to look whether another sender has done with a child."""

WAKE_EVERY: Final = timedelta(seconds=3)
"""How often to look for pending events whose journey was started by another way (ours)."""

NOT_NOW = (RPCError, RPCTimeoutOrCancelledError, NotTaken, RuntimeError, TimeoutError)
"""What is raised while Temporal or a run is not to be had; a lazy client's first failure is a RuntimeError."""

T = TypeVar("T")
log: structlog.stdlib.BoundLogger = structlog.get_logger("inbox")


class Forwarder:
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
        self._of_sender: dict[str, asyncio.Semaphore] = {}
        self._swept: dict[str, asyncio.Task[int]] = {}
        """The children that sweeps are at; of them `_failed` those that are tried again."""
        self._failed: set[str] = set()
        self._woken = datetime.min.replace(tzinfo=UTC)

    async def sweep(self) -> int:
        """Deliver to children whose turn it is; how many events were settled, or children are being told.

        It waits for none that takes long: a journey that is stuck holds up nobody else's. Raises RecordUnavailable.
        """
        now = datetime.now(UTC)
        if now - self._woken > WAKE_EVERY:
            self._woken = now
            await self._ask(lambda queue: queue.wake(now))
        new = [self._begin(child) for child in await self._next(now)]
        if new:
            await asyncio.wait(new, timeout=QUICK.total_seconds())
        elif self._swept:
            await asyncio.wait(self._swept.values(), timeout=QUICK.total_seconds() / 2, return_when=FIRST_COMPLETED)
        return sum(task.result() if task.done() else 1 for task in new) or len(self._swept)

    async def _next(self, now: datetime) -> list[str]:
        """Those who are next: many that nothing is known against, few that gave no answer when last asked."""
        if not await self._ask(lambda queue: queue.anybody(now)):
            return []
        well = await self._ask(lambda queue: queue.turn(now, 2 * AT_ONCE))
        room = FAILED_AT_ONCE - len(self._failed)
        failed = await self._ask(lambda queue: queue.turn(now, room, failed=True)) if room > 0 else []
        self._failed |= {*failed} - self._swept.keys()
        return [child for child in (*well, *failed) if child not in self._swept]

    def _begin(self, child: str) -> "asyncio.Task[int]":
        task = self._start(self.deliver_to(child))
        self._swept[child] = task
        task.add_done_callback(lambda _: self._end(child))
        return task

    def _end(self, child: str) -> None:
        self._swept.pop(child, None)
        self._failed.discard(child)

    def _start(self, work: Coroutine[Any, Any, int]) -> "asyncio.Task[int]":
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._done)
        return task

    async def deliver_soon(self, children: Collection[str], within: timedelta, sender: str) -> None:
        """Deliver to children, and wait so long for it; what takes longer goes on, here or in another process.

        Some at a time of each sender, so that one who sends for a thousand children leaves room for others.
        """
        places = self._of_sender.setdefault(sender, asyncio.Semaphore(OF_ONE_SENDER))
        tasks = {self._start(self._deliver_in_turn(child, within, places)) for child in children}
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
            task = asyncio.create_task(self._deliver(child))
            await asyncio.wait({task}, timeout=QUICK.total_seconds())
        return await task

    async def _deliver(self, child: str) -> int:
        claim = await self._ask(lambda queue: queue.claim(child, datetime.now(UTC)))
        if claim is None:
            return 0
        done, failed = 0, True
        try:
            if self._ours is not None:
                await self._ours()
            done = await self._deliver_all(child, claim)
            failed = False
        except CannotTake as error:
            log.warning("inbox_not_delivered", child=child, error=str(error))
        except NOT_NOW as error:
            log.warning("inbox_not_delivered", child=child, error=type(error).__name__)
        finally:
            await self._ask(lambda queue: queue.let_go(child, claim, datetime.now(UTC), failed=failed))
        return done

    async def _deliver_in_turn(self, child: str, within: timedelta, places: asyncio.Semaphore) -> int:
        """Deliver to a child once whoever is at it has done; they may take these events along."""
        end = asyncio.get_running_loop().time() + within.total_seconds()
        async with places:
            if await self._ask(lambda queue: queue.resting(child, datetime.now(UTC))):
                return 0
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
        done, most, batches = 0, None, 0
        while waiting := await self._ask(lambda queue: queue.waiting(child, claim, datetime.now(UTC))):
            batches += 1
            if batches > BATCHES_IN_A_ROW and most is None:
                break
            batch = waiting[:most]
            events = [one.event for one in batch]
            async with asyncio.timeout(ENOUGH.total_seconds()):
                reply = await send_batch(self._client, child, events, load=load_of(events, "intake", datetime.now(UTC)))
            settled = _settled(batch, reply)
            # A journey that cannot tell which event it refuses is asked one by one.
            most = None if settled else 1
            await self._settle(settled)
            done += len(settled)
        return done

    async def _settle(self, settled: Sequence[Settled]) -> None:
        await self._ask(lambda queue: queue.settle(settled, datetime.now(UTC)))

    async def _ask(self, what: Callable[[InboxQueue], T]) -> T:
        return await asyncio.to_thread(lambda: what(self._queue()))


def _settled(batch: Sequence[Waiting], reply: Reply) -> list[Settled]:
    """What became of each event of a batch. Of one that was refused as a whole only those are settled that are why."""
    if reply.answer is not None:
        taken = set(reply.answer.taken)
        return [Settled(one.delivery, "taken" if one.event.id in taken else "known") for one in batch]
    if len(batch) == 1:
        return [Settled(batch[0].delivery, "rejected", reply.refusal)]
    reasons = {each.id: each.reason for each in reply.refused}
    return [Settled(one.delivery, "rejected", reasons[one.event.id]) for one in batch if one.event.id in reasons]
