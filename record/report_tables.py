"""The tables of the report: what was known of each step and period of care, from when until when.

Derived, and no part of the chain: they may be emptied at any time, and are filled again (docs/adr/0048-report.md).
A row stands from `known_from` until `known_until` (None: it is so now): a past day is a condition on two columns.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from record.tables import Table


class ReportChild(Table):
    """Up to where a child's rows were worked out."""

    __tablename__ = "report_children"
    identity = ("child",)
    __table_args__ = (UniqueConstraint("child"),)
    child: Mapped[str]
    derived: Mapped[int]
    """How often something had been written of the child by then (record/caseload_tables.py counts it)."""
    next_on: Mapped[date | None]
    """The next day on which time alone changes something, such as a birthday."""
    worked_by: Mapped[str | None]
    """By which rules, calendar and program: others make other lines."""


class ReportStep(Table):
    """One occurrence of an obligation, while it was known so."""

    __tablename__ = "report_steps"
    identity = ("child", "period", "obligation", "occurrence", "known_from")
    __table_args__ = (UniqueConstraint(*identity), Index(None, "child"))
    child: Mapped[str]
    period: Mapped[int]
    obligation: Mapped[str]
    occurrence: Mapped[int]
    known_from: Mapped[datetime]
    known_until: Mapped[datetime | None]
    sort: Mapped[str]
    title: Mapped[str]
    owner: Mapped[str]
    opened_on: Mapped[date]
    statutory: Mapped[date | None]
    statutory_clause: Mapped[str]
    local: Mapped[date | None]
    local_clause: Mapped[str]
    extended: Mapped[bool]
    ending: Mapped[str]
    ended_on: Mapped[date | None]
    reason: Mapped[str | None]
    answers: Mapped[list[str]]


class ReportRung(Table):
    """A rung that was told, beside what was known of the step it is about: an action and a step in one row.

    20,000 children have 80,000 rungs in a year, and to find the step of each took longer than all the rest.
    """

    __tablename__ = "report_rungs"
    identity = ("child", "action", "known_from")
    __table_args__ = (UniqueConstraint(*identity),)
    child: Mapped[str]
    period: Mapped[int]
    obligation: Mapped[str]
    occurrence: Mapped[int]
    action: Mapped[str]
    """The key of the action."""
    known_from: Mapped[datetime]
    known_until: Mapped[datetime | None]
    title: Mapped[str]
    rung: Mapped[int]
    to: Mapped[str]
    """The roles, a space between them."""
    decided_at: Mapped[datetime]
    """When it was truly told."""
    told_on: Mapped[date]
    """The day it was told for."""
    answered_on: Mapped[date | None]
    """The first day from then on which somebody answered, or the step ended."""
    reason: Mapped[str | None]


class ReportPeriod(Table):
    """One period of care, while it was known so."""

    __tablename__ = "report_periods"
    identity = ("child", "period", "known_from")
    __table_args__ = (UniqueConstraint(*identity), Index(None, "child"))
    child: Mapped[str]
    period: Mapped[int]
    known_from: Mapped[datetime]
    known_until: Mapped[datetime | None]
    policy: Mapped[str]
    team: Mapped[str | None]
    entered_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    stages: Mapped[dict[str, Any]]
    plan_changes: Mapped[list[str]]
    section_20: Mapped[list[Any]] = mapped_column(JSON())
    """Pairs of days: the first, and the day it stopped, if it has."""


class ReportPage(Table):
    """A report as a page had it: numbers and names of colleagues, no child. Whatever is older than a day goes."""

    __tablename__ = "report_pages"
    identity = ("key",)
    __table_args__ = (UniqueConstraint("key"),)
    key: Mapped[str]
    """A digest of all that it is of beside the record: the days, the children, who is there, the rules, the program."""
    made_at: Mapped[datetime]
    took: Mapped[int]
    """Milliseconds it took to make."""
    state: Mapped[str]
    """The record it was made from (record/report_pages.py)."""
    html: Mapped[bytes]
    """Compressed."""
