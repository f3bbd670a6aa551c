"""What somebody had typed and has not recorded: while they check it, go back, or sign in again, they see it again.

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
OF_SESSION: Final = "token"
"""The field of a form that says from which session it was sent: never kept."""
LONGEST: Final = 50_000
"""Characters of a form that are kept (ours: a long reason has a few thousand)."""


class Drafts:
    """Drafts, one for each person and form. A form is known by its address. Everything raises RecordUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, person: str, form: str, fields: Mapping[str, list[str]], now: datetime) -> bool:
        """Keep what was typed, in place of an earlier draft, unless it is too long; those that are too old go."""
        typed = {name: values for name, values in fields.items() if name != OF_SESSION}
        if sum(len(value) for values in typed.values() for value in values) > LONGEST:
            return False
        row = {"person": person, "form": form, "fields": typed, "saved": now}
        with in_plain_words(), self._engine.begin() as connection:
            connection.execute(delete(DraftRow).where(_of(person, form) | (DraftRow.saved < now - KEPT)))
            connection.execute(insert(DraftRow).values(row))
        return True

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
