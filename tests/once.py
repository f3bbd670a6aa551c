"""What every house of a test does alike is done once a run: a new SQLite file gets its tables, and policies are read.

A migration of an empty file takes Alembic an eighth of a second, and some hundreds of tests have a file of their own.
What the migrations make of an empty file is made once, by them, and written into each next one in the same transaction.
Nor is anything forced to the disk: tests kill programs, never the machine. Programs that tests start do as they do, and
so do tests of the migrations (`migrations_themselves`). The certificates of authorities are read once too: each HTTP
client reads all of them anew (30 ms), and most tests have a client or several, which meet no TLS.
"""

import sqlite3
from collections.abc import Iterator
from functools import cache
from inspect import getattr_static
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection, create_engine

from domain.policy import loading
from domain.policy.loading import Policies
from record import engine as opening
from record import migrating

PRAGMAS = opening.PRAGMAS
_upgrade = migrating._upgrade
_load = getattr_static(Policies, "load").__func__
"""What is behind the class method, for each class that asks."""


@cache
def _statements() -> list[str]:
    """What makes an empty SQLite file one of this version, as the migrations have it."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        _upgrade(connection)
        made = connection.connection.driver_connection
        assert isinstance(made, sqlite3.Connection)
        lines = list(made.iterdump())
    engine.dispose()
    return [line for line in lines if line not in ("BEGIN TRANSACTION;", "COMMIT;")]


def _upgraded(connection: Connection) -> None:
    if connection.dialect.name != "sqlite" or migrating.revision_of(connection) is not None:
        return _upgrade(connection)
    for statement in _statements():
        connection.exec_driver_sql(statement)
    return None


_own: dict[type[Policies], Policies] = {}
"""The project's policies, for each class that reads them in a way of its own."""


def _loaded(kind: type[Policies], *folders: Path) -> Policies:
    if folders or kind not in _own:
        loaded: Policies = _load(kind, *folders)
        return loaded if folders else _own.setdefault(kind, loaded)
    return _own[kind]


@pytest.fixture(scope="session", autouse=True)
def once_a_run() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migrating, "_upgrade", _upgraded)
        patched.setattr(Policies, "load", classmethod(_loaded))
        patched.setattr(loading, "read_policy", cache(loading.read_policy))
        patched.setattr("httpx._transports.default.create_ssl_context", cache(httpx.create_ssl_context))
        patched.setattr(opening, "PRAGMAS", (*PRAGMAS[:1], "synchronous=OFF", *PRAGMAS[2:]))
        yield


@pytest.fixture
def forced_to_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of what a power failure leaves."""
    monkeypatch.setattr(opening, "PRAGMAS", PRAGMAS)


@pytest.fixture
def migrations_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of what the migrations do."""
    monkeypatch.setattr(migrating, "_upgrade", _upgrade)
