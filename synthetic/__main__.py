"""Print a synthetic caseload as events, or write it as returns or an SSD: `python -m synthetic --today 2026-11-22`."""

import argparse
import json
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

from domain.case.documents import document_of
from synthetic.caseload import caseload
from synthetic.returns import write_returns
from synthetic.ssd import COLUMNS, Cell, Line, ssd_tables


def main() -> None:
    """Write the events of the caseload asked for to standard output, or its returns into a folder."""
    parser = argparse.ArgumentParser(prog="python -m synthetic", description="A synthetic caseload as JSON lines.")
    parser.add_argument("--count", type=int, default=40, help="how many children")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--today", type=date.fromisoformat, required=True, help="the day the caseload stands on")
    parser.add_argument("--returns", type=Path, metavar="DIR", help="write SSDA903 tables there instead")
    parser.add_argument("--ssd", type=Path, metavar="FILE", help="write an SSD as a new SQLite file there instead")
    asked = parser.parse_args()
    children = caseload(asked.count, seed=asked.seed, today=asked.today)
    if asked.returns:
        asked.returns.mkdir(parents=True, exist_ok=True)
        write_returns(children, asked.returns, asked.today)
        return
    if asked.ssd:
        _write_ssd(asked.ssd, ssd_tables(children, asked.today))
        return
    for child in children:
        for event in child.events:
            sys.stdout.write(json.dumps(document_of(event)) + "\n")


def _write_ssd(file: Path, tables: Mapping[str, Sequence[Line]]) -> None:
    """The tables and their rows as a SQLite file, which must not be there yet."""
    with file.open("xb"):
        pass
    with closing(sqlite3.connect(file)) as database, database:
        for name, columns in COLUMNS.items():
            database.execute(f"CREATE TABLE {name} ({', '.join(f'{each} {kind}' for each, kind in columns.items())})")
            rows = [tuple(_cell(row.get(each)) for each in columns) for row in tables[name]]
            database.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", rows)  # noqa: S608 (names of our own)


def _cell(cell: Cell) -> str | None:
    return f"{cell} 00:00:00" if isinstance(cell, date) else cell


if __name__ == "__main__":
    main()
