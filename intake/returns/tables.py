"""The files of one or several years' returns, found by name and read as rows: the only part that touches a disk.

Names and forms are taken as found: `2017-episodes.csv`, `Episodes.csv` in a folder for each year, columns in any
order, a byte order mark or none, CRLF, UTF-8 or the Windows code page; or the whole return as one XML file. What is
not read is named with the reason.
"""

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from intake.returns.rows import NAMES, READ, REQUIRED, Return, ReturnRefused, ReturnRow
from intake.returns.xml_form import rows_of_xml

NOT_READ: Final = ("uasc", "oc2", "oc3", "prevperm", "missing", "swepisodes", "dolo")
"""Tables with nothing in them that a journey hangs on."""

YEAR: Final = re.compile(r"(?<!\d)(20\d\d)(?:[-_/]?(?:20)?\d\d)?(?!\d)")
WINDOWS: Final = "cp1252"
WHOLE: Final = "the whole return"
"""In the place of a table: an XML file has them all."""
WORKBOOKS: Final = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")


@dataclass(frozen=True, slots=True)
class FileListed:
    """A file of the folder: the table it was read as, or why it was not read."""

    path: Path
    name: str
    year: int | None = None
    table: str | None = None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder holds: its returns, the earliest first, and every file in it, read or not."""

    returns: list[Return] = field(default_factory=list)
    files: list[FileListed] = field(default_factory=list)


def read_returns(folder: Path) -> list[Return]:
    """The returns in a folder and the folders in it, the earliest first. Raises ReturnRefused."""
    return read_folder(folder).returns


def read_folder(folder: Path) -> Folder:
    """The returns in a folder and the folders in it, and what became of each file. Raises ReturnRefused."""
    if not is_folder(folder):
        raise ReturnRefused(f"{folder}: there is no such folder; give the folder that holds the tables as CSV files")
    listed = [_listed(path, folder) for path in sorted(_files_in(folder))]
    files = _one_of_each([each for each in listed if each.table])
    if not files:
        passed_over = "".join(f"\n{each.name}: {each.why_not}" for each in listed)
        accepted = f"CSV files named {', '.join(READ)}, with the year, or the whole return as XML"
        raise ReturnRefused(f"{folder}: no table found; accepted: {accepted}{passed_over}")
    years = sorted({year for year, _ in files}, key=lambda year: year or 0)
    returns = [_read(year, files, folder) for year in years]
    if len(returns) > 1 and returns[0].year is None:
        named = next(each.name for (year, _), each in files.items() if year is None)
        raise ReturnRefused(f"{named}: no year in its name, beside files that have one; accepted: a year in each")
    return Folder(returns, listed)


def is_folder(path: Path) -> bool:
    """Whether there is such a folder; none has a name that no folder can have."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _files_in(folder: Path) -> Iterator[Path]:
    """What a folder and those in it hold, links to folders too. Raises ReturnRefused where one cannot be read."""

    def refuse(error: OSError) -> None:
        raise ReturnRefused(f"{error.filename}: it cannot be read: {error.strerror}")

    for place, folders, names in os.walk(folder, onerror=refuse):
        within = [Path(place, name) for name in folders]
        yield from (*(Path(place, name) for name in names), *(each for each in within if each.is_symlink()))


def _listed(path: Path, folder: Path) -> FileListed:
    name, kind = path.relative_to(folder).as_posix(), path.suffix.lower()
    if path.exists() and not path.is_file():
        return FileListed(path, name, why_not="a link to a folder, or no file; accepted: the folder or file itself")
    if kind in WORKBOOKS:
        return FileListed(path, name, why_not="a workbook is not read; accepted: each of its sheets saved as CSV")
    if kind == ".xml":
        return FileListed(path, name, _year_of(path, folder), WHOLE)
    if kind != ".csv":
        return FileListed(path, name, why_not="neither CSV nor XML")
    letters = re.sub(r"[^a-z0-9]", "", YEAR.sub("", path.stem.lower()))
    if any(letters.endswith(table) for table in NOT_READ):
        return FileListed(path, name, why_not="a table that no journey hangs on")
    table = next((table for ending, table in NAMES.items() if letters.endswith(ending)), None)
    if table is None:
        accepted = f"a name that ends with one of {', '.join(READ)}"
        return FileListed(path, name, why_not=f"its name says of no table; accepted: {accepted}")
    return FileListed(path, name, _year_of(path, folder), table)


