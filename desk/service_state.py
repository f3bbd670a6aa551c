"""For who runs the service: what is stuck or went wrong, and what mends it. References and clocks only."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from fastapi import Response

from delivery import again
from delivery.outbox import Outbox, OutboxState
from desk.desk import AT
from desk.needs import Need
from desk.pages import Pages
from desk.refusing import NotHere
from desk.rendering import clock, page, role_name, sentence, to
from desk.visits import Visit, Visited
from desk.workers import vacancies, vacant_part
from domain.case.words import Role
from domain.clocks.wording import spaced
from intake.inbox import InboxState, Item
from journeys.looking import InRecord, Look, look
from record.caseload_reading import CaseloadPart, CaseloadReading
from record.doubts import DoubtsKept

SHOWN: Final = 20
"""Of each kind (ours: enough to begin with; the command lists them all)."""
FIRST: Final = 5
"""Children named of each role that nobody holds (ours: enough to see what they have in common)."""
pages = Pages()


class ServiceFinding(NamedTuple):
    """What is wrong in one way: how many, the first of them by their references, and what mends it."""

    title: str
    number: int
    lines: tuple[str, ...]
    command: str
    well: str
    """What is said where there are none."""
    again: str = ""
    """What may be tried again here: events or messages."""
    page: str = ""
    """The page of the desk that has them all."""


@pages.show("/service", Need.OPERATOR)
async def show_service(visit: Visited, tried: str = "", number: str = "") -> Response:
    """All of it at once."""
    reach = visit.desk.reach
    seen = await look(reach.client, await asyncio.to_thread(reach.record), reach.settings, ask_silent=True)
    done = f"{number} {tried}" if tried in AGAIN and number.isdecimal() else ""
    return await asyncio.to_thread(_shown, visit, seen, done)


@pages.take("/service", Need.OPERATOR)
async def try_again(visit: Visited) -> Response:
    """Try what did not get through once more. Sent twice, nothing is left to try the second time."""
    tried = visit.field("again")
    if tried not in AGAIN:
        raise NotHere
    return to(f"{AT}/service?tried={tried}&number={await AGAIN[tried](visit)}")


async def _events_again(visit: Visit) -> int:
    """Every rejected one, and a moment for the journeys to answer: the page then shows what became of most."""
    reach = visit.desk.reach
    rejected = await asyncio.to_thread(lambda: reach.inbox().listed(["rejected"]))
    retried = await asyncio.to_thread(reach.inbox().retry, [item.number for item in rejected], visit.now)
    children = {one.child for item in rejected if item.number in retried for one in item.deliveries}
    patience = timedelta(seconds=reach.settings.intake.answer_seconds)
    await reach.deliverer.deliver_soon(children, patience, "desk")
    return len(retried)


async def _messages_again(visit: Visit) -> int:
    """All that is not sent; the workers send it within seconds."""
    engine, by = visit.desk.reach.record().engine, visit.viewer.key
    return await asyncio.to_thread(lambda: again.try_again(engine, visit.now, child=None, by=by))


AGAIN: Final[Mapping[str, Callable[[Visit], Awaitable[int]]]] = {"events": _events_again, "messages": _messages_again}
"""What may be tried again here; each says how many it was."""


def _shown(visit: Visit, seen: Look, tried: str) -> Response:
    server = sentence(seen.server) if isinstance(seen.server, str) else ""
    of_journeys = [*([] if server else [_stuck(seen)]), *_left_out(seen)]
    kinds = [*_night(visit, seen), *_doubts(visit), *of_journeys, *_inbox(visit), *_outbox(visit), _unallocated(visit)]
    wrong, well = [kind for kind in kinds if kind.number], [kind.well for kind in kinds if not kind.number]
    return page(
        visit,
        "service.html",
        "The service",
        wrong=wrong,
        well=well,
        server=server,
        silent=not visit.desk.reach.settings.delivery.channels,
        at=visit.now,
        tried=tried,
    )


def _stuck(seen: Look) -> ServiceFinding:
    lines = [f"{child}: {spaced(one.kind)}" for one in seen.stuck for child in one.children]
    count = sum(one.count for one in seen.stuck)
    return ServiceFinding("Stuck", count, tuple(lines[:SHOWN]), "permanence status CHILD", "No journey is stuck.")


def _left_out(seen: Look) -> Iterator[ServiceFinding]:
    """Who is in no list and in no number, since the case record cannot be read of them."""
    if isinstance(seen.record, InRecord):
        children = seen.record.left_out
        command, well = "permanence record verify CHILD", "The case record can be read of every child."
        yield ServiceFinding("Cannot be read", len(children), tuple(children[:SHOWN]), command, well)


def _night(visit: Visit, seen: Look) -> Iterator[ServiceFinding]:
    """Whether the source was read last night, where one is."""
    if visit.desk.reach.settings.sync_source:
        lines = (sentence(seen.night),) if seen.night else ()
        well = "The source was read, or its first night is still to come: the page Source says what it brought."
        yield ServiceFinding("The nightly reading", len(lines), lines, "permanence sync report", well)


def _doubts(visit: Visit) -> Iterator[ServiceFinding]:
    """What the readings of sources left in doubt: also of a night that went well, and of one's commands."""
    numbers = DoubtsKept(visit.desk.reach.record().engine).numbers()
    if numbers or visit.desk.reach.settings.sync_source:
        lines = (f"Source {source}: {_lines_since(number, newest)}" for source, number, newest in numbers)
        total, well = sum(number for _, number, _ in numbers), "No line of a source is in doubt."
        command = "permanence sync report"
        yield ServiceFinding("Doubts", total, tuple(lines), command, well, page="/source/doubts")


