"""Verifying the record: each child's chain is worked out again and compared with the rows it vouches for."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, RowMapping, Select, select, union
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from record.chain import NOTHING, VOUCHED, digest, link_hash
from record.chain_tables import ChainRow, HeadRow
from record.engine import snapshot
from record.failures import in_plain_words, is_unreadable
from record.heads import Head
from record.tables import Table

AT_ONCE = 200
"""Children read together: some ten thousand rows, well within memory."""

TABLES = tuple(dict.fromkeys(VOUCHED.values()))
NAMES = {table: kind for kind, table in reversed(VOUCHED.items())}
"""What a row of each table is called."""

UNREADABLE: Final = "cannot be read"
"""In the place of a value that is none of its column's type: it is not what was written, and has no hash."""
NO_HASH: Final = "none"

Row = RowMapping | Mapping[str, Any]


class Flaw(NamedTuple):
    """Something that is not as it was written: of which child, at which entry of the chain, and what."""

    child: str
    position: int | None
    what: str


@dataclass(slots=True)
class Verified:
    """What was looked at, and what was found wrong. `heads` are where the chains end now."""

    entries: int = 0
    faults: list[Flaw] = field(default_factory=list)
    heads: dict[str, Head] = field(default_factory=dict)


@dataclass(slots=True)
class _ChildRows:
    """All of a child that is compared."""

    child: str
    head: Head | None = None
    kept: Head | None = None
    chain: list[Row] = field(default_factory=list)
    rows: dict[type[Table], dict[str, Row]] = field(default_factory=lambda: {table: {} for table in TABLES})


def verify(
    engine: Engine,
    child: str | None = None,
    kept: Mapping[str, Head] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Verified:
    """Verify one child's chain or all; also against heads kept elsewhere. Raises RecordUnavailable."""
    kept = kept or {}
    verified = Verified()
    with in_plain_words():
        children = [child] if child is not None else _children(engine, kept)
        for start in range(0, len(children), AT_ONCE):
            progress(start, len(children))
            for case in _cases(engine, children[start : start + AT_ONCE], kept):
                verified.entries += len(case.chain)
                verified.faults += _faults(case)
                if case.head:
                    verified.heads[case.child] = case.head
    progress(len(children), len(children))
    return verified


# Reading


def _children(engine: Engine, kept: Mapping[str, Head]) -> list[str]:
    """Every child that the record or somebody's heads know."""
    tables: tuple[type[Table], ...] = (HeadRow, ChainRow, *TABLES)
    everyone = union(*(select(_columns(table)["child"]) for table in tables))
    with engine.connect() as connection:
        return sorted({*connection.execute(everyone).scalars(), *kept})


def _cases(engine: Engine, children: Sequence[str], kept: Mapping[str, Head]) -> list[_ChildRows]:
    cases = {child: _ChildRows(child, kept=kept.get(child)) for child in children}
    with snapshot(engine) as connection:
        for row in _rows(connection, HeadRow, "number", children):
            if isinstance(row["position"], int):
                cases[row["child"]].head = Head(row["position"], row["hash"])
        for row in _rows(connection, ChainRow, "position", children):
            if isinstance(row["position"], int):  # SQLite keeps any text in a column of numbers
                cases[row["child"]].chain.append(row)
        for table in TABLES:
            for row in _rows(connection, table, "number", children):
                cases[row["child"]].rows[table][row[table.identity[-1]]] = row
    return list(cases.values())


def _rows(connection: Connection, table: type[Table], order: str, children: Sequence[str]) -> Sequence[Row]:
    columns = _columns(table)
    these = columns["child"].in_(children)
    try:
        return connection.execute(select(*columns).where(these).order_by(columns[order])).mappings().all()
    except (ValueError, SQLAlchemyError) as error:  # one of them cannot be read, and must not hide the others
        if not is_unreadable(error):
            raise
        numbers = connection.execute(select(columns["number"]).where(these).order_by(columns[order])).scalars().all()
        return [_row(connection, table, number) for number in numbers]


def _row(connection: Connection, table: type[Table], number: int) -> Row:
    columns = _columns(table)
    this = columns["number"] == number
    try:
        return connection.execute(select(*columns).where(this)).mappings().one()
    except (ValueError, SQLAlchemyError) as error:
        if not is_unreadable(error):
            raise
        return {column.name: _value(connection, select(column).where(this)) for column in columns}


def _value(connection: Connection, query: Select[Any]) -> Any:
    try:
        return connection.execute(query).scalar_one()
    except (ValueError, SQLAlchemyError) as error:
        if not is_unreadable(error):
            raise
        return UNREADABLE


def _columns(table: type[Table]) -> ReadOnlyColumnCollection[str, Any]:
    return table.__table__.columns


# Comparing


def _faults(case: _ChildRows) -> Iterator[Flaw]:
    for flaws in (_in_the_links(case), _at_the_end(case), _in_the_rows(case)):
        for position, what in flaws:
            yield Flaw(case.child, position, what)


Found = Iterator[tuple[int | None, str]]


def _in_the_links(case: _ChildRows) -> Found:
    expected, previous = 1, NOTHING
    for row in case.chain:
        position = row["position"]
        if position != expected:
            yield expected, f"{_entries(expected, position - 1)} missing"
        elif row["previous"] != previous:
            yield position, "the entry does not follow the one before it"
        if _hash(link_hash, row) != row["hash"]:
            yield position, f"the entry of {_about(row)} was changed or moved"
        if row["content"] is not None and _hash(digest, row["content"]) != row["digest"]:
            yield position, f"the content of {_about(row)} was changed"
        expected, previous = position + 1, row["hash"]


def _at_the_end(case: _ChildRows) -> Found:
    last = Head(case.chain[-1]["position"], case.chain[-1]["hash"]) if case.chain else Head(0, NOTHING)
    if case.head is None:
        if case.chain:
            yield last.position, "the head of the chain is missing"
    elif case.head.position > last.position:
        yield last.position + 1, f"{_entries(last.position + 1, case.head.position)} missing at the end"
    elif case.head != last:
        yield last.position, "the chain does not end at its head"
    if case.kept and case.kept.position:
        hashes = {row["position"]: row["hash"] for row in case.chain}
        if (stands := hashes.get(case.kept.position)) is None:
            yield case.kept.position, f"the chain had {case.kept.position} entries when its head was kept elsewhere"
        elif stands != case.kept.hash:
            yield case.kept.position, "the entry is not the one whose hash was kept elsewhere"


def _in_the_rows(case: _ChildRows) -> Found:
    latest: dict[type[Table], int] = defaultdict(int)
    for entry in case.chain:
        if entry["content"] is not None:
            continue
        position, table = entry["position"], VOUCHED.get(entry["kind"])
        row = case.rows[table].pop(entry["ref"], None) if table else None
        if table is None or row is None:
            yield position, f"{_about(entry)} was removed"
        elif _hash(digest, _content(row)) != entry["digest"]:
            yield position, f"{_about(entry)} was changed"
        elif row["number"] < latest[table]:
            yield position, f"{_about(entry)} was moved before what was written earlier"
        else:
            latest[table] = row["number"]
    for table, rows in case.rows.items():
        for ref in rows:
            yield None, f"{NAMES[table]} {ref} was inserted: no entry of the chain knows it"


def _hash(of: Callable[[Any], str], said: Any) -> str:
    """The hash of what stands there, which may be anything by now."""
    try:
        return of(said)
    except (AttributeError, TypeError, ValueError, OverflowError):
        return NO_HASH


def _content(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "number"}


def _about(entry: Row) -> str:
    return f"{entry['kind']} {entry['ref']}".strip()


def _entries(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"
