"""Writing one entry of a journey: its rows and the chain that vouches for them, in one transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, select

from domain.clocks.actions import Action
from record.caseload import note_written
from record.chain import DECISIONS, Chain, ChainEntry
from record.chain_tables import ChainRow
from record.engine import insert_new
from record.entries import KnownEvent, RecordEntry, Rejected
from record.inbox_tables import InboxRow
from record.rows import Values, action_values, bygone_action, event_values, outbox_values, rejected_values
from record.tables import ActionRow, EventRow, OutboxRow, RejectedRow, Status, Table

TERMS = "terms"
"""The kind of chain entry that keeps what a journey runs under and its events do not say."""

LATEST_TERMS = (
    select(ChainRow.content)
    .where(ChainRow.child == bindparam("child"), ChainRow.kind == TERMS)
    .order_by(ChainRow.position.desc())
    .limit(1)
)
TERMS_OF = (
    select(ChainRow.child, ChainRow.content)
    .where(ChainRow.child.in_(bindparam("children", expanding=True)), ChainRow.kind == TERMS)
    .order_by(ChainRow.position)
)
CREDENTIALS = select(InboxRow.key, InboxRow.credential).where(InboxRow.key.in_(bindparam("keys", expanding=True)))

T = TypeVar("T")
Made = Iterable[tuple[Values, T]]
"""Rows, each with what it was made of."""


@dataclass(frozen=True, slots=True)
class NewlyWritten:
    """What one entry newly brought. All of it is empty when the entry had been written before."""

    events: tuple[KnownEvent, ...] = ()
    actions: tuple[Action, ...] = ()
    skipped: tuple[Action, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    """Also an event whose id stood already with other content: the first stands."""


def write(connection: Connection, entry: RecordEntry) -> NewlyWritten:
    """Write what is new of an entry, and chain it."""
    chain = Chain(connection, entry.child)
    written: list[tuple[type[Table], Values]] = []

    def new(table: type[Table], made: Made[T]) -> tuple[T, ...]:
        rows = _inserted(connection, table, made)
        written.extend((table, values) for values, _ in rows)
        return tuple(of for _, of in rows)

    events = new(EventRow, ((event_values(entry.child, known), known) for known in entry.events))
    bygone = [bygone_action(entry.child, key, entry.decided_at) for key in entry.settled]
    skipped = new(ActionRow, _actions(entry, [*entry.skipped, *bygone], "skipped"))
    actions = new(ActionRow, _actions(entry, entry.actions, "sent"))
    rejected = [*entry.rejected, *_disputed(connection, entry, events)]
    kept = new(RejectedRow, ((rejected_values(entry.child, one), one) for one in rejected))
    post = [row for action in actions for row in outbox_values(entry.child, action, entry.decided_at, entry.load)]
    insert_new(connection, OutboxRow, post)
    credentials = _credentials(connection, events)
    chain.append((_chain_entry(table, values, credentials) for table, values in written), at=entry.decided_at)
    terms = _terms(connection, entry)
    chain.append(terms, at=entry.decided_at)
    if written or terms:
        note_written(connection, entry.child)
    return NewlyWritten(events, actions, skipped, kept)


def latest_terms(connection: Connection, child: str) -> Mapping[str, Any] | None:
    """What a child's journey said last of what it runs under."""
    return connection.execute(LATEST_TERMS, {"child": child}).scalar()


def latest_terms_of(connection: Connection, children: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """The same of some children, of those that have said any."""
    return dict(connection.execute(TERMS_OF, {"children": list(children)}).all())


def _terms(connection: Connection, entry: RecordEntry) -> list[ChainEntry]:
    """What a journey runs under, if it is other than was said last."""
    if entry.terms is None:
        return []
    said = entry.terms.model_dump(mode="json")
    if said == latest_terms(connection, entry.child):
        return []
    return [ChainEntry(kind=TERMS, ref="", content=said, kept=True)]


def _inserted(connection: Connection, table: type[Table], made: Made[T]) -> list[tuple[Values, T]]:
    """Insert those rows whose identity is not there yet; the first, where one comes twice."""
    name = table.identity[-1]
    by_name: dict[str, tuple[Values, T]] = {}
    for values, of in made:
        by_name.setdefault(values[name], (values, of))
    new = insert_new(connection, table, [values for values, _ in by_name.values()])
    return [pair for key, pair in by_name.items() if key in new]


def _actions(entry: RecordEntry, actions: Iterable[Action], status: Status) -> Iterator[tuple[Values, Action]]:
    return ((action_values(entry.child, action, status, entry.decided_at), action) for action in actions)


def _credentials(connection: Connection, events: Iterable[KnownEvent]) -> dict[str, str]:
    """By which credential events came, where they came by the inbox: a journey does not know it, its inbox row does."""
    keys = [_inbox_key(known.event) for known in events]
    if not keys:
        return {}
    return dict(connection.execute(CREDENTIALS, {"keys": keys}).all())


def _inbox_key(document: Mapping[str, Any]) -> str:
    return f"{document['child']}/{document['id']}"


def _chain_entry(table: type[Table], values: Values, credentials: Mapping[str, str]) -> ChainEntry:
    vouched: dict[str, Any] = {"ref": values[table.identity[-1]], "content": values}
    if table is EventRow:
        document = values["document"]
        kind = "decision" if values["type"] in DECISIONS else "event"
        return ChainEntry(kind=kind, by=document.get("by"), credential=credentials.get(_inbox_key(document)), **vouched)
    return ChainEntry(kind="action" if table is ActionRow else "rejected", **vouched)


def _disputed(connection: Connection, entry: RecordEntry, new: tuple[KnownEvent, ...]) -> list[Rejected]:
    """The events that contradict what their id stands for already."""
    if len(new) == len(entry.events):
        return []
    ids = [known.event["id"] for known in entry.events]
    query = select(EventRow.event_id, EventRow.document).where(
        EventRow.child == entry.child, EventRow.event_id.in_(ids)
    )
    standing: dict[str, dict[str, Any]] = dict(connection.execute(query).all())
    return [_rejected(known) for known in entry.events if standing[known.event["id"]] != known.event]


def _rejected(known: KnownEvent) -> Rejected:
    reason = f"event {known.event['id']} is in the case record already, with other content: the first stands"
    return Rejected(at=known.known_at, source="case record", reason=reason, payload=known.event)
