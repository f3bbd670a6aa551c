"""A test that is over its limit ends, its teardown included, whatever its tasks do.

pytest-timeout fails a test at its limit, once. A teardown after that may wait for ever: asyncio cancels what is left
of the test's tasks and waits for each, also for one that swallows its cancellation. Then this ends the process, with
where it stands; pytest-xdist tells which test that was, and goes on with the others in a new one.
"""

import faulthandler
import os
import threading
from collections.abc import Generator

import pytest

GRACE = 60.0
"""Seconds for a teardown after a test's limit (ours: a server that must be killed takes ten)."""

_stderr: int | None = None


def pytest_configure() -> None:
    global _stderr
    _stderr = os.dup(2)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    # Not faulthandler's own timer: pytest calls that off when a test has failed.
    watch = threading.Timer(_limit(item) + GRACE, _end)
    watch.daemon = True
    watch.start()
    try:
        return (yield)
    finally:
        watch.cancel()


def _end() -> None:
    if _stderr is not None:
        faulthandler.dump_traceback(file=_stderr)
    os._exit(1)


def _limit(item: pytest.Item) -> float:
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0] if marker and marker.args else item.config.getini("timeout"))
