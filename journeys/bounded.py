"""Much work, a little of it at a time."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

AT_ONCE: Final = 20
"""Journeys asked or changed at the same time (ours: enough to be quick, and no load that others would notice)."""

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Told how much of how much is done."""


def silently(done: int, total: int) -> None:
    """Progress that nobody wants to see."""


async def bounded(work: Sequence[Callable[[], Coroutine[Any, Any, T]]], progress: Progress) -> list[T]:
    """The results of all the work in its order, never more than AT_ONCE of it under way."""
    limit, done = asyncio.Semaphore(AT_ONCE), 0

    async def one(task: Callable[[], Coroutine[Any, Any, T]]) -> T:
        nonlocal done
        async with limit:
            result = await task()
        done += 1
        progress(done, len(work))
        return result

    return list(await asyncio.gather(*map(one, work)))
