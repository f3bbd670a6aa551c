"""Who was last told about a child: what the lists show beside it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Engine, and_, func, select

from record.delivery_tables import AttemptRow
from record.failures import in_plain_words
from record.tables import ActionRow

TOGETHER: Final = 500
REACHED: Final = ("sent", "digested")
"""The outcomes by which somebody has been told, at once or in a digest."""
COLUMNS: Final = (
    *(AttemptRow.child, AttemptRow.person, AttemptRow.role, AttemptRow.outcome, AttemptRow.began, AttemptRow.ended),
    *(ActionRow.obligation, ActionRow.kind, ActionRow.rung),
)


@dataclass(frozen=True, slots=True)
class LastTold:
    """Somebody who was told: a key of the directory, the role they were told for, when, how, and of what."""

    person: str
    role: str | None
    when: datetime
    how: Literal["message", "digest"]
    obligation: str
    kind: str
    rung: int


def last_told(engine: Engine, children: Collection[str]) -> dict[str, LastTold]:
    """Of some children who was told last; those of whom nobody was are left out. Raises RecordUnavailable."""
    listed = sorted(children)
    latest: dict[str, LastTold] = {}
    with in_plain_words(), engine.connect() as connection:
        for start in range(0, len(listed), TOGETHER):
            of_these = and_(AttemptRow.child.in_(listed[start : start + TOGETHER]), AttemptRow.outcome.in_(REACHED))
            last = select(func.max(AttemptRow.number)).where(of_these).group_by(AttemptRow.child)
            action = and_(ActionRow.child == AttemptRow.child, ActionRow.key == AttemptRow.action_key)
            query = select(*COLUMNS).join(ActionRow, action).where(AttemptRow.number.in_(last))
            for row in connection.execute(query):
                how: Literal["message", "digest"] = "digest" if row.outcome == "digested" else "message"
                when = row.ended or row.began
                latest[row.child] = LastTold(row.person, row.role, when, how, row.obligation, row.kind, row.rung)
    return latest
