"""The temporary folders of a run are in memory, where the system has such a place with room for them.

Tests make and remove files by the ten thousand: a database of PostgreSQL is three hundred. On the file system of a disk
that was a sixth of the processor of a whole run, and nothing of it is asked of a disk: tests kill programs, never the
machine.
"""

import os
import tempfile
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")
ROOM = 2_000_000_000
"""Bytes that must be free, there and of the machine's memory (ours: a run has held 460 MB at most)."""


def _usable() -> bool:
    try:
        place = os.statvfs(MEMORY)
    except OSError:
        return False
    programs_run = not place.f_flag & os.ST_NOEXEC  # PostgreSQL's are linked or copied into such a folder
    room = min(place.f_bavail * place.f_frsize, psutil.virtual_memory().available)
    return programs_run and room >= ROOM and os.access(MEMORY, os.W_OK)


if "TMPDIR" not in os.environ and _usable():
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None  # pytest has asked already; it asks again
