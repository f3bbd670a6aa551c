"""The files of one or several years' returns, found by name and read as rows: the only part that touches a disk.

Names and forms are taken as found: `2017-episodes.csv`, `Episodes.csv` in a folder for each year, columns in any
order, a byte order mark or none, CRLF, UTF-8 or the Windows code page.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "Header": ("CHILD", "DOB"),
    "Episodes": ("CHILD", "DECOM", "RNE", "LS", "PLACE", "DEC", "REC"),
    "Reviews": ("CHILD", "REVIEW"),
}
"""Tables every return has, and the columns of them that are read."""

OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    "PlacedAdoption": ("CHILD", "DATE_PLACED", "DATE_PLACED_CEASED", "REASON_PLACED_CEASED"),
    "AD1": ("CHILD", "DATE_INT", "DATE_MATCH"),
}
"""Tables that a return has only if there was such a child in the year."""

READ: Final = {**REQUIRED, **OPTIONAL}
NAMES: Final = {"placedforadoption": "PlacedAdoption"} | {name.lower(): name for name in READ}
NOT_READ: Final = ("uasc", "oc2", "oc3", "prevperm", "missing", "swepisodes", "dolo")
"""Tables with nothing in them that a journey hangs on."""

YEAR: Final = re.compile(r"(?<!\d)(20\d\d)(?:[-_/]?(?:20)?\d\d)?(?!\d)")
WINDOWS: Final = "cp1252"


class ReturnRefused(ValueError):
    """A folder that is no set of returns. Its text names the file, the column and what would be accepted."""


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """One line of a table: its cells by column, trimmed; an empty cell is an empty text."""

    file: str
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(slots=True)
class Return:
    """One year's tables. The year is the one named by the files; without one there can be one return only."""

    year: int | None
    tables: dict[str, list[ReturnRow]] = field(default_factory=dict)

    def rows(self, table: str) -> list[ReturnRow]:
        """The rows of a table; none if it was not given."""
        return self.tables.get(table, [])


def read_returns(folder: Path) -> list[Return]:
    """The returns in a folder and the folders in it, the earliest first. Raises ReturnRefused."""
    if not folder.is_dir():
        raise ReturnRefused(f"{folder}: there is no such folder; give the folder that holds the tables as CSV files")
    files: dict[tuple[int | None, str], Path] = {}
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() == ".csv" and p.is_file()):
        table = _table_of(path)
        if table is None:
            continue
        earlier = files.setdefault((_year_of(path, folder), table), path)
        if earlier != path:
            names = f"{_shown(earlier, folder)} and {_shown(path, folder)}"
            raise ReturnRefused(f"{names}: both are {table} of the same year; accepted: one, or a year in each name")
    if not files:
        raise ReturnRefused(f"{folder}: no table found; accepted: CSV files named {', '.join(READ)}, with the year")
    returns = [_read(year, files, folder) for year in sorted({year for year, _ in files}, key=lambda y: y or 0)]
    if len(returns) > 1 and returns[0].year is None:
        named = next(_shown(path, folder) for (year, _), path in files.items() if year is None)
        raise ReturnRefused(f"{named}: no year in its name, beside files that have one; accepted: a year in each")
    return returns


def _table_of(path: Path) -> str | None:
    """Which table a file is by its name, if it is one that is read."""
    letters = re.sub(r"[^a-z0-9]", "", YEAR.sub("", path.stem.lower()))
    if any(letters.endswith(name) for name in NOT_READ):
        return None
    return next((table for name, table in NAMES.items() if letters.endswith(name)), None)


def _year_of(path: Path, folder: Path) -> int | None:
    """The year in the file's name, else in that of the nearest folder."""
    inside = path.relative_to(folder)
    for name in (inside.stem, *(part.name for part in inside.parents if part.name)):
        found = YEAR.search(name)
        if found:
            return int(found[1])
    return None


def _read(year: int | None, files: Mapping[tuple[int | None, str], Path], folder: Path) -> Return:
    year_read = Return(year)
    for table, columns in READ.items():
        path = files.get((year, table))
        if path is not None:
            year_read.tables[table] = list(_rows(path, _shown(path, folder), table, columns))
        elif table in REQUIRED:
            which = f"the return of {year}" if year else "the return"
            raise ReturnRefused(
                f"{folder}: {which} has no {table} table; accepted: a file such as {year or 2024}-{table.lower()}.csv "
                f"with the columns {', '.join(columns)}"
            )
    return year_read


def _shown(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _rows(path: Path, name: str, table: str, columns: Iterable[str]) -> Iterator[ReturnRow]:
    reader = csv.reader(_text(path, name).splitlines(keepends=True), skipinitialspace=True)
    try:
        heading = [cell.strip().upper() for cell in next(reader, [])]
        missing = [column for column in columns if column not in heading]
        if missing:
            given = ", ".join(filter(None, heading)) if any(c in heading for c in columns) else "no such heading line"
            raise ReturnRefused(f"{name}: {table}: no column {', '.join(missing)}; found: {given}")
        for cells in reader:
            if any(cell.strip() for cell in cells):
                values = {column: cell.strip() for column, cell in zip(heading, cells, strict=False)}
                yield ReturnRow(name, reader.line_num, values)
    except csv.Error as error:
        raise ReturnRefused(f"{name}: line {reader.line_num}: no CSV: {error}") from None


def _text(path: Path, name: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReturnRefused(f"{name}: it cannot be read: {error.strerror}") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode(WINDOWS, "replace")
