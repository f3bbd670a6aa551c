"""Journeys begun anew from the case record: those that do not run, lack events, or are to be replaced."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, Literal

import structlog
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowUpdateFailedError,
)
from temporalio.common import RawValue
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.clocks.even_load import SPREAD_OVER
from journeys.bounded import Progress, bounded, silently
from journeys.missing import Comparison, JourneyTally, Silence, is_open, known_events
from journeys.silent import silent_in_words
from journeys.starting import Handle, start_journey
from record.failures import RecordUnavailable, Unreadable
from record.pasts import pasts
from record.store import CaseRecord
from service.sealing import opened
from workflows.child_journey import ChildJourney
from workflows.protocol import (
    CASE_EVENTS,
    WRITE_AGAIN,
    JourneyOptions,
    workflow_id,
)

REPLACED: Final = "replaced: begun anew from the case record"
TAKEN_UP_WITHIN: Final = timedelta(seconds=60)
"""How long a journey that was started is waited for (ours: it takes well under a second where a worker runs)."""
TRY_AGAIN: Final = 15.0
"""Seconds between attempts to look over the journeys while server or record are away (ours)."""

STARTED: Final = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED
SIGNALED: Final = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
TASK_DONE: Final = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED

What = Literal["started", "replaced", "written", "runs", "ended", "waiting", "failed"]
log: structlog.stdlib.BoundLogger = structlog.get_logger("journeys")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a child's journey, and why where it did not go well.

    `written`: it knew more than the case record, and wrote it there. `waiting`: started, and no worker has it yet.
    """

    child: str
    what: What
    why: str = ""


# One journey


AGAIN: Final = JourneyOptions(restart=True, spread=SPREAD_OVER)


async def start_again(client: Client, child: str, options: JourneyOptions = AGAIN) -> bool:
    """Start a journey from the case record; False if one runs. A child with no open period ends it at once."""
    try:
        await start_journey(client, child, None, options)
    except WorkflowAlreadyStartedError:
        return False
    return True


async def keep_running(client: Client, record: CaseRecord, children: Collection[str]) -> list[str]:
    """Start the journeys of those of some children that must run and do not; whose. Raises RPCError, RecordUnavailable.

    For senders of events that the record knows already: it may be all that is left of a journey. Raises Unreadable too,
    once the others' journeys are seen to.
    """
    started, read = [], await asyncio.to_thread(pasts, record, sorted(children))
    for child, known in read.known.items():
        if is_open(child, known) and await start_again(client, child):
            log.warning("journey_started_again", child=child)
            started.append(child)
    for child in read.unreadable:
        raise Unreadable(child)
    return started


async def restart(client: Client, child: str) -> Outcome:
    """Start a journey from the case record and wait until it has taken it up."""
    if not await start_again(client, child):
        return Outcome(child, "runs")
    return await taken_up(client, child, "started")


async def replace(client: Client, record: CaseRecord, child: str) -> Outcome:
    """End a child's run, whatever state it is in, and begin anew from the case record.

    What had reached the run and is not in the record is sent to the new one.
    """
    journey: Handle = client.get_workflow_handle_for(ChildJourney.run, workflow_id(child))
    run = (await journey.describe()).run_id
    broken: Handle = client.get_workflow_handle_for(ChildJourney.run, journey.id, run_id=run)
    try:
        await broken.terminate(reason=REPLACED)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:  # it has ended meanwhile
            raise
    await start_again(client, child)  # if not, a sender has, and it begins from the record as well
    for payloads in await not_taken(client, record, broken, child):  # now that nothing more can reach it
        await journey.signal(CASE_EVENTS, args=[RawValue(payload) for payload in payloads])
    return await taken_up(client, child, "replaced")


async def write_again(client: Client, child: str) -> Outcome:
    """Have a journey write all that it knows into the case record."""
    journey = client.get_workflow_handle(workflow_id(child))
    try:
        await journey.execute_update(WRITE_AGAIN, result_type=int, rpc_timeout=TAKEN_UP_WITHIN)
    except (WorkflowUpdateFailedError, RPCError) as error:
        return Outcome(child, "failed", f"it has not written what it knows ({type(error).__name__})")
    return Outcome(child, "written")


async def taken_up(client: Client, child: str, what: What) -> Outcome:
    """Wait until a journey that was started has taken up its past; what became of it."""
    journey: Handle = client.get_workflow_handle_for(ChildJourney.run, workflow_id(child))
    deadline = datetime.now(UTC) + TAKEN_UP_WITHIN
    while datetime.now(UTC) < deadline:
        status = (await journey.describe()).status
        if status is WorkflowExecutionStatus.COMPLETED:
            return Outcome(child, "ended")
        if status is not WorkflowExecutionStatus.RUNNING:
            return Outcome(child, "failed", await _why(journey))
        if not isinstance(await known_events(client, child), Silence):
            return Outcome(child, what)
        await asyncio.sleep(0.1)
    return Outcome(child, "waiting", "started; no worker has taken it up yet")


async def _why(journey: Handle) -> str:
    try:
        await journey.result()
    except WorkflowFailureError as failure:
        return str(getattr(failure.cause, "message", type(failure.cause).__name__))
    return ""


