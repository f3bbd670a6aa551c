"""The texts of policies, each version as the service first read it."""

import sqlalchemy as sa
from alembic import op

from record.migrations.columns import INSTANT, NUMBER
from record.migrations.guards import refuse

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "policy_texts",
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_policy_texts"),
        sa.UniqueConstraint("policy", "version", name="uq_policy_texts_policy_version"),
    )
    refuse("policy_texts", "UPDATE", "DELETE")
