"""The rungs of the report, each with its step as it was known; and by what a child's rows were worked out."""

import sqlalchemy as sa
from alembic import op

from record.migrations.columns import INSTANT, NUMBER

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("report_children", sa.Column("worked_by", sa.String(), nullable=True))
    op.create_table(
        "report_rungs",
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("obligation", sa.String(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("known_from", INSTANT, nullable=False),
        sa.Column("known_until", INSTANT, nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_report_rungs"),
        sa.UniqueConstraint("child", "action", "known_from", name="uq_report_rungs_child_action_known_from"),
    )
    op.create_table(
        "report_pages",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("took", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("html", sa.LargeBinary(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_report_pages"),
        sa.UniqueConstraint("key", name="uq_report_pages_key"),
    )
