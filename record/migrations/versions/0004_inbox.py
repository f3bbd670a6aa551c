"""The inbox: what arrived, where it goes, and whose turn it is."""

import sqlalchemy as sa
from alembic import op

from record.migrations.columns import INSTANT, NUMBER

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("credential", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("child", sa.String(), nullable=True),
        sa.Column("event_id", sa.String(), nullable=True),
        sa.Column("type", sa.String(), nullable=True),
        sa.Column("document", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("amends", NUMBER, nullable=True),
        sa.Column("amended_by", sa.String(), nullable=True),
        sa.Column("amended_because", sa.String(), nullable=True),
        sa.Column("number", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["amends"], ["inbox.number"], name="fk_inbox_inbox"),
        sa.PrimaryKeyConstraint("number", name="pk_inbox"),
        sa.UniqueConstraint("key", name="uq_inbox_key"),
    )
    op.create_index("ix_inbox_child", "inbox", ["child"])
    op.create_index("ix_inbox_amends", "inbox", ["amends"])
    op.create_table(
        "inbox_deliveries",
        sa.Column("inbox", NUMBER, nullable=False),
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("number", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["inbox"], ["inbox.number"], name="fk_inbox_deliveries_inbox"),
        sa.PrimaryKeyConstraint("number", name="pk_inbox_deliveries"),
        sa.UniqueConstraint("inbox", "child", name="uq_inbox_deliveries_inbox_child"),
    )
    op.create_index("ix_inbox_deliveries_child_state", "inbox_deliveries", ["child", "state"])
    op.create_index("ix_inbox_deliveries_state", "inbox_deliveries", ["state"])
    op.create_table(
        "inbox_children",
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("next_attempt", INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(), nullable=True),
        sa.Column("claimed_until", INSTANT, nullable=True),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_inbox_children"),
        sa.UniqueConstraint("child", name="uq_inbox_children_child"),
    )
    op.create_index("ix_inbox_children_next_attempt", "inbox_children", ["next_attempt"])
