"""The account: who was told what, when, how, by which rung, and what became of it; or why nobody was.

The one place that brings together what stands in several tables: what the journeys decided (`actions`), what waits for
each role (`outbox`), what was tried (`delivery_attempts`), what stood in digests and summaries (`delivery_lines`), and
who acknowledged it (`events`). Whatever shows people who was told asks here: `explain`, `outbox`, `status`, the file of
a child, pages. Reading and folding only: nothing is decided or written here.

A line is one message to one person about one action in one role. Where nobody has been told yet, or ever, a line has no
person, and says why.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, Select, and_, exists, func, or_, select

from delivery.account_fold import ActionTold, Fold
from delivery.account_line import OF_ROW, AccountLine, Acknowledged, How
from delivery.account_words import as_data
from delivery.loads import GATHERED, OVER_AFTER
from delivery.outbox import QUEUED
from delivery.references import ACKNOWLEDGED, reference_of
from domain.case import events as ev
from domain.case.calendar import england_and_wales
from domain.case.documents import EventRefused, parse_event
from domain.case.words import AccountState
from domain.clocks.schedule import last_day_held
from record.delivery_tables import AttemptRow, LineRow
from record.engine import snapshot
from record.failures import EntryRefused, Unreadable, in_plain_words
from record.pasts import readable_rows
from record.tables import PROOF, ActionRow, EventRow, OutboxRow

TOGETHER: Final = 500
"""Children asked about in one query (ours: databases limit how many values one may name)."""
ANSWERING: Final = ("escalation_acknowledged", "event_voided")
T = TypeVar("T")


def account(
    engine: Engine,
    *,
    child: str | None = None,
    obligation: str | None = None,
    person: str | None = None,
    between: tuple[datetime, datetime] | None = None,
) -> list[AccountLine]:
    """Who was told what, in order of decision: of a child, an obligation, a person or a time, or all of these at once.

    `between`: what went, or if it has not gone was decided, from the first instant to before the second. With a person
    there are only lines of theirs. Raises RecordUnavailable; of a child Unreadable.
    """
    try:
        with in_plain_words(), snapshot(engine) as connection:
            lines = _fold(connection, _Wanted.of(child, obligation, person, between))
    except (EntryRefused, EventRefused):
        if child is None:
            raise
        raise Unreadable(child) from None
    return [
        line
        for line in lines
        if person in (None, line.person) and (between is None or between[0] <= line.when < between[1])
    ]


def escalations(engine: Engine, children: Iterable[str]) -> dict[str, list[AccountLine]]:
    """What was told of the ladders of some children, a page of a list, by child. Raises RecordUnavailable."""
    wanted = _Wanted((ActionRow.child.in_(list(children)), ActionRow.kind == "escalation"))
    told: dict[str, list[AccountLine]] = {}
    with in_plain_words(), snapshot(engine) as connection:
        for line in _fold(connection, wanted):
            told.setdefault(line.child, []).append(line)
    return told


def account_as_data(connection: Connection, child: str) -> list[dict[str, Any]]:
    """A child's account as plain JSON, for its file, as it stands within a transaction."""
    return [as_data(line) for line in _fold(connection, _Wanted.of(child))]


class ToldLately(NamedTuple):
    """What a list shows of the line that went last."""

    person: str | None
    role: str | None
    when: datetime
    how: How
    obligation: str


def last_told(engine: Engine, children: Iterable[str] | None = None) -> dict[str, ToldLately]:
    """Of each child the line that went last; children of whom nobody was told are left out. Raises RecordUnavailable.

    For lists of many: a query finds the actions, and only those are looked at, some hundred at once; who acknowledged
    them is not.
    """
    asked = [None] if children is None else _in_parts(list(children))
    latest: dict[str, ToldLately] = {}
    with in_plain_words(), snapshot(engine) as connection:
        numbers = [number for some in asked for number in connection.execute(_last_of_each(some)).scalars()]
        for part in _in_parts(numbers):
            lines = _fold(connection, _Wanted((ActionRow.number.in_(part),)), answered=False)
            for line in sorted((line for line in lines if line.went), key=lambda line: line.when):
                latest[line.child] = ToldLately(line.person, line.role, line.when, line.how, line.obligation)
    return latest


