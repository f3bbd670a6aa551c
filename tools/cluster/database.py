"""The cluster's PostgreSQL: Temporal's two databases and the case record's, on loopback and with passwords."""

import asyncio
import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from service.ports import HOST
from tools.started import Started

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


NEEDED: Final = "btree_gin"
"""The extension that Temporal's search needs. The Python package of the tests' PostgreSQL lacks it."""
WHERE: Final = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
"""Where systems have it: Debian, Red Hat, macOS."""
NO_PROGRAMS: Final = (
    f"a cluster needs PostgreSQL 12 or later with its extension {NEEDED}, and none is on the PATH or in "
    f"{', '.join(WHERE)}. Install it (Debian and Ubuntu: apt install postgresql; macOS: brew install postgresql)"
)


class DatabaseDidNotStart(RuntimeError):
    """PostgreSQL did not come up; the text ends with what it said."""


class Database(Started):
    """A PostgreSQL server in a folder, which can be killed and started again on the same data.

    `settings` are the server's own, such as `fsync=off`.
    """

    _process: "subprocess.Popen[bytes] | None" = None

    def __init__(self, folder: Path, port: int, settings: Iterable[str] = ()) -> None:
        self.folder = folder
        self.port = port
        self.log = folder / "log"
        self._settings = (f"max_connections={CONNECTIONS}", *settings)
        self._programs: Path | None = None
        self._account: dict[str, Any] = {}

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
        self._programs = programs()
        if os.geteuid() == 0:  # PostgreSQL refuses to be run by root
            shutil.chown(self.folder, "nobody")
            self._account = {"user": "nobody", "extra_groups": [], "cwd": self.folder}
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
                if time.monotonic() > deadline:  # what has ended meanwhile is started again
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

    def rows(self, query: str, *values: object, database: str = "postgres") -> Sequence[tuple[Any, ...]]:
        """What a query answers."""
        with self._connected(database) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def kill(self) -> bool:
        """End it at once, as a crash would: what it had begun for others ends by itself. False if it did not run."""
        lived = self.lives
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        return lived

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


def programs() -> Path:
    """Where the newest PostgreSQL is that can serve Temporal's search. Raises DatabaseDidNotStart."""
    on_path = shutil.which("pg_config")
    folders = [Path(on_path).parent] if on_path else []
    folders += [folder for pattern in WHERE for folder in Path("/").glob(pattern.removeprefix("/"))]
    serving = {_version(folder): folder for folder in folders if _can_serve(folder)}
    if not serving:
        raise DatabaseDidNotStart(NO_PROGRAMS)
    return serving[max(serving)]


def _can_serve(folder: Path) -> bool:
    if not all((folder / name).exists() for name in ("initdb", "pg_config", "postgres")):
        return False
    return (Path(_configured(folder, "--sharedir")) / "extension" / f"{NEEDED}.control").exists()


def _version(folder: Path) -> tuple[int, ...]:
    """Of `PostgreSQL 15.18 (Debian 15.18-0+deb12u1)`: 15, 18."""
    numbers = re.search(r"(\d+)\.(\d+)", _configured(folder, "--version"))
    return tuple(map(int, numbers.groups())) if numbers else (0, 0)


def _configured(folder: Path, asked: str) -> str:
    done = subprocess.run([folder / "pg_config", asked], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def reachable_by_nobody(folder: Path) -> bool:
    """Whether PostgreSQL, which root runs as the user nobody, may look into a folder."""
    if os.geteuid() != 0:
        return True
    return all(part.stat().st_mode & 0o001 for part in folder.absolute().parents if part.exists())
