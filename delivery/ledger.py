"""The ledger: every attempt to tell somebody something, and how the channels stand.

An attempt is written before the network is used, and again when its outcome is known; the outcome is added to the
child's chain in the same transaction. Of one delivery each attempt has a number, so two workers cannot make the same.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Engine, Update, and_, func, select, update
from sqlalchemy.orm import Session

from record.chain import append_each
from record.delivery_tables import AttemptRow, ChannelRow, LineRow, Outcome, Via
from record.engine import INSERT, insert_new
from record.failures import in_plain_words

CHAINED = ("action_key", "role", "person", "via", "channel", "attempt", "reference", "outcome", "at", "began", "error")
"""What of an attempt stands in the child's chain."""


class TriedAlready(Exception):
    """Another worker made this very attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to tell one person one thing by one channel (record/delivery_tables.py)."""

    delivery: str
    attempt: int
    child: str | None
    action_key: str | None
    role: str | None
    person: str
    via: Via
    channel: str
    address: str | None
    reference: str
    outcome: Outcome
    at: datetime | None
    began: datetime
    ended: datetime | None = None
    provider: str | None = None
    error: str | None = None
    words: str | None = None


class CarriedLine(NamedTuple):
    """What one line of a message of many tells: which action of which child, for which role (a code)."""

    child: str
    action_key: str
    role: str


class ChannelState(NamedTuple):
    """How a channel stands."""

    channel: str
    state: Literal["up", "down", "stopped"]
    since: datetime
    failures: int = 0
    next_try: datetime | None = None
    error: str | None = None
    words: str | None = None


