"""The nights, kept: what each reading of the source by the schedule brought, or why it failed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import ColumnElement, Engine, delete, insert, select, update

from record.engine import insert_new, readers
from record.failures import in_plain_words
from record.night_tables import NightChildRow, NightRow

Kind = Literal["changes", "only_here", "only_there", "not_taken"]
"""What a night may mean for a child: something changes; the record has the child in care and the source says nothing;
the source has the child and the record nothing; a journey did not take it."""

AT_ONCE: Final = 500
"""Children written or asked for in one statement (ours, as in record/extracts.py)."""

CHILDREN_KEPT: Final = timedelta(days=92)
"""How long it is kept what a night meant for each child (ours: a quarter; what was taken stands in the events)."""


class Night(NamedTuple):
    """One night, by the instant it was planned for."""

    planned: datetime
    source: str
    how: str
    began: datetime
    attempts: int
    failed: str | None
    ended: datetime | None
    said: list[str]
    counts: dict[str, int]


class Nights:
    """The nights of a record. Everything raises RecordUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # Writing

    def begin(self, planned: datetime, source: str, how: str, now: datetime) -> int:
        """Begin a night, or begin it again; which attempt this is."""
        night = {"planned": planned, "source": source, "how": how, "began": now, "attempts": 0}
        rest: dict[str, Any] = {"failed": None, "ended": None, "said": [], "counts": {}}
        this = NightRow.planned == planned
        again = {"source": source, "how": how, "attempts": NightRow.attempts + 1, "ended": None}
        with in_plain_words(), self._engine.begin() as connection:
            insert_new(connection, NightRow, [night | rest])
            connection.execute(update(NightRow).where(this).values(again))
            return connection.execute(select(NightRow.attempts).where(this)).scalar_one()

    def fail(self, planned: datetime, why: str) -> None:
        """An attempt has failed; another will be made."""
        self._change(planned, failed=why)

    def read(self, planned: datetime, said: Sequence[str]) -> None:
        """The source was read: which files or tables, in words."""
        self._change(planned, said=list(said))

    def end(self, planned: datetime, counts: Mapping[str, int], now: datetime, held: str | None = None) -> None:
        """The night is over, or `held`, and why; what was kept of single children in nights long past is let go of."""
        self._change(planned, counts=dict(counts), ended=now, failed=held)
        with in_plain_words(), self._engine.begin() as connection:
            connection.execute(delete(NightChildRow).where(NightChildRow.planned < planned - CHILDREN_KEPT))

    def note(self, planned: datetime, kind: Kind, said: Mapping[str, Mapping[str, Any]]) -> None:
        """Put down what the night means for some children in one way, in the place of what it was thought to mean."""
        children = sorted(said)
        with in_plain_words(), self._engine.begin() as connection:
            for some in _parts(children):
                connection.execute(delete(NightChildRow).where(*_of(planned, kind), NightChildRow.child.in_(some)))
                rows = [{"planned": planned, "child": child, "kind": kind, "said": dict(said[child])} for child in some]
                connection.execute(insert(NightChildRow), rows)

    def put(self, planned: datetime, kind: Kind, said: Mapping[str, Mapping[str, Any]]) -> None:
        """The same of all children: what an attempt before this one had put down in this way is gone."""
        with in_plain_words(), self._engine.begin() as connection:
            connection.execute(delete(NightChildRow).where(*_of(planned, kind)))
        self.note(planned, kind, said)

    def _change(self, planned: datetime, **values: Any) -> None:
        with in_plain_words(), self._engine.begin() as connection:
            connection.execute(update(NightRow).where(NightRow.planned == planned).values(values))

    # Reading

    def latest(self, at_most: int = 1) -> list[Night]:
        """The latest nights, the latest first."""
        columns = (getattr(NightRow, name) for name in Night._fields)
        with in_plain_words(), readers(self._engine).connect() as connection:
            rows = connection.execute(select(*columns).order_by(NightRow.planned.desc()).limit(at_most))
            return [Night(*row) for row in rows]

    def last(self) -> Night | None:
        """The latest night, if there was any."""
        return next(iter(self.latest()), None)

    def last_ended(self) -> datetime | None:
        """When a night last came to its end."""
        query = select(NightRow.ended).where(NightRow.ended.is_not(None)).order_by(NightRow.ended.desc()).limit(1)
        with in_plain_words(), readers(self._engine).connect() as connection:
            return connection.execute(query).scalar()

    def children(self, planned: datetime, kind: Kind) -> dict[str, dict[str, Any]]:
        """What a night meant for each child in one way, by reference."""
        query = select(NightChildRow.child, NightChildRow.said).where(*_of(planned, kind))
        with in_plain_words(), readers(self._engine).connect() as connection:
            return dict(connection.execute(query.order_by(NightChildRow.child)).all())


def _of(planned: datetime, kind: Kind) -> tuple[ColumnElement[bool], ...]:
    return NightChildRow.planned == planned, NightChildRow.kind == kind


def _parts(children: Sequence[str]) -> Iterable[Sequence[str]]:
    return (children[start : start + AT_ONCE] for start in range(0, len(children), AT_ONCE))
