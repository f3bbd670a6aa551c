"""What a run counts, and what it finds."""

import asyncio
import gc
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import psutil
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from record.failures import RecordUnavailable

CLASSES: Final = ("HTTP", "files", "policies", "signals", "updates", "addresses")
FAULTS: Final = ("500s", "tracebacks", "stuck")
SHOWN: Final = 200
"""Faults that are told in words; the rest are counted."""

ALLOWED: Final = 100.0
"""MB that memory may grow by once everything is warm (ours: caches fill, and freed pages do not all go back)."""

STARVED: Final = "[TMPRL1101]"
"""A workflow task was not done within two seconds and is tried again: on a busy machine that is no fault of what was
sent. A journey that stays so takes no good event any more, which is looked at."""

MB: Final = 1024 * 1024


@dataclass
class Tally:
    """Inputs by class, faults by kind, and memory."""

    inputs: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    words: list[str] = field(default_factory=list)
    grown: float = 0.0

    def fault(self, kind: str, where: str, what: str) -> None:
        """Count a fault and keep it in words."""
        self.faults[kind] += 1
        if len(self.words) < SHOWN:
            self.words.append(f"{kind}: {where}: {what[:2_000]}")

    def add(self, other: "Tally") -> None:
        """Count what another has counted."""
        self.inputs += other.inputs
        self.faults += other.faults
        self.words += other.words

    @property
    def good(self) -> bool:
        """Whether nothing went wrong."""
        return not self.faults.total() and self.grown <= ALLOWED

    def __str__(self) -> str:
        by_class = ", ".join(f"{name} {self.inputs[name]}" for name in CLASSES)
        faults = ", ".join(f"{name} {self.faults[name]}" for name in FAULTS)
        return f"{self.inputs.total()} inputs: {by_class}; {faults}, memory {self.grown:+.0f} MB"


def memory() -> float:
    """MB that this process holds."""
    gc.collect()
    return float(psutil.Process().memory_info().rss) / MB


class _Tracebacks(logging.Handler):
    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self._tally = tally

    def emit(self, record: logging.LogRecord) -> None:
        said, raised = record.getMessage(), record.exc_info[1] if record.exc_info else None
        if isinstance(record.msg, dict):  # structlog's
            raised = record.msg.get("exc_info") or None
        if isinstance(raised, asyncio.CancelledError) or (record.name == "asyncio" and isinstance(raised, RPCError)):
            return  # a call that was given up; or one whose failure its caller has heard in another way
        if record.name == "temporalio.activity" and isinstance(raised, RecordUnavailable | ApplicationError):
            return  # an activity's failure in words, which the server retries or the journey hears
        if isinstance(raised, BaseException) and STARVED in str(raised):
            return
        if raised is not None:
            self._tally.fault("tracebacks", f"log {record.name}", f"{said[:300]}: {raised!r}")
        elif "Traceback" in said:
            self._tally.fault("tracebacks", f"log {record.name}", said)


@contextmanager
def watching_logs(tally: Tally) -> Iterator[None]:
    """Count every traceback that anything in this process logs."""
    handler, root = _Tracebacks(tally), logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
