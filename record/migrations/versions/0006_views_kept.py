"""Views of the desk may be taken away once they are a year old, and no sooner whatever anybody sets."""

from alembic import op

from record.migrations.guards import refuse

revision = "0006"
down_revision = "0004"

YOUNG = {
    "postgresql": "OLD.at > now() - interval '1 year'",
    "sqlite": "OLD.at > strftime('%Y-%m-%dT%H:%M:%S', 'now', '-1 year')",
}


def upgrade() -> None:
    connection = op.get_bind()
    server = connection.dialect.name == "postgresql"
    for name in ("desk_views_no_delete", *(["desk_views_no_truncate"] if server else [])):
        connection.exec_driver_sql(f"DROP TRIGGER {name}" + (" ON desk_views" if server else ""))
    refuse("desk_views", "DELETE", when=YOUNG[connection.dialect.name])