async def not_taken(client: Client, record: CaseRecord, journey: Handle, child: str) -> list[Sequence[Any]]:
    """What was given to a run at its start or by signal, and is in the case record neither taken nor rejected."""
    known = {one.event["id"]: one.event for one in await asyncio.to_thread(record.history, child)}
    rejected = [one.rejected.payload for one in await asyncio.to_thread(record.rejected, child)]
    history = (await journey.fetch_history()).events
    last_task = max((event.event_id for event in history if event.event_type == TASK_DONE), default=0)
    left = []
    for event in history:
        payloads = await opened(client, _given(event))  # what is sent on is sealed anew
        if not payloads:
            continue
        try:
            [whole] = await client.data_converter.decode(payloads[:1])
        except Exception:  # noqa: BLE001 (whatever a sender put into a payload must not stop the repair)
            whole = None
        events = whole if isinstance(whole, list) else [whole]
        new = any(isinstance(one, dict) and str(one.get("id")) not in known and one not in rejected for one in events)
        unread = event.event_type == SIGNALED and event.event_id > last_task
        there = [one in rejected or _stands(one, known) for one in events]
        if new or (unread and not (whole in rejected or (there and all(there)))):
            left.append(payloads)
    return left


def _stands(one: Any, known: Mapping[str, dict[str, Any]]) -> bool:
    """Whether an event is in the record as it was sent: of that id and other content, it is yet to be told."""
    return isinstance(one, dict) and known.get(str(one.get("id"))) == one


def _given(event: HistoryEvent) -> Sequence[Any]:
    if event.event_type == STARTED:
        return event.workflow_execution_started_event_attributes.input.payloads[:1]
    if event.event_type == SIGNALED:
        return event.workflow_execution_signaled_event_attributes.input.payloads
    return ()


# Many


async def mend(
    client: Client,
    record: CaseRecord,
    tally: JourneyTally,
    replaced: Collection[str] = (),
    progress: Progress = silently,
) -> list[Outcome]:
    """Have every journey run that must, with all that is known: each by what was found of it.

    `replaced` names those that are to be begun anew whatever they say. A silent journey is left alone otherwise.
    """
    ahead = await bounded([partial(write_again, client, child) for child in tally.ahead], silently)
    work = [partial(restart, client, child) for child in tally.missing]
    work += [
        partial(replace, client, record, child)
        for child in sorted({*tally.behind, *replaced} - {*tally.missing, *tally.ended})
    ]
    return [*ahead, *await bounded(work, progress)]


async def look_over(
    client: Client, record: CaseRecord, *, whole: bool = False, progress: Progress = silently
) -> tuple[JourneyTally, list[Outcome]]:
    """Compare the journeys with the case record, mend what is amiss, and say it in the log.

    `whole`: every journey is asked, as once a night; else as many as are needed to see that the engine is as new as
    the record. Raises RPCError, RecordUnavailable.
    """
    comparison = Comparison(client, record)
    tally = await (comparison.of_all(progress) if whole else comparison.at_start())
    done = await mend(client, record, tally)
    for one in done:
        (log.error if one.what == "failed" else log.warning)("journey_mended", child=one.child, what=one.what)
    for child in tally.silent:
        log.error("journey_silent", child=child)
    for child in tally.unreadable:
        log.error("journey_not_looked_at", child=child, error=Unreadable.__name__)
    log.info("journeys_looked_over", **tally.counts())
    return tally, done


async def look_over_nightly(client: Client, record: CaseRecord, progress: Progress) -> tuple[Mapping[str, int], str]:
    """Every journey compared and mended: counts by what was found, and what was done in words."""
    tally, done = await look_over(client, record, whole=True, progress=progress)
    return tally.counts(), told_in_words(tally, done)


@asynccontextmanager
async def looked_over(client: Client, record: CaseRecord) -> AsyncIterator["asyncio.Task[str]"]:
    """The journeys looked over once in the background, as soon as server and record are there; in words at its end."""

    async def until_done() -> str:
        while True:
            try:
                return told_in_words(*await look_over(client, record))
            except (RPCError, RuntimeError, RecordUnavailable) as error:
                log.warning("journeys_not_looked_over", error=type(error).__name__)
                await asyncio.sleep(TRY_AGAIN)

    task = asyncio.create_task(until_done())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def told_in_words(tally: JourneyTally, done: Sequence[Outcome]) -> str:
    """What was found amiss and done about it, on one line; empty where all journeys run that must."""
    counted = {what: sum(one.what == what for one in done) for what in ("started", "replaced", "written", "waiting")}
    failed = [one for one in done if one.what == "failed"]
    said = [
        (counted["started"], "did not run and go on from the case record"),
        (counted["waiting"], "did not run, are started and wait for a worker"),
        (counted["replaced"], "lacked events of the case record and were begun anew from it"),
        (counted["written"], "knew what the case record lacked, and wrote it there"),
        (len(failed), f"could not be mended, such as {failed[0].child}: {failed[0].why}" if failed else ""),
        (len(tally.silent), silent_in_words(tally.silent)),
        (
            len(tally.unreadable),
            "do not run, and cannot be read in the case record: `permanence record verify` says why",
        ),
    ]
    parts = [f"{number:,} {words}" for number, words in said if number]
    return f"Journeys: {'; '.join(parts)}." if parts else ""
