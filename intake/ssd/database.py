"""An SSD's database: one snapshot of it, read a page at a time by key, and nothing ever written or locked.

The only part that touches a database. What it gives is as the database has it; what it means is read elsewhere.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Select,
    TableClause,
    column,
    create_engine,
    func,
    inspect,
    make_url,
    or_,
    select,
    table,
    types,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError, StatementError

from intake.ssd.mapping import BY_NAME, TABLES, ColumnRead, Mapped
from intake.ssd.rows import SsdRefused, SsdRow, SsdTables, text_of

Progress = Callable[[int, int], None]

PAGE: Final = 5_000
"""Rows of one query (ours: about a megabyte; a reporting database answers each in milliseconds)."""
PATIENCE: Final = 10
"""Seconds to wait for the database to answer at all, and for a table that somebody else holds."""

SNAPSHOT: Final[Mapping[str, str]] = {
    "sqlite": "BEGIN",
    "postgresql": (
        f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL lock_timeout = '{PATIENCE}s'"
    ),
    "mssql": "SET TRANSACTION ISOLATION LEVEL SNAPSHOT",
    "oracle": "SET TRANSACTION READ ONLY",
}
"""What makes all queries of a connection see one moment, by the kind of database; none of them takes a lock."""

URLS: Final = (
    "postgresql+psycopg://USER@HOST/NAME, sqlite:///FILE, mssql+pyodbc://..., oracle+oracledb://... (docs/ssd.md)"
)
OF_CHILDREN: Final = (("ssd_cla_episodes", "clae_person_id"), ("ssd_pre_proceedings", "prep_person_id"))
"""Who is read: whoever was ever looked after or in pre-proceedings. All other persons of an SSD stay where they are."""
BY_CHILD: Final = ("ssd_person", "ssd_legal_status", "ssd_involvements", "ssd_family")
"""Tables that hold much about others too."""


def address_of(url: str) -> URL:
    """A database's address. Raises SsdRefused, without the URL, which may hold a password."""
    try:
        address = make_url(url)
        if address.get_backend_name() in SNAPSHOT:
            return address
    except (ArgumentError, ValueError):
        pass
    raise SsdRefused(f"the SSD's URL cannot be read; accepted: {URLS}") from None


def shown(address: URL) -> str:
    """An address without what may be secret: who signs in, by which password, and its options."""
    return URL.create(
        address.drivername, host=address.host, port=address.port, database=address.database
    ).render_as_string()


def read_tables(address: URL, schema: str | None, progress: Progress = lambda done, of: None) -> SsdTables:
    """All rows that are read, of every child, as of one moment. Raises SsdRefused."""
    with _in_words(address):
        engine = _engine(address)
        try:
            with _snapshot(engine) as connection:
                return _Reading(connection, schema, address).tables(progress)
        finally:
            engine.dispose()


@contextmanager
def _in_words(address: URL, table_read: str = "") -> Iterator[None]:
    """Errors of a driver as a refusal: its message may quote the address with the password, so only its code passes."""
    try:
        yield
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else address.drivername
        raise SsdRefused(f"the database's driver is not installed: {missing}; docs/ssd.md names the packages") from None
    except SQLAlchemyError as error:
        code = _code_of(error)
        where = f"{shown(address)}: {table_read}" if table_read else shown(address)
        raise SsdRefused(f"{where}: it cannot be read: {_IN_WORDS.get(code, code)}") from None


def _code_of(error: SQLAlchemyError) -> str:
    """What a driver calls its error; `not UTF-8` where SQLite has text that is none, of which it has no name."""
    cause = error.orig if isinstance(error, StatementError) else None
    named = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    if not named and isinstance(cause, sqlite3.OperationalError):
        return "not UTF-8"
    return str(named or type(cause or error).__name__)


_HELD: Final = f"somebody else has held it for more than {PATIENCE} seconds; read it again when they are done"
_IN_WORDS: Final = {
    "SQLITE_CANTOPEN": "there is no such file, or this user may not read it",
    "SQLITE_NOTADB": "the file is not a database",
    "SQLITE_CORRUPT": "the file is damaged, or only a part of it was written",
    "SQLITE_IOERR_READ": "this is a folder, or the disk does not give the file",
    "SQLITE_BUSY": _HELD,
    "55P03": _HELD,
    "not UTF-8": "a text in it is not UTF-8; accepted: a file whose text is UTF-8",
    "OperationalError": "the server cannot be reached, or does not let this user in",
    "ProgrammingError": "an option of the address is none that the driver knows, or cannot be what it says",
    "DataError": "a day in it is none of the years 1 to 9999, such as infinity; accepted: NULL where there is no day",
    "42501": "this user may not read it (42501)",
    "42883": "its column of persons is of another type than in ssd_cla_episodes or ssd_pre_proceedings; accepted: "
    "one type, or text",
}


def _engine(address: URL) -> Engine:
    """One connection, which cannot write where the database can be asked for that."""
    arguments: dict[str, Any] = {}
    if address.get_backend_name() == "sqlite" and address.database:
        # What a # or ? in the name begins would be no part of it: another file is read, and mode=ro is not seen.
        file = quote(str(Path(address.database.removeprefix("file:")).absolute()))
        address = address.set(database=f"file:{file}", query={"mode": "ro", "uri": "true", "timeout": f"{PATIENCE}"})
    elif address.get_backend_name() == "postgresql":
        arguments = {"connect_timeout": PATIENCE}
    return create_engine(address, hide_parameters=True, connect_args=arguments, pool_size=1)


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        connection.exec_driver_sql(SNAPSHOT[engine.dialect.name])
        yield connection
        connection.rollback()


