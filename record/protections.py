"""Restrictions and exclusions: set by a service manager or on the command line, with a reason; lifted, not removed.

Read by everything that shows somebody a child: the desk's pages, the links of messages, calendars.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from sqlalchemy import Connection, Engine, insert, select, text, update

from record.desk_tables import ExclusionRow, RestrictionRow
from record.engine import readers
from record.failures import in_plain_words

Kind = Literal["restriction", "exclusion"]


@dataclass(frozen=True, slots=True)
class Protection:
    """What is set for a child beside its people: whom a restriction names, and who is excluded."""

    named: frozenset[str] | None = None
    """None: no restriction stands."""
    excluded: frozenset[str] = frozenset()

    def keeps_from(self, keys: Iterable[str]) -> bool:
        """Whether the child is kept from any of these: what several read together shows it to each of them."""
        return any(key in self.excluded or (self.named is not None and key not in self.named) for key in keys)


OPEN: Final = Protection()


@dataclass(frozen=True, slots=True)
class Restriction:
    """A child whom only the people named may see."""

    number: int
    child: str
    people: tuple[str, ...]
    reason: str
    review_on: date
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A person who may not see a child."""

    number: int
    child: str
    person: str
    reason: str
    set_by: str
    set_at: datetime


# A form that is pressed twice comes twice at one time: each would look before the other has written.
ALONE: Final = {
    "sqlite": text("UPDATE desk_restrictions SET lifted_at = lifted_at WHERE number < 0"),
    "postgresql": text("SELECT pg_advisory_xact_lock(20261128)"),
}


def _alone(connection: Connection) -> None:
    """Let nobody else set anything until this transaction is over."""
    connection.execute(ALONE[connection.dialect.name])


class Protections:
    """What stands for each child beside its people. Everything raises RecordUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def restrict(self, child: str, people: Sequence[str], reason: str, review_on: date, by: str, now: datetime) -> None:
        """Leave a child to these people only; another that stood for it is lifted. Said twice, it is one."""
        row = {"child": child, "people": list(people), "reason": reason, "review_on": review_on}
        with in_plain_words(), self._engine.begin() as connection:
            _alone(connection)
            standing = RestrictionRow.child == child, RestrictionRow.lifted_at.is_(None)
            same = select(RestrictionRow.people, RestrictionRow.reason, RestrictionRow.review_on).where(*standing)
            if (row["people"], reason, review_on) in [(list(one[0]), *one[1:]) for one in connection.execute(same)]:
                return
            connection.execute(update(RestrictionRow).where(*standing).values(lifted_by=by, lifted_at=now))
            connection.execute(insert(RestrictionRow).values(**row, set_by=by, set_at=now))

    def exclude(self, child: str, person: str, reason: str, by: str, now: datetime) -> None:
        """Keep a person from a child, whatever else holds. Said twice, it is one."""
        row = {"child": child, "person": person, "reason": reason, "set_by": by, "set_at": now}
        standing = ExclusionRow.child == child, ExclusionRow.person == person, ExclusionRow.lifted_at.is_(None)
        with in_plain_words(), self._engine.begin() as connection:
            _alone(connection)
            if connection.execute(select(ExclusionRow.number).where(*standing)).first():
                return
            connection.execute(insert(ExclusionRow).values(row))

    def lift(self, kind: Kind, number: int, by: str, now: datetime) -> bool:
        """Lift a restriction or an exclusion; whether it stood."""
        row = RestrictionRow if kind == "restriction" else ExclusionRow
        lifting = update(row).where(row.number == number, row.lifted_at.is_(None))
        with in_plain_words(), self._engine.begin() as connection:
            return connection.execute(lifting.values(lifted_by=by, lifted_at=now)).rowcount > 0

    def restrictions(self, children: Collection[str] | None = None) -> list[Restriction]:
        """The restrictions that stand, of some children or all, the one to be reviewed first in front."""
        query = select(
            RestrictionRow.number,
            RestrictionRow.child,
            RestrictionRow.people,
            RestrictionRow.reason,
            RestrictionRow.review_on,
            RestrictionRow.set_by,
            RestrictionRow.set_at,
        ).where(RestrictionRow.lifted_at.is_(None))
        if children is not None:
            query = query.where(RestrictionRow.child.in_(children))
        with in_plain_words(), readers(self._engine).connect() as connection:
            rows = connection.execute(query.order_by(RestrictionRow.review_on, RestrictionRow.number)).all()
        return [Restriction(row[0], row[1], tuple(row[2]), *row[3:]) for row in rows]

    def exclusions(self, children: Collection[str] | None = None) -> list[Exclusion]:
        """The exclusions that stand, of some children or all."""
        query = select(
            ExclusionRow.number,
            ExclusionRow.child,
            ExclusionRow.person,
            ExclusionRow.reason,
            ExclusionRow.set_by,
            ExclusionRow.set_at,
        ).where(ExclusionRow.lifted_at.is_(None))
        if children is not None:
            query = query.where(ExclusionRow.child.in_(children))
        with in_plain_words(), readers(self._engine).connect() as connection:
            rows = connection.execute(query.order_by(ExclusionRow.child, ExclusionRow.number)).all()
        return [Exclusion(*row) for row in rows]

    def of(self, child: str) -> Protection:
        """What stands for one child."""
        return self.of_all([child]).get(child, OPEN)

    def of_all(self, children: Collection[str] | None = None) -> dict[str, Protection]:
        """What stands for each child for whom anything does."""
        named = {one.child: frozenset(one.people) for one in self.restrictions(children)}
        excluded: dict[str, set[str]] = {}
        for one in self.exclusions(children):
            excluded.setdefault(one.child, set()).add(one.person)
        return {
            child: Protection(named.get(child), frozenset(excluded.get(child, ()))) for child in {*named, *excluded}
        }
