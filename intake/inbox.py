"""The inbox: an event is kept here before it is answered, and until its journey has taken or refused it.

Storing, looking and repairing; intake/inbox_children.py says whom an event concerns, intake/inbox_queue.py is how
events leave it. Synchronous, as the case record is.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import StringConstraints, TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Connection, Engine, Select, false, func, or_, select, update
from sqlalchemy.orm import Session

from domain.case import events as ev
from domain.case.documents import EventRefused, document_of, parse_event
from domain.limits import new_event
from domain.refusals import OTHER_CONTENT
from intake.inbox_children import concerned_by, taking_back
from record.chain import append
from record.engine import insert_new, readers
from record.failures import in_plain_words
from record.inbox_tables import InboxChildRow, InboxDeliveryRow, InboxRow

InboxState = Literal["received", "taken", "known", "pending", "rejected"]
"""received: stored, not yet delivered; known: the journey had it already; pending: there is no journey yet."""

OPEN: Final = ("received", "pending")
CHILD: Final[TypeAdapter[str]] = TypeAdapter(ev.ChildRef)
CODE: Final[TypeAdapter[str]] = TypeAdapter(Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:~/#+=-]{1,64}$")])
WORST_FIRST: Final[tuple[InboxState, ...]] = ("rejected", "pending", "received", "taken", "known")
"""An event for several children is called by the first of these that one of its deliveries is in."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What arrived: an event, or a document that is none, with the reason."""

    document: Any
    credential: str
    event: ev.Event | None = None
    reason: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ForChild:
    """What became of an event at one child's journey."""

    child: str
    state: InboxState
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the inbox and what has become of it. `document` may hold what is personal."""

    number: int
    event_id: str | None
    child: str | None
    type: str | None
    received_at: datetime
    credential: str
    reason: str | None
    amends: int | None
    amended_as: int | None
    document: Any = field(repr=False)
    deliveries: tuple[ForChild, ...] = ()

    @property
    def state(self) -> InboxState:
        """What became of it as a whole."""
        if self.reason is not None:
            return "rejected"
        states = {delivery.state for delivery in self.deliveries}
        return next(state for state in WORST_FIRST if state in states)

    @property
    def corrects(self) -> str | None:
        """The id of the event that it stands in for; of a document that is no event nothing is said back."""
        named = self.document.get("corrects") if self.reason is None and isinstance(self.document, dict) else None
        return named if isinstance(named, str) else None

    @property
    def reasons(self) -> list[str]:
        """Why it is rejected or waits: of the whole, or of each child where they differ."""
        if self.reason is not None:
            return [self.reason]
        by_child = [(d.child, d.reason) for d in self.deliveries if d.reason]
        several = len(self.deliveries) > 1
        return [f"{child}: {reason}" if several else reason for child, reason in by_child if reason]


class CannotAmend(Exception):
    """A row that cannot be amended, or not by this event; the text says why and what would be accepted."""


class Inbox:
    """The inbox in the database of the case record. Safe to share among threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def store(self, arrivals: Sequence[Arrival], now: datetime) -> list[tuple[int, bool]]:
        """Keep what arrived together, all or nothing: the number of each, and whether it stood here already.

        Raises RecordUnavailable when it may work later, EntryRefused when it never will.
        """
        with in_plain_words(), self.engine.begin() as connection:
            return _store(connection, arrivals, now)

    def items(self, numbers: Iterable[int]) -> dict[int, Item]:
        """Rows by their numbers. Raises RecordUnavailable."""
        with self._reading() as session:
            return {item.number: item for item in _items(session, InboxRow.number.in_(list(numbers)))}

    def numbers(self, events: Iterable[tuple[str, str]]) -> list[int]:
        """Which rows hold some events, each given by child and id; of those that are not here nothing.

        Raises RecordUnavailable.
        """
        keys = [f"{child}/{event}" for child, event in events]
        with self._reading() as session:
            return list(
                session.scalars(select(InboxRow.number).where(InboxRow.key.in_(keys)).order_by(InboxRow.number))
            )

    def listed(self, states: Sequence[InboxState], child: str | None = None, limit: int | None = None) -> list[Item]:
        """The rows in one of some states, in order of arrival, without those that were amended since.

        Raises RecordUnavailable.
        """
        with self._reading() as session:
            return _items(session, _standing(states, child), limit)

    def count(self, states: Sequence[InboxState]) -> int:
        """How many these are. Raises RecordUnavailable."""
        with self._reading() as session:
            return session.scalar(select(func.count()).select_from(InboxRow).where(_standing(states))) or 0

    def depth(self) -> tuple[dict[str, int], datetime | None]:
        """How many deliveries are in each state, and when the oldest that is still to be delivered arrived."""
        with self._reading() as session:
            counts = select(InboxDeliveryRow.state, func.count().label("number")).group_by(InboxDeliveryRow.state)
            by_state: dict[str, int] = {row.state: row.number for row in session.execute(counts)}
            refused = select(func.count()).where(InboxRow.reason.is_not(None))
            by_state["rejected"] = by_state.get("rejected", 0) + (session.scalar(refused) or 0)
            oldest = (
                select(func.min(InboxRow.number))
                .join(InboxDeliveryRow, InboxDeliveryRow.inbox == InboxRow.number)
                .where(InboxDeliveryRow.state == "received")
            )
            since = session.scalar(select(InboxRow.received_at).where(InboxRow.number == oldest.scalar_subquery()))
            return by_state, since

    def retry(self, numbers: Sequence[int], now: datetime) -> list[int]:
        """Try rejected rows again, as this version of the program reads them; the numbers of those that are tried.

        Raises RecordUnavailable.
        """
        with in_plain_words(), self.engine.begin() as connection:
            return [number for number in numbers if _retry(connection, number, now)]

    def amend(self, number: int, event: ev.Event, by: str, because: str, now: datetime) -> int:
        """Put another event in the place of a row that waits or was rejected; its number. The row itself stays.

        Raises CannotAmend, RecordUnavailable.
        """
        with in_plain_words(), self.engine.begin() as connection:
            return _amend(connection, number, event, by, because, now)

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with in_plain_words(), Session(readers(self.engine), expire_on_commit=False) as session:
            yield session


