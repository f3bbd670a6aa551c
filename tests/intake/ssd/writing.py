"""An SSD as a database has it: tables with the columns of the public scripts, and their rows."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import column, create_engine, insert, table, text

from synthetic.ssd import COLUMNS, Cell, Line


def write_ssd(url: str, tables: Mapping[str, Iterable[Line]], schema: str | None = None) -> None:
    """Make the tables given and fill them, in a database that is otherwise left as it is; `schema`: a new one."""
    engine = create_engine(url)
    prefix = f"{schema}." if schema else ""
    with engine.begin() as connection:
        if schema:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        for name, columns in COLUMNS.items():
            if name not in tables:
                continue
            spelt = ", ".join(f"{each} {kind}" for each, kind in columns.items())
            connection.execute(text(f"CREATE TABLE {prefix}{name} ({spelt})"))
            if rows := [{each: _cell(row.get(each)) for each in columns} for row in tables[name]]:
                connection.execute(insert(table(name, *map(column, columns), schema=schema)), rows)
    engine.dispose()


def _cell(cell: Cell) -> Cell:
    """A day as a case system's extract has it, at midnight."""
    return f"{cell} 00:00:00" if isinstance(cell, date) and not isinstance(cell, datetime) else cell
