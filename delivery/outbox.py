"""The outbox as a queue: several workers may drain it at once, and each row is in one hand at a time.

A worker takes rows on lease (record/lease.py) and settles each. What a row waits for, and what became of it, stands in
the row: a kill loses nothing.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Final, Literal, NamedTuple, cast, get_args

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Engine, Select, Update, and_, case, func, not_, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from domain.clocks.actions import Action
from record.delivery_tables import AttemptRow
from record.engine import readers
from record.failures import in_plain_words, is_unreadable
from record.lease import Lease
from record.rows import action_as_it_stands, action_of, bygone_action
from record.tables import PROOF, ActionRow, OutboxRow

OutboxState = Literal["pending", "gathered", "closed", "sent", "held", "superseded", "uncertain", "failed"]
STATES: tuple[OutboxState, ...] = get_args(OutboxState)
WAITS = OutboxRow.state.in_(("pending", "gathered", "closed"))
LEASE = Lease(OutboxRow, OutboxRow.leased_by, OutboxRow.leased_until)
AGAIN: tuple[OutboxState, ...] = ("pending", "uncertain", "failed")
"""What a person may have tried again."""

NO_CHANNEL: Final = "no channel is switched on, so nobody has been told"
"""Why what is to be told waits where nobody has switched a channel on: written into the rows, since whoever reads them
may be another program, on another machine, with other settings."""

BESIDE: Final = 1000
"""Rows that may be numbered before others and stored after them (ours: far more than are written at once)."""

QUEUED = and_(OutboxRow.child == ActionRow.child, OutboxRow.action_key == ActionRow.key)
"""A row of the outbox and the action that it is to tell."""

OF_CHILDREN = OutboxRow.child != PROOF
"""The daily proof goes this way too, and is in no list of what children's people are told."""


class Queued(NamedTuple):
    """A row of the outbox: an action for a role, and how it stands."""

    number: int
    action: Action
    role: str
    created: datetime
    """When the action was decided."""
    state: OutboxState
    next_at: datetime | None
    why: str | None
    unreadable: bool = False
    """What is to be told stands in the record and cannot be read: the rest is what its key says."""

    @property
    def child(self) -> str:
        return self.action.child


class Outbox:
    """The queue of what is to be told. Safe to share among threads. Everything raises RecordUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # For workers

    def claim(self, worker: str, now: datetime, until: datetime, limit: int) -> list[Queued]:
        """Take up to `limit` rows whose time has come, the oldest first; none of a child in another's hand."""
        in_hand = select(OutboxRow.child).where(OutboxRow.state == "pending", not_(LEASE.free(now)))
        ripe = and_(OutboxRow.state == "pending", or_(OutboxRow.next_at.is_(None), OutboxRow.next_at <= now))
        ready = select(OutboxRow.number).where(ripe, LEASE.free(now), OutboxRow.child.not_in(in_hand))
        first = ready.order_by(OutboxRow.number).limit(limit).scalar_subquery()
        with in_plain_words(), self._engine.begin() as connection:
            taken = LEASE.take(connection, and_(OutboxRow.number.in_(first), ripe), worker, now, until)
        return self._read(select(OutboxRow, ActionRow).where(OutboxRow.number.in_(taken))) if taken else []

    def renew(self, worker: str, until: datetime) -> None:
        """Keep what is in hand for longer."""
        with in_plain_words(), self._engine.begin() as connection:
            LEASE.renew(connection, worker, until)

    def release(self, worker: str) -> None:
        """Put back what is in hand and not settled."""
        with in_plain_words(), self._engine.begin() as connection:
            LEASE.give_back(connection, worker)

    def settle(
        self, worker: str, number: int, state: OutboxState, why: str | None = None, next_at: datetime | None = None
    ) -> bool:
        """Say how a row stands, and let go of it. False, and nothing changed, if it is no longer in hand."""
        row = OutboxRow.number == number
        with in_plain_words(), self._engine.begin() as connection:
            return LEASE.give_back(connection, worker, row, state=state, why=why, next_at=next_at)

    def say_no_channel(self, seen: int) -> int:
        """Say of what waits that no channel is switched on; the number of the newest row.

        `seen` is what this returned before, 0 at first: what was said is not gone through again.
        """
        with in_plain_words(), self._engine.begin() as connection:
            newest = connection.execute(select(func.max(OutboxRow.number))).scalar_one() or 0
            if newest > seen:
                new = and_(WAITS, OF_CHILDREN, OutboxRow.why.is_(None), OutboxRow.number > seen - BESIDE)
                connection.execute(update(OutboxRow).where(new).values(why=NO_CHANNEL))
        return newest

    def say_a_channel(self) -> int:
        """Say so no more: one is switched on. How many rows."""
        return self._update(and_(WAITS, OutboxRow.why == NO_CHANNEL), why=None)

    # For people

    def again(self, child: str | None = None, states: Iterable[OutboxState] = AGAIN) -> int:
        """Have what is not sent tried again at once, of one child or all; how many rows."""
        ours = OutboxRow.state.in_(tuple(states))
        whose = OF_CHILDREN if child is None else OutboxRow.child == child
        return self._update(and_(ours, whose), state="pending", next_at=None)

    def rows(
        self, child: str | None = None, state: OutboxState | None = None, limit: int | None = None
    ) -> list[Queued]:
        """Rows, the oldest first: of one child or all, in one state or any; or the first of them."""
        query = select(OutboxRow, ActionRow).where(OF_CHILDREN if child is None else OutboxRow.child == child)
        if state is not None:
            query = query.where(OutboxRow.state == state)
        return self._read(query.limit(limit))

    def counts(self, states: Collection[OutboxState] = STATES) -> dict[OutboxState, int]:
        """How many rows there are in each state, or in some: those that were sent are many to count."""
        of_states = OutboxRow.state.in_(states), OF_CHILDREN
        query = select(OutboxRow.state, func.count()).where(*of_states).group_by(OutboxRow.state)
        with in_plain_words(), readers(self._engine).connect() as connection:
            counts = dict(connection.execute(query).all())
        return {state: counts.get(state, 0) for state in states}

    def oldest(self) -> datetime | None:
        """Since when the oldest message waits that is to go at once; None if none does."""
        query = select(func.min(OutboxRow.created)).where(OutboxRow.state == "pending", OF_CHILDREN)
        with in_plain_words(), readers(self._engine).connect() as connection:
            return connection.execute(query).scalar_one()

    def _read(self, query: Select[OutboxRow, ActionRow]) -> list[Queued]:
        with in_plain_words(), Session(readers(self._engine)) as session:
            return read_queue(session, query)

    def _update(self, condition: ColumnElement[bool], **values: object) -> int:
        with in_plain_words(), self._engine.begin() as connection:
            return connection.execute(update(OutboxRow).where(condition).values(values)).rowcount


