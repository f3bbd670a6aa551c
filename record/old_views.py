"""Old rows of the desk's log of views, taken away once they have been kept for as long as is said."""

from datetime import datetime
from typing import Final

from sqlalchemy import CursorResult, Engine, delete, select

from record.desk_tables import PageViewRow
from record.failures import in_plain_words

AT_ONCE: Final = 5_000
"""Rows of one transaction (ours: a fraction of a second, in which nobody's page waits to be logged)."""


def drop_old_views(engine: Engine, before: datetime) -> int:
    """Take away the views from before an instant; how many.

    Raises RecordUnavailable, and EntryRefused where the instant is not a year ago.
    """
    dropped = 0
    while number := _drop_some(engine, before):
        dropped += number
    return dropped


def _drop_some(engine: Engine, before: datetime) -> int:
    oldest = select(PageViewRow.number).where(PageViewRow.at < before).order_by(PageViewRow.number).limit(AT_ONCE)
    with in_plain_words(), engine.begin() as connection:
        done: CursorResult[None] = connection.execute(delete(PageViewRow).where(PageViewRow.number.in_(oldest)))
        return done.rowcount
