"""The nightly reading of a source: nights, what each meant for a child, doubts, and which of them were settled."""

import sqlalchemy as sa
from alembic import op

from record.migrations.columns import INSTANT, NUMBER
from record.migrations.guards import refuse

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    _nights()
    _doubts()


def _nights() -> None:
    op.create_table(
        "nights",
        sa.Column("planned", INSTANT, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("began", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failed", sa.String(), nullable=True),
        sa.Column("ended", INSTANT, nullable=True),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_nights"),
        sa.UniqueConstraint("planned", name="uq_nights_planned"),
    )
    op.create_table(
        "night_children",
        sa.Column("planned", INSTANT, nullable=False),
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_night_children"),
        sa.UniqueConstraint("planned", "child", "kind", name="uq_night_children_planned_child_kind"),
    )


def _doubts() -> None:
    op.create_table(
        "doubts",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("table", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_doubts"),
    )
    op.create_index("ix_doubts_source_child", "doubts", ["source", "child"])
    op.create_index("ix_doubts_rule", "doubts", ["rule"])
    op.create_index("ix_doubts_key", "doubts", ["key"])
    op.create_table(
        "doubts_settled",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_doubts_settled"),
    )
    op.create_index("ix_doubts_settled_key", "doubts_settled", ["key"])
    refuse("doubts_settled", "UPDATE", "DELETE")