# Storing


def _store(connection: Connection, arrivals: Sequence[Arrival], now: datetime) -> list[tuple[int, bool]]:
    stored, new = [], []
    for arrival in arrivals:
        row = _insert(connection, _values(arrival, now))
        stored.append((row.number, not row.new))
        if row.new and row.counts and arrival.event is not None:
            new.append(_New(row.number, arrival.event, arrival.credential))
    for one in sorted(new, key=lambda one: (one.event.child, one.number)):
        said = {"event": one.event.id, "content": _hash(document_of(one.event))}
        append(connection, one.event.child, "received", said, at=now, ref=one.event.id, credential=one.credential)
    # Once all of them are there, and the child's chain is held: a voiding and the event that it voids may arrive in
    # either order, and by two requests at once, of which the second then sees what the first has stored.
    _address(connection, new, now, rested=False)
    return stored


def _values(arrival: Arrival, now: datetime) -> dict[str, Any]:
    event = arrival.event
    document = document_of(event) if event else arrival.document
    content = _hash(document)
    named = {"child": event.child, "id": event.id, "type": event.type} if event else _named(document)
    return {
        "key": _key(event) if event else f"refused/{content}",
        "content": content,
        "received_at": now,
        "credential": arrival.credential,
        "message": arrival.message,
        "child": named.get("child"),
        "event_id": named.get("id"),
        "type": named.get("type"),
        "document": document,
        "reason": arrival.reason,
    }


def _named(document: Any) -> dict[str, str]:
    """What names an event that may not be one: only what has the form of a reference, an id or a type."""
    named: dict[str, str] = {}
    if not isinstance(document, dict):
        return named
    for name, form in (("child", CHILD), ("id", CODE)):
        with suppress(ValidationError):
            named[name] = form.validate_python(document.get(name), strict=True)
    kind = document.get("type")
    if isinstance(kind, str) and kind in ev.EVENT_TYPES:
        named["type"] = kind
    return named


def _key(event: ev.Event) -> str:
    return f"{event.child}/{event.id}"


def _hash(document: Any) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


class _Row(NamedTuple):
    """The row that stands for what arrived: whether it is new, and whether it counts or another has its id."""

    number: int
    new: bool
    counts: bool


class _New(NamedTuple):
    """A row to be sent on its way."""

    number: int
    event: ev.Event
    credential: str


def _insert(connection: Connection, values: dict[str, Any]) -> _Row:
    new = bool(insert_new(connection, InboxRow, [values]))
    number, same = _numbered(connection, values)
    if same:
        return _Row(number, new, counts=True)
    disputed = {**values, "key": f"{values['key']}/{values['content']}", "reason": _other_content(values)}
    new = bool(insert_new(connection, InboxRow, [disputed]))
    return _Row(_numbered(connection, disputed)[0], new, counts=False)


