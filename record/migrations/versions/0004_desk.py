"""The tables of the desk: sessions, drafts, views, restrictions and exclusions."""

import sqlalchemy as sa
from alembic import op

from record.migrations.columns import INSTANT, NUMBER
from record.migrations.guards import refuse

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _sessions()
    _views()
    _restrictions()
    refuse("desk_views", "UPDATE", "DELETE")
    for table in ("desk_restrictions", "desk_exclusions"):
        refuse(table, "DELETE")
        refuse(table, "UPDATE", when="OLD.lifted_at IS NOT NULL OR NEW.child <> OLD.child OR NEW.reason <> OLD.reason")


def _sessions() -> None:
    op.create_table(
        "desk_sessions",
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("entry", sa.String(), nullable=True),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("began", INSTANT, nullable=False),
        sa.Column("seen", INSTANT, nullable=False),
        sa.Column("ended", INSTANT, nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_desk_sessions"),
        sa.UniqueConstraint("secret", name="uq_desk_sessions_secret"),
        sa.UniqueConstraint("entry", name="uq_desk_sessions_entry"),
    )
    op.create_index("ix_desk_sessions_person", "desk_sessions", ["person"])
    op.create_table(
        "desk_drafts",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("saved", INSTANT, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_desk_drafts"),
        sa.UniqueConstraint("person", "form", name="uq_desk_drafts_person_form"),
    )


def _views() -> None:
    op.create_table(
        "desk_views",
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("child", sa.String(), nullable=True),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=True),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_desk_views"),
    )
    op.create_index("ix_desk_views_child_at", "desk_views", ["child", "at"])
    op.create_index("ix_desk_views_person_at", "desk_views", ["person", "at"])


def _restrictions() -> None:
    lifted = ("lifted_by", sa.String()), ("lifted_at", INSTANT)
    for name, own in (
        (
            "restrictions",
            [sa.Column("people", sa.JSON(), nullable=False), sa.Column("review_on", sa.Date(), nullable=False)],
        ),
        ("exclusions", [sa.Column("person", sa.String(), nullable=False)]),
    ):
        op.create_table(
            f"desk_{name}",
            sa.Column("child", sa.String(), nullable=False),
            *own,
            sa.Column("reason", sa.String(), nullable=False),
            sa.Column("set_by", sa.String(), nullable=False),
            sa.Column("set_at", INSTANT, nullable=False),
            *(sa.Column(column, kind, nullable=True) for column, kind in lifted),
            sa.Column("number", NUMBER, nullable=False),
            sa.PrimaryKeyConstraint("number", name=f"pk_desk_{name}"),
        )
        op.create_index(f"ix_desk_{name}_child", f"desk_{name}", ["child"])
    op.create_index("ix_desk_exclusions_person", "desk_exclusions", ["person"])
