"""Reading what is known of many children, so that one who cannot be read keeps nobody else from being read.

One row is enough: cut short by a disk that failed, changed by hand, of a type that only a newer version knows. Only its
child is left out then, and `permanence record verify` names the row.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, RowMapping, Select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute

from domain.case.accepted import FIRST_INSTANT, LAST_INSTANT
from domain.case.documents import EventRefused, parse_event
from domain.case.facts import Known
from record.entries import KnownEvent
from record.failures import EntryRefused, Unreadable, is_unreadable
from record.store import CaseRecord

T = TypeVar("T")


class Pasts(NamedTuple):
    """The events of those children who can be read, in the order they became known; and who cannot be."""

    known: dict[str, list[Known]]
    unreadable: list[str]


def pasts(record: CaseRecord, children: Sequence[str]) -> Pasts:
    """What is known of some children. Raises RecordUnavailable."""
    histories, unreadable = apart(record.histories, children)
    known: dict[str, list[Known]] = {}
    for child, history in histories.items():
        try:
            known[child] = known_of(history)
        except EventRefused:
            unreadable.append(child)
    return Pasts(known, sorted(unreadable))


def past(record: CaseRecord, child: str) -> list[Known]:
    """What is known of one child. Raises RecordUnavailable, Unreadable."""
    read = pasts(record, [child])
    if read.unreadable:
        raise Unreadable(child)
    return read.known[child]


def known_of(history: Sequence[KnownEvent]) -> list[Known]:
    """The events of a child as they were taken, read. Raises EventRefused."""
    return [Known(parse_event(one.event), _instant(one.known_at)) for one in history]


def _instant(known_at: datetime) -> datetime:
    """A row that says it was known in 9999 has its child grown up long ago, and in no list."""
    if FIRST_INSTANT <= known_at < LAST_INSTANT:
        return known_at
    raise EventRefused(f"known_at: accepted: {FIRST_INSTANT:%Y} to {LAST_INSTANT.year - 1}")


def apart(read: Callable[[Sequence[str]], Mapping[str, T]], children: Sequence[str]) -> tuple[dict[str, T], list[str]]:
    """What is read of some children, and of whom it cannot be: by halves, until those stand alone.

    Of fifty children one who cannot be read costs a dozen queries more.
    """
    try:
        return dict(read(children)), []
    except EntryRefused:
        if len(children) == 1:
            return {}, list(children)
    half = len(children) // 2
    (some, unreadable), (others, more) = apart(read, children[:half]), apart(read, children[half:])
    return some | others, unreadable + more


def readable_rows(
    connection: Connection, query: Select[*tuple[Any, ...]], number: InstrumentedAttribute[int]
) -> Sequence[RowMapping]:
    """The rows of a query, without those that cannot be read. `number` is that of the table they are of."""
    if (rows := _all_or_none(connection, query)) is not None:
        return rows
    numbers = connection.execute(query.with_only_columns(number, maintain_column_froms=True)).scalars().all()
    return [row for one in numbers for row in _all_or_none(connection, query.where(number == one)) or ()]


def _all_or_none(connection: Connection, query: Select[*tuple[Any, ...]]) -> Sequence[RowMapping] | None:
    """The rows of a query; None where any of them cannot be read."""
    try:
        return connection.execute(query).mappings().all()
    except (ValueError, SQLAlchemyError) as error:
        if not is_unreadable(error):
            raise
        return None
