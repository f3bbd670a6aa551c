"""What every house of a test does alike is done once a run: a new SQLite file gets its tables, and policies are read.

A migration of an empty file takes Alembic an eighth of a second, and some hundreds of tests have a file of their own.
What the migrations make of an empty file is made once, by them, and copied to where the next one is to be. A statement
is put together once for all databases of a kind. Nor is anything forced to the disk: tests kill programs, never the
machine. Programs that tests start do as they do, and so do tests of the migrations (`migrations_themselves`). The
certificates of authorities are read once too: each HTTP client reads all of them anew (30 ms), and most tests have a
client or several, which meet no TLS. A worker or replayer that names no build is told one: for the first of a
process the SDK would hash every module there is, in a quarter of a second.
"""

import os
import shutil
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from functools import cache
from inspect import getattr_static
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.util import LRUCache

from domain.case.calendar import WorkingCalendar
from domain.clocks.rules import Policy
from domain.policy import law_lint, loading
from domain.policy.law_lint import Compared, Pair
from domain.policy.loading import Policies
from record import engine as opening
from record.migrating import migrate

PRAGMAS = opening.PRAGMAS
_load = getattr_static(Policies, "load").__func__
"""What is behind the class method, for each class that asks."""


@cache
def _new_file() -> Path:
    """A SQLite file of this version with nothing in it, as the migrations have it; gone with this process."""
    folder = tempfile.TemporaryDirectory(prefix="permanence-new-file-")
    _kept.append(folder)
    file = Path(folder.name) / "record.db"
    engine = opening._sqlite(make_url(f"sqlite:///{file}"))
    migrate(engine)
    engine.dispose()
    return file


_kept: list[tempfile.TemporaryDirectory[str]] = []


def _migrated(engine: Engine) -> None:
    """Where no file is yet, there is one of this version then, as a whole: others may do so at the same moment."""
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and file != ":memory:" and not Path(file).exists():
        beside = f"{file}.{threading.get_ident()}"
        with suppress(
            FileNotFoundError, FileExistsError
        ):  # no such folder, as the engine says in words; it was quicker
            shutil.copyfile(_new_file(), beside)
            os.link(beside, file)
        Path(beside).unlink(missing_ok=True)
    migrate(engine)


class _Statements(LRUCache[Any, Any]):
    """Statements put together, by what they are and for which kind of database, but not for which one."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key[1:], value)


_statements: dict[str, _Statements] = defaultdict(lambda: _Statements(5_000))


def _create_engine(*arguments: Any, **options: Any) -> Engine:
    engine = create_engine(*arguments, **options)
    engine._compiled_cache = _statements[engine.dialect.name]
    return engine


_own: dict[type[Policies], Policies] = {}
"""The project's policies, for each class that reads them in a way of its own."""


def _loaded(kind: type[Policies], *folders: Path) -> Policies:
    if folders or kind not in _own:
        loaded: Policies = _load(kind, *folders)
        return loaded if folders else _own.setdefault(kind, loaded)
    return _own[kind]


_compare = law_lint._compare
_compared: dict[Any, Compared] = {}


def _beside(policy: Policy, pair: Pair, life: Any, calendar: WorkingCalendar, first: date) -> Compared:
    """A rule beside the law in a year of lives, once for each wording of the policy."""
    of = (policy.model_dump_json(), pair, life, first)
    if of not in _compared:
        _compared[of] = _compare(policy, pair, life, calendar, first)
    return _compared[of]


@pytest.fixture(scope="session", autouse=True)
def once_a_run() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(opening, "migrate", _migrated)
        patched.setattr(opening, "create_engine", _create_engine)
        patched.setattr(Policies, "load", classmethod(_loaded))
        patched.setattr(law_lint, "_compare", _beside)
        patched.setattr(loading, "read_policy", cache(loading.read_policy))
        patched.setattr("httpx._transports.default.create_ssl_context", cache(httpx.create_ssl_context))
        patched.setattr("temporalio.worker._worker._default_build_id", "tests")
        patched.setattr(opening, "PRAGMAS", (*PRAGMAS[:1], "synchronous=OFF", *PRAGMAS[2:]))
        yield


@pytest.fixture
def forced_to_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of what a power failure leaves."""
    monkeypatch.setattr(opening, "PRAGMAS", PRAGMAS)


@pytest.fixture
def migrations_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of what the migrations do."""
    monkeypatch.setattr(opening, "migrate", migrate)
