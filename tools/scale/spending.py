"""What the processes of a cluster spend: seconds of processor since they began, memory now, bytes on the disk."""

import os
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import psutil

from tools.cluster.database import DATABASES
from tools.cluster.running import Cluster

BESIDE: Final = "the command"
"""What asks for it all: this process and the commands that it starts."""


@dataclass
class Spent:
    """What something took; filled when it is over."""

    clock: float = 0.0
    processor: dict[str, float] = field(default_factory=dict)


@contextmanager
def spending(cluster: Cluster) -> Iterator[Spent]:
    """What all processes of a cluster and this one spend within the context."""
    spent, before, began = Spent(), processor(cluster), time.monotonic()
    yield spent
    spent.clock = time.monotonic() - began
    spent.processor = {name: after - before.get(name, 0.0) for name, after in processor(cluster).items()}


def processor(cluster: Cluster) -> Mapping[str, float]:
    """Seconds of processor so far, by kind of process."""
    seconds = defaultdict[str, float](float)
    for name, pid, _ in cluster.processes():
        seconds[kind(name)] += sum(_seconds(process) for process in _family(pid))
    own = os.times()
    seconds[BESIDE] = own.user + own.system + own.children_user + own.children_system
    return seconds


def memory(cluster: Cluster) -> dict[str, float]:
    """Megabytes of each process; of PostgreSQL's many what they do not share, and what they share once."""
    return {f"{name} MB": sum(_held(process) for process in _family(pid)) / 1e6 for name, pid, _ in cluster.processes()}


def databases(cluster: Cluster) -> dict[str, float]:
    """Megabytes of each database, tables and indexes, once what was written is in them."""
    cluster.database.run("CHECKPOINT")
    return {
        f"{name} MB": int(size) / 1e6
        for name in DATABASES
        for (size,) in cluster.database.rows("SELECT pg_database_size(%s)", name)
    }


def kind(name: str) -> str:
    """`worker-2` is one of the workers."""
    return re.sub(r"-\d+$", "", name)


def _family(pid: int) -> Iterator[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        yield from (process, *process.children(recursive=True))


def _seconds(process: psutil.Process) -> float:
    """With those that it had begun and that have ended: PostgreSQL has a process for each connection."""
    with suppress(psutil.NoSuchProcess):
        times: Mapping[str, float] = process.cpu_times()._asdict()
        return sum(times.get(name, 0.0) for name in ("user", "system", "children_user", "children_system"))
    return 0.0


def _held(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))  # where the system does not share out, all of it
    return 0
