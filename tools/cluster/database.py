"""The cluster's PostgreSQL: Temporal's two databases and the case record's, on loopback and with passwords."""

import asyncio
import os
import secrets
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from service.ports import HOST
from tools.postgresql import programs_and_account

TEMPORAL: Final = "temporal"
"""Who owns Temporal's databases."""
RECORD: Final = "permanence"
"""Who owns the case record's, and its name."""
DATABASES: Final = {"temporal": TEMPORAL, "temporal_visibility": TEMPORAL, RECORD: RECORD}
"""Each with its owner."""

CONNECTIONS: Final = 400
"""At one time (ours: six processes of the server at 30 each, and ten of our programs at 15)."""
PATIENCE: Final = 60.0
"""Seconds for a start (ours: after a kill it reads what it had written ahead)."""
STOPS_WITHIN: Final = 30.0

# Becomes the server, after leaving behind a reader of the pipe from us that tells it to end when we have ended,
# however that came about. The kernel's own way (local/launch.py) does not outlast the change to another user.
WATCHED: Final = """
exec 3<&0 </dev/null
(read -r end <&3; kill -INT $$) &
exec "$@" 3<&-
"""


class DatabaseDidNotStart(RuntimeError):
    """PostgreSQL did not come up; the text ends with what it said."""


class Database:
    """A PostgreSQL server in a folder, which can be killed and started again on the same data.

    `settings` are the server's own, such as `fsync=off`.
    """

    def __init__(self, folder: Path, port: int, settings: Iterable[str] = ()) -> None:
        self.folder = folder
        self.port = port
        self.log = folder / "log"
        self._settings = (f"max_connections={CONNECTIONS}", *settings)
        self._process: subprocess.Popen[bytes] | None = None
        self._programs: Path | None = None
        self._account: dict[str, Any] = {}

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    @property
    def lives(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def status(self) -> int | None:
        """How it ended; None while it runs or before it was started."""
        return self._process.poll() if self._process else None

    def password(self, user: str) -> str:
        """The password of a user, made once and kept in a file beside the data."""
        file = self.folder.parent / "secrets" / f"postgres-{user}"
        file.parent.mkdir(mode=0o700, exist_ok=True)
        if not file.exists():
            file.touch(0o600)
            file.write_text(secrets.token_urlsafe(24), "utf-8")
        return file.read_text("utf-8")

    def make(self) -> None:
        """Make the data, if there are none yet."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._programs, self._account = programs_and_account(self.folder)
        if (self.folder / "data" / "PG_VERSION").exists():
            return
        words = ["-D", str(self.folder / "data"), "-U", "postgres", "--auth-local=trust", "--auth-host=scram-sha-256"]
        self._run("initdb", *words, "--encoding=UTF8", "--locale=C")

    def start(self) -> None:
        """Start it; `until_ready` says when it serves."""
        assert self._programs is not None
        self._close_pipe()
        words = [self._programs / "postgres", "-D", self.folder / "data", "-h", HOST, "-k", self.folder]
        settings = [word for setting in (f"port={self.port}", *self._settings) for word in ("-c", setting)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", WATCHED, "sh", *map(str, words), *settings],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._account,
            )

    async def until_ready(self) -> None:
        """Wait until it answers. Raises DatabaseDidNotStart."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.run("SELECT 1")
            except psycopg.OperationalError:
                if not self.lives or time.monotonic() > deadline:
                    raise DatabaseDidNotStart(f"PostgreSQL did not start: {self._said()}") from None
            await asyncio.sleep(0.1)

    def prepare(self) -> None:
        """Make the users and databases that are not there yet, and give the users their passwords."""
        for user in dict.fromkeys(DATABASES.values()):
            if not self.rows("SELECT 1 FROM pg_roles WHERE rolname = %s", user):
                self.run(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(user)))
            words = sql.SQL("ALTER ROLE {} PASSWORD {}")
            self.run(words.format(sql.Identifier(user), sql.Literal(self.password(user))))
        for name, owner in DATABASES.items():
            if not self.rows("SELECT 1 FROM pg_database WHERE datname = %s", name):
                words = sql.SQL("CREATE DATABASE {} OWNER {}")
                self.run(words.format(sql.Identifier(name), sql.Identifier(owner)))

    def run(self, statement: str | sql.SQL | sql.Composed) -> None:
        """Run a statement as the one who owns all."""
        with self._connected() as connection:
            connection.execute(statement.encode() if isinstance(statement, str) else statement)

    def rows(self, query: str, *values: object) -> Sequence[tuple[Any, ...]]:
        """What a query answers."""
        with self._connected() as connection:
            return connection.execute(query.encode(), values).fetchall()

    def has_table(self, database: str, name: str) -> bool:
        """Whether a database has a table of that name."""
        with self._connected(database) as connection:
            asked = connection.execute("SELECT to_regclass(%s)", (name,)).fetchone()
        return asked is not None and asked[0] is not None

    def kill(self) -> None:
        """End it at once, as a crash would: what it had begun for others ends by itself."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def stop(self) -> None:
        """Have it end in order."""
        if self._process is None:
            return
        self._close_pipe()
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self._process.wait, STOPS_WITHIN)
        self.kill()

    def _close_pipe(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def _connected(self, database: str = "postgres") -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(host=str(self.folder), port=self.port, user="postgres", dbname=database, autocommit=True)

    def _run(self, program: str, *words: str) -> None:
        assert self._programs is not None
        done = subprocess.run(
            [self._programs / program, *words], capture_output=True, text=True, check=False, **self._account
        )
        if done.returncode:
            raise DatabaseDidNotStart(f"{program} of PostgreSQL said: {done.stderr[-1000:]}")

    def _said(self) -> str:
        return " ".join(self.log.read_text("utf-8", errors="replace").split("\n")[-8:]) if self.log.exists() else ""


def reachable_by_nobody(folder: Path) -> bool:
    """Whether PostgreSQL, which root runs as the user nobody, may look into a folder."""
    if os.geteuid() != 0:
        return True
    return all(part.stat().st_mode & 0o001 for part in folder.absolute().parents if part.exists())
