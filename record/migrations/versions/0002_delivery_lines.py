"""What stood in each digest and summary: of which child, which action, for which role."""

import sqlalchemy as sa
from alembic import op

from record.migrations.columns import NUMBER

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "delivery_lines",
        sa.Column("delivery", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("action_key", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_delivery_lines"),
        sa.UniqueConstraint("delivery", "attempt", "child", "action_key", "role", name="uq_delivery_lines"),
    )
    op.create_index("ix_delivery_lines_child_action_key", "delivery_lines", ["child", "action_key"])
