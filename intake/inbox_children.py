"""Whom a stored event goes to: every child it concerns, and what takes one back all who have it, whichever came first.

Read only, in the transaction that stores; intake/inbox.py sends what is found on its way.
"""

from collections.abc import Iterable, Sequence, Set
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, String, cast, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from domain.case import events as ev
from domain.case.children import children_of, taken_back_by
from domain.case.documents import parse_event
from record.inbox_tables import InboxDeliveryRow, InboxRow
from record.tables import EventRow

AT_ONCE: Final = 500
"""Children asked about by one statement (ours: a statement takes so many values and no more)."""

VOIDING: Final = "event_voided"

Addressed = tuple[ev.Event, frozenset[str]]
"""An event, and the children it concerns."""

OfAChild = tuple[str, str]
"""A child, and the id of an event."""


def concerned_by(connection: Connection, event: ev.Event) -> frozenset[str]:
    """The children an event concerns. What takes one back is for all that have that event, or are to have it."""
    known: dict[str, ev.Event] = {}
    children, ahead = set(children_of(event)), [*taken_back_by(event)]
    while ahead:
        name = ahead.pop()
        for one in () if name in known else _of_id(connection, event.child, name):
            known[name] = one
            children |= children_of(one)
            ahead += taken_back_by(one)
    return frozenset(children)


def _of_id(connection: Connection, child: str, event_id: str) -> list[ev.Event]:
    """The event of an id, as it waits here for a child, and as a journey took it."""
    here = select(InboxRow.document).where(InboxRow.key == f"{child}/{event_id}")
    sent = InboxDeliveryRow.inbox == InboxRow.number
    shared = select(InboxRow.document).join(InboxDeliveryRow, sent & (InboxDeliveryRow.state != "rejected"))
    shared = shared.where(InboxDeliveryRow.child == child, InboxRow.event_id == event_id)
    taken = select(EventRow.document).where(EventRow.child == child, EventRow.event_id == event_id)
    return [parse_event(document) for query in (here, shared, taken) for document in connection.scalars(query)]


def taking_back(connection: Connection, new: Iterable[Addressed]) -> list[Addressed]:
    """What came before an event for several children and takes it back, and what takes that back in turn.

    When it was addressed nobody knew whose the event would be. What was refused everywhere takes nothing back.
    """
    # A case system that sends in the order of its own log told on 9 January that a meeting is void, and on the 12th of
    # the meeting, with a plan for the brother: he had it for good, since the voiding had gone to the sister alone.
    ahead = [(event, children) for event, children in new if len(children) > 1]
    stored = _TakingBack(connection)
    stored.look_at({child for _, children in ahead for child in children})
    those: dict[OfAChild, Addressed] = {}
    while ahead:
        event, children = ahead.pop()
        stored.look_at(children)
        for one in (one for child in children for one in stored.named.get((child, event.id), ())):
            _, known = those.get((one.child, one.id), (one, frozenset[str]()))
            concerned = known | children | children_of(one)
            if concerned != known:
                those[one.child, one.id] = one, concerned
                ahead.append((one, concerned))
    return list(those.values())


class _TakingBack:
    """The voidings and corrections of children, by the child they were recorded on and the id they take back."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.named: dict[OfAChild, list[ev.Event]] = {}
        self._looked_at: set[str] = set()

    def look_at(self, children: Set[str]) -> None:
        """Read those of children that were not looked at yet."""
        more = sorted(children - self._looked_at)
        self._looked_at |= children
        for some in (more[start : start + AT_ONCE] for start in range(0, len(more), AT_ONCE)):
            for event in _of_their_kind(self.connection, some):
                for name in taken_back_by(event):
                    self.named.setdefault((event.child, name), []).append(event)


def _of_their_kind(connection: Connection, children: Sequence[str]) -> list[ev.Event]:
    """Every voiding and correction of some children, as it waits or was taken here, and as a journey took it."""
    standing = exists().where(InboxDeliveryRow.inbox == InboxRow.number, InboxDeliveryRow.state != "rejected")
    kind = _takes_back(InboxRow.type, InboxRow.document)
    waiting = select(InboxRow.document).where(InboxRow.child.in_(children), standing, kind)
    taken = select(EventRow.document).where(EventRow.child.in_(children), _takes_back(EventRow.type, EventRow.document))
    return [parse_event(document) for query in (waiting, taken) for document in connection.scalars(query)]


def _takes_back(kind: InstrumentedAttribute[Any], document: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    # As text: what was turned down at the door may be no object, or hold what PostgreSQL does not read as JSON.
    return or_(kind == VOIDING, cast(document, String).contains('"corrects"'))
