"""For which roles a child's events name nobody, in its row; and who was told last, by child.

So the page Service counts the first by one short query, and a long list finds the other without all that was ever told.
Counts by team read one index instead of each child's whole row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

COUNTED = ["team_plain", "child", "stage", "ended_on", "eighteen_on", "earliest", "escalating", "soon_at"]
ALWAYS = {"social_worker", "iro"}


def upgrade() -> None:
    op.add_column("caseload", sa.Column("unnamed", sa.String(), nullable=True))
    fill(op.get_bind())
    op.drop_index("ix_caseload_team_plain", "caseload")
    op.create_index("ix_caseload_counted", "caseload", COUNTED)
    op.create_index("ix_delivery_attempts_child_outcome_ended", "delivery_attempts", ["child", "outcome", "ended"])


def fill(connection: sa.Connection) -> None:
    """For the rows that are there, from what was worked out with them: nobody is missed until the next midnight."""
    named = _roles(connection, "SELECT child, role FROM caseload_people")
    owing = _roles(connection, "SELECT DISTINCT child, owner FROM caseload_steps WHERE NOT forecast")
    rows = [
        {"at": child, "unnamed": " ".join(sorted(_needed(stage, owing.get(child, set())) - named.get(child, set())))}
        for child, stage in connection.execute(sa.text("SELECT child, stage FROM caseload WHERE stage IS NOT NULL"))
    ]
    if rows:
        connection.execute(sa.text("UPDATE caseload SET unnamed = :unnamed WHERE child = :at"), rows)


def _needed(stage: str, owing: set[str]) -> set[str]:
    return owing - ALWAYS | (ALWAYS if stage != "pre_proceedings" else {"social_worker"})


def _roles(connection: sa.Connection, query: str) -> dict[str, set[str]]:
    roles: dict[str, set[str]] = {}
    for child, role in connection.execute(sa.text(query)):
        roles.setdefault(child, set()).add(role)
    return roles
