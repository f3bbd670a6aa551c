"""Delivery: the outbox becomes a queue with leases, each attempt has a row, and so has each channel."""

import sqlalchemy as sa
from alembic import op

from record.migrations.columns import INSTANT, NUMBER

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for column in (
        sa.Column("next_at", INSTANT, nullable=True),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("why", sa.String(), nullable=True),
    ):
        op.add_column("outbox", column)
    op.create_table(
        "delivery_attempts",
        sa.Column("delivery", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("child", sa.String(), nullable=True),
        sa.Column("action_key", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=True),
        sa.Column("began", INSTANT, nullable=False),
        sa.Column("ended", INSTANT, nullable=True),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("words", sa.String(), nullable=True),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_delivery_attempts"),
        sa.UniqueConstraint("delivery", "attempt", name="uq_delivery_attempts_delivery_attempt"),
    )
    op.create_index("ix_delivery_attempts_child_action_key", "delivery_attempts", ["child", "action_key"])
    op.create_index("ix_delivery_attempts_person_outcome", "delivery_attempts", ["person", "outcome"])
    op.create_index("ix_delivery_attempts_outcome", "delivery_attempts", ["outcome"])
    op.create_index("ix_delivery_attempts_reference", "delivery_attempts", ["reference"])
    op.create_table(
        "delivery_channels",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_try", INSTANT, nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("words", sa.String(), nullable=True),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_delivery_channels"),
        sa.UniqueConstraint("channel", name="uq_delivery_channels_channel"),
    )
