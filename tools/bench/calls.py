"""How many calls of Python functions a piece of work takes: a figure that hangs on no machine, and on no other load."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any


@dataclass(slots=True)
class Calls:
    """Counted so far: calls of functions written in Python, and those of C functions that they make."""

    number: int = 0

    def __call__(self, _frame: FrameType, event: str, _arg: Any) -> None:
        self.number += event in ("call", "c_call")


@contextmanager
def counted() -> Iterator[Calls]:
    """Count the calls of this thread, and of threads that begin within."""
    calls = Calls()
    threading.setprofile(calls)
    sys.setprofile(calls)
    try:
        yield calls
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def calls_of(work: Callable[[], object]) -> int:
    """How many calls a piece of work takes, once it has been done before: what is made once for a process is made."""
    work()
    with counted() as calls:
        work()
    return calls.number - 1  # of the hook's own going