# What follows for rows from how an attempt ended: for the transaction that writes that down (Ledger.end)


def reopened(child: str, action_key: str, why: str) -> Update:
    """Has an action told again: what had been sent came back, or what was held is read in no digest."""
    gone = OutboxRow.state.in_(("sent", "held"))
    rows = and_(OutboxRow.child == child, OutboxRow.action_key == action_key, gone)
    return update(OutboxRow).where(rows).values(state="pending", next_at=None, why=why)


def part_reopened(part: str, why: str) -> Update:
    """Has a part of a load told again, since a summary of it came back. Whom one has reached is told no more."""
    rows = and_(OutboxRow.load == part, OutboxRow.state == "sent")
    return update(OutboxRow).where(rows).values(state="closed", next_at=None, why=why)


def closed_by_digest(child: str, action_key: str, why: str) -> Update:
    """Has what was held for digests done with, once nobody is left for whom it is: read, or nothing left to say."""
    tried = select(AttemptRow.number).where(AttemptRow.child == child, AttemptRow.action_key == action_key)
    left = tried.where(AttemptRow.outcome == "held").exists()
    read = tried.where(AttemptRow.outcome.in_(("digested", "sent"))).exists()
    rows = and_(OutboxRow.child == child, OutboxRow.action_key == action_key, OutboxRow.state == "held", not_(left))
    return update(OutboxRow).where(rows).values(state=case((read, "sent"), else_="superseded"), why=why)


def read_queue(session: Session, query: Select[OutboxRow, ActionRow]) -> list[Queued]:
    """Rows with their actions, the oldest first; an action that cannot be read keeps no other row from being taken."""
    ordered = query.join(ActionRow, QUEUED).order_by(OutboxRow.number)
    try:
        return [queued(outbox, action) for outbox, action in session.execute(ordered).all()]
    except (ValueError, SQLAlchemyError) as error:
        if not is_unreadable(error):
            raise
    numbers = session.scalars(ordered.with_only_columns(OutboxRow.number, maintain_column_froms=True)).all()
    return [one for number in numbers for one in _alone(session, number)]


def _alone(session: Session, number: int) -> Iterator[Queued]:
    this = OutboxRow.number == number
    try:
        outbox, action = session.execute(select(OutboxRow, ActionRow).join(ActionRow, QUEUED).where(this)).one()
        yield queued(outbox, action)
    except (ValueError, SQLAlchemyError) as error:
        if not is_unreadable(error):
            raise
        yield _without_its_action(session.execute(select(OutboxRow).where(this)).scalar_one())


def _without_its_action(row: OutboxRow) -> Queued:
    """A row whose action cannot be read: what its key says is all there is, and nobody can be told of that."""
    action = bygone_action(row.child, row.action_key, row.created)
    state = cast("OutboxState", row.state)
    return Queued(row.number, action, row.role, row.created, state, row.next_at, row.why, unreadable=True)


def queued(row: OutboxRow, action: ActionRow) -> Queued:
    """A row of the outbox, with its action.

    One that cannot be read (of a newer version, say, or a role that is no more) is taken as it stands: it fails alone
    when it is told, and is shown, where an error here would stop every row that is taken with it.
    """
    state = cast("OutboxState", row.state)
    try:
        read = action_of(action)
    except ValidationError:
        read = action_as_it_stands(action)
    return Queued(row.number, read, row.role, row.created, state, row.next_at, row.why)
