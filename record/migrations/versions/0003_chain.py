"""The chain of each child, begun with what is there; and tables that refuse to be rewritten."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from record.chain import DECISIONS, Chain, Entry
from record.migrations.columns import INSTANT, NUMBER
from record.migrations.guards import refuse

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
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
    _begin(op.get_bind())
    for table in ("events", "actions", "rejected", "chain"):
        refuse(table, "UPDATE", "DELETE")
    refuse("chain_heads", "DELETE")
    refuse("chain_heads", "UPDATE", when="NEW.child <> OLD.child OR NEW.position < OLD.position")


def _begin(connection: sa.Connection) -> None:
    """Chain what was written before there was a chain: the events, actions and rejections of each child."""
    tables = [sa.Table(name, sa.MetaData(), autoload_with=connection) for name in ("events", "actions", "rejected")]
    children = {child for table in tables for (child,) in connection.execute(sa.select(table.c.child).distinct())}
    now = datetime.now(UTC)
    for child in sorted(children):
        Chain(connection, child).append(_entries(connection, tables, child), at=now)


def _entries(connection: sa.Connection, tables: list[sa.Table], child: str) -> Iterator[Entry]:
    for table in tables:
        rows = sa.select(table).where(table.c.child == child).order_by(table.c.number)
        for row in connection.execute(rows).mappings():
            yield _entry(table.name, dict(row))


def _entry(table: str, values: dict[str, Any]) -> Entry:
    del values["number"]
    if table == "events":
        kind = "decision" if values["type"] in DECISIONS else "event"
        return Entry(kind=kind, ref=values["event_id"], content=values, by=values["document"].get("by"))
    kind, ref = ("action", "key") if table == "actions" else ("rejected", "content")
    return Entry(kind=kind, ref=values[ref], content=values)
