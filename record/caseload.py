"""The caseload kept in step with the record: whose case is to be worked out again, and what came of it.

Whatever is written of a child counts up its row in the same transaction, so that a row which lags behind is known as
such. Whoever comes first works it out anew (delivery/caseload.py): a worker within a second or two, or a reader.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from record.caseload_tables import NEVER, CaseloadChild, CaseloadPerson, CaseloadStep
from record.engine import INSERT, insert_new, readers
from record.failures import in_plain_words
from record.report_tables import ReportChild, ReportPeriod, ReportRung, ReportStep
from record.tables import PROOF, EventRow

Values = dict[str, Any]
UNKNOWN: Final[Values] = {"derived": 0, "earliest": NEVER, "escalating": NEVER, "rejected": 0}
"""The row of a child whose case has not been worked out yet."""
LEFT_OUT: Final[Values] = UNKNOWN | {"stage": None, "soon_at": None, "unnamed": None}
"""The same of one whose case cannot be worked out: it has no stage, by which lists know whose journey is under way."""
OF_CHILD: Final = (CaseloadStep, CaseloadPerson, CaseloadChild)
REPORTED: Final = (ReportStep, ReportRung, ReportPeriod, ReportChild)
"""What the report has of a child: its numbers leave out the same children as the lists."""


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """How a child's case stands, as rows: what was written `written` times, worked out at an instant.

    `values` is empty where there is no journey, such as when all events are voided.
    """

    child: str
    written: int
    at: datetime
    values: Values = field(default_factory=dict)
    steps: Sequence[Values] = ()
    people: Sequence[Values] = ()


def note_written(connection: Connection, child: str) -> None:
    """Note that something has been written of a child, in the transaction that writes it."""
    if child != PROOF:
        connection.execute(_count_up(connection.dialect.name), {"child": child, "written": 1, **UNKNOWN})


@cache
def _count_up(dialect: str) -> Executable:
    """Made once: putting a statement together takes longer than running it."""
    names = ("child", "written", *UNKNOWN)
    row = INSERT[dialect](CaseloadChild).values({name: bindparam(name) for name in names})
    return row.on_conflict_do_update(index_elements=["child"], set_={"written": CaseloadChild.written + 1})


class CaseloadRows:
    """The rows of the caseload, to be brought up to date. Everything raises RecordUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def outdated(self, before: datetime | None, limit: int) -> list[str]:
        """Children whose case is to be worked out: something was written since, or it was done before an instant."""
        old = CaseloadChild.derived < CaseloadChild.written
        if before is not None:
            old = or_(old, CaseloadChild.derived_at < before)
        query = select(CaseloadChild.child).where(old).order_by(func.random()).limit(limit)
        with in_plain_words(), self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def written(self, children: Collection[str]) -> dict[str, int]:
        """How often something has been written of some children; to be asked before their events are read."""
        query = select(CaseloadChild.child, CaseloadChild.written).where(CaseloadChild.child.in_(children))
        with in_plain_words(), self._engine.connect() as connection:
            return dict(connection.execute(query).all())

    def put(self, worked_out: Sequence[WorkedOut]) -> int:
        """Take in what was worked out, all in one transaction; how much of it is newer than what stands.

        Two workers may have worked out the same child: whoever knew less changes nothing, in whatever order they come.
        """
        with in_plain_words(), self._engine.begin() as connection:
            taken = [one for one in sorted(worked_out, key=lambda one: one.child) if _take(connection, one)]
            children = [one.child for one in taken]
            for table in (CaseloadStep, CaseloadPerson):
                connection.execute(delete(table).where(table.child.in_(children)))
            _insert(connection, CaseloadStep, [row for one in taken for row in one.steps])
            _insert(connection, CaseloadPerson, [row for one in taken for row in one.people])
        return len(taken)

    def leave_out(self, unread: Mapping[str, int], at: datetime) -> None:
        """Note whose case cannot be worked out, with what had been written of them by then: lists leave them out.

        Whose a child is stays, so that it is named to them. Whoever knew more, or comes later, changes it. `derived`
        is 0 then and `derived_at` is not empty: of a child never tried it is.
        """
        with in_plain_words(), self._engine.begin() as connection:
            for child, written in sorted(unread.items()):
                values = {**LEFT_OUT, "derived_at": at}
                which = {"of_child": child, "by_then": written, "at_then": at}
                if connection.execute(_if_older(tuple(values)), values | which).rowcount:
                    for table in (CaseloadStep, *REPORTED):
                        connection.execute(delete(table).where(table.child == child))

    def follow_the_record(self, versions: Collection[tuple[str, str]] = ()) -> None:
        """Have a row for each child of the record and for no other, and those of other versions worked out again.

        `versions`: each policy with its version. A row is wanting after an update of the program, or where somebody
        has emptied the table.
        """
        without = ~exists().where(CaseloadChild.child == EventRow.child)
        wanting = select(EventRow.child).where(EventRow.child != PROOF, without).distinct()
        with in_plain_words(), self._engine.connect() as connection:  # a look at every event: nobody waits for it
            rows = [{"child": child, "written": 1, **UNKNOWN} for child in connection.execute(wanting).scalars()]
        with in_plain_words(), self._engine.begin() as connection:
            insert_new(connection, CaseloadChild, rows)
            for table in OF_CHILD:
                connection.execute(delete(table).where(~exists().where(EventRow.child == table.child)))
            for policy, version in versions:
                other = and_(CaseloadChild.policy == policy, CaseloadChild.version != version)
                connection.execute(update(CaseloadChild).where(other).values(written=CaseloadChild.written + 1))

    def forget_all(self) -> None:
        """Empty the tables. They are derived: `follow_the_record` and working out fill them again."""
        with in_plain_words(), self._engine.begin() as connection:
            for table in OF_CHILD:
                connection.execute(delete(table))


