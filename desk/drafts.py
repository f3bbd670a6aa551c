"""What somebody had typed when their session ended, or in a tab older than their session: they see it again.

Kept for a day and no longer (ours: whoever comes back the next morning has it), since it may hold a reason in words.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Engine, delete, insert, select

from record.desk_tables import DraftRow
from record.engine import readers
from record.failures import in_plain_words

KEPT: Final = timedelta(days=1)


class Drafts:
    """Drafts, one for each person and form. A form is known by its address. Everything raises RecordUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, person: str, form: str, fields: Mapping[str, list[str]], now: datetime) -> None:
        """Keep what was typed, in place of an earlier draft; those that are too old go."""
        row = {"person": person, "form": form, "fields": dict(fields), "saved": now}
        with in_plain_words(), self._engine.begin() as connection:
            connection.execute(delete(DraftRow).where(_of(person, form) | (DraftRow.saved < now - KEPT)))
            connection.execute(insert(DraftRow).values(row))

    def find(self, person: str, form: str, now: datetime) -> dict[str, list[str]]:
        """What was typed; nothing where there is no draft."""
        query = select(DraftRow.fields).where(_of(person, form), DraftRow.saved >= now - KEPT)
        with in_plain_words(), readers(self._engine).connect() as connection:
            return connection.execute(query).scalar() or {}

    def drop(self, person: str, form: str) -> None:
        """Let go of a draft: the form has been sent."""
        with in_plain_words(), self._engine.begin() as connection:
            connection.execute(delete(DraftRow).where(_of(person, form)))


def _of(person: str, form: str) -> ColumnElement[bool]:
    return (DraftRow.person == person) & (DraftRow.form == form)
