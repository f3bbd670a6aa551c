"""A test's Temporal server starts without reading its own program through.

Go's SDK, by which the server does work of its own, takes the MD5 of its program's file at each start: 156 MB, and half
of the processor that a start takes (0.58 to 0.32 s; a run has 120 starts). It asks the system for that file's name. So
tests start the program by a second name, which is taken away first and given to an empty file: that is what is read.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from local import server


@contextmanager
def _by_a_name_of_its_own(program: Path) -> Iterator[Path]:
    """Where a program can be started from that finds an empty file by its name. Raises OSError."""
    second = Path(sys.prefix) / f"{program.name}-{os.getpid()}"
    os.link(program, second)
    held = os.open(second, os.O_RDONLY)
    second.unlink()
    second.touch()
    try:
        yield Path(f"/proc/{os.getpid()}/fd/{held}")
    finally:
        second.unlink()
        os.close(held)


@pytest.fixture(scope="session", autouse=True)
def unread_program() -> Iterator[None]:
    usual = server._binary
    program = usual()
    with ExitStack() as stack:
        patched = stack.enter_context(pytest.MonkeyPatch.context())
        # Where the system shows no open files, or the environment's disk knows no second names, it is read.
        with suppress(OSError):
            started = stack.enter_context(_by_a_name_of_its_own(program))
            started.stat()
            patched.setattr(server, "_binary", lambda: started if usual() == program else usual())
        yield
