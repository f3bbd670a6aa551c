"""The tables of the inbox: what arrived, where it goes, and whose turn it is."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from record.tables import Table

REFUSED: Final = "reason IS NOT NULL"
"""Turned down at the door: few of many rows, which are counted without a look at the others."""


class InboxRow(Table):
    """An event as it arrived, kept before it was answered. Never changed but for `key`, `reason` and who amended it.

    `key` is what makes it the same event: its child and id while it counts. One that was turned down at the door
    (`reason` says why) is known by a hash of its content, so that garbage sent again stands once.
    """

    __tablename__ = "inbox"
    identity = ("key",)
    __table_args__ = (
        UniqueConstraint(*identity),
        Index(None, "child"),
        Index(None, "amends"),
        Index("ix_inbox_refused", "number", sqlite_where=text(REFUSED), postgresql_where=text(REFUSED)),
    )
    key: Mapped[str]
    content: Mapped[str]
    received_at: Mapped[datetime]
    credential: Mapped[str]
    message: Mapped[str | None]
    """Source and id of the CloudEvent that carried it."""
    child: Mapped[str | None]
    event_id: Mapped[str | None]
    type: Mapped[str | None]
    document: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    reason: Mapped[str | None]
    amends: Mapped[int | None] = mapped_column(ForeignKey("inbox.number"))
    amended_by: Mapped[str | None]
    amended_because: Mapped[str | None]


class InboxDeliveryRow(Table):
    """An event on its way to one child: a joint meeting goes to each, and one may take what another refuses."""

    __tablename__ = "inbox_deliveries"
    identity = ("inbox", "child")
    __table_args__ = (UniqueConstraint(*identity), Index(None, "child", "state"), Index(None, "state"))
    inbox: Mapped[int] = mapped_column(ForeignKey("inbox.number"))
    child: Mapped[str]
    state: Mapped[str] = mapped_column(String)
    reason: Mapped[str | None]
    settled_at: Mapped[datetime | None]


class InboxChildRow(Table):
    """A child with events on their way: when to try next, and who is at it. One sender at a time keeps the order."""

    __tablename__ = "inbox_children"
    identity = ("child",)
    __table_args__ = (UniqueConstraint(*identity), Index(None, "next_attempt"))
    child: Mapped[str]
    next_attempt: Mapped[datetime | None]
    attempts: Mapped[int]
    claim: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