def _numbered(connection: Connection, values: dict[str, Any]) -> tuple[int, bool]:
    """The row of a key, and whether it says the same: another row may stand there already."""
    columns = select(InboxRow.number, InboxRow.content, InboxRow.document)
    row = connection.execute(columns.where(InboxRow.key == values["key"])).one()
    return row.number, row.content == values["content"] or _is_the_same(row.document, values["document"])


def _is_the_same(stands: Any, arrived: Any) -> bool:
    """Whether two documents are one event, as a journey sees it: one may spell out what the other leaves unsaid."""
    # A case system sent again, after an update of its export, all it had ever sent, now with `"plan_agreed": false`
    # and `"note": null`: each journey knew every event, and the inbox filled with disputes.
    try:
        return parse_event(stands) == parse_event(arrived)
    except EventRefused:  # kept by another version of the program
        return False


def _other_content(values: dict[str, Any]) -> str:
    return f"event {values['event_id']} ({values['type']}): {OTHER_CONTENT}"


def _address(connection: Connection, new: Sequence[_New], now: datetime, *, rested: bool = True) -> None:
    """Send new rows on their way to every child they are for, with what takes them back; `rested` as with `due`."""
    going = [(one.number, (one.event, concerned_by(connection, one.event))) for one in new]
    for event, children in taking_back(connection, [addressed for _, addressed in going]):
        # The journey that has it may have been told by another way: its row here is from whoever sent what it voids.
        going += [(number, (event, children)) for number in _rows_of(connection, event, new[0].credential, now)]
    deliveries = sorted({(number, child) for number, (_, children) in going for child in children})
    rows: list[dict[str, Any]] = [{"inbox": inbox, "child": child, "state": "received"} for inbox, child in deliveries]
    due(connection, insert_new(connection, InboxDeliveryRow, rows), now, rested=rested)


def _rows_of(connection: Connection, event: ev.Event, credential: str, now: datetime) -> list[int]:
    """The row of an event that stands here or at a journey; none, where its id is another's here."""
    values = _values(Arrival(document=None, credential=credential, event=event), now)
    insert_new(connection, InboxRow, [values])
    number, same = _numbered(connection, values)
    return [number] if same else []


def due(connection: Connection, children: Iterable[str], now: datetime, *, rested: bool = True) -> None:
    """Have children's events tried at once; unless `rested`, those that failed when last tried in their own time."""
    rows = [{"child": child, "next_attempt": now, "attempts": 0} for child in sorted(children)]
    new = insert_new(connection, InboxChildRow, rows)
    for row in rows:
        if row["child"] not in new:
            child = update(InboxChildRow).where(InboxChildRow.child == row["child"])
            if rested:
                connection.execute(child.values(next_attempt=now, attempts=0))
            else:  # one that could not be delivered to is tried when it was to be, however much is sent to it
                connection.execute(child.where(InboxChildRow.attempts == 0).values(next_attempt=now))
                connection.execute(child.where(InboxChildRow.next_attempt.is_(None)).values(next_attempt=now))


# Looking


def _standing(states: Sequence[InboxState], child: str | None = None) -> ColumnElement[bool]:
    """Rows in one of some states (as Item.state has it), of a child or all, and not amended since."""
    amended = select(InboxRow.amends).where(InboxRow.amends.is_not(None))
    standing = or_(false(), *map(_in_state, states)) & InboxRow.number.not_in(amended)
    if child is None:
        return standing
    of_child = select(InboxDeliveryRow.inbox).where(InboxDeliveryRow.child == child)
    return standing & ((InboxRow.child == child) | InboxRow.number.in_(of_child))


def _in_state(state: InboxState) -> ColumnElement[bool]:
    """By any of its deliveries, and by none a worse one; rejected is also what was turned down at the door."""
    refused = select(InboxRow.number).where(InboxRow.reason.is_not(None))
    if state == "rejected":
        return InboxRow.number.in_(_delivered("rejected").union(refused))
    worse = WORST_FIRST[: WORST_FIRST.index(state)]
    return InboxRow.number.in_(_delivered(state)) & InboxRow.number.not_in(_delivered(*worse).union(refused))


def _delivered(*states: InboxState) -> Select[int]:
    return select(InboxDeliveryRow.inbox).where(InboxDeliveryRow.state.in_(states))


