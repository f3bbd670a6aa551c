"""Rows that cannot be read, written past the guards, as a failing disk or a person with SQL leaves them."""

from typing import Final

from sqlalchemy import Connection, inspect

from record.store import CaseRecord

FIRST: Final = "child = '{child}' AND number = (SELECT min(number) FROM events WHERE child = '{child}')"
EITHER: Final = {
    "no object": f"UPDATE events SET document = '[]' WHERE {FIRST}",
    "no type that is known": """UPDATE events SET document = '{{"type": "of_a_later_version"}}' WHERE """ + FIRST,
    "terms of a later version": """UPDATE chain SET content = '{{"quiet": 5}}' WHERE child = '{child}'"""
    " AND kind = 'terms'",
}
ON_SQLITE: Final = {
    "cut short": f'UPDATE events SET document = \'{{{{"type": "became\' WHERE {FIRST}',
    "no text": f"UPDATE events SET document = CAST(x'ff22' AS TEXT) WHERE {FIRST}",
    "too deep": f"UPDATE events SET document = '{'[' * 100_000}' WHERE {FIRST}",
    "no instant": f"UPDATE events SET known_at = x'ff' WHERE {FIRST}",
    "before all years": f"UPDATE events SET known_at = '0001-01-01T00:00:00+14:00' WHERE {FIRST}",
    "in the year 9999": f"UPDATE events SET known_at = '9999-12-31T23:00:00.000000+00:00' WHERE {FIRST}",
}
ON_POSTGRESQL: Final = {
    "never": f"UPDATE events SET known_at = 'infinity' WHERE {FIRST}",
    "before Christ": f"UPDATE events SET known_at = '0044-03-15 12:00 BC' WHERE {FIRST}",
}
SPOILT: Final = {"sqlite": EITHER | ON_SQLITE, "postgresql": EITHER | ON_POSTGRESQL}
"""By the kind of database, what is done to a child's rows."""


def forced(record: CaseRecord, *statements: str) -> None:
    """What the owner of a database can do: drop the guards, then write as they like."""
    with record.engine.begin() as connection:
        drop_guards(connection)
        for statement in statements:
            assert connection.exec_driver_sql(statement.replace("%", "%%")).rowcount


def spoil(record: CaseRecord, child: str, how: str = "no type that is known") -> None:
    """Have a row of a child that cannot be read."""
    forced(record, SPOILT[record.engine.dialect.name][how].format(child=child))


def drop_guards(connection: Connection) -> None:
    """Have a record let its rows be changed."""
    if connection.dialect.name == "postgresql":
        for table in inspect(connection).get_table_names():
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    else:
        guards = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
        for guard in guards:
            connection.exec_driver_sql(f"DROP TRIGGER {guard}")
