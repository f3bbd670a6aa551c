"""The report: what was known of each step and period of care, derived from the events."""

import sqlalchemy as sa
from alembic import op

from record.migrations.columns import INSTANT, NUMBER

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    _children()
    _steps()
    _periods()


def _children() -> None:
    op.create_table(
        "report_children",
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("derived", sa.Integer(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_report_children"),
        sa.UniqueConstraint("child", name="uq_report_children_child"),
    )


def _steps() -> None:
    op.create_table(
        "report_steps",
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("obligation", sa.String(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("known_from", INSTANT, nullable=False),
        sa.Column("known_until", INSTANT, nullable=True),
        sa.Column("sort", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("statutory", sa.Date(), nullable=True),
        sa.Column("statutory_clause", sa.String(), nullable=False),
        sa.Column("local", sa.Date(), nullable=True),
        sa.Column("local_clause", sa.String(), nullable=False),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("ending", sa.String(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_report_steps"),
        sa.UniqueConstraint(
            "child",
            "period",
            "obligation",
            "occurrence",
            "known_from",
            name="uq_report_steps_child_period_obligation_occurrence_known_from",
        ),
    )
    op.create_index("ix_report_steps_child", "report_steps", ["child"])


def _periods() -> None:
    op.create_table(
        "report_periods",
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("known_from", INSTANT, nullable=False),
        sa.Column("known_until", INSTANT, nullable=True),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=True),
        sa.Column("entered_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("stages", sa.JSON(), nullable=False),
        sa.Column("plan_changes", sa.JSON(), nullable=False),
        sa.Column("section_20", sa.JSON(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_report_periods"),
        sa.UniqueConstraint("child", "period", "known_from", name="uq_report_periods_child_period_known_from"),
    )
    op.create_index("ix_report_periods_child", "report_periods", ["child"])
