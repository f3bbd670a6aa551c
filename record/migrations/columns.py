"""Column types as migrations write them down.

A migration tells what a table was on its day, so it must not import record/tables.py, which goes on changing.
"""

import sqlalchemy as sa

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(), "sqlite")
"""An instant: SQLite has no such type (record.tables.Instant)."""

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A row's number: SQLite counts up only what is called INTEGER."""
