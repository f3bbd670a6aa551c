"""Events on their way from a form to the child's journey: by the inbox, as every other, so that none is lost.

They are stored before anything is answered; while the journey's worker is away they wait, and are delivered later.
"""

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal, NamedTuple

from desk.desk import AT
from desk.visits import Visit
from domain.case import events as ev
from domain.case.children import children_of
from domain.case.documents import document_of, parse_event
from intake.inbox import Arrival, ForChild, InboxState, Item

State = Literal["taken", "waiting", "rejected"]
ALL: Final[tuple[InboxState, ...]] = ("received", "taken", "known", "pending", "rejected")
ONCE: Final = re.compile(r"[0-9A-Za-z]{1,64}")


class Recording(NamedTuple):
    """Something that was recorded by a form: whether the journey has it, and why not, if it is refused."""

    event: ev.Event
    state: State
    reason: str = ""
    others: tuple[ForChild, ...] = ()
    """Of a meeting for several children: what became of it at the journeys of the others."""


def once_of(visit: Visit) -> str:
    """The id that a form carries for what it records; a new one where it carries none that can be used."""
    given = visit.field("once")
    return given if ONCE.fullmatch(given) else visit.once


def event_id(once: str) -> str:
    """The id of the event that a form records: sent twice, it is the same event."""
    return f"desk-{once}"


def once_in(event: str) -> str:
    """What the form carried that an event was recorded by; empty of an event that came another way."""
    once = event.removeprefix(event_id(""))
    return once if event.startswith(event_id("")) and ONCE.fullmatch(once) else ""


def receipt_at(visit: Visit, once: str) -> str:
    """Where it is said what became of it."""
    return receipt_of(visit.child, once)


def receipt_of(child: str, once: str) -> str:
    """The same, of a child."""
    return f"{AT}/children/{child}/recorded/{once}"


def recorded(visit: Visit, once: str) -> list[Recording]:
    """What a form recorded for the child of the page, the event itself first; nothing where it was never sent."""
    stem = event_id(once)

    def ours(name: str | None) -> bool:
        return name is not None and (name == stem or name.startswith(f"{stem}-"))

    # A meeting that was recorded on a brother or sister is theirs: it says their plan.
    known = (one.event for one in visit.case.known if one.event.child == visit.child and ours(one.event.id))
    records = {event.id: Recording(event, "taken") for event in known}
    for item in visit.desk.reach.inbox().listed(ALL, visit.child):
        if ours(item.event_id) and item.child == visit.child:
            one = _in_inbox(item)
            records[one.event.id] = one._replace(state="taken") if one.event.id in records else one
    return sorted(records.values(), key=lambda one: one.event.id)


def _in_inbox(item: Item) -> Recording:
    state: State = "rejected" if item.state == "rejected" else "waiting"
    others = tuple(one for one in item.deliveries if one.child != item.child)
    return Recording(parse_event(item.document), state, "; ".join(item.reasons), others)


async def send(visit: Visit, events: Sequence[ev.Event], instead: ev.Event | None = None) -> None:
    """Store events together, and wait for a while until each child's journey has them. Raises RecordUnavailable.

    `instead` is the event that they take back, which may be for more children than they are.
    """
    reach = visit.desk.reach
    arrivals = [Arrival(document_of(event), f"desk-{visit.viewer.key}", event) for event in events]
    await asyncio.to_thread(lambda: reach.inbox().store(arrivals, visit.now))
    patience = timedelta(seconds=reach.settings.intake.answer_seconds)
    concerned = [*events, *([instead] if instead else [])]
    children = {visit.child}.union(*map(children_of, concerned))
    await reach.deliverer.deliver_soon(children, patience, "desk")
