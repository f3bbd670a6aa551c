"""The tables of the case record.

Every table has a number of its own that tells the order of writing, and an identity that is unique, so that what
is written again changes nothing. Columns have the contract's words (`on`, `to`, `at`), which SQL wants quoted.
"""

from datetime import UTC, date, datetime
from typing import Any, ClassVar, Final, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from record.failures import InstantWithoutZone, NoInstant

PROOF: Final = "~proof"
"""In the place of a child's reference: the daily proof (delivery/proofs.py), which no list, digest, count or export of
children has. References begin with a letter or digit (contract section 2)."""

Status = Literal["sent", "skipped"]
"""An action was told, or passed over because a later one said more or it came too late."""


class Instant(TypeDecorator[datetime]):
    """An instant in UTC. SQLite has no such type: there it is text that says its zone and sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise InstantWithoutZone
        instant = value.astimezone(UTC)
        return instant.isoformat(timespec="microseconds") if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        try:
            instant = datetime.fromisoformat(value) if isinstance(value, str) else value
            return instant.astimezone(UTC)
        except (AttributeError, OverflowError):  # SQLite keeps bytes in such a column too, and any year
            raise NoInstant from None


class Table(DeclarativeBase):
    """What all tables share: types, and names for constraints, which later migrations need."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy's own way to declare it)
        datetime: Instant(),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
    }

    identity: ClassVar[tuple[str, ...]]
    """The columns that tell rows apart, by a unique constraint."""

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)


class EventRow(Table):
    """An event as a journey took it. A joint meeting stands once under each child."""

    __tablename__ = "events"
    identity = ("child", "event_id")
    __table_args__ = (UniqueConstraint(*identity), Index(None, "type", "on"), Index(None, "child", "type", "on"))
    child: Mapped[str]
    event_id: Mapped[str]
    type: Mapped[str]
    on: Mapped[date]
    recorded_at: Mapped[datetime | None]
    known_at: Mapped[datetime]
    document: Mapped[dict[str, Any]]


class ActionRow(Table):
    """An action that was due: sent, or passed over. `at` is nominal, `decided_at` when it truly was."""

    __tablename__ = "actions"
    identity = ("child", "key")
    __table_args__ = (
        UniqueConstraint(*identity),
        Index(None, "decided_at"),
        Index(None, "kind", "decided_at", "child"),
        Index(None, "child", "kind", "decided_at"),
    )
    child: Mapped[str]
    key: Mapped[str]
    status: Mapped[str]
    at: Mapped[datetime]
    decided_at: Mapped[datetime]
    obligation: Mapped[str]
    occurrence: Mapped[int]
    kind: Mapped[str]
    rung: Mapped[int]
    to: Mapped[list[str]]
    due: Mapped[date | None]
    clause: Mapped[str]
    message: Mapped[str]
    period: Mapped[int]
    event: Mapped[str | None]


class OutboxRow(Table):
    """A decided action on its way to one role: the queue that delivery drains (delivery/outbox.py).

    States: `pending` until it is `sent`; or `held` for a digest, `superseded` by what is true now, `uncertain`
    where nobody can say whether it arrived, `failed` where nobody at all could be reached. `why` says it in words.
    What a load of histories tells first is `gathered` until the load is over, and `closed` until its summaries are
    sent (delivery/loads.py).
    """

    __tablename__ = "outbox"
    identity = ("child", "action_key", "role")
    __table_args__ = (
        UniqueConstraint(*identity),
        ForeignKeyConstraint(["child", "action_key"], ["actions.child", "actions.key"]),
        Index(None, "state", "child"),
    )
    child: Mapped[str]
    action_key: Mapped[str]
    role: Mapped[str]
    state: Mapped[str]
    created: Mapped[datetime]
    next_at: Mapped[datetime | None]
    """When to try again; None: at once."""
    leased_by: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    """A worker has it in hand until then; if it dies, another takes over."""
    why: Mapped[str | None]
    load: Mapped[str | None]
    """The load of histories it is of, if any: told in one summary with the rest of that load."""


class RejectedRow(Table):
    """What could not be taken, with the reason. `content` is a hash of all of it, the identity."""

    __tablename__ = "rejected"
    identity = ("content",)
    __table_args__ = (UniqueConstraint(*identity), Index(None, "child"))
    child: Mapped[str]
    at: Mapped[datetime]
    source: Mapped[str]
    reason: Mapped[str]
    payload: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    content: Mapped[str]
