"""A lease: a row of a queue is in one hand at a time, for a while. The inbox and the outbox are both worked off so.

A worker takes rows, and settles or gives back each. One that dies lets its leases run out, and others take the rows
over: worker A takes a row at 09:00:00 until 09:01:00 and is killed; B, asking at 09:00:59, passes it over, and at
09:01:00 takes it. What A would still say of it then changes nothing, since it is B's.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, update
from sqlalchemy.orm import InstrumentedAttribute

from record.tables import Table


@dataclass(frozen=True, slots=True)
class Lease:
    """The leases of a table. Each method is one statement, the same on SQLite and PostgreSQL."""

    table: type[Table]
    holder: InstrumentedAttribute[str | None]
    until: InstrumentedAttribute[datetime | None]

    def free(self, now: datetime) -> ColumnElement[bool]:
        """Whether a row is in nobody's hand."""
        return or_(self.until.is_(None), self.until <= now)

    def held(self, holder: str) -> ColumnElement[bool]:
        """Whether a row is in somebody's hand. A lease that has run out holds until another takes the row."""
        return self.holder == holder

    def take(
        self, connection: Connection, rows: ColumnElement[bool], holder: str, now: datetime, until: datetime
    ) -> list[int]:
        """Take those of some rows that are free; their numbers.

        A row that another takes in between is looked at anew once its lock is free: so `rows` must say by itself, and
        not only by a subquery, what makes a row one to take.
        """
        taken = update(self.table).where(rows, self.free(now)).values({self.holder: holder, self.until: until})
        return list(connection.execute(taken.returning(self.table.number)).scalars())

    def renew(self, connection: Connection, holder: str, until: datetime) -> bool:
        """Keep what is in hand for longer; whether anything is."""
        return self._change(connection, self.held(holder), {self.until: until}) > 0

    def give_back(
        self, connection: Connection, holder: str, rows: ColumnElement[bool] | None = None, **values: Any
    ) -> bool:
        """Let go of what is in hand, or of some rows of it, and say how they stand; whether any was in hand."""
        mine = self.held(holder) if rows is None else and_(rows, self.held(holder))
        return self._change(connection, mine, {self.holder: None, self.until: None, **values}) > 0

    def _change(self, connection: Connection, rows: ColumnElement[bool], values: dict[Any, Any]) -> int:
        return connection.execute(update(self.table).where(rows).values(values)).rowcount
