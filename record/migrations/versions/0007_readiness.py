"""A row that is written only to see whether the record can be written."""

import sqlalchemy as sa
from alembic import op

from record.migrations.columns import INSTANT, NUMBER

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "readiness",
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("answered_at", INSTANT, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_readiness"),
        sa.UniqueConstraint("question", name="uq_readiness_question"),
    )
