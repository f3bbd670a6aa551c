"""A whole case record taken into another database, of either kind; and the one it came from, which takes nothing more.

The fence stands in the database itself: a program that has the record open, an intake for one, can then add nothing
that would be left behind, nor begin to send (an attempt is written before the network is used).
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, func, insert, inspect, select, text, tuple_, update
from sqlalchemy import Table as SqlTable

import record
from record.chain_tables import ChainRow, HeadRow
from record.engine import insert_new, numbers_go_on, readers, snapshot
from record.failures import MOVED, EntryRefused, RecordUnavailable, in_plain_words
from record.installation import THE_ONE
from record.installation_tables import InstallationRow
from record.policy_tables import PolicyTextRow
from record.tables import Table

AT_ONCE: Final = 1_000
"""Rows read and written together (ours: some megabytes of documents)."""
TOGETHER: Final = 500
"""Entries named in one query (ours)."""
LEFT_OPEN: Final = ("installation", "readiness")
"""The tables that are written all the same: whose the record is, and whether it can be written."""
ALIKE: Final = "policy_texts"
"""What each service writes at its start, and no record lets go of: what is there already is left."""
OF_A_LIFE: Final = ("events", "inbox", "rejected", "chain", "extracts", "doubts_settled", "desk_views")
"""A record with a row in one of these has been used, if only by the daily proof."""

for _one in iter_modules(record.__path__, "record."):
    if _one.name.endswith("tables"):  # what is not imported is not known, and would be left behind
        import_module(_one.name)
TABLES: Final = Table.metadata.sorted_tables
"""Those that others refer to first."""

FUNCTION: Final = f"""
CREATE OR REPLACE FUNCTION refuse_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION USING ERRCODE = 'read_only_sql_transaction', MESSAGE = '{MOVED}'; END $$
"""
REFUSAL: Final = {
    "sqlite": f"BEGIN SELECT RAISE(ABORT, '{MOVED}'); END",
    "postgresql": "EXECUTE FUNCTION refuse_moved()",
}
OWNED: Final = text(
    "SELECT bool_and(pg_has_role(tableowner, 'USAGE')) FROM pg_tables "
    "WHERE schemaname = ANY (current_schemas(false)) AND tablename = ANY (:names)"
)
Progress = Callable[[int, int], None]


def fence(engine: Engine, identity: str) -> None:
    """Let a record take nothing more, and bear this identity. Again changes nothing. Raises RecordUnavailable."""
    with in_plain_words(), engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(FUNCTION)
        standing = _triggers(connection)
        for table in _guarded():
            if _guard(table) not in standing:
                connection.exec_driver_sql(
                    f"CREATE TRIGGER {_guard(table)} BEFORE INSERT ON {table.name} FOR EACH ROW "
                    + REFUSAL[connection.dialect.name]
                )
        _name(connection, identity)


def unfence(engine: Engine, identity: str) -> None:
    """Let a record that was fenced be written again, under this identity. Raises RecordUnavailable."""
    with in_plain_words(), engine.begin() as connection:
        standing = _triggers(connection)
        for table in _guarded():
            if _guard(table) in standing:
                where = f" ON {table.name}" if connection.dialect.name == "postgresql" else ""
                connection.exec_driver_sql(f"DROP TRIGGER {_guard(table)}{where}")
        _name(connection, identity)


def rename(engine: Engine, identity: str) -> None:
    """Give a record an identity, whatever it bears. Raises RecordUnavailable."""
    with in_plain_words(), engine.begin() as connection:
        _name(connection, identity)


def lived_in(engine: Engine) -> bool:
    """Whether a service has used a record. Raises RecordUnavailable."""
    used = [table for table in TABLES if table.name in OF_A_LIFE]
    with in_plain_words(), readers(engine).connect() as connection:
        return any(connection.execute(select(table.c.number).limit(1)).first() for table in used)


def may_be_moved(engine: Engine) -> bool:
    """Whether the user of a record may fence it, or fill it: its tables must be theirs. Raises RecordUnavailable."""
    if engine.dialect.name != "postgresql":
        return True
    with in_plain_words(), engine.connect() as connection:
        return bool(connection.execute(OWNED, {"names": [table.name for table in TABLES]}).scalar())


def lacking(source: Engine, target: Engine) -> list[str]:
    """The children of whom a copy of a record lacks what was written last. Raises RecordUnavailable."""
    with in_plain_words():
        unlike = _last_entries(source) - _last_entries(target)  # the copy may have gone on
        return sorted({child for child, *_ in unlike - _entries_at(target, unlike)})


def _last_entries(engine: Engine) -> set[tuple[str, int, str]]:
    with readers(engine).connect() as connection:
        query = select(HeadRow.child, HeadRow.position, HeadRow.hash)
        return {(child, position, end) for child, position, end in connection.execute(query)}


def _entries_at(engine: Engine, heads: set[tuple[str, int, str]]) -> set[tuple[str, int, str]]:
    """Those of some entries that stand in a record's chains."""
    row, places = ChainRow, sorted((child, position) for child, position, _ in heads)
    there = set[tuple[str, int, str]]()
    with readers(engine).connect() as connection:
        for start in range(0, len(places), TOGETHER):
            these = tuple_(row.child, row.position).in_(places[start : start + TOGETHER])
            rows = connection.execute(select(row.child, row.position, row.hash).where(these))
            there |= {(child, position, end) for child, position, end in rows}
    return there


