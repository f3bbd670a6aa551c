"""How events leave the inbox: whose turn it is, who is at it, and what became of each.

One sender at a time is at a child's events, so that they arrive in order. It holds the child on lease
(record/lease.py); if it dies, another takes over, and the journey knows by their ids which events it has.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, exists, func, select, update

from domain.case import events as ev
from domain.case.documents import parse_event
from domain.limits import MESSAGE_EVENTS, how_many_fit
from intake.inbox import OPEN, ForChild, InboxState, due
from record.failures import in_plain_words
from record.inbox_tables import InboxChildRow, InboxDeliveryRow, InboxRow
from record.lease import Lease
from record.tables import EventRow

LEASE: Final = Lease(InboxChildRow, InboxChildRow.claim, InboxChildRow.claimed_until)
HELD_FOR: Final = timedelta(seconds=15)
"""How long a sender holds a child before another may think it dead (ours: longer than one delivery may take)."""

ENTRIES: Final = tuple(kind for kind, model in ev.EVENT_TYPES.items() if issubclass(model, ev.ENTRY_TYPES))

NO_JOURNEY_YET: Final = "the child has no journey yet; it goes when one starts, with an event of entry"

LONGEST_WAIT: Final = timedelta(seconds=30)
"""Between attempts: 1 s, 2 s, 4 s and so on up to this (ours)."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that a child's journey is to be told."""

    delivery: int
    event: ev.Event


@dataclass(frozen=True, slots=True)
class Settled:
    """What a journey made of an event."""

    delivery: int
    state: InboxState
    reason: str | None = None


