"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

from record.migrations.columns import INSTANT, NUMBER
from record.migrations.guards import refuse

revision = "0001"
down_revision = None


def upgrade() -> None:
    _record()
    _delivery()
    _chain()
    _inbox()
    _installation()
    for table in ("events", "actions", "rejected", "chain"):
        refuse(table, "UPDATE", "DELETE")
    refuse("chain_heads", "DELETE")
    refuse("chain_heads", "UPDATE", when="NEW.child <> OLD.child OR NEW.position < OLD.position")


def _record() -> None:
    """What happened, what was decided, and what was rejected."""
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


def _delivery() -> None:
    """What is to be told, each attempt to tell it, and how the channels stand."""
    op.create_table(
        "outbox",
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("action_key", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created", INSTANT, nullable=False),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("load", sa.String(), nullable=True),
        sa.Column("number", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["child", "action_key"], ["actions.child", "actions.key"], name="fk_outbox_actions"),
        sa.PrimaryKeyConstraint("number", name="pk_outbox"),
        sa.UniqueConstraint("child", "action_key", "role", name="uq_outbox_child_action_key_role"),
    )
    op.create_index("ix_outbox_state", "outbox", ["state"])
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


def _chain() -> None:
    """The chain of each child, and where it ends."""
    op.create_table(
        "chain",
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=True),
        sa.Column("credential", sa.String(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_chain"),
        sa.UniqueConstraint("child", "position", name="uq_chain_child_position"),
    )
    op.create_table(
        "chain_heads",
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_chain_heads"),
        sa.UniqueConstraint("child", name="uq_chain_heads_child"),
    )


def _inbox() -> None:
    """What arrived, where it goes, and whose turn it is."""
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


def _installation() -> None:
    """Which installation the record is of; and a row that is written only to see whether it can be."""
    op.create_table(
        "installation",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_installation"),
    )
    op.create_table(
        "readiness",
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("answered_at", INSTANT, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_readiness"),
        sa.UniqueConstraint("question", name="uq_readiness_question"),
    )
