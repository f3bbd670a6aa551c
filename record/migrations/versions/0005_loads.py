"""What a load of many histories tells first is told together: the outbox knows which load a row is of."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("load", sa.String(), nullable=True))
