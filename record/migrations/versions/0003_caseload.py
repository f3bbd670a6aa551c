"""The caseload: how each child's case stands, derived from the events."""

import sqlalchemy as sa
from alembic import op

from record.migrations.columns import INSTANT, NUMBER

revision = "0003"
down_revision = "0002"

OUTDATED = sa.text("derived < written")


def upgrade() -> None:
    _children()
    _steps()
    _people()


def _children() -> None:
    op.create_table(
        "caseload",
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("derived", sa.Integer(), nullable=False),
        sa.Column("derived_at", INSTANT, nullable=True),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("period", sa.Integer(), nullable=True),
        sa.Column("stage", sa.String(), nullable=True),
        sa.Column("policy", sa.String(), nullable=True),
        sa.Column("team", sa.String(), nullable=True),
        sa.Column("team_plain", sa.String(), nullable=True),
        sa.Column("legal_status", sa.String(), nullable=True),
        sa.Column("primary_plan", sa.String(), nullable=True),
        sa.Column("contingency_plan", sa.String(), nullable=True),
        sa.Column("entered_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("eighteen_on", sa.Date(), nullable=True),
        sa.Column("earliest", sa.Date(), nullable=False),
        sa.Column("escalating", sa.Date(), nullable=False),
        sa.Column("soon_at", INSTANT, nullable=True),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_caseload"),
        sa.UniqueConstraint("child", name="uq_caseload_child"),
    )
    op.create_index("ix_caseload_earliest_child", "caseload", ["earliest", "child"])
    op.create_index("ix_caseload_team_plain", "caseload", ["team_plain"])
    op.create_index("ix_caseload_derived_at", "caseload", ["derived_at"])
    op.create_index("ix_caseload_outdated", "caseload", ["child"], sqlite_where=OUTDATED, postgresql_where=OUTDATED)


def _steps() -> None:
    op.create_table(
        "caseload_steps",
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("obligation", sa.String(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("forecast", sa.Boolean(), nullable=False),
        sa.Column("escalates", sa.Boolean(), nullable=False),
        sa.Column("soon_at", INSTANT, nullable=True),
        sa.Column("booked_for", sa.Date(), nullable=True),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.Column("next_kind", sa.String(), nullable=True),
        sa.Column("next_rung", sa.Integer(), nullable=True),
        sa.Column("next_to", sa.JSON(), nullable=False),
        sa.Column("explained_on", sa.Date(), nullable=True),
        sa.Column("held_until", sa.Date(), nullable=True),
        sa.Column("stem", sa.String(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_caseload_steps"),
        sa.UniqueConstraint("child", "obligation", "occurrence", name="uq_caseload_steps_child_obligation_occurrence"),
    )
    op.create_index("ix_caseload_steps_forecast_due_child", "caseload_steps", ["forecast", "due", "child"])


def _people() -> None:
    op.create_table(
        "caseload_people",
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_caseload_people"),
        sa.UniqueConstraint("child", "role", name="uq_caseload_people_child_role"),
    )
    op.create_index("ix_caseload_people_contact_role", "caseload_people", ["contact", "role"])
