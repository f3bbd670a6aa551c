"""What loads of histories tell first, gathered until each load is over, then told in one summary for each person.

A load is over when it has told nothing new for a while; what it has told by then is closed as one part, which gets
nothing more. A load that was cut off and begun anew much later makes a second part.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, String, and_, cast, func, or_, select, update
from sqlalchemy.orm import Session

from delivery.outbox import OutboxState, Queued, read_queue
from record.failures import in_plain_words
from record.tables import ActionRow, OutboxRow

ABOUT: Final = "load/"
"""What the deliveries of summaries begin with; the part and the person follow."""

GATHERED: Final[OutboxState] = "gathered"
CLOSED: Final[OutboxState] = "closed"
NOT_TOLD: Final[tuple[OutboxState, ...]] = ("failed", "uncertain")
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
        query = select(OutboxRow, ActionRow).where(OutboxRow.state == CLOSED, OutboxRow.load == part)
        with in_plain_words(), Session(self._engine) as session:
            return read_queue(session, query)

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

    def leave(self, numbers: list[int], why: str) -> None:
        """Have rows told each by itself: they are of no load any more."""
        with in_plain_words(), self._engine.begin() as connection:
            values = {"state": "pending", "why": why, "next_at": None, "load": None}
            connection.execute(update(OutboxRow).where(OutboxRow.number.in_(numbers)).values(values))

    def stuck(self, child: str | None = None) -> dict[str, set[tuple[str, str]]]:
        """By part, the child and key of each action that its summary did not bring to all its readers.

        With a child, of the parts in which something of theirs is stuck: a summary is told again as a whole.
        """
        stuck = and_(OutboxRow.load.is_not(None), OutboxRow.state.in_(NOT_TOLD))
        query = select(OutboxRow.load, OutboxRow.child, OutboxRow.action_key).where(stuck)
        if child is not None:
            query = query.where(OutboxRow.load.in_(select(OutboxRow.load).where(stuck, OutboxRow.child == child)))
        parts: dict[str, set[tuple[str, str]]] = {}
        with in_plain_words(), self._engine.connect() as connection:
            for part, of, key in connection.execute(query):
                parts.setdefault(str(part), set()).add((of, key))
        return parts

    def again(self, part: str) -> int:
        """Have what is stuck of a part told again, to those whom its summary did not reach; how many rows."""
        mine = and_(OutboxRow.load == part, OutboxRow.state.in_(NOT_TOLD))
        with in_plain_words(), self._engine.begin() as connection:
            values = {"state": CLOSED, "next_at": None}
            return connection.execute(update(OutboxRow).where(mine).values(values)).rowcount

    def give_up(self, part: str, created_before: datetime, why: str) -> int:
        """Say of what a part has had to tell since an instant or longer that it failed; how many rows.

        They are of no load any more: tried again, each goes by itself, since there is no summary to be had.
        """
        mine = and_(OutboxRow.state == CLOSED, OutboxRow.load == part, OutboxRow.created <= created_before)
        with in_plain_words(), self._engine.begin() as connection:
            return connection.execute(
                update(OutboxRow).where(mine).values(state="failed", why=why, next_at=None, load=None)
            ).rowcount

    def put_off(self, part: str, until: datetime | None, why: str | None) -> None:
        """Try a part again later."""
        mine = and_(OutboxRow.state == CLOSED, OutboxRow.load == part)
        with in_plain_words(), self._engine.begin() as connection:
            connection.execute(update(OutboxRow).where(mine).values(next_at=until, why=why))
