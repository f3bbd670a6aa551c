"""The chain of a child: all that was written about it, in order, each entry holding the hash of the one before.

Whoever changes, removes, adds or re-orders a row afterwards would have to rewrite every later entry, and that shows
against any head of the chain kept elsewhere (docs/adr/0007-chain.md says what this proves, and what it does not).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Executable, RowMapping, bindparam, insert, update

from record.chain_tables import ChainRow, HeadRow
from record.engine import INSERT
from record.rows import storable
from record.tables import ActionRow, EventRow, RejectedRow, Table

DECISIONS: Final = frozenset(
    {
        "deadline_extended",
        "escalation_acknowledged",
        "event_voided",
        "lateness_explained",
        "obligation_waived",
        "policy_adopted",
    }
)
"""Events by which somebody decides what the service asks for, or what of the record counts."""

VOUCHED: Final[dict[str, type[Table]]] = {
    "event": EventRow,
    "decision": EventRow,
    "action": ActionRow,
    "rejected": RejectedRow,
}
"""Where the row of an entry without content of its own stands, known by the last column of its identity."""

LINKED: Final = ("child", "position", "kind", "ref", "digest", "by", "credential", "at", "previous")
"""What the hash of an entry is made of."""

AT_ONCE: Final = 500
"""Children whose chains are added to by one statement (ours: a statement takes so many values and no more)."""

NOTHING: Final = ""
"""The hash before the first."""


MOVE: Final = (
    update(HeadRow)
    .where(HeadRow.child == bindparam("of"))
    .values(position=bindparam("position"), hash=bindparam("hash"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainEntry:
    """What is to be added to a chain: a row's values, or, if `kept`, content that stands in the chain itself."""

    kind: str
    ref: str
    content: Mapping[str, Any]
    kept: bool = False
    by: str | None = None
    credential: str | None = None


class Chain:
    """A child's chain, held by the transaction of `connection`: other writers of the child wait for its end."""

    def __init__(self, connection: Connection, child: str) -> None:
        self.connection = connection
        self.child = child
        self.position, self.hash = _held(connection, [child])[child]

    def append(self, entries: Iterable[ChainEntry], *, at: datetime) -> None:
        """Add entries in order, written at an instant."""
        rows = [self._next(entry, at) for entry in entries]
        if not rows:
            return
        self.connection.execute(insert(ChainRow), rows)
        head = {"of": self.child, "position": self.position, "hash": self.hash}
        self.connection.execute(MOVE, head)

    def _next(self, entry: ChainEntry, at: datetime) -> dict[str, Any]:
        row = _row(self.child, self.position, self.hash, entry, at)
        self.position, self.hash = row["position"], row["hash"]
        return row


def _row(child: str, position: int, previous: str, entry: ChainEntry, at: datetime) -> dict[str, Any]:
    """The entry after the one at a position, whose hash is `previous`."""
    row = {
        "child": child,
        "position": position + 1,
        "kind": entry.kind,
        "ref": entry.ref,
        "content": plain(entry.content) if entry.kept else None,
        "digest": digest(entry.content),
        "by": entry.by and storable(entry.by),
        "credential": entry.credential and storable(entry.credential),
        "at": at,
        "previous": previous,
    }
    return {**row, "hash": link_hash(row)}


def _held(connection: Connection, children: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Take the heads of some children's chains, in the order given; where each ends."""
    rows = connection.execute(_hold(connection.dialect.name), [{"child": child} for child in children])
    return {child: (position, end) for child, position, end in rows}


@cache
def _hold(dialect: str) -> Executable:
    """Make a head, or change nothing of the one there is: that is what takes the lock, on both databases."""
    held = INSERT[dialect](HeadRow).values(child=bindparam("child"), position=0, hash=NOTHING)
    held = held.on_conflict_do_update(index_elements=["child"], set_={"position": HeadRow.position})
    return held.returning(HeadRow.child, HeadRow.position, HeadRow.hash)


def append(
    connection: Connection,
    child: str,
    kind: str,
    content: Mapping[str, Any],
    *,
    at: datetime,
    ref: str = "",
    by: str | None = None,
    credential: str | None = None,
) -> None:
    """Add what somebody did, or what became of something, to a child's chain, in the transaction of `connection`.

    The content stands in the chain itself: plain values, dates and instants. `ref` says what it is about. A
    transaction that adds to several chains takes the children in order of reference, or two may wait for each other.
    """
    if kind in VOUCHED and kind != "decision":
        raise ValueError(f"{kind}: such an entry vouches for a row of its own")
    entry = ChainEntry(kind=kind, ref=ref, content=content, kept=True, by=by, credential=credential)
    Chain(connection, child).append([entry], at=at)


def append_each(
    connection: Connection,
    kind: str,
    contents: Mapping[str, Mapping[str, Any]],
    *,
    at: datetime,
    ref: str = "",
    by: str | None = None,
) -> None:
    """Add what became of something that was of several children to the chain of each, by child; quick for thousands."""
    children = sorted(contents)
    for first in range(0, len(children), AT_ONCE):
        held = _held(connection, children[first : first + AT_ONCE])
        entries = {c: ChainEntry(kind=kind, ref=ref, content=contents[c], kept=True, by=by) for c in held}
        rows = [_row(child, *held[child], entry, at) for child, entry in entries.items()]
        connection.execute(insert(ChainRow), rows)
        heads = [{"of": row["child"], "position": row["position"], "hash": row["hash"]} for row in rows]
        connection.execute(MOVE, heads)


def link_hash(row: Mapping[str, Any] | RowMapping) -> str:
    """The hash of an entry: of all it says but its content, which stands in it by its digest."""
    return hash_of({name: row[name] for name in LINKED})


def digest(content: Mapping[str, Any]) -> str:
    """The hash of a row or of content. What is absent does not count, so that tables may gain columns later."""
    return hash_of({name: value for name, value in content.items() if value is not None})


def hash_of(value: Any) -> str:
    """SHA-256 of a value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def canonical(value: Any) -> str:
    """One JSON text for a value: names sorted, no spaces, ASCII, instants in UTC to the microsecond."""
    return _ENCODER.encode(value)


def plain(value: Any) -> Any:
    """A value as plain JSON holds it, its names in their own order."""
    return json.loads(json.dumps(value, default=_day_or_instant))


def _day_or_instant(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"the chain holds no {type(value).__name__}")


_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_day_or_instant)
