"""What is doubtful in what sources say, kept until it is said otherwise; and what a person has settled of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select

from record.engine import readers
from record.failures import in_plain_words
from record.night_tables import DoubtRow, SettledRow

AT_ONCE: Final = 500
"""Children asked for in one query (ours, as in record/extracts.py)."""


class KeptDoubt(NamedTuple):
    """A doubtful line, as the latest reading of its source has it. `since`: when a reading first had it."""

    source: str
    child: str
    rule: str
    table: str
    line: int
    message: str
    action: str
    key: str
    since: datetime


class Settling(NamedTuple):
    """A doubt that somebody settled: who, why and when."""

    key: str
    child: str
    rule: str
    by: str
    why: str
    at: datetime


class DoubtsKept:
    """The doubts of a record. Everything raises RecordUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # Writing

    def replace(
        self, source: str, children: Collection[str], doubts: Iterable[Mapping[str, object]], now: datetime
    ) -> None:
        """Put the doubts of a reading in the place of those that were kept of the children it speaks of, and of nobody.

        `doubts`: each with child, rule, table, line, message, action and key.
        """
        doubts = list(doubts)
        spoken_of = sorted({"", *children, *(str(doubt["child"]) for doubt in doubts)})
        with in_plain_words(), self._engine.begin() as connection:
            since: dict[str, datetime] = {}
            for start in range(0, len(spoken_of), AT_ONCE):
                these = DoubtRow.source == source, DoubtRow.child.in_(spoken_of[start : start + AT_ONCE])
                since |= dict(connection.execute(select(DoubtRow.key, DoubtRow.since).where(*these)).all())
                connection.execute(delete(DoubtRow).where(*these))
            rows = [{**doubt, "source": source, "since": since.get(str(doubt["key"]), now)} for doubt in doubts]
            if rows:
                connection.execute(insert(DoubtRow), rows)

    def settle(self, doubts: Iterable[tuple[str, str, str]], by: str, why: str, now: datetime) -> int:
        """Settle doubts, each by key, child and rule; how many were not settled yet."""
        return self._say(doubts, by, why, now, settled=True)

    def reopen(self, doubts: Iterable[tuple[str, str, str]], by: str, now: datetime) -> int:
        """Take back that doubts were settled; how many were."""
        return self._say(doubts, by, "", now, settled=False)

    def _say(self, doubts: Iterable[tuple[str, str, str]], by: str, why: str, now: datetime, *, settled: bool) -> int:
        with in_plain_words(), self._engine.begin() as connection:
            stand = _keys(connection)
            said = {key: (child, rule) for key, child, rule in doubts if (key in stand) is not settled}
            rows = [
                {"key": key, "child": child, "rule": rule, "settled": settled, "by": by, "why": why, "at": now}
                for key, (child, rule) in said.items()
            ]
            if rows:
                connection.execute(insert(SettledRow), rows)
            return len(rows)

    # Reading

    def settled(self) -> frozenset[str]:
        """The keys of all doubts that are settled."""
        with in_plain_words(), readers(self._engine).connect() as connection:
            return _keys(connection)

    def settlings(self) -> list[Settling]:
        """What is settled, the latest first."""
        columns = (getattr(SettledRow, name) for name in Settling._fields)
        query = select(*columns).where(_counts(), SettledRow.settled).order_by(SettledRow.number.desc())
        with in_plain_words(), readers(self._engine).connect() as connection:
            return [Settling(*row) for row in connection.execute(query)]

    def numbers(self) -> list[tuple[str, int, datetime]]:
        """Of each source how many doubts nobody has settled, and since when the newest of them is one."""
        query = select(DoubtRow.source, func.count(), func.max(DoubtRow.since)).where(_unsettled())
        with in_plain_words(), readers(self._engine).connect() as connection:
            rows = connection.execute(query.group_by(DoubtRow.source).order_by(DoubtRow.source))
            return [(source, number, newest) for source, number, newest in rows]

    def open(self, rule: str = "") -> list[KeptDoubt]:
        """What nobody has settled, of one rule or all, in order of child, table and line."""
        columns = (getattr(DoubtRow, name) for name in KeptDoubt._fields)
        query = select(*columns).where(_unsettled())
        if rule:
            query = query.where(DoubtRow.rule == rule)
        with in_plain_words(), readers(self._engine).connect() as connection:
            rows = connection.execute(query.order_by(DoubtRow.child, DoubtRow.table, DoubtRow.line, DoubtRow.rule))
            return [KeptDoubt(*row) for row in rows]


def of_keys(doubts: Sequence[KeptDoubt], keys: Collection[str]) -> list[tuple[str, str, str]]:
    """Those of some doubts that have one of these keys, as `settle` takes them."""
    return [(doubt.key, doubt.child, doubt.rule) for doubt in doubts if doubt.key in keys]


def _counts() -> ColumnElement[bool]:
    """Whether a row is the newest of its key."""
    return SettledRow.number.in_(select(func.max(SettledRow.number)).group_by(SettledRow.key))


def _unsettled() -> ColumnElement[bool]:
    return DoubtRow.key.not_in(select(SettledRow.key).where(_counts(), SettledRow.settled))


def _keys(connection: Connection) -> frozenset[str]:
    query = select(SettledRow.key).where(_counts(), SettledRow.settled)
    return frozenset(connection.execute(query).scalars())
