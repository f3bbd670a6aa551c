"""What the desk asks of all is found by an index: events by type and day, actions by kind and time, refusals."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index("ix_events_type_on", "events", ["type", "on"])
    op.create_index("ix_actions_kind_decided_at_child", "actions", ["kind", "decided_at", "child"])
    refused = sa.text("reason IS NOT NULL")
    op.create_index("ix_inbox_refused", "inbox", ["number"], sqlite_where=refused, postgresql_where=refused)