class _Reading:
    """Reads the tables there are, through one connection."""

    def __init__(self, connection: Connection, schema: str | None, address: URL) -> None:
        self.connection = connection
        self.schema = schema
        self.address = address
        self.read = SsdTables()
        self.columns: dict[str, dict[str, str]] = {}
        """Of each table that is there, how the columns that are read are spelt in this database."""

    def tables(self, progress: Progress) -> SsdTables:
        for one in TABLES:
            self._look(one)
        self._refuse_what_is_missing()
        for done, one in enumerate(TABLES, 1):
            if one.name in self.columns:
                with _in_words(self.address, one.name):
                    self._read(one)
            progress(done, len(TABLES))
        return self.read

    # What is there

    def _look(self, one: Mapped) -> None:
        inspector = inspect(self.connection)
        if not inspector.has_table(one.name, schema=self.schema):
            if not one.needed:
                self.read.amiss.append(("no-table", one.name, {"table": one.name}))
            return
        there = {each["name"].lower(): each for each in inspector.get_columns(one.name, schema=self.schema)}
        self.columns[one.name] = {
            each.name: there[each.name]["name"]
            for each in one.columns
            if each.name in there and self._readable(one, each, there[each.name]["type"])
        }
        for each in one.columns:
            if each.name not in there and not each.needed and each.name != "clar_cla_person_id":
                self.read.amiss.append(("no-column", one.name, {"column": each.name}))

    def _readable(self, one: Mapped, each: ColumnRead, kind: types.TypeEngine[Any]) -> bool:
        """Whether a column can be what it should be: a day stands in a date, or in text."""
        if each.kind != "day" or isinstance(kind, types.Date | types.DateTime | types.String | types.NullType):
            return True
        if not each.needed:
            specifics: dict[str, object] = {"column": each.name, "kind": type(kind).__name__.upper()}
            self.read.amiss.append(("column-type", one.name, specifics))
        return False

    def _refuse_what_is_missing(self) -> None:
        where = f" in schema {self.schema}" if self.schema else ""
        missing = [one.name for one in TABLES if one.needed and one.name not in self.columns]
        if missing:
            raise SsdRefused(
                f"no table {', '.join(missing)}{where}: accepted: an SSD with at least "
                f"{', '.join(one.name for one in TABLES if one.needed)}; --schema NAME if it lies in another schema"
            )
        lacking = [
            f"{one.name}.{each.name} ({'a date, or text' if each.kind == 'day' else 'text'})"
            for one in TABLES
            if one.name in self.columns
            for each in one.columns
            if each.needed and each.name not in self.columns[one.name]
        ]
        if lacking:
            raise SsdRefused(f"columns that are missing{where}, or of a type that cannot be read: {', '.join(lacking)}")

    # The rows

    def _read(self, one: Mapped) -> None:
        spelt = self.columns[one.name]
        key = spelt.get(one.key)
        if key is None:
            self.read.amiss.append(("no-table", one.name, {"table": f"{one.name}.{one.key}"}))
            return
        source = self._source(one)
        query = select(*(source.c[spelling].label(name) for name, spelling in spelt.items()))
        query = self._of_children(query, one, source)
        rows = self.read.tables.setdefault(one.name, {})
        for cells in self._pages(query, source.c[key], one.key):
            whose = text_of(cells.get(one.child)) if one.child else text_of(cells[one.key])
            rows.setdefault(whose, []).append(SsdRow(one.name, text_of(cells[one.key]), cells))
        self._without_key(one, source, source.c[key])

    def _source(self, one: Mapped) -> TableClause:
        return table(one.name, *(column(spelling) for spelling in self.columns[one.name].values()), schema=self.schema)

    def _of_children(self, query: Select[Any], one: Mapped, source: TableClause) -> Select[Any]:
        if one.name not in BY_CHILD or one.child not in self.columns[one.name]:
            return query
        whose = source.c[self.columns[one.name][one.child]]
        return query.where(or_(*(whose.in_(self._children(*each)) for each in OF_CHILDREN if each[0] in self.columns)))

    def _children(self, name: str, child: str) -> Select[Any]:
        source = self._source(BY_NAME[name])
        whose = source.c[self.columns[name][child]]
        return select(whose).where(whose.is_not(None))

    def _pages(self, query: Select[Any], key: ColumnElement[Any], name: str) -> Iterator[Mapping[str, Any]]:
        """All rows by their key, a page at a time; those that share one are never parted by the end of a page."""
        # To many a database b1 and B1 are one key: what may be one is read with the next page, and not with this.
        last: Any = None
        size = PAGE
        while True:
            after = key.is_not(None) if last is None else key >= last
            page = self._page(query.where(after).order_by(key).limit(size))
            if len(page) < size:
                yield from page
                return
            end = len(page) - 1
            while end and _plain(page[end - 1][name]) == _plain(page[-1][name]):
                end -= 1
            if end:
                yield from page[:end]
                last, size = page[end][name], PAGE
            else:
                size *= 2

    def _page(self, query: Select[Any]) -> Sequence[Mapping[str, Any]]:
        return [dict(row) for row in self.connection.execute(query).mappings()]

    def _without_key(self, one: Mapped, source: TableClause, key: ColumnElement[Any]) -> None:
        count = self.connection.scalar(select(func.count()).select_from(source).where(key.is_(None)))
        if count:
            self.read.amiss.append(("no-key", one.name, {"rows": count, "column": one.key}))


def _plain(key: Any) -> str:
    """A key as the least exact of databases compares it."""
    return text_of(key).casefold()
