"""The tests of a fresh clone are made ready by one worker, and the others of pytest-xdist wait for it.

Each worker collects every test. pytest rewrites a test's file so that a failed `assert` says its values, and keeps
what it made; in a fresh clone four workers did so with each of four hundred files at the same moment, three in vain.
"""

import fcntl
import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from _pytest.assertion.rewrite import PYC_TAIL, get_cache_dir
from xdist import is_xdist_worker

TESTS = Path(__file__).parent


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    if not is_xdist_worker(session) or sys.dont_write_bytecode or not _to_be_rewritten():
        return (yield)
    turn = os.open(TESTS, os.O_RDONLY)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not _to_be_rewritten():  # another has done it meanwhile
            fcntl.flock(turn, fcntl.LOCK_UN)
        return (yield)
    finally:
        os.close(turn)


def _to_be_rewritten() -> bool:
    """Whether it is worth waiting: most of the tests are new here, as after a clone."""
    files = list(TESTS.rglob("test_*.py"))
    return 2 * sum(_is_new(file) for file in files) > len(files)


def _is_new(file: Path) -> bool:
    kept = get_cache_dir(file) / f"{file.stem}{PYC_TAIL}"
    return not kept.exists() or kept.stat().st_mtime < file.stat().st_mtime
