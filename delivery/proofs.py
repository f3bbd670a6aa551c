"""The daily proof in the record: an action of nobody, on the same way as every other, and how far the last one came.

It is written as actions are, into the same tables and a chain of its own, under a reference that no child can have.
So the way is proved, and no list, digest, count or export of children has it.
"""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, Engine, and_, func, select, update
from sqlalchemy.orm import Session

from delivery.outbox import QUEUED
from domain.case.words import Role
from domain.clocks.actions import Action
from record.delivery_tables import AttemptRow
from record.failures import in_plain_words
from record.tables import PROOF, ActionRow, OutboxRow

Reached = Literal["people", "outbox"]
"""`people`: delivered to who is to read it. `outbox`: no further, since nobody is named to read it."""


class Proof(NamedTuple):
    """A proof that came as far as it was to: when, and how long after its timer was due."""

    at: datetime
    took: timedelta
    reached: Reached


class ProofState(NamedTuple):
    """How the proof of one day stands in the outbox."""

    state: str
    why: str | None


def proof_action(due: datetime) -> Action:
    """What is told to prove that something can be: one for each timer."""
    return Action(
        at=due,
        child=PROOF,
        obligation="daily-proof",
        occurrence=1,
        kind="notice",
        rung=0,
        to=(Role.SERVICE_MANAGER,),
        due=None,
        clause="ours",
        message="the daily proof from timer to delivered message",
        event=f"proof-{due:%Y%m%dT%H%M%S}",
    )


class Proofs:
    """The proofs of a record. Safe to share among threads. Everything raises RecordUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def standing(self, key: str) -> ProofState:
        """How the proof with an action's key stands."""
        query = select(OutboxRow.state, OutboxRow.why).where(_is(key))
        with in_plain_words(), self._engine.connect() as connection:
            return ProofState(*connection.execute(query).one())

    def settle(self, key: str, state: Literal["superseded", "failed"], why: str) -> None:
        """Say how a proof ended that still waits: no further than here, or not in time."""
        waits = and_(_is(key), OutboxRow.state == "pending")
        with in_plain_words(), self._engine.begin() as connection:
            connection.execute(
                update(OutboxRow).where(waits).values(state=state, why=why, leased_by=None, leased_until=None)
            )

    def last(self) -> Proof | None:
        """The last proof that came as far as it was to."""
        delivered = and_(
            AttemptRow.child == ActionRow.child,
            AttemptRow.action_key == ActionRow.key,
            AttemptRow.outcome == "sent",
        )
        query = (
            select(ActionRow.at, ActionRow.decided_at, OutboxRow.state, func.max(AttemptRow.ended))
            .join(OutboxRow, QUEUED)
            .outerjoin(AttemptRow, delivered)
            .where(ActionRow.child == PROOF, OutboxRow.state.in_(("sent", "superseded")))
            .group_by(ActionRow.number, ActionRow.at, ActionRow.decided_at, OutboxRow.state)
            .order_by(ActionRow.number.desc())
            .limit(1)
        )
        with in_plain_words(), Session(self._engine) as session:
            row = session.execute(query).first()
        if row is None:
            return None
        due, decided, state, ended = row
        at = ended if state == "sent" and ended else decided
        return Proof(at, at - due, "people" if state == "sent" else "outbox")


def _is(key: str) -> ColumnElement[bool]:
    return and_(OutboxRow.child == PROOF, OutboxRow.action_key == key)
