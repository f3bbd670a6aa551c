"""The tables of the caseload: how each child's case stands, worked out from the record's own events.

Derived, and no part of the chain: they may be emptied at any time, and are filled again (docs/adr/0030-caseload.md).
What hangs on the day (days late, colour) is not in them: it follows from the dates that are.
"""

from datetime import date, datetime
from typing import Final

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from record.tables import Table

OUTDATED: Final = "derived < written"
NEVER: Final = date.max
"""In the place of a day where nothing is due: it comes last in every order, in both databases."""

COUNTED = ("team_plain", "child", "stage", "ended_on", "eighteen_on", "earliest", "escalating", "soon_at")
"""What counts by team ask of a row: they read an index that has it all, and not each child's whole row."""


class CaseloadChild(Table):
    """A child, there from the first thing written of it; `derived` is 0 until its case has been worked out."""

    __tablename__ = "caseload"
    identity = ("child",)
    __table_args__ = (
        UniqueConstraint("child"),
        Index(None, "earliest", "child"),
        Index("ix_caseload_counted", *COUNTED),
        Index(None, "derived_at"),
        Index("ix_caseload_outdated", "child", sqlite_where=text(OUTDATED), postgresql_where=text(OUTDATED)),
    )
    child: Mapped[str]
    written: Mapped[int]
    """How often anything has been written of the child, counted in the very transaction that writes it."""
    derived: Mapped[int] = mapped_column(default=0)
    """Up to which of these the rest of the row was worked out: what is older never takes the place of what is newer."""
    derived_at: Mapped[datetime | None]
    version: Mapped[str | None]
    """The policy's version, with those of what it extends."""
    period: Mapped[int | None]
    stage: Mapped[str | None]
    policy: Mapped[str | None]
    team: Mapped[str | None]
    team_plain: Mapped[str | None]
    """The team by which it is found, however it is spelt."""
    legal_status: Mapped[str | None]
    primary_plan: Mapped[str | None]
    contingency_plan: Mapped[str | None]
    entered_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    eighteen_on: Mapped[date | None]
    """The journey has ended by then at the latest."""
    earliest: Mapped[date] = mapped_column(default=NEVER)
    """The earliest date that is still to be met, forecasts aside: its order is that of urgency."""
    escalating: Mapped[date] = mapped_column(default=NEVER)
    """The earliest of them that escalates: past, the child is red."""
    soon_at: Mapped[datetime | None]
    """From when something is due soon: past, the child is amber at least."""
    rejected: Mapped[int] = mapped_column(default=0)
    unnamed: Mapped[str | None]
    """The roles that the child needs and for which its events name nobody, in order, with spaces between.

    Text, since children are counted by it. Whether the directory has somebody for its team or for all is not kept.
    """


class CaseloadStep(Table):
    """What is open of a child: one occurrence of an obligation, forecasts included."""

    __tablename__ = "caseload_steps"
    identity = ("child", "obligation", "occurrence")
    __table_args__ = (
        UniqueConstraint(*identity),
        Index(None, "forecast", "due", "child"),
        Index(None, "child", "forecast", "due", "owner"),
    )
    child: Mapped[str]
    obligation: Mapped[str]
    occurrence: Mapped[int]
    title: Mapped[str]
    clause: Mapped[str]
    owner: Mapped[str]
    opened_on: Mapped[date]
    due: Mapped[date]
    forecast: Mapped[bool]
    escalates: Mapped[bool]
    """It has a ladder."""
    soon_at: Mapped[datetime | None]
    """Its first reminder's time; None: it has no reminder."""
    booked_for: Mapped[date | None]
    next_at: Mapped[datetime | None]
    next_kind: Mapped[str | None]
    next_rung: Mapped[int | None]
    next_to: Mapped[list[str]]
    explained_on: Mapped[date | None]
    held_until: Mapped[date | None]
    """Acknowledged: the last day on which its ladder stands still."""
    stem: Mapped[str]
    """What the keys of the actions about it begin with."""


class CaseloadPerson(Table):
    """Whom a child's events name for a role: a key of the directory or a mail address, in small letters."""

    __tablename__ = "caseload_people"
    identity = ("child", "role")
    __table_args__ = (UniqueConstraint(*identity), Index(None, "contact", "role"))
    child: Mapped[str]
    role: Mapped[str]
    contact: Mapped[str]
