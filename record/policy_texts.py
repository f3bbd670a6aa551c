"""Policy texts kept: each version of a policy as the service first read it, and since when."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine, select

from record.engine import insert_new
from record.failures import in_plain_words
from record.policy_tables import PolicyTextRow


class PolicyText(NamedTuple):
    """One version of a policy: what its file said."""

    policy: str
    version: str
    text: str
    since: datetime


class PolicyTexts:
    """The texts of a record. A version keeps the text that it came with, whatever its file says later."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, texts: Iterable[PolicyText]) -> None:
        """Keep each version that is not there yet. Raises RecordUnavailable."""
        rows = [text._asdict() for text in texts]
        with in_plain_words(), self._engine.begin() as connection:
            insert_new(connection, PolicyTextRow, rows)

    def kept(self) -> list[PolicyText]:
        """All there are, in the order they came. Raises RecordUnavailable."""
        columns = (PolicyTextRow.policy, PolicyTextRow.version, PolicyTextRow.text, PolicyTextRow.since)
        with in_plain_words(), self._engine.connect() as connection:
            rows = connection.execute(select(*columns).order_by(PolicyTextRow.number)).all()
        return [PolicyText(*row) for row in rows]