def _take(connection: Connection, one: WorkedOut) -> bool:
    """Take in a child's row unless what stands is newer; its lock is held to the end of the transaction."""
    values = WORKED_OUT | one.values | {"derived": one.written, "derived_at": one.at}
    which = {"of_child": one.child, "by_then": one.written, "at_then": one.at}
    return connection.execute(_if_older(tuple(WORKED_OUT)), values | which).rowcount == 1


@cache
def _if_older(names: tuple[str, ...]) -> Executable:
    """Made once, as above."""
    row, as_old = CaseloadChild, CaseloadChild.derived == bindparam("by_then")
    not_after = or_(row.derived_at.is_(None), row.derived_at <= bindparam("at_then"))
    older = or_(row.derived < bindparam("by_then"), and_(as_old, not_after))
    return update(row).where(row.child == bindparam("of_child"), older).values({k: bindparam(k) for k in names})


ASKED_AT_ONCE: Final = 500
"""Children named in one query (ours: SQLite takes 32,766 parameters)."""

KEPT: Final = ("number", "child", "written")
WORKED_OUT: Final[Values] = {one.key: None for one in CaseloadChild.__table__.columns if one.key not in KEPT} | UNKNOWN
"""What is worked out of a child, where nothing is."""


def _insert(connection: Connection, table: type[CaseloadStep] | type[CaseloadPerson], rows: Sequence[Values]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def teams_of(engine: Engine, children: Sequence[str]) -> dict[str, str]:
    """The teams of those of some children who have one, as far as they are worked out. Raises RecordUnavailable."""
    teams: dict[str, str] = {}
    with in_plain_words(), readers(engine).connect() as connection:
        for start in range(0, len(children), ASKED_AT_ONCE):
            some = children[start : start + ASKED_AT_ONCE]
            of_these = (CaseloadChild.child.in_(some), CaseloadChild.team.is_not(None))
            rows = connection.execute(select(CaseloadChild.child, CaseloadChild.team).where(*of_these))
            teams |= {row.child: str(row.team) for row in rows}
    return teams
