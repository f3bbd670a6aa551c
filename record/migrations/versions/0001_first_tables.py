"""Events, actions, the outbox and what was rejected: the tables as they were before migrations."""

import sqlalchemy as sa
from alembic import op

from record.migrations.columns import INSTANT, NUMBER

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=True),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_events"),
        sa.UniqueConstraint("child", "event_id", name="uq_events_child_event_id"),
    )
    op.create_table(
        "actions",
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("obligation", sa.String(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("to", sa.JSON(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=True),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_actions"),
        sa.UniqueConstraint("child", "key", name="uq_actions_child_key"),
    )
    op.create_index("ix_actions_decided_at", "actions", ["decided_at"])
    op.create_table(
        "outbox",
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("action_key", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created", INSTANT, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["child", "action_key"], ["actions.child", "actions.key"], name="fk_outbox_actions"),
        sa.PrimaryKeyConstraint("number", name="pk_outbox"),
        sa.UniqueConstraint("child", "action_key", "role", name="uq_outbox_child_action_key_role"),
    )
    op.create_index("ix_outbox_state", "outbox", ["state"])
    op.create_table(
        "rejected",
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_rejected"),
        sa.UniqueConstraint("content", name="uq_rejected_content"),
    )
    op.create_index("ix_rejected_child", "rejected", ["child"])
