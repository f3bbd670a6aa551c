"""The folder a server keeps its data in, which one server may use at a time."""

import asyncio
import fcntl
import json
import os
import sqlite3
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

_LOG_KEPT = 5_000_000
"""Bytes: a longer log is set aside at the next start, and the one set aside before is dropped."""

_LOOKED_AT = 1.0
"""Seconds for which a lock that nobody seems to have is tried for: who looks whether it is held holds it a moment."""

_SQLITE_HEADER = b"SQLite format 3\0"
_SUFFIXES = ("", "-wal", "-shm")
"""Of the files of one SQLite database."""


@dataclass(frozen=True)
class Occupant:
    """Who uses the folder: the server, and the process of ours that started it."""

    server_pid: int
    owner_pid: int
    address: str
    ui_url: str | None
    owner_began: float = 0.0
    """When the owner began, in seconds since 1970: another process may have its number later."""
    opener: str | None = None
    """Where the owner's desk opens what is sealed: its port is the desk's, which is stepped around if taken."""

    @property
    def owner_lives(self) -> bool:
        """Whether the process that started the server is still there."""
        if not self.owner_began:
            return True
        # Slow to load, and only a folder that is in use has somebody to look for.
        import psutil

        try:
            return abs(psutil.Process(self.owner_pid).create_time() - self.owner_began) < 1
        except psutil.NoSuchProcess:
            return False
        except psutil.Error:
            return True


class FolderTaken(RuntimeError):
    """Another server uses the folder."""

    def __init__(self, occupant: Occupant | None) -> None:
        super().__init__("another server uses the folder")
        self.occupant = occupant


class ServerFolder:
    """The files of one server: its database, its log, and the lock that says who uses them.

    The lock is on an open file that the server inherits. So it is held as long as either of us lives and
    vanishes with the last, however that came about: no stale lock is left to clear away. What is written in the
    file outlives them, and counts only while the lock is held.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "temporal.db"
        self.log = path / "temporal.log"
        self._lock_file = path / "temporal.lock"
        self._lock: int | None = None

    @property
    def lock(self) -> int:
        """The open lock file, for the server to inherit."""
        if self._lock is None:
            raise RuntimeError("the folder is not claimed")
        return self._lock

    async def claim(self, patience: float) -> int:
        """Take the folder and answer with the open lock file, for the server to inherit.

        A server whose owner was killed is about to end by itself; it is waited for `patience` seconds.

        Raises:
            FolderTaken: if another server uses it.
            OSError: if the folder cannot be made or written.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            await self._until_held(self._lock, patience)
        except BaseException:
            self.release()
            raise
        os.truncate(self._lock, 0)
        return self._lock

    async def _until_held(self, lock: int, patience: float) -> None:
        began = time.monotonic()
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                occupant = self.latest_occupant()
                left_behind = occupant is not None and not occupant.owner_lives
                if time.monotonic() - began > (patience if left_behind else _LOOKED_AT):
                    raise FolderTaken(occupant) from None
                await asyncio.sleep(0.1)
            else:
                return

    def occupy(self, server_pid: int, address: str, ui_url: str | None, opener: str | None = None) -> None:
        """Write down who uses the folder, for whoever finds it taken."""
        import psutil

        owner = psutil.Process()
        occupant = Occupant(server_pid, owner.pid, address, ui_url, owner.create_time(), opener)
        self._lock_file.write_text(json.dumps(asdict(occupant)))

    def release(self) -> None:
        """Give the folder back; the lock lasts until the server has ended too."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def drop_empty_database(self) -> None:
        """Remove a database without a single workflow: it is made anew in no time, and it may be half made.

        Temporal's development server makes its tables one by one and takes any file it finds for whole. Killed in
        the tenth of a second that its first start takes, it could never start again (37 of 40 kills tried).
        """
        if self.database.exists() and self.is_database() and not self._has_workflows():
            for suffix in _SUFFIXES:
                self.database.with_name(self.database.name + suffix).unlink(missing_ok=True)

    def _has_workflows(self) -> bool:
        try:
            with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=rw", uri=True)) as database:
                return database.execute("SELECT 1 FROM executions LIMIT 1").fetchone() is not None
        except sqlite3.DatabaseError as error:  # what is damaged is for a person to see to
            return "no such table" not in str(error)

    def is_database(self) -> bool:
        """Whether the database is new or looks like one of SQLite's."""
        if not self.database.exists() or self.database.stat().st_size == 0:
            return True
        with self.database.open("rb") as file:
            return file.read(len(_SQLITE_HEADER)) == _SQLITE_HEADER

    def rotate_log(self) -> None:
        """Set a long log aside."""
        if self.log.exists() and self.log.stat().st_size > _LOG_KEPT:
            self.log.replace(self.log.with_suffix(".log.1"))

    def occupant(self) -> Occupant | None:
        """Who uses the folder now; None if nobody does, or has only just taken it.

        What a service that has died left written in the lock file is not believed: its address may be another's
        server by now.
        """
        return self.latest_occupant() if self._is_held() else None

    def _is_held(self) -> bool:
        try:
            lock = os.open(self._lock_file, os.O_RDONLY)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def latest_occupant(self) -> Occupant | None:
        """Who uses the folder, or used it last; None if nobody ever did, or has only just taken it."""
        try:
            return Occupant(**json.loads(self._lock_file.read_text()))
        except (OSError, ValueError, TypeError):
            return None
