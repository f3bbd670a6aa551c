"""Working for an hour on what waits in SQL: the body of every activity that a standing process keeps going."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio import activity

from record.when_to_look import until_next

Due = Callable[[], bool]
"""Whether to look again now, where nothing was due before (record/when_to_look.py)."""
Work = Callable[[], Awaitable[int]]
"""Does what is due now and answers how much that was; 0 if nothing is. What it raises is retried by Temporal."""

ROUND = timedelta(hours=1)
"""Then the activity returns, so that the next begins with a fresh attempt count (ours)."""

PAUSE = timedelta(seconds=0.5)
"""Between two askings whether to look again, where nothing was due (ours: nobody waits longer for a message)."""

HEARTBEAT = timedelta(seconds=4)
"""How often to say that this worker lives (ours: well within the silence that a standing process allows; the SDK lets
one pass in eight seconds)."""


async def keep_at(
    work: Work, due: Due = lambda: True, *, round_length: timedelta = ROUND, pause: timedelta = PAUSE
) -> int:
    """Work until the round is over or the worker stops; how much was done.

    Where nothing was done it asks `due` before it works again. Two workers may be at it for a moment, when one is slow
    to say that it lives: `work` must be safe to run beside itself. It is never cut off by a stopping worker, which
    waits for it a while.
    """
    stopping = asyncio.create_task(activity.wait_for_worker_shutdown())
    try:
        async with saying_alive():
            return await _work(work, due, stopping, round_length, pause)
    finally:
        stopping.cancel()


async def _work(work: Work, due: Due, stopping: "asyncio.Task[None]", round_length: timedelta, pause: timedelta) -> int:
    loop = asyncio.get_running_loop()
    end, done, some = loop.time() + round_length.total_seconds(), 0, 1
    while not stopping.done() and loop.time() < end:
        if some or due():
            some = await work()
            done += some
        if not some:
            await asyncio.wait({stopping}, timeout=until_next(pause.total_seconds(), loop.time()))
    return done


@asynccontextmanager
async def saying_alive() -> AsyncIterator[None]:
    """Say again and again that this worker lives, for as long as the context lasts."""
    alive = asyncio.create_task(_say_alive())
    try:
        yield
    finally:
        alive.cancel()


async def _say_alive() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(until_next(HEARTBEAT.total_seconds(), asyncio.get_running_loop().time()))