class InboxQueue:
    """The inbox as those see it who deliver. Safe to share among threads and processes. All raise RecordUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def wake(self, now: datetime) -> int:
        """Have the events of children tried whose journey has started by another way; how many children."""
        begun = exists().where(EventRow.child == InboxDeliveryRow.child)
        pending = select(InboxDeliveryRow.child).where(InboxDeliveryRow.state == "pending", begun).distinct()
        with in_plain_words(), self.engine.begin() as connection:
            children = list(connection.scalars(pending))
            due(connection, children, now)
            return len(children)

    def anybody(self, now: datetime) -> bool:
        """Whether a child waits, held or not: asked twice a second, at a tenth of the cost of `turn`."""
        query = select(InboxChildRow.child).where(InboxChildRow.next_attempt <= now).limit(1)
        with in_plain_words(), self.engine.connect() as connection:
            return connection.scalar(query) is not None

    def turn(self, now: datetime, most: int, *, failed: bool = False) -> list[str]:
        """Children whose turn it is and nobody is at: of each sender the one that has waited longest, then the next.

        So a sender of a thousand events does not keep another's only one waiting. `failed`: only those that could not
        be delivered to when last tried; else only the others, since a journey that is stuck takes a while each time.
        """
        tried = InboxChildRow.attempts > 0 if failed else InboxChildRow.attempts == 0
        received = select(InboxDeliveryRow.child, func.min(InboxDeliveryRow.inbox).label("inbox"))
        oldest = received.where(InboxDeliveryRow.state == "received").group_by(InboxDeliveryRow.child).subquery()
        ready = (
            select(InboxChildRow.child, InboxChildRow.next_attempt.label("at"), InboxRow.credential.label("sender"))
            .outerjoin(oldest, oldest.c.child == InboxChildRow.child)
            .outerjoin(InboxRow, InboxRow.number == oldest.c.inbox)
            .where(InboxChildRow.next_attempt <= now, LEASE.free(now), tried)
            .subquery()
        )
        place = func.row_number().over(partition_by=ready.c.sender, order_by=(ready.c.at, ready.c.child))
        ranked = select(ready.c.child, ready.c.at, place.label("place")).subquery()
        query = select(ranked.c.child).order_by(ranked.c.place, ranked.c.at).limit(most)
        with in_plain_words(), self.engine.connect() as connection:
            return list(connection.scalars(query))

    def resting(self, child: str, now: datetime) -> bool:
        """Whether a child could not be delivered to when last tried, and is left alone for a while."""
        waits = select(InboxChildRow.child).where(InboxChildRow.child == child, InboxChildRow.attempts > 0)
        with in_plain_words(), self.engine.connect() as connection:
            return connection.execute(waits.where(InboxChildRow.next_attempt > now)).first() is not None

    def is_free(self, child: str, now: datetime) -> bool:
        """Whether nobody is at a child."""
        query = select(InboxChildRow.child).where(InboxChildRow.child == child, LEASE.free(now))
        with in_plain_words(), self.engine.connect() as connection:
            return connection.execute(query).first() is not None

    def claim(self, child: str, now: datetime) -> str | None:
        """Hold a child; the claim, or None where somebody else holds it."""
        claim = uuid.uuid4().hex
        with in_plain_words(), self.engine.begin() as connection:
            taken = LEASE.take(connection, InboxChildRow.child == child, claim, now, now + HELD_FOR)
        return claim if taken else None

    def waiting(self, child: str, claim: str, now: datetime) -> list[Waiting]:
        """What the child's journey is to be told now, in order; it goes as one batch.

        Nothing, where there is no journey and nothing that starts one: then all of it is pending.
        """
        with in_plain_words(), self.engine.begin() as connection:
            if not LEASE.renew(connection, claim, now + HELD_FOR):
                return []
            if _has_journey(connection, child):
                return _as_much_as_fits(_open(connection, child))
            entries = _open(connection, child, ENTRIES)
            if entries:
                others = [one for one in _open(connection, child) if one not in entries]
                return _as_much_as_fits([*entries, *others])
            _all_pending(connection, child, now)
            return []

    def settle(self, settled: Sequence[Settled], now: datetime) -> None:
        """Write down what a journey made of events."""
        with in_plain_words(), self.engine.begin() as connection:
            _settle(connection, settled, now)

    def let_go(self, child: str, claim: str, now: datetime, *, failed: bool = False) -> None:
        """Hold a child no longer; where delivering failed, it is tried again a while later."""
        with in_plain_words(), self.engine.begin() as connection:
            if not LEASE.renew(connection, claim, now + HELD_FOR):
                return
            # The child's row is ours until the commit: what is stored meanwhile makes it due again after that.
            left = select(InboxDeliveryRow.number).where(
                InboxDeliveryRow.child == child, InboxDeliveryRow.state == "received"
            )
            attempts = _attempts(connection, child) + 1 if failed else 0
            pause = min(LONGEST_WAIT, timedelta(seconds=2 ** min(attempts - 1, 10))) if failed else timedelta()
            next_attempt = now + pause if connection.execute(left.limit(1)).first() else None
            LEASE.give_back(connection, claim, next_attempt=next_attempt, attempts=attempts)

    def states(self, numbers: Iterable[int]) -> dict[int, list[ForChild]]:
        """What became of rows of the inbox, child by child."""
        query = select(InboxDeliveryRow).where(InboxDeliveryRow.inbox.in_(list(numbers)))
        states: dict[int, list[ForChild]] = {}
        with in_plain_words(), self.engine.connect() as connection:
            for row in connection.execute(query):
                states.setdefault(row.inbox, []).append(ForChild(row.child, row.state, row.reason))
        return states


def _attempts(connection: Connection, child: str) -> int:
    return connection.scalar(select(InboxChildRow.attempts).where(InboxChildRow.child == child)) or 0


def _open(connection: Connection, child: str, types: Sequence[str] = ()) -> list[Waiting]:
    """What waits for a child, oldest first, as much as one batch can hold; only of some types, if any are given."""
    query = (
        select(InboxDeliveryRow.number, InboxRow.document)
        .join(InboxRow, InboxRow.number == InboxDeliveryRow.inbox)
        .where(InboxDeliveryRow.child == child, InboxDeliveryRow.state.in_(OPEN))
        .order_by(InboxDeliveryRow.inbox)
        .limit(MESSAGE_EVENTS)
    )
    query = query.where(InboxRow.type.in_(types)) if types else query
    return [Waiting(row.number, parse_event(row.document)) for row in connection.execute(query)]


def _has_journey(connection: Connection, child: str) -> bool:
    """A journey writes the events it takes into the case record before it answers."""
    return connection.execute(select(EventRow.number).where(EventRow.child == child).limit(1)).first() is not None


def _as_much_as_fits(waiting: Sequence[Waiting]) -> list[Waiting]:
    return list(waiting[: how_many_fit([one.event for one in waiting])])


def _all_pending(connection: Connection, child: str, now: datetime) -> None:
    """Have what is new for a child without a journey wait for one; what waits already is not touched again."""
    new = update(InboxDeliveryRow).where(InboxDeliveryRow.child == child, InboxDeliveryRow.state == "received")
    connection.execute(new.values(state="pending", reason=NO_JOURNEY_YET, settled_at=now))


def _settle(connection: Connection, settled: Iterable[Settled], now: datetime) -> None:
    for one in settled:
        connection.execute(
            update(InboxDeliveryRow)
            .where(InboxDeliveryRow.number == one.delivery, InboxDeliveryRow.state.in_(OPEN))
            .values(state=one.state, reason=one.reason, settled_at=now)
        )
