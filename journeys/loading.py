"""Loading many histories: each travels with its journey's start, as one batch, and none raises a storm of messages.

Resumable: what the case record has is not sent again, so that a load that was cut off is simply begun anew.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from temporalio.client import Client
from temporalio.exceptions import WorkflowAlreadyStartedError

from domain.case import events as ev
from domain.case.calendar import england_and_wales, local_date, nine
from domain.case.documents import document_of
from domain.case.facts import Known
from domain.limits import parts
from journeys.restarting import keep_running
from journeys.sending import Load, NotTaken, in_parts, options_of, send_batch
from journeys.starting import start_journey
from journeys.stuck import pollers
from record.failures import Unreadable
from record.pasts import past
from record.store import CaseRecord

IN_HAND: Final = 6
"""Children that are being loaded for each worker there is, each until its journey has taken its history: no more of a
load is before anything else in the queue (ours: enough to keep a worker's processor at work while the record writes).
"""
POLL: Final = 0.1
STUCK_AFTER: Final = 60.0
"""Seconds in which no journey took its history (ours: one takes well under a second): no worker runs."""
HISTORY_FROM: Final = timedelta(days=7)
"""A first event older than this makes a history of what is sent (ours: within a week things are news)."""

Batches = Sequence[Sequence[ev.Event]]
News = Callable[[Sequence[ev.Event], Iterable[Known]], Batches]
"""What of a child's events to send to a journey that knows some already, in batches."""
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Loaded:
    """What became of a load, in children. `waiting`: started, and not yet taken up by a worker.

    `restarted`: there was nothing to add, and no journey ran that must; it goes on from the case record.
    """

    started: int = 0
    added_to: int = 0
    unchanged: int = 0
    restarted: int = 0
    waiting: int = 0
    refusals: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        """Children that nothing more is to be done for."""
        return self.started + self.added_to + self.unchanged + self.restarted


def load_of(events: Iterable[ev.Event], source: str, now: datetime, quiet_until: date | None = None) -> Load | None:
    """The load that events are of, by where they come from and the day; None where they tell what is just happening.

    A history is what starts a journey and goes back for longer than a week.
    """
    events = list(events)
    today = local_date(now)
    entered = any(isinstance(event, ev.ENTRY_TYPES) for event in events)
    old = entered and min(event.on for event in events) < today - HISTORY_FROM
    if quiet_until is None and not old:
        return None
    return Load(f"{source}-{today}", first_messages_at(quiet_until, now))


def first_messages_at(quiet_until: date | None, now: datetime) -> datetime | None:
    """The instant before which a load tells nothing: 09:00 of a working day; None if it may tell at once.

    On a day that is no working day a load waits for the next one: nobody reads a caseload's backlog on a Sunday.
    """
    today = local_date(now)
    day = max(quiet_until or today, today)
    calendar = england_and_wales(day.year, day.year + 1)
    if quiet_until is None and calendar.is_working_day(today):
        return None
    at = nine(calendar.on_or_after(day))
    return at if at > now else None


async def load_histories(
    client: Client,
    record: CaseRecord,
    children: Mapping[str, Sequence[ev.Event]],
    load: Load,
    news: News,
    progress: Progress,
) -> Loaded:
    """Start a journey for each child, with all its events; add to those that run what they do not know yet.

    Ends when every history is in the case record. Raises temporalio's RPCError where the server cannot be reached.
    """
    loading = _Loading(client, record, load, news, progress, len(children))
    known = set(await asyncio.to_thread(record.children))
    limit = asyncio.Semaphore(IN_HAND * max(1, await pollers(client)))

    async def one(child: str, events: Sequence[ev.Event]) -> None:
        async with limit:
            await (loading.add(child, events) if child in known else loading.start(child, events))
            await loading.taken_up(child)
        loading.sent += 1

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(loading.watch())
            for child, events in children.items():
                tasks.create_task(one(child, events))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None  # one is enough: the server or the record is gone for all
    await loading.see_to_those_that_ran()
    return loading.loaded


class _Loading:
    def __init__(
        self, client: Client, record: CaseRecord, load: Load, news: News, progress: Progress, total: int
    ) -> None:
        self.client = client
        self.record = record
        self.load = load
        self.news = news
        self.progress = progress
        self.total = total
        self.loaded = Loaded()
        self.sent = 0
        self._begun: set[str] = set()
        """Started by this load, and not yet seen in the record."""
        self._ours: set[str] = set()
        self._ran: dict[str, Sequence[ev.Event]] = {}
        """Found running though the record did not have them: a load that was cut off had started them, for one."""
        self._in_parts: dict[str, Sequence[ev.Event]] = {}
        """Histories of which the first part started a journey."""
        self._heard: dict[str, asyncio.Event] = {}
        """Set when a journey that was started has taken its history, or is no longer waited for."""
        self._nobody_works = False

    async def start(self, child: str, events: Sequence[ev.Event]) -> None:
        """Start a journey with its history; of a very long one the first part.

        The rest follows once that is taken. Till then the journey is quiet, so that what it tells first is what it
        would have told of the whole.
        """
        first, *rest = parts(events)
        try:
            options = options_of(None, in_parts(self.load) if rest else self.load)
            await start_journey(self.client, child, [document_of(event) for event in first], options)
        except WorkflowAlreadyStartedError:
            self._ran[child] = events
        else:
            self._begun.add(child)
            self._ours.add(child)
            if rest:
                self._in_parts[child] = events

    async def taken_up(self, child: str) -> None:
        """Wait until a journey that was started has taken its history.

        On 28 November 2026 a thousand were started within half a minute, and what a social worker sent meanwhile was
        answered when all of them had been taken. Where no worker runs nobody is kept waiting: the rest is started too.
        """
        if child in self._begun and not self._nobody_works:
            await self._heard.setdefault(child, asyncio.Event()).wait()

    async def see_to_those_that_ran(self) -> None:
        """Tell those that were found running what they do not know, now that they have taken what they began with."""
        for child, events in self._ran.items():
            await self.add(child, events)
            self.progress(self.loaded.done, self.total)
        for child, events in self._in_parts.items():
            await self._deliver(child, [[event for part in parts(events)[1:] for event in part]])

    async def add(self, child: str, events: Sequence[ev.Event]) -> None:
        """Tell a journey what it does not know yet."""
        try:
            known = await asyncio.to_thread(past, self.record, child)
        except Unreadable as unreadable:
            self.loaded.refusals.append(f"{child}: {unreadable}")
            return
        batches = self.news(events, known)
        if batches:
            await self._deliver(child, batches)
            self.loaded.added_to += 1
        elif await keep_running(self.client, self.record, [child]):
            self.loaded.restarted += 1
        else:
            self.loaded.unchanged += 1

    async def _deliver(self, child: str, batches: Batches) -> None:
        for batch in batches:
            try:
                await self._send(child, batch)
            except NotTaken as silent:
                self.loaded.refusals.append(str(silent))
                break

    async def _send(self, child: str, batch: Sequence[ev.Event]) -> None:
        """Send a batch, and of one that is refused what is not the reason, if the load goes piecemeal."""
        reply = await send_batch(self.client, child, batch, load=self.load)
        if not reply.refusal:
            return
        self.loaded.refusals.append(f"{child}: {reply.refusal}")
        refused = {each.id for each in reply.refused}
        rest = [event for event in batch if event.id not in refused]
        if self.load.piecemeal and rest and len(rest) < len(batch):
            await self._send(child, rest)

    async def watch(self) -> None:
        """Show how far it is, until all is sent and every journey started has its history in the record."""
        moved, before = time.monotonic(), (-1, 0)
        while True:
            all_sent = self.sent == self.total
            asked = self._begun | self._ran.keys()
            left = await asyncio.to_thread(self._not_taken_up, asked)
            self._let_go(asked - left)
            self.progress(self.loaded.done, self.total)
            if all_sent and not left:
                break
            if (now := (self.sent, len(left))) != before:
                moved, before = time.monotonic(), now
            elif time.monotonic() - moved > STUCK_AFTER:
                if all_sent:
                    self.loaded.waiting = len(left)
                    self._ran = {child: events for child, events in self._ran.items() if child not in left}
                    break
                self._nobody_works, moved = True, time.monotonic()
                self._let_go_on(self._heard)
            await asyncio.sleep(POLL)
        await asyncio.to_thread(self._refused_at_start)

    def _let_go(self, taken: set[str]) -> None:
        """Count those that have taken their histories; others may be started in their places."""
        self.loaded.started += len(self._begun & taken)
        self._begun -= taken
        self._let_go_on(taken & self._heard.keys())

    def _let_go_on(self, children: Iterable[str]) -> None:
        for child in list(children):
            self._heard.pop(child).set()

    def _not_taken_up(self, children: set[str]) -> set[str]:
        """Those whose journeys have neither taken their history yet nor kept it as rejected."""
        left = children - self.record.among(children)
        return left - self.record.rejections(left).keys()

    def _refused_at_start(self) -> None:
        """What the journeys started kept as rejected: the record has it with the reason."""
        refused = [one for one in self.record.rejected() if one.child in self._ours]
        self.loaded.refusals += [f"{one.child}: {one.rejected.reason}" for one in refused]