def _one_of_each(listed: Iterable[FileListed]) -> dict[tuple[int | None, str], FileListed]:
    """The files by year and table. Raises ReturnRefused where two would be the same."""
    files: dict[tuple[int | None, str], FileListed] = {}
    for each in listed:
        earlier = files.setdefault((each.year, str(each.table)), each)
        if earlier is not each:
            raise ReturnRefused(_both(earlier, each, str(each.table)))
    for (year, table), each in files.items():
        whole = files.get((year, WHOLE))
        if whole is not None and table != WHOLE:
            raise ReturnRefused(_both(whole, each, "a return"))
    return files


def _both(one: FileListed, other: FileListed, what: str) -> str:
    return f"{one.name} and {other.name}: both are {what} of the same year; accepted: one, or a year in each name"


def _year_of(path: Path, folder: Path) -> int | None:
    """The year in the file's name, else in that of the nearest folder."""
    inside = path.relative_to(folder)
    for name in (inside.stem, *(part.name for part in inside.parents if part.name)):
        found = YEAR.search(name)
        if found:
            return int(found[1])
    return None


def _read(year: int | None, files: Mapping[tuple[int | None, str], FileListed], folder: Path) -> Return:
    whole = files.get((year, WHOLE))
    if whole is not None:
        return Return(year, rows_of_xml(_bytes(whole.path, whole.name), whole.name))
    year_read = Return(year)
    for table, columns in READ.items():
        listed = files.get((year, table))
        if listed is not None:
            year_read.tables[table] = list(_rows(listed.path, listed.name, table, columns))
        elif table in REQUIRED:
            which = f"the return of {year}" if year else "the return"
            raise ReturnRefused(
                f"{folder}: {which} has no {table} table; accepted: a file such as {year or 2024}-{table.lower()}.csv "
                f"with the columns {', '.join(columns)}"
            )
    return year_read


def _rows(path: Path, name: str, table: str, columns: Iterable[str]) -> Iterator[ReturnRow]:
    text = _text(path, name)
    # A line ends with CR or LF alone: to Python U+0085 ends one too, and a cell of an old program may hold it.
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    read = 0
    try:
        cells = next(reader, [])
        heading, read = [cell.strip().upper() for cell in cells], reader.line_num
        _check_heading(heading, columns, f"{name}: {table}")
        for cells in reader:
            read = reader.line_num
            if any(cell.strip() for cell in cells):
                values = {column: cell.strip() for column, cell in zip(heading, cells, strict=False)}
                yield ReturnRow(name, read, values)
        if len(cells) < len(heading) and not text.endswith(("\r", "\n")):
            raise ReturnRefused(
                f"{name}: line {read}: it has {len(cells)} of {len(heading)} cells and no end: the file is cut off; "
                "accepted: the file as it was written to its end"
            )
    except csv.Error as error:
        raise ReturnRefused(f"{name}: line {read + 1}: no CSV: {error}") from None


def _check_heading(heading: Sequence[str], columns: Iterable[str], where: str) -> None:
    """Raises ReturnRefused where a column is missing, or nobody can say which of two is meant."""
    missing = [column for column in columns if column not in heading]
    if missing:
        given = ", ".join(filter(None, heading)) if any(c in heading for c in columns) else "no such heading line"
        raise ReturnRefused(f"{where}: no column {', '.join(missing)}; found: {given}")
    twice = [column for column in columns if heading.count(column) > 1]
    if twice:
        raise ReturnRefused(f"{where}: column {', '.join(twice)} stands twice in the heading; accepted: once")


def _bytes(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReturnRefused(f"{name}: it cannot be read: {error.strerror}") from None


def _text(path: Path, name: str) -> str:
    text = _decoded(_bytes(path, name))
    if "\0" in text:
        raise ReturnRefused(
            f"{name}: it holds zero bytes, as a file that was not written to its end, or UTF-16 without a mark; "
            "accepted: the file as it was written to its end, as UTF-8"
        )
    return text


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode(WINDOWS, "replace")