class Ledger:
    """What was tried and what became of it. Safe to share among threads. Everything raises RecordUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # Attempts

    def write(self, attempt: Attempt, by: str | None = None, lines: Iterable[CarriedLine] = ()) -> None:
        """Write an attempt down: begun, or with its outcome. `by` is who asked for it. Raises TriedAlready.

        `lines` are what a message of many holds: they stand before it can have gone.
        """
        insert = INSERT[self._engine.dialect.name](AttemptRow).values(asdict(attempt))
        insert = insert.on_conflict_do_nothing(index_elements=["delivery", "attempt"])
        with in_plain_words(), self._engine.begin() as connection:
            if connection.execute(insert.returning(AttemptRow.number)).first() is None:
                raise TriedAlready(attempt.delivery)
            insert_new(connection, LineRow, [_line(attempt, one) for one in lines])
            if attempt.outcome != "begun":
                _chain(connection, attempt, by)

    def end(self, attempt: Attempt, *with_it: Update) -> None:
        """Write down what became of an attempt that was begun, or what turned out later.

        `with_it` is what follows for the outbox: it stands or falls with the outcome. An escalation came back on
        29 November 2026 and the database was locked after that was written: its row stayed "sent", nobody was told, and
        the next pass, which looks at what counts as sent, passed it over.
        """
        same = and_(AttemptRow.delivery == attempt.delivery, AttemptRow.attempt == attempt.attempt)
        values = {name: getattr(attempt, name) for name in ("outcome", "ended", "provider", "error", "words")}
        with in_plain_words(), self._engine.begin() as connection:
            connection.execute(update(AttemptRow).where(same).values(values))
            _chain(connection, attempt)
            for change in with_it:  # now that the child's chain is locked, so that each sees what the one before it did
                connection.execute(change)

    def also(self, attempt: Attempt, role: str) -> None:
        """Note that somebody who was told, or is being told, holds another role that this is for."""
        if attempt.child is not None and attempt.action_key is not None:
            line = _line(attempt, CarriedLine(attempt.child, attempt.action_key, role))
            with in_plain_words(), self._engine.begin() as connection:
                insert_new(connection, LineRow, [line])

    def carried(self, deliveries: Iterable[str]) -> list[CarriedLine]:
        """What stood in the messages of many that these deliveries were, each once."""
        query = select(LineRow.child, LineRow.action_key, LineRow.role).distinct()
        with in_plain_words(), self._engine.connect() as connection:
            return [
                CarriedLine(*row) for row in connection.execute(query.where(LineRow.delivery.in_(list(deliveries))))
            ]

    def stood_in(self, attempt: Attempt) -> list[CarriedLine]:
        """What stood in the message of many that one attempt was: the next is written anew, and may hold less."""
        query = select(LineRow.child, LineRow.action_key, LineRow.role).order_by(LineRow.number)
        same = LineRow.delivery == attempt.delivery, LineRow.attempt == attempt.attempt
        with in_plain_words(), self._engine.connect() as connection:
            return [CarriedLine(*row) for row in connection.execute(query.where(*same))]

    def of_deliveries(self, deliveries: Iterable[str]) -> list[Attempt]:
        """The attempts of some deliveries, in order."""
        return self._attempts(AttemptRow.delivery.in_(list(deliveries)))

    def of_child(self, child: str) -> list[Attempt]:
        """All that was tried about a child, in order."""
        return self._attempts(AttemptRow.child == child)

    def of_person(self, person: str, outcome: Outcome) -> list[Attempt]:
        """A person's attempts of one outcome, in order: what is held for a digest, for one."""
        return self._attempts(AttemptRow.person == person, AttemptRow.outcome == outcome)

    def of_things(self, about: str) -> list[Attempt]:
        """The attempts to tell whatever begins so (`load/PART/`), in order."""
        return self._attempts(AttemptRow.delivery.startswith(about, autoescape=True))

    def last_digest(self, person: str) -> Attempt | None:
        """The latest digest that somebody was sent, or may have been."""
        attempts = self._attempts(
            AttemptRow.person == person,
            AttemptRow.outcome.in_(("sent", "uncertain")),
            AttemptRow.child.is_(None),  # a child may be called digest, and its messages begin so too
            AttemptRow.delivery.startswith("digest/"),
        )
        return attempts[-1] if attempts else None

    def with_outcome(self, outcome: Outcome) -> list[Attempt]:
        """Every attempt of one outcome, in order."""
        return self._attempts(AttemptRow.outcome == outcome)

    def of_reference(self, reference: str) -> list[Attempt]:
        """The attempts that carried a reference: what `permanence acknowledge` looks up."""
        return self._attempts(AttemptRow.reference == reference)

    def of_provider(self, channel: str, provider: Iterable[str]) -> list[Attempt]:
        """The attempts that a channel knows by these references of its own."""
        return self._attempts(AttemptRow.channel == channel, AttemptRow.provider.in_(list(provider)))

    def sent_by_way_of(self, via: Via) -> int:
        """How many messages went to people who came to be told in one way."""
        query = select(func.count()).where(AttemptRow.outcome == "sent", AttemptRow.via == via)
        with in_plain_words(), self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def _attempts(self, *conditions: Any) -> list[Attempt]:
        names = [field.name for field in fields(Attempt)]
        with in_plain_words(), Session(self._engine) as session:
            rows = session.scalars(select(AttemptRow).where(*conditions).order_by(AttemptRow.number))
            return [Attempt(**{name: getattr(row, name) for name in names}) for row in rows]

    # Channels

    def channels(self) -> dict[str, ChannelState]:
        """How the channels stand that have ever been in trouble."""
        with in_plain_words(), Session(self._engine) as session:
            states = [
                ChannelState(**{name: getattr(row, name) for name in ChannelState._fields})
                for row in session.scalars(select(ChannelRow))
            ]
        return {state.channel: state for state in states}

    def set_channel(self, state: ChannelState) -> None:
        """Say how a channel stands."""
        values = state._asdict()
        insert = INSERT[self._engine.dialect.name](ChannelRow).values(values)
        upsert = insert.on_conflict_do_update(index_elements=["channel"], set_=values)
        with in_plain_words(), self._engine.begin() as connection:
            connection.execute(upsert)


def _line(attempt: Attempt, carried: CarriedLine) -> dict[str, Any]:
    return {
        "delivery": attempt.delivery,
        "attempt": attempt.attempt,
        "person": attempt.person,
        **carried._asdict(),
    }


def _chain(connection: Connection, attempt: Attempt, by: str | None = None) -> None:
    """Vouch for an outcome in the chain of the child; of a message of many, in that of every child it told of.

    A channel's trouble is of no child.
    """
    if attempt.outcome == "down":
        return
    content = {name: getattr(attempt, name) for name in CHAINED}
    children = {attempt.child: content} if attempt.child is not None else _by_child(connection, attempt, content)
    at, ref = attempt.ended or attempt.began, f"{attempt.delivery}/{attempt.attempt}"
    append_each(connection, "delivery", children, at=at, ref=ref, by=by)


def _by_child(connection: Connection, attempt: Attempt, content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What each child's chain says of a message of many: the attempt, and that child's lines of it."""
    columns = select(LineRow.child, LineRow.action_key, LineRow.role).order_by(LineRow.number)
    same = columns.where(LineRow.delivery == attempt.delivery, LineRow.attempt == attempt.attempt)
    children: dict[str, list[dict[str, str]]] = {}
    for child, action_key, role in connection.execute(same):
        children.setdefault(child, []).append({"action_key": action_key, "role": role})
    return {child: content | {"lines": lines} for child, lines in children.items()}
