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
from intake.inbox import Arrival, InboxState

State = Literal["taken", "waiting", "rejected"]
ALL: Final[tuple[InboxState, ...]] = ("received", "taken", "known", "pending", "rejected")
ONCE: Final = re.compile(r"[0-9A-Za-z]{1,64}")


class Recording(NamedTuple):
    """Something that was recorded by a form: whether the journey has it, and why not, if it is refused."""

    event: ev.Event
    state: State
    reason: str = ""


def once_of(visit: Visit) -> str:
    """The id that a form carries for what it records; a new one where it carries none that can be used."""
    given = visit.field("once")
    return given if ONCE.fullmatch(given) else visit.once


def event_id(once: str) -> str:
    """The id of the event that a form records: sent twice, it is the same event."""
    return f"desk-{once}"


def receipt_at(visit: Visit, once: str) -> str:
    """Where it is said what became of it."""
    return f"{AT}/children/{visit.child}/recorded/{once}"


def recorded(visit: Visit, once: str) -> list[Recording]:
    """What a form recorded, the event itself first; nothing where it was never sent."""
    stem = event_id(once)

    def ours(name: str | None) -> bool:
        return name is not None and (name == stem or name.startswith(f"{stem}-"))

    taken = {one.event.id: Recording(one.event, "taken") for one in visit.case.known if ours(one.event.id)}
    for item in visit.desk.reach.inbox().listed(ALL, visit.child):
        if ours(item.event_id) and item.event_id not in taken:
            state: State = "rejected" if item.state == "rejected" else "waiting"
            event = ev.parse_event(item.document)
            taken[event.id] = Recording(event, state, "; ".join(item.reasons))
    return sorted(taken.values(), key=lambda one: one.event.id)


async def send(visit: Visit, events: Sequence[ev.Event]) -> None:
    """Store events together, and wait for a while until the journey has them. Raises RecordUnavailable."""
    reach = visit.desk.reach
    arrivals = [Arrival(ev.document(event), f"desk-{visit.viewer.key}", event) for event in events]
    await asyncio.to_thread(lambda: reach.inbox().store(arrivals, visit.now))
    patience = timedelta(seconds=reach.settings.intake.answer_seconds)
    await reach.deliverer.deliver_soon({visit.child}, patience, "desk")
