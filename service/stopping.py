"""Stopping when told to, at any moment: Ctrl-C and SIGTERM end a program's work as a cancellation, so all is closed."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def until_told(work: Coroutine[Any, Any, object], stopping: Callable[[], None] = lambda: None) -> None:
    """Do a program's work until it ends, or until SIGINT or SIGTERM comes; `stopping` is called before the stop.

    What the work raises is raised. A second signal does what it does to any program.
    """
    with _no_modules_written():
        await _until_told(work, stopping)


async def _until_told(work: Coroutine[Any, Any, object], stopping: Callable[[], None]) -> None:
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    for number in SIGNALS:
        loop.add_signal_handler(number, asked.set)
    working, waiting = asyncio.create_task(work), asyncio.create_task(asked.wait())
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
        waiting.cancel()
    if not working.done():
        stopping()
        working.cancel()
    with suppress(asyncio.CancelledError):
        await working


@contextmanager
def _no_modules_written() -> Iterator[None]:
    """Have Python keep no module that it compiles.

    On a disk that fills up just then it leaves the first part of one (python/cpython issue 126606), and nothing that
    imports it starts again: on 28 November 2026 a test's full disk left 4,096 bytes of `cli/failures.py`.
    """
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


async def until_stopped() -> None:
    """Wait for SIGINT or SIGTERM."""
    await until_told(asyncio.Event().wait())
