"""The tables of the desk: who is signed in, what they had typed, who may not see whom, and who has looked at what.

A person is a key of the directory. What was typed stands here for a day and no longer; all else holds no free text but
the reasons of restrictions and exclusions.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from record.tables import Table


class SessionRow(Table):
    """Somebody signed in: `secret` is a hash of the random id in their cookie.

    `entry` is a hash of what they came in by where that is good for once only. `how` is `provider`, `link` or `demo`.
    `ended` says when it ended before its time, `why` how: `signed out` or `revoked`.
    """

    __tablename__ = "desk_sessions"
    identity = ("secret",)
    __table_args__ = (UniqueConstraint("secret"), UniqueConstraint("entry"), Index(None, "person"))
    secret: Mapped[str]
    entry: Mapped[str | None]
    how: Mapped[str]
    subject: Mapped[str]
    """Issuer and subject, as the provider says them; of another way its name."""
    person: Mapped[str]
    roles: Mapped[list[str]]
    began: Mapped[datetime]
    seen: Mapped[datetime]
    ended: Mapped[datetime | None]
    why: Mapped[str | None]


class DraftRow(Table):
    """What somebody had typed into a form and not recorded; shown again when they come back to it."""

    __tablename__ = "desk_drafts"
    identity = ("person", "form")
    __table_args__ = (UniqueConstraint(*identity),)
    person: Mapped[str]
    form: Mapped[str]
    fields: Mapped[dict[str, Any]]
    saved: Mapped[datetime]


class PageViewRow(Table):
    """Somebody asked for a page about a child, or for a list of children (then `child` is None). Append-only."""

    __tablename__ = "desk_views"
    identity = ("number",)
    __table_args__ = (Index(None, "child", "at"), Index(None, "person", "at"))
    at: Mapped[datetime]
    person: Mapped[str]
    child: Mapped[str | None]
    page: Mapped[str]
    relation: Mapped[str | None]
    allowed: Mapped[bool]


class RestrictionRow(Table):
    """A child whom only these people may see, until it is lifted. Of several that stand the newest counts."""

    __tablename__ = "desk_restrictions"
    identity = ("number",)
    __table_args__ = (Index(None, "child"),)
    child: Mapped[str]
    people: Mapped[list[str]]
    reason: Mapped[str]
    review_on: Mapped[date]
    set_by: Mapped[str]
    set_at: Mapped[datetime]
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[datetime | None]


class ExclusionRow(Table):
    """A person who may not see a child, whatever else holds, until it is lifted."""

    __tablename__ = "desk_exclusions"
    identity = ("number",)
    __table_args__ = (Index(None, "child"), Index(None, "person"))
    child: Mapped[str]
    person: Mapped[str]
    reason: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[datetime | None]