def can_be_copied(source: Engine) -> bool:
    """Whether each value of a record is one of its column's type, whatever it means. Raises RecordUnavailable."""
    try:
        with in_plain_words(), snapshot(source) as reading:
            for table in TABLES:
                for _ in _rows(reading, table):
                    pass
    except EntryRefused:
        return False
    return True


def take_over(source: Engine, target: Engine, identity: str, progress: Progress) -> int:
    """Take all of a record that is fenced into one that nobody has lived in, under an identity; how many rows.

    All or nothing, rows under their own numbers. Raises RecordUnavailable, also where less was written than read.
    """
    with in_plain_words(), snapshot(source) as reading, target.begin() as writing:
        if unknown := set(inspect(reading).get_table_names()) - {table.name for table in TABLES} - {"alembic_version"}:
            raise RecordUnavailable(f"tables that nobody has taught to move: {sorted(unknown)}", passing=False)
        total, done = sum(_count(reading, table) for table in TABLES), 0
        for table in reversed(TABLES):
            if table.name != ALIKE:
                writing.execute(delete(table))
        for table in TABLES:
            for rows in _rows(reading, table):
                _insert(writing, table, rows)
                done += len(rows)
                progress(done, total)
            if _count(writing, table) < _count(reading, table):
                raise RecordUnavailable(f"the copy of the table {table.name} is not whole", passing=False)
            numbers_go_on(writing, table)
        _name(writing, identity)
    return total


def _insert(connection: Connection, table: SqlTable, rows: list[dict[str, Any]]) -> None:
    if table.name == ALIKE:
        insert_new(connection, PolicyTextRow, [_unnumbered(row) for row in rows])
    else:
        connection.execute(insert(table), rows)


def _unnumbered(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "number"}


def _rows(connection: Connection, table: SqlTable) -> Iterator[list[dict[str, Any]]]:
    # By a cursor of the server's, where there is one: PostgreSQL would else send the whole table before the first row.
    rows = connection.execute(select(table).order_by(table.c.number), execution_options={"yield_per": AT_ONCE})
    for part in rows.mappings().partitions(AT_ONCE):
        yield [dict(row) for row in part]


def _count(connection: Connection, table: SqlTable) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _name(connection: Connection, identity: str) -> None:
    row = InstallationRow
    connection.execute(update(row).where(row.number == THE_ONE).values(name=identity))


def _guarded() -> list[SqlTable]:
    return [table for table in TABLES if table.name not in LEFT_OPEN]


def _guard(table: SqlTable) -> str:
    return f"{table.name}_moved"


def _triggers(connection: Connection) -> set[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    return set(connection.exec_driver_sql(query[connection.dialect.name]).scalars())
