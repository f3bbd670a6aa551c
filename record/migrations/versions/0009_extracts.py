"""What sources said of each child, extract by extract, and the days each speaks for."""

import sqlalchemy as sa
from alembic import op

from record.migrations.columns import INSTANT, NUMBER
from record.migrations.guards import refuse

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "extracts",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("read_at", INSTANT, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_extracts"),
        sa.UniqueConstraint("source", "child", "part", "read_at", name="uq_extracts_source_child_part_read_at"),
    )
    refuse("extracts", "UPDATE", "DELETE")