def _items(session: Session, which: ColumnElement[bool], limit: int | None = None) -> list[Item]:
    rows = session.scalars(select(InboxRow).where(which).order_by(InboxRow.number).limit(limit)).all()
    numbers = [row.number for row in rows] if limit else select(InboxRow.number).where(which)
    deliveries: dict[int, list[ForChild]] = {}
    query = select(InboxDeliveryRow).where(InboxDeliveryRow.inbox.in_(numbers)).order_by(InboxDeliveryRow.number)
    for row in session.scalars(query):
        deliveries.setdefault(row.inbox, []).append(ForChild(row.child, _state(row.state), row.reason))
    amended = select(InboxRow.amends, InboxRow.number).where(InboxRow.amends.in_(numbers))
    amended_as = {row.amends: row.number for row in session.execute(amended)}
    return [_item(row, deliveries.get(row.number, []), amended_as.get(row.number)) for row in rows]


def _item(row: InboxRow, deliveries: Sequence[ForChild], amended_as: int | None) -> Item:
    return Item(
        number=row.number,
        event_id=row.event_id,
        child=row.child,
        type=row.type,
        received_at=row.received_at,
        credential=row.credential,
        reason=row.reason,
        amends=row.amends,
        amended_as=amended_as,
        document=row.document,
        deliveries=tuple(deliveries),
    )


def _state(text: str) -> InboxState:
    return next(state for state in WORST_FIRST if state == text)


# Repairing


def _retry(connection: Connection, number: int, now: datetime) -> bool:
    row = connection.execute(select(InboxRow.__table__).where(InboxRow.number == number)).one_or_none()
    if row is None:
        return False
    if row.reason is not None:
        return _admit(connection, row, now)
    again = (
        update(InboxDeliveryRow)
        .where(InboxDeliveryRow.inbox == number, InboxDeliveryRow.state == "rejected")
        .values(state="received", reason=None, settled_at=None)
        .returning(InboxDeliveryRow.child)
    )
    children = set(connection.execute(again).scalars())
    due(connection, children, now)
    if children:  # what it takes back may be known by now, and whom that concerns
        _address(connection, [_New(number, parse_event(row.document), row.credential)], now)
    return bool(children)


def _admit(connection: Connection, row: Any, now: datetime) -> bool:
    """Take in what was turned down at the door, if it can be read by now and no other event has its id."""
    try:
        event = new_event(row.document)
    except EventRefused as refused:
        connection.execute(update(InboxRow).where(InboxRow.number == row.number).values(reason=str(refused)))
        return False
    if connection.execute(select(InboxRow.number).where(InboxRow.key == _key(event))).first():
        return False
    named = {"child": event.child, "event_id": event.id, "type": event.type}
    connection.execute(
        update(InboxRow).where(InboxRow.number == row.number).values(key=_key(event), reason=None, **named)
    )
    _address(connection, [_New(row.number, event, row.credential)], now)
    return True


def _amend(connection: Connection, number: int, event: ev.Event, by: str, because: str, now: datetime) -> int:
    row = connection.execute(select(InboxRow.__table__).where(InboxRow.number == number)).one_or_none()
    if row is None:
        raise CannotAmend(f"there is no row {number} in the inbox")
    if connection.execute(select(InboxRow.number).where(InboxRow.amends == number)).first():
        raise CannotAmend(f"row {number} was amended already; amend the row that stands in its place")
    took = select(InboxDeliveryRow.child).where(
        InboxDeliveryRow.inbox == number, InboxDeliveryRow.state.in_(("taken", "known"))
    )
    taken_by = sorted(connection.scalars(took))
    if taken_by and row.event_id == event.id:
        raise CannotAmend(
            f"event {event.id} was taken by {', '.join(taken_by)}; accepted: an id of its own for the amended event, "
            "or event_voided for what was taken"
        )
    if not taken_by:  # its id is free for the event in its place
        connection.execute(
            update(InboxRow).where(InboxRow.number == number).values(key=f"amended/{number}/{row.content}")
        )
    connection.execute(
        update(InboxDeliveryRow)
        .where(InboxDeliveryRow.inbox == number, InboxDeliveryRow.state.in_(OPEN))
        .values(state="rejected", reason="amended by another event in its place", settled_at=now)
    )
    arrival = Arrival(document=None, credential=row.credential, event=event)
    amended = {"amends": number, "amended_by": by, "amended_because": because}
    placed = _insert(connection, {**_values(arrival, now), **amended})
    if not (placed.new and placed.counts):
        raise CannotAmend(f"event {event.id} of {event.child} stands in the inbox already; accepted: an id of its own")
    said = {"row": number, "by_row": placed.number, "content": row.content, "reason": because}
    append(connection, event.child, "amended", said, at=now, ref=event.id, by=by)
    _address(connection, [_New(placed.number, event, row.credential)], now)
    return placed.number
