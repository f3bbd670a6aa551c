"""Who was last told of something that is open: what the lists show beside it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, select

from record.delivery_tables import AttemptRow
from record.failures import in_plain_words

TOGETHER: Final = 500
REACHED: Final = ("sent", "digested")
"""The outcomes by which somebody has been told, at once or in a digest."""


@dataclass(frozen=True, slots=True)
class LastTold:
    """Somebody who was told: a key of the directory, the role they were told for, when, and whether in a digest."""

    person: str
    role: str | None
    at: datetime
    in_digest: bool


def last_told(engine: Engine, children: Collection[str]) -> dict[tuple[str, str], LastTold]:
    """Who was last told about some children, by child and by what the keys of the actions about it begin with."""
    told: dict[tuple[str, str], LastTold] = {}
    columns = (
        AttemptRow.child,
        AttemptRow.action_key,
        AttemptRow.person,
        AttemptRow.role,
        AttemptRow.began,
        AttemptRow.ended,
        AttemptRow.outcome,
    )
    listed = sorted(children)
    with in_plain_words(), engine.connect() as connection:
        for start in range(0, len(listed), TOGETHER):
            together = AttemptRow.child.in_(listed[start : start + TOGETHER])
            query = select(*columns).where(together, AttemptRow.outcome.in_(REACHED)).order_by(AttemptRow.number)
            for row in connection.execute(query):
                one = LastTold(row.person, row.role, row.ended or row.began, in_digest=row.outcome == "digested")
                key = (row.child, _stem(row.action_key))
                if key not in told or told[key].at <= one.at:
                    told[key] = one
    return told


def _stem(action_key: str) -> str:
    """What the keys of the actions about one due date have in common."""
    return action_key.rsplit("/", 2)[0] + "/"
