"""The folder a server keeps its data in, which one server may use at a time."""

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

_LOG_KEPT = 5_000_000
"""Bytes: a longer log is set aside at the next start, and the one set aside before is dropped."""

_SQLITE_HEADER = b"SQLite format 3\0"


@dataclass(frozen=True)
class Occupant:
    """Who uses the folder: the server, and the process of ours that started it."""

    server_pid: int
    owner_pid: int
    address: str
    ui_url: str | None

    @property
    def owner_lives(self) -> bool:
        """Whether the process that started the server is still there."""
        try:
            os.kill(self.owner_pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


class FolderTaken(RuntimeError):
    """Another server uses the folder."""

    def __init__(self, occupant: Occupant | None) -> None:
        super().__init__("another server uses the folder")
        self.occupant = occupant


class ServerFolder:
    """The files of one server: its database, its log, and the lock that says who uses them.

    The lock is on an open file that the server inherits. So it is held as long as either of us lives and
    vanishes with the last, however that came about: no stale lock is left to clear away.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "temporal.db"
        self.log = path / "temporal.log"
        self._lock_file = path / "temporal.lock"
        self._lock: int | None = None

    def claim(self, patience: float) -> int:
        """Take the folder and answer with the open lock file, for the server to inherit.

        A server whose owner was killed is about to end by itself; it is waited for `patience` seconds.

        Raises:
            FolderTaken: if another server uses it.
            OSError: if the folder cannot be made or written.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o644)
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                occupant = self.occupant()
                if occupant is None or occupant.owner_lives or time.monotonic() > deadline:
                    os.close(lock)
                    raise FolderTaken(occupant) from None
                time.sleep(0.1)
            else:
                os.truncate(lock, 0)
                self._lock = lock
                return lock

    def occupy(self, occupant: Occupant) -> None:
        """Write down who uses the folder, for whoever finds it taken."""
        self._lock_file.write_text(json.dumps(asdict(occupant)))

    def release(self) -> None:
        """Give the folder back; the lock lasts until the server has ended too."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

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
        """Who uses the folder, or used it last; None if nobody ever did, or has only just taken it."""
        try:
            return Occupant(**json.loads(self._lock_file.read_text()))
        except (OSError, ValueError, TypeError):
            return None