def _lines_since(number: int, newest: datetime) -> str:
    return f"{number} line{'s' if number > 1 else ''}, the newest in doubt since {clock(newest)}"


INBOX: Final[Mapping[InboxState, tuple[str, str, str]]] = {
    "rejected": ("Rejected", "permanence inbox --state rejected", "No event was rejected."),
    "pending": ("Pending", "permanence inbox --state pending", "No event waits for a journey to begin."),
    "received": ("On their way", "permanence inbox --state received", "No event waits for delivery."),
}
OUTBOX: Final[Mapping[OutboxState, tuple[str, str, str]]] = {
    "failed": ("Failed", "permanence outbox --state failed", "No message failed."),
    "uncertain": ("Uncertain", "permanence outbox --state uncertain", "Of every message it is known whether it went."),
}


def _inbox(visit: Visit) -> Iterator[ServiceFinding]:
    for state, (title, command, well) in INBOX.items():
        inbox = visit.desk.reach.inbox()
        lines, act = tuple(map(_item, inbox.listed([state], limit=SHOWN))), "events" if state == "rejected" else ""
        yield ServiceFinding(f"Events: {title.lower()}", inbox.count([state]), lines, command, well, act)


def _item(item: Item) -> str:
    """A row by its number and codes: a reason may repeat what a document says."""
    child = f" of {item.child}" if item.child else ""
    return f"Row {item.number}: {item.type or 'no event type'}{child}, received {clock(item.received_at)}"


def _outbox(visit: Visit) -> Iterator[ServiceFinding]:
    queue = Outbox(visit.desk.reach.record().engine)
    counts = queue.counts(list(OUTBOX))
    for state, (title, command, well) in OUTBOX.items():
        act = "messages" if state == "failed" or not counts["failed"] else ""  # one form for both
        rows = queue.rows(state=state, limit=SHOWN) if counts[state] else []
        lines = (f"{row.child}: {spaced(row.action.obligation)}, {role_name(row.role)}" for row in rows)
        yield ServiceFinding(f"Messages: {title.lower()}", counts[state], tuple(lines), command, well, act)


def _unallocated(visit: Visit) -> ServiceFinding:
    """Roles that something open calls for and nobody holds, by how many children."""
    reading = CaseloadReading(visit.desk.reach.record().engine, visit.now)
    gaps = vacancies(visit.desk.directory, reading, CaseloadPart())
    lines = tuple(f"{role_name(role.value)}: {_with_first(visit, reading, role, number)}" for role, number in gaps)
    number = sum(number for _, number in gaps)
    return ServiceFinding("Unallocated", number, lines, "permanence people", "Every role that is called for is held.")


def _with_first(visit: Visit, reading: CaseloadReading, role: Role, number: int) -> str:
    """How many children, and the first of them."""
    part = vacant_part(visit.desk.directory, role, CaseloadPart())
    first = ", ".join(sorted(reading.references(part, limit=FIRST)))
    children = "1 child" if number == 1 else f"{number} children"
    return f"{children}, such as {first}" if number > FIRST else f"{children}, {first}"
