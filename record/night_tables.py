"""The tables of the nightly reading: each night, what it meant for each child, what is doubtful, and what was settled.

No part of the chain: what a night brought to journeys stands in their events.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from record.tables import Table


class NightRow(Table):
    """A night: one time that the schedule read the source, by the instant it was planned for."""

    __tablename__ = "nights"
    identity = ("planned",)
    __table_args__ = (UniqueConstraint("planned"),)
    planned: Mapped[datetime]
    source: Mapped[str]
    how: Mapped[str]
    """`apply` or `propose`."""
    began: Mapped[datetime]
    attempts: Mapped[int]
    failed: Mapped[str | None]
    """Why the latest attempt failed, in words that hold nothing personal; None: it did not."""
    ended: Mapped[datetime | None]
    said: Mapped[list[str]]
    """Which files or tables were read, in words."""
    counts: Mapped[dict[str, Any]]


class NightChildRow(Table):
    """What a night meant for one child, in one way: `changes`, `only_here`, `only_there`, `not_taken`."""

    __tablename__ = "night_children"
    identity = ("planned", "child", "kind")
    __table_args__ = (UniqueConstraint(*identity),)
    planned: Mapped[datetime]
    child: Mapped[str]
    kind: Mapped[str]
    said: Mapped[dict[str, Any]]


class DoubtRow(Table):
    """A line of a source that is doubtful, as its latest reading has it. Rows of a child are put in place of others."""

    __tablename__ = "doubts"
    identity = ("number",)
    __table_args__ = (Index(None, "source", "child"), Index(None, "rule"), Index(None, "key"))
    source: Mapped[str]
    child: Mapped[str]
    rule: Mapped[str]
    table: Mapped[str]
    line: Mapped[int]
    message: Mapped[str]
    action: Mapped[str]
    key: Mapped[str]
    since: Mapped[datetime]
    """When a reading first had it."""


class SettledRow(Table):
    """Somebody settled a doubt, or took that back. Append-only: of a key the newest row counts."""

    __tablename__ = "doubts_settled"
    identity = ("number",)
    __table_args__ = (Index(None, "key"),)
    key: Mapped[str]
    child: Mapped[str]
    rule: Mapped[str]
    settled: Mapped[bool]
    by: Mapped[str]
    why: Mapped[str]
    at: Mapped[datetime]
