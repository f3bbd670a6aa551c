"""What loads of histories tell first, gathered until each load is over, then told in one summary for each person.

A load is over when it has told nothing new for a while; what it has told by then is closed as one part, which gets
nothing more. A load that was cut off and begun anew much later makes a second part.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, String, and_, cast, func, or_, select, update
from sqlalchemy.orm import Session

from delivery.outbox import OutboxState, Queued, queued
from record.failures import in_plain_words
from record.tables import ActionRow, OutboxRow

ABOUT: Final = "load/"
"""What the deliveries of summaries begin with; the part and the person follow."""

GATHERED: Final[OutboxState] = "gathered"
CLOSED: Final[OutboxState] = "closed"
OVER_AFTER: Final = timedelta(minutes=10)
"""A load that told nothing new for so long is over (ours: journeys that were quiet until a day wake within ten
minutes of it, contract section 4)."""


class Loads:
    """The rows of the outbox that loads have gathered. Safe to share among threads. Raises RecordUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self, quiet_since: datetime) -> int:
        """Close what loads have gathered that told nothing new since an instant; how many rows."""
        last = func.max(OutboxRow.created)
        over = select(OutboxRow.load, func.max(OutboxRow.number)).where(OutboxRow.state == GATHERED)
        closed = 0
        with in_plain_words(), self._engine.begin() as connection:
            for load, number in connection.execute(over.group_by(OutboxRow.load).having(last <= quiet_since)).all():
                mine = and_(OutboxRow.state == GATHERED, OutboxRow.load == load, OutboxRow.number <= number)
                part = OutboxRow.load + "/" + cast(number, String)
                closed += connection.execute(update(OutboxRow).where(mine).values(state=CLOSED, load=part)).rowcount
        return closed

    def parts(self, now: datetime) -> list[str]:
        """The parts that are closed and whose time has come."""
        ripe = or_(OutboxRow.next_at.is_(None), OutboxRow.next_at <= now)
        query = select(OutboxRow.load).distinct().where(OutboxRow.state == CLOSED, ripe).order_by(OutboxRow.load)
        with in_plain_words(), self._engine.connect() as connection:
            return [part for part in connection.execute(query).scalars() if part is not None]

    def rows(self, part: str) -> list[Queued]:
        """What a part has to tell, in the order it was decided."""
        same = and_(ActionRow.child == OutboxRow.child, ActionRow.key == OutboxRow.action_key)
        query = select(OutboxRow, ActionRow).join(ActionRow, same)
        query = query.where(OutboxRow.state == CLOSED, OutboxRow.load == part).order_by(OutboxRow.number)
        with in_plain_words(), Session(self._engine) as session:
            return [queued(outbox, action) for outbox, action in session.execute(query)]

    def children(self, part: str) -> set[str]:
        """The children a part had anything to tell of, told or not."""
        query = select(OutboxRow.child).distinct().where(OutboxRow.load == part)
        with in_plain_words(), self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def settle(self, numbers: list[int], state: OutboxState, why: str | None) -> None:
        """Say how rows stand."""
        with in_plain_words(), self._engine.begin() as connection:
            for first in range(0, len(numbers), 500):  # a statement takes so many values and no more
                chunk = OutboxRow.number.in_(numbers[first : first + 500])
                connection.execute(update(OutboxRow).where(chunk).values(state=state, why=why, next_at=None))

    def give_up(self, part: str, created_before: datetime, why: str) -> int:
        """Say of what a part has had to tell since an instant or longer that it failed; how many rows."""
        mine = and_(OutboxRow.state == CLOSED, OutboxRow.load == part, OutboxRow.created <= created_before)
        with in_plain_words(), self._engine.begin() as connection:
            return connection.execute(
                update(OutboxRow).where(mine).values(state="failed", why=why, next_at=None)
            ).rowcount

    def put_off(self, part: str, until: datetime | None, why: str | None) -> None:
        """Try a part again later."""
        mine = and_(OutboxRow.state == CLOSED, OutboxRow.load == part)
        with in_plain_words(), self._engine.begin() as connection:
            connection.execute(update(OutboxRow).where(mine).values(next_at=until, why=why))
