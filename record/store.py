"""The case record: one transaction for each wake of a journey, and the reading of what stands.

Synchronous, since activities run in the worker's threads (docs/adr/0003-case-record.md).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from pydantic import ValidationError
from sqlalchemy import Engine, Select, column, func, inspect, select, table
from sqlalchemy.orm import Session

from domain.clocks.actions import Action
from record.engine import open_engine, readers
from record.entries import KnownEvent, RecordEntry, Rejected, Terms
from record.failures import Unreadable, in_plain_words
from record.migrating import revision_of
from record.rows import action_of
from record.tables import PROOF, ActionRow, EventRow, OutboxRow, RejectedRow, Status, Table
from record.writing import NewlyWritten, latest_terms, latest_terms_of, write

T = TypeVar("T", bound=Table)
ASKED_AT_ONCE: Final = 500
"""Children named in one query (ours)."""


class RecordedAction(NamedTuple):
    """An action as the record has it: when it was truly decided, and whether it was sent or passed over."""

    action: Action
    status: Status
    decided_at: datetime


class OutboxItem(NamedTuple):
    """A sent action on its way to one role."""

    number: int
    child: str
    action_key: str
    role: str
    state: str
    created: datetime


class RecordedRejection(NamedTuple):
    """What could not be taken, and whose journey it had reached."""

    child: str
    rejected: Rejected


class CaseRecord:
    """What happened to each child and what was told, by SQL. Safe to share among threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str) -> "CaseRecord":
        """The record at a database URL, made if it is not there. Raises RecordUnavailable."""
        return cls(open_engine(url))

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def summary(self) -> dict[str, str | int]:
        """Where the record is, at which revision its tables are, and how many rows each has."""
        where = self.engine.url.set(query={}).render_as_string(hide_password=True)
        with in_plain_words(), readers(self.engine).connect() as connection:
            names = sorted({*inspect(connection).get_table_names()} - {"alembic_version"})
            counted = {name: _count_of(name) for name in names}
            counts = {name: connection.execute(query).scalar_one() for name, query in counted.items()}
            revision = revision_of(connection) or "none"
        return {"database": where, "revision": revision, "children": len(self.children()), **counts}

    # Writing

    def write(self, entry: RecordEntry) -> NewlyWritten:
        """Write all of an entry or, if it was written before, nothing.

        Raises RecordUnavailable when it may work later, EntryRefused when it never will.
        """
        with in_plain_words(), self.engine.begin() as connection:
            return write(connection, entry)

    # Reading

    def history(self, child: str) -> list[KnownEvent]:
        """A child's events, over all periods of care, in the order they became known."""
        query = select(EventRow.known_at, EventRow.document).where(EventRow.child == child)
        with in_plain_words(), readers(self.engine).connect() as connection:
            rows = connection.execute(query.order_by(EventRow.known_at, EventRow.number)).all()
        return [KnownEvent(known_at=known_at, event=document) for known_at, document in rows]

    def settled(self, child: str, until: datetime | None = None) -> list[str]:
        """The keys of a child's actions up to an instant, sent and passed over, in the order they were written."""
        query = select(ActionRow.key).where(ActionRow.child == child).order_by(ActionRow.number)
        if until is not None:
            query = query.where(ActionRow.at <= until)
        with in_plain_words(), readers(self.engine).connect() as connection:
            return list(connection.execute(query).scalars())

    def terms(self, child: str) -> Terms | None:
        """What a child's journey runs under that its events do not say; None of one begun before this was kept.

        Raises Unreadable.
        """
        with in_plain_words(), readers(self.engine).connect() as connection:
            content = latest_terms(connection, child)
        try:
            return Terms.model_validate(content) if content else None
        except ValidationError:
            raise Unreadable(child) from None

    def terms_of(self, children: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The same of those of some children of whom it is kept, as it stands there: `Terms` reads each by itself."""
        with in_plain_words(), readers(self.engine).connect() as connection:
            return latest_terms_of(connection, children)

    def settled_of(self, children: Sequence[str]) -> dict[str, list[str]]:
        """The keys of the actions of some children, each child's in the order they were written."""
        query = select(ActionRow.child, ActionRow.key).where(ActionRow.child.in_(children))
        settled: dict[str, list[str]] = {child: [] for child in children}
        with in_plain_words(), readers(self.engine).connect() as connection:
            for child, key in connection.execute(query.order_by(ActionRow.number)):
                settled[child].append(key)
        return settled

    def spoke_since(self, child: str, instant: datetime) -> bool:
        """Whether a child's journey has taken or decided anything since an instant."""
        taken = select(EventRow.number).where(EventRow.child == child, EventRow.known_at >= instant)
        decided = select(ActionRow.number).where(ActionRow.child == child, ActionRow.decided_at >= instant)
        with in_plain_words(), readers(self.engine).connect() as connection:
            return any(connection.execute(query.limit(1)).first() for query in (taken, decided))

    def histories(self, children: Sequence[str]) -> dict[str, list[KnownEvent]]:
        """The events of some children, each child's in the order they became known."""
        query = select(EventRow.child, EventRow.known_at, EventRow.document).where(EventRow.child.in_(children))
        histories: dict[str, list[KnownEvent]] = {child: [] for child in children}
        with in_plain_words(), readers(self.engine).connect() as connection:
            for row in connection.execute(query.order_by(EventRow.known_at, EventRow.number)):
                histories[row.child].append(KnownEvent(known_at=row.known_at, event=row.document))
        return histories

    def ids_of(self, children: Sequence[str]) -> dict[str, set[str]]:
        """The ids of the events of some children."""
        query = select(EventRow.child, EventRow.event_id).where(EventRow.child.in_(children))
        ids: dict[str, set[str]] = {child: set() for child in children}
        with in_plain_words(), readers(self.engine).connect() as connection:
            for child, event_id in connection.execute(query):
                ids[child].add(event_id)
        return ids

    def actions(self, child: str | None = None, since: datetime | None = None) -> list[RecordedAction]:
        """Actions in order of time: of one child or all, decided at or after an instant or ever."""
        query = _of_child(select(ActionRow), ActionRow, child)
        if since is not None:
            query = query.where(ActionRow.decided_at >= since)
        actions = [RecordedAction(action_of(row), _status(row), row.decided_at) for row in self._rows(query)]
        return sorted(actions, key=lambda recorded: recorded.action.order)

    def latest_events(self) -> dict[str, int]:
        """Of every child with an event in the record the number of the latest one, by which news is seen."""
        query = (
            select(EventRow.child, func.max(EventRow.number).label("latest"))
            .group_by(EventRow.child)
            .order_by(EventRow.child)
        )
        with in_plain_words(), readers(self.engine).connect() as connection:
            return {row.child: row.latest for row in connection.execute(query)}

    def keys_sent(self) -> list[tuple[str, str]]:
        """Child and key of every action that was sent."""
        query = select(ActionRow.child, ActionRow.key).where(ActionRow.status == "sent", ActionRow.child != PROOF)
        with in_plain_words(), readers(self.engine).connect() as connection:
            return [(child, key) for child, key in connection.execute(query)]

    def outbox(self, child: str | None = None, state: str | None = None) -> list[OutboxItem]:
        """What is on its way, oldest first: of one child or all, in one state or any."""
        query = _of_child(select(OutboxRow), OutboxRow, child).order_by(OutboxRow.number)
        if state is not None:
            query = query.where(OutboxRow.state == state)
        return [OutboxItem(r.number, r.child, r.action_key, r.role, r.state, r.created) for r in self._rows(query)]

    def rejected(self, child: str | None = None) -> list[RecordedRejection]:
        """What could not be taken, in order of time."""
        rows = self._rows(
            _of_child(select(RejectedRow), RejectedRow, child).order_by(RejectedRow.at, RejectedRow.number)
        )
        return [
            RecordedRejection(r.child, Rejected(at=r.at, source=r.source, reason=r.reason, payload=r.payload))
            for r in rows
        ]

    def rejections(self, children: Collection[str]) -> dict[str, int]:
        """Of those of some children who have any, how many events could not be taken."""
        ordered, counts = sorted(children), dict[str, int]()
        with in_plain_words(), readers(self.engine).connect() as connection:
            for start in range(0, len(ordered), ASKED_AT_ONCE):
                some = RejectedRow.child.in_(ordered[start : start + ASKED_AT_ONCE])
                query = select(RejectedRow.child, func.count()).where(some).group_by(RejectedRow.child)
                counts |= dict(connection.execute(query).all())
        return counts

    def children(self) -> list[str]:
        """Every child with an event in the record, in order."""
        with self._reading() as session:
            return list(session.scalars(select(EventRow.child).distinct().order_by(EventRow.child)))

    def among(self, children: Collection[str]) -> set[str]:
        """Those of some children who have an event in the record."""
        ordered, there = sorted(children), set[str]()
        with self._reading() as session:
            for start in range(0, len(ordered), ASKED_AT_ONCE):
                some = EventRow.child.in_(ordered[start : start + ASKED_AT_ONCE])
                there |= set(session.scalars(select(EventRow.child).where(some).distinct()))
        return there

    def _rows(self, query: Select[T]) -> list[T]:
        with self._reading() as session:
            return list(session.scalars(query))

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with in_plain_words(), Session(readers(self.engine), expire_on_commit=False) as session:
            yield session


def _count_of(name: str) -> Select[int]:
    """Counts the rows of a table that are about children."""
    query = select(func.count())
    if name in ("actions", "chain", "chain_heads", "delivery_attempts", "outbox"):
        return query.select_from(table(name, column("child"))).where(column("child").is_distinct_from(PROOF))
    return query.select_from(table(name))


def _of_child(query: Select[T], row: Any, child: str | None) -> Select[T]:
    """Of one child, or of all: the daily proof is none."""
    return query.where(row.child != PROOF if child is None else row.child == child)


def _status(row: ActionRow) -> Status:
    return "sent" if row.status == "sent" else "skipped"
