"""The rows of the report: whose are to be worked out again, and what came of it; and read as of an instant."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, and_, delete, exists, func, insert, or_, select

from record.caseload_tables import CaseloadChild
from record.engine import readers
from record.failures import in_plain_words
from record.report_tables import ReportChild, ReportPeriod, ReportRung, ReportStep
from record.tables import ActionRow, EventRow

Values = dict[str, Any]
TABLES: Final = (ReportStep, ReportRung, ReportPeriod, ReportChild)
STEPS, RUNGS, PERIODS = (table.__table__ for table in (ReportStep, ReportRung, ReportPeriod))
ACTIONS: Final = ActionRow.__table__


@dataclass(frozen=True, slots=True)
class ReportWorkedOut:
    """All rows of a child, as what was written `derived` times has them, by some rules, calendar and program."""

    child: str
    derived: int
    next_on: date | None
    worked_by: str = ""
    steps: Sequence[Values] = field(default=())
    rungs: Sequence[Values] = field(default=())
    periods: Sequence[Values] = field(default=())


class ReportRows:
    """Everything raises RecordUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def outdated(
        self, today: date, by: str, limit: int | None = None, among: Collection[str] | None = None
    ) -> list[str]:
        """Children whose rows are wanting, or of whom something was written since, or whose day has come.

        Or who were worked out by other rules, another calendar or program than `by`, those of now.
        """
        query = select(CaseloadChild.child).where(_outdated(today, by)).order_by(func.random()).limit(limit)
        if among is not None:
            query = query.where(CaseloadChild.child.in_(among))
        with in_plain_words(), self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def count_outdated(self, today: date, by: str) -> int:
        """How many these are."""
        query = select(func.count()).select_from(CaseloadChild).where(_outdated(today, by))
        with in_plain_words(), self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def put(self, worked_out: Sequence[ReportWorkedOut]) -> None:
        """Take in what was worked out, in one transaction; what stands already from more is left."""
        with in_plain_words(), self._engine.begin() as connection:
            children = [one.child for one in worked_out]
            # The caseload's row is the lock: it is there before the first of ours.
            of_these = (
                select(CaseloadChild.child).where(CaseloadChild.child.in_(children)).order_by(CaseloadChild.child)
            )
            connection.execute(of_these.with_for_update())
            query = select(ReportChild.child, ReportChild.derived).where(ReportChild.child.in_(children))
            stands = dict(connection.execute(query).all())
            taken = [one for one in worked_out if stands.get(one.child, 0) <= one.derived]
            _forget(connection, [one.child for one in taken])
            _insert(connection, ReportStep, [row for one in taken for row in one.steps])
            _insert(connection, ReportRung, [row for one in taken for row in one.rungs])
            _insert(connection, ReportPeriod, [row for one in taken for row in one.periods])
            _insert(connection, ReportChild, [_of_child(one) for one in taken])

    def forget(self, children: Collection[str]) -> None:
        """Drop the rows of some children: they count in no number until they are worked out again."""
        if children:
            with in_plain_words(), self._engine.begin() as connection:
                _forget(connection, children)

    def follow_the_record(self) -> None:
        """Drop the rows of children who are not in the record."""
        with in_plain_words(), self._engine.begin() as connection:
            for table in TABLES:
                connection.execute(delete(table).where(~exists().where(EventRow.child == table.child)))

    def forget_all(self) -> None:
        """Empty the tables. They are derived: working out fills them again."""
        with in_plain_words(), self._engine.begin() as connection:
            for table in TABLES:
                connection.execute(delete(table))

    # Reading

    def steps(
        self, columns: Sequence[str], sorts: Sequence[str], known_at: datetime, since: date, until: date
    ) -> list[Row[Any]]:
        """The steps of some sorts with a limit, of either kind, within a run of days, as known at an instant.

        Of each the columns asked for, in their order: at 20,000 children each one read costs a tenth of a second.
        """
        due = or_(STEPS.c.statutory.between(since, until), STEPS.c.local.between(since, until))
        asked = (STEPS.c[name] for name in columns)
        return self._all(select(*asked).where(_known(STEPS, known_at), STEPS.c.sort.in_(sorts), due))

    def periods(self, columns: Sequence[str], known_at: datetime) -> list[Row[Any]]:
        """All periods of care as they were known at an instant, of each the columns asked for."""
        return self._all(select(*(PERIODS.c[name] for name in columns)).where(_known(PERIODS, known_at)))

    def rungs(self, columns: Sequence[str], since: datetime, until: datetime, known_at: datetime) -> list[Row[Any]]:
        """The rungs told from an instant up to another, as known at an instant: of each the columns asked for."""
        within = RUNGS.c.decided_at.between(since, until)
        return self._all(select(*(RUNGS.c[name] for name in columns)).where(within, _known(RUNGS, known_at)))

    def escalations(self, children: Collection[str]) -> list[Row[Any]]:
        """The rungs that were told of some children, out of what was decided for them."""
        names = ("child", "period", "obligation", "occurrence", "key", "rung", "to", "decided_at")
        sent = (ACTIONS.c.kind == "escalation", ACTIONS.c.status == "sent", ACTIONS.c.child.in_(children))
        return self._all(select(*(ACTIONS.c[name] for name in names)).where(*sent).order_by(ACTIONS.c.number))

    def _all(self, query: Any) -> list[Row[Any]]:
        with in_plain_words(), readers(self._engine).connect() as connection:
            return list(connection.execute(query).all())


def _known(table: Any, at: datetime) -> Any:
    return and_(table.c.known_from <= at, or_(table.c.known_until.is_(None), table.c.known_until > at))


def _outdated(today: date, by: str) -> Any:
    current = (
        exists()
        .where(ReportChild.child == CaseloadChild.child)
        .where(ReportChild.derived >= CaseloadChild.written, ReportChild.worked_by == by)
        .where(or_(ReportChild.next_on.is_(None), ReportChild.next_on > today))
    )
    return ~current


def _of_child(one: ReportWorkedOut) -> Values:
    return {"child": one.child, "derived": one.derived, "next_on": one.next_on, "worked_by": one.worked_by}


def _forget(connection: Connection, children: Collection[str]) -> None:
    for table in TABLES:
        connection.execute(delete(table).where(table.child.in_(children)))


def _insert(connection: Connection, table: Any, rows: Sequence[Values]) -> None:
    if rows:
        connection.execute(insert(table), rows)
