"""Opening the database of the case record, and bringing its tables up to date.

Here, in record/migrating.py and in the type of an instant SQLite is known from PostgreSQL; nowhere else.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache, partial
from typing import Any
from weakref import WeakKeyDictionary

from pydantic_core import from_json
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Executable,
    TableClause,
    column,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from record.failures import RecordUnavailable, in_plain_words
from record.migrating import migrate
from record.tables import Table

PATIENCE = 4.0
"""Seconds to wait for a locked SQLite file or a free connection: less than the activity is given."""

OUT_OF_REACH = {
    "connect_timeout": 4,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""When a PostgreSQL server is given up: a new connection after four seconds without an answer, an open one within a
minute without a sign of its machine (seconds, and the last in milliseconds). Each address that a name or a list of
hosts has is given its four seconds.

A statement may take as long as it takes: a report and a move take long, and a machine that works on them gives signs.
"""

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
"""Readers never wait for the writer, and what was committed outlasts a power failure."""

READ_ONLY = ("query_only=ON",)
NEVER_WAITS = (*READ_ONLY, "busy_timeout=0")

SQLITE_READERS = 4
"""Connections that only read (ours: twice the processors of a small machine; more would wait for those)."""

READERS: WeakKeyDictionary[Engine, Engine] = WeakKeyDictionary()
"""By the engine that writes the one whose connections only read, where they are two."""

WATCHERS: WeakKeyDictionary[Engine, Engine] = WeakKeyDictionary()
"""By the engine that writes the one whose connection only asks whether anything was committed, on SQLite."""

SNAPSHOT = {"sqlite": "BEGIN", "postgresql": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"}

INSERT: dict[str, Callable[[type[Table]], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


def open_engine(url: str) -> Engine:
    """An engine whose tables are those of this version. Raises RecordUnavailable."""
    address = address_in(url)
    try:
        engine = ENGINES[address.get_backend_name()](address)
    except (KeyError, NoSuchModuleError):
        raise RecordUnavailable(NO_URL, passing=False) from None
    except ModuleNotFoundError as error:
        raise RecordUnavailable(
            f"the case record's database driver is not installed: {error.name}", passing=False
        ) from None
    with in_plain_words(f"the case record at {address.set(query={}).render_as_string(hide_password=True)}"):
        migrate(engine)
    return engine


def address_in(url: str) -> URL:
    """A database's URL, read. Raises RecordUnavailable."""
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # a port may be no number
        raise RecordUnavailable(NO_URL, passing=False) from None


def insert_new(connection: Connection, table: type[Table], rows: list[dict[str, Any]]) -> set[str]:
    """Insert the rows whose identity is not there yet; answer with the last column of theirs."""
    if not rows:
        return set()
    return set(connection.execute(_insert_new(connection.dialect.name, table), rows).scalars())


@cache
def _insert_new(dialect: str, table: type[Table]) -> Executable:
    """Made once: putting a statement together takes longer than running it."""
    insert = INSERT[dialect](table).on_conflict_do_nothing(index_elements=table.identity)
    return insert.returning(getattr(table, table.identity[-1]))


def readers(engine: Engine) -> Engine:
    """Where to read: what was committed is seen at once, and on SQLite nobody who reads waits for who writes."""
    return READERS.get(engine, engine)


def commits(engine: Engine) -> object:
    """What differs from what was said before if anything was committed meanwhile, by this process or another.

    What cannot be asked, and PostgreSQL, which counts none, say something else each time. It waits for no lock.
    """
    if engine not in WATCHERS:
        return object()
    try:
        with closing(WATCHERS[engine].raw_connection()) as connection:
            return connection.cursor().execute("PRAGMA data_version").fetchall()
    except (SQLAlchemyError, sqlite3.Error):
        return object()  # whoever looks now hears why, in words


def numbers_go_on(connection: Connection, table: TableClause) -> None:
    """Have the numbers of new rows follow the highest there is, after rows were inserted under their own.

    SQLite does so by itself.
    """
    if connection.dialect.name == "postgresql":
        highest = connection.execute(select(func.max(column("number"))).select_from(table)).scalar()
        sequence = func.pg_get_serial_sequence(table.name, "number")
        connection.execute(select(func.setval(sequence, highest or 1, highest is not None)))


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection to read by, that sees the database as it is at its first query, whatever is written meanwhile."""
    with readers(engine).connect() as connection:
        connection.exec_driver_sql(SNAPSHOT[engine.dialect.name])
        yield connection


def _sqlite(address: URL) -> Engine:
    """One connection, since SQLite has one writer: threads queue for it in order instead of polling a lock.

    Beside it a few that only read. A database in memory is one connection's own.
    """
    engine = _sqlite_engine(address, 1, PRAGMAS)
    if address.database and address.database != ":memory:":
        readers = READERS[engine] = _sqlite_engine(address, SQLITE_READERS, READ_ONLY)
        watcher = WATCHERS[engine] = _sqlite_engine(address, 1, NEVER_WAITS)
        for beside in (readers, watcher):
            event.listen(engine, "engine_disposed", partial(_dispose, beside))
    return engine


def _dispose(beside: Engine, _of: Engine) -> None:
    beside.dispose()


def _sqlite_engine(address: URL, connections: int, pragmas: tuple[str, ...]) -> Engine:
    engine = create_engine(
        address,
        hide_parameters=True,
        json_deserializer=_document,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=PATIENCE,
        connect_args={"timeout": PATIENCE, "check_same_thread": False},
    )
    event.listen(engine, "connect", partial(_set_pragmas, pragmas))
    return engine


def _set_pragmas(pragmas: tuple[str, ...], connection: Any, _entry: ConnectionPoolEntry) -> None:
    for pragma in pragmas:
        _set(connection, pragma)


def _set(connection: Any, pragma: str) -> None:
    """Once another program that turns a new file to WAL is through: SQLite waits for that one for no timeout."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute(f"PRAGMA {pragma}").close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _document(text: str | bytes) -> Any:
    """A document as it was written; quicker than the library's own way, since a report reads 100,000 of them."""
    try:
        return from_json(text)
    except ValueError:  # half a pair of UTF-16, which a case system once cut a note in, is read by `json` alone
        try:
            return json.loads(text)
        except RecursionError:
            raise ValueError("not JSON that can be read: it is too deep") from None


def _server(address: URL) -> Engine:
    """What the URL says itself of its connections comes first."""
    return create_engine(
        address,
        hide_parameters=True,
        json_deserializer=_document,
        pool_pre_ping=True,
        pool_timeout=PATIENCE,
        connect_args={name: value for name, value in OUT_OF_REACH.items() if name not in address.query},
    )


ENGINES = {"sqlite": _sqlite, "postgresql": _server}
NO_URL = "the case record's URL must be like sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