def waiting(engine: Engine, states: Iterable[AccountState], child: str | None = None) -> list[AccountLine]:
    """The lines of the actions that have a row of the outbox in one of these states. Raises RecordUnavailable."""
    stored = [name for name, means in OF_ROW.items() if means in {*states}]
    queued = exists().where(QUEUED, OutboxRow.state.in_(stored)).correlate(ActionRow)
    wanted = _Wanted.of(child)
    with in_plain_words(), snapshot(engine) as connection:
        return _fold(connection, _Wanted((*wanted.conditions, queued)))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which actions are looked at."""

    conditions: tuple[ColumnElement[bool], ...]
    of_child: bool = False
    """Of one child: then a row that cannot be read is not passed over, since nothing else would say so."""

    @classmethod
    def of(
        cls,
        child: str | None = None,
        obligation: str | None = None,
        person: str | None = None,
        between: tuple[datetime, datetime] | None = None,
    ) -> "_Wanted":
        conditions = [ActionRow.child != PROOF if child is None else ActionRow.child == child]
        if obligation is not None:
            conditions.append(ActionRow.obligation == obligation)
        if person is not None:
            conditions.append(or_(_attempted(AttemptRow.person == person), _listed(LineRow.person == person)))
        if between is not None:
            conditions.append(_within(*between))
        return cls(tuple(conditions), of_child=child is not None)


TRIED = and_(AttemptRow.child == ActionRow.child, AttemptRow.action_key == ActionRow.key)
LISTED = and_(LineRow.child == ActionRow.child, LineRow.action_key == ActionRow.key)


def _attempted(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(TRIED, condition).correlate(ActionRow)


def _listed(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(LISTED, condition).correlate(ActionRow)


def _within(start: datetime, end: datetime) -> ColumnElement[bool]:
    """Actions of which something was decided, begun or ended in a time."""
    ended = func.coalesce(AttemptRow.ended, AttemptRow.began)
    in_time = and_(ended >= start, ended < end)
    carried = select(AttemptRow.delivery).where(AttemptRow.child.is_(None), in_time).correlate(None)
    decided = and_(ActionRow.decided_at >= start, ActionRow.decided_at < end)
    return or_(decided, _attempted(in_time), _listed(LineRow.delivery.in_(carried)))


def _last_of_each(children: Sequence[str] | None) -> Select[int]:
    """The number of the action of each child of which somebody was told last; of several at once the first written."""
    what = AttemptRow.number, AttemptRow.ended
    same = and_(LineRow.delivery == AttemptRow.delivery, LineRow.attempt == AttemptRow.attempt)
    among = select(LineRow.child, LineRow.action_key, *what).join(AttemptRow, same)
    among = among.where(AttemptRow.outcome == "sent", AttemptRow.child.is_(None))
    if children is not None:
        among = among.where(LineRow.child.in_(children))
    last = _last_alone(children).subquery()
    this = (getattr(AttemptRow, column.name) == column for column in last.c)
    alone = select(AttemptRow.child, AttemptRow.action_key, *what).join(last, and_(*this))
    every = alone.union_all(among).subquery()
    order = every.c.ended.desc(), every.c.number
    placed = select(
        every.c.child,
        every.c.action_key,
        func.row_number().over(partition_by=every.c.child, order_by=order).label("place"),
    ).subquery()
    first = and_(ActionRow.child == placed.c.child, ActionRow.key == placed.c.action_key, placed.c.place == 1)
    return select(ActionRow.number).join(placed, first)


def _last_alone(children: Sequence[str] | None) -> Select[Any, Any, Any]:
    """When a message about one child alone went last, by child: out of an index, which has only that in it.

    With its outcome, so that SQLite looks it up by the same index and not through all that were ever sent.
    """
    of_children = AttemptRow.child != PROOF if children is None else AttemptRow.child.in_(children)
    by = AttemptRow.child, AttemptRow.outcome
    query = select(*by, func.max(AttemptRow.ended).label("ended"))
    return query.where(of_children, AttemptRow.outcome == "sent").group_by(*by)


def _in_parts(values: Sequence[T]) -> list[Sequence[T]]:
    return [values[start : start + TOGETHER] for start in range(0, len(values), TOGETHER)]


def _fold(connection: Connection, wanted: _Wanted, *, answered: bool = True) -> list[AccountLine]:
    """Read what is wanted, and fold it: a few queries, whatever the number of actions; with who answered it, or not."""
    actions = {
        (row["child"], row["key"]): ActionTold(row, reference_of(row["child"], row["key"]))
        for row in _actions(connection, wanted)
    }
    for row in _of_actions(connection, OutboxRow, QUEUED, wanted):
        if action := actions.get((row["child"], row["action_key"])):
            action.queued.append(row)
    for row in _of_actions(connection, AttemptRow, TRIED, wanted):
        if action := actions.get((row["child"], row["action_key"])):
            action.tried.setdefault(row["delivery"], []).append(row)
    for row in _of_actions(connection, LineRow, LISTED, wanted):
        action = actions.get((row["child"], row["action_key"]))
        if action is None:
            continue
        if row["delivery"] in action.tried:
            action.roles.setdefault(row["delivery"], set()).add(row["role"])
        else:
            action.listed.setdefault(row["delivery"], []).append(row)
    many = _messages_of_many(connection, wanted.conditions)
    for acknowledged, action in _acknowledgements(connection, actions, wanted) if answered else ():
        action.acknowledged = acknowledged
    gathered = any(row["state"] == GATHERED for action in actions.values() for row in action.queued)
    summaries = _summaries_to_come(connection) if gathered else {}
    return [line for action in actions.values() for line in Fold(action, many, summaries).lines()]


def _columns(table: type[Any]) -> Sequence[Any]:
    return list(table.__table__.columns)


def _rows(connection: Connection, query: Select[Any, Any]) -> Iterator[RowMapping]:
    return iter(connection.execute(query).mappings())


def _actions(connection: Connection, wanted: _Wanted) -> Iterator[RowMapping]:
    query = select(*_columns(ActionRow)).where(*wanted.conditions).order_by(ActionRow.number)
    return _read(connection, query, ActionRow.number, wanted)


def _of_actions(
    connection: Connection, table: type[Any], same: ColumnElement[bool], wanted: _Wanted
) -> Iterator[RowMapping]:
    query = select(*_columns(table)).join(ActionRow, same).where(*wanted.conditions).order_by(table.number)
    return _read(connection, query, table.number, wanted)


def _read(connection: Connection, query: Select[Any, Any], number: Any, wanted: _Wanted) -> Iterator[RowMapping]:
    """The rows; of many children without those that cannot be read, which keep no other from being shown."""
    return _rows(connection, query) if wanted.of_child else iter(readable_rows(connection, query, number))


def _messages_of_many(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> dict[str, list[RowMapping]]:
    """The attempts of the digests and summaries in which these actions stood, by delivery."""
    deliveries = select(LineRow.delivery).join(ActionRow, LISTED).where(*conditions)
    query = select(*_columns(AttemptRow)).where(AttemptRow.child.is_(None), AttemptRow.delivery.in_(deliveries))
    messages: dict[str, list[RowMapping]] = {}
    for row in _rows(connection, query.order_by(AttemptRow.number)):
        messages.setdefault(row["delivery"], []).append(row)
    return messages


def _summaries_to_come(connection: Connection) -> dict[str, datetime]:
    """About when the summary of each load goes that gathers still: once it has told nothing new for a while."""
    query = select(OutboxRow.load, func.max(OutboxRow.created).label("last")).where(OutboxRow.state == GATHERED)
    return {row["load"]: row["last"] + OVER_AFTER for row in _rows(connection, query.group_by(OutboxRow.load))}


def _acknowledgements(
    connection: Connection, actions: Mapping[tuple[str, str], ActionTold], wanted: _Wanted
) -> Iterator[tuple[Acknowledged, ActionTold]]:
    """Each acknowledgement that stands, with the escalation it answers: the one it names, else the latest by then."""
    children = sorted({child for (child, _), one in actions.items() if one.row["kind"] == "escalation"})
    query = select(EventRow.known_at, EventRow.document).where(EventRow.type.in_(ANSWERING))
    of_part = (query.where(EventRow.child.in_(part)) for part in _in_parts(children))
    known = [one for part in of_part for one in _answers(_read(connection, part, EventRow.number, wanted), wanted)]
    voided = {event.event for _, event in known if isinstance(event, ev.EventVoided)}
    rungs: dict[tuple[str, str], list[ActionTold]] = {}
    for one in actions.values():
        if one.row["kind"] == "escalation" and one.row["status"] == "sent":
            rungs.setdefault((one.row["child"], one.row["obligation"]), []).append(one)
    by_id = {ACKNOWLEDGED + one.reference: one for about in rungs.values() for one in about}
    for known_at, event in sorted(known, key=lambda pair: pair[0]):
        if isinstance(event, ev.EscalationAcknowledged) and event.id not in voided:
            about = rungs.get((event.child, event.obligation), ())
            action = by_id.get(event.id) or _latest(about, known_at)
            if action is not None:
                yield _acknowledged(event, known_at), action


def _answers(rows: Iterable[RowMapping], wanted: _Wanted) -> Iterator[tuple[datetime, ev.Event]]:
    for row in rows:
        try:
            yield row["known_at"], parse_event(row["document"])
        except EventRefused:
            if wanted.of_child:
                raise


def _latest(about: Sequence[ActionTold], known_at: datetime) -> ActionTold | None:
    """The highest rung of what was decided last by then."""
    by_then = [one for one in about if one.row["decided_at"] <= known_at]
    return max(by_then, key=lambda one: (one.row["decided_at"], one.row["rung"]), default=None)


def _acknowledged(event: ev.EscalationAcknowledged, known_at: datetime) -> Acknowledged:
    calendar = england_and_wales(event.on.year - 1, event.on.year + 1)
    return Acknowledged(
        event=event.id,
        on=event.on,
        known_at=known_at,
        until=last_day_held(event, calendar),
        by=event.by,
    )
