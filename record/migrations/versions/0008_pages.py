"""What pages ask of some among twenty thousand children is found by child; messages are counted without their rows."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_index("ix_events_child_type_on", "events", ["child", "type", "on"])
    op.create_index("ix_actions_child_kind_decided_at", "actions", ["child", "kind", "decided_at"])
    op.create_index(
        "ix_caseload_steps_child_forecast_due_owner", "caseload_steps", ["child", "forecast", "due", "owner"]
    )
    op.create_index("ix_outbox_state_child", "outbox", ["state", "child"])
    op.drop_index("ix_outbox_state", "outbox")
