"""Journeys moved from one server to another by the record: fenced where they were, then begun anew where they go.

In this order, each step of which may be done again, so that a move that was cut off at any point is gone on with:

1. the fence: namespace, home and record of the source bear that they were moved, its record takes nothing more, its
   runs are ended. Nobody is told anything from then on;
2. the record is taken into the target's, all or nothing;
3. child by child the run that was is read, the new one begun from the record, what had reached the old one by signal
   sent to it, and the two are compared.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, Literal

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.common import RawValue
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from domain.policy.loading import Policies
from journeys.bounded import Progress, bounded, silently
from journeys.compared import differences, went_on
from journeys.missing import PATIENCE, is_open
from journeys.restarting import AGAIN, not_taken, start_again, taken_up
from journeys.starting import Handle
from journeys.stuck import READER, pollers_of_any_work
from record.installation import identity_of
from record.moving import fence, lived_in, rename, take_over
from record.pasts import pasts
from record.store import CaseRecord
from service.installation import gone, here_again, mark, name_home
from service.marks import mark_with
from service.schedules import NIGHT, NIGHTLY_COMPARISON, SCHEDULES
from workflows.child_journey import ChildJourney
from workflows.protocol import CASE_EVENTS, TASK_QUEUE, JourneyOptions, workflow_id
from workflows.runner import runner_of_what_has_ended

TOGETHER: Final = 100
"""Children whose events are read together."""
ENDED: Final = "moved to another server by `permanence move`"
READ_AT_ONCE: Final = 4
"""Runs that were, read at the same time (ours: each is replayed from its history by this one process, and none is to
wait behind twenty others until its answer is given up)."""
BROKEN_AFTER: Final = 3
"""Answers that fail before a journey counts as unreadable (ours: on a full machine a part of its replay may take more
than the two seconds that the SDK gives it, and the next try goes well)."""
ANSWERS_WITHIN: Final = timedelta(seconds=10)
"""For one answer of a server (ours)."""
SOON: Final = 30.0
"""Seconds for which a journey is asked again, while its worker wakes (ours)."""

WHERE: Final = "permanence.moved_to"
"""In the data of the source's namespace: the id of the one that its journeys go to."""

Became = Literal["moved", "went on", "differs", "unread", "ended", "failed", "left"]


class MoveRefused(RuntimeError):
    """The journeys cannot be moved; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class RelocationSide:
    """One side of a move: a server, the record and home beside it, and the policies that its workers have."""

    client: Client
    record: CaseRecord
    home: Path
    policies: Policies
    default_policy: str

    @property
    def words(self) -> str:
        """Where it is."""
        return f"namespace {self.client.namespace} at {self.client.service_client.config.target_host}"


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of a child's journey.

    `went on`: it has taken further events where it is now, and has all that it had. `unread`: the run that was could
    not be read, so that nothing was compared. `ended`: by now its period of care is over. `left`: the case record of
    the child cannot be read, so that no journey can be begun from it. `how` says what differs.
    """

    child: str
    became: Became
    how: str = ""


@dataclass
class Relocation:
    """A move from one place to another. `even_so`: also where the case record of some children cannot be read."""

    source: RelocationSide
    target: RelocationSide
    even_so: bool = field(default=False, kw_only=True)
    identity: str = field(init=False)
    """The installation's, of which the target is from the move on."""

    def __post_init__(self) -> None:
        """Raises MoveRefused where nothing ever ran at the source, RecordUnavailable."""
        bears = identity_of(self.source.record.engine)
        if bears is None:
            raise MoveRefused("no service has ever run with the record of the source, so there is nothing to move")
        self.identity = here_again(bears)
        self._reading = asyncio.Semaphore(READ_AT_ONCE)

    @property
    def one_record(self) -> bool:
        """Whether both sides have the same record, which then stays as it is."""
        return _database(self.source.record) == _database(self.target.record)

    @property
    def one_home(self) -> bool:
        """Whether both sides have the same home folder."""
        return self.source.home.resolve() == self.target.home.resolve()

    @property
    def begun(self) -> bool:
        """Whether a move of the source was begun before, and not taken back."""
        return identity_of(self.source.record.engine) == gone(self.identity)

    @property
    def record_is_there(self) -> bool:
        """Whether the target has the record: it is the same, or a move that was cut off had brought it.

        An empty one may bear the identity too, and so may a copy: from a namespace, a backup, or what was moved from.
        """
        if self.one_record:
            return True
        target = self.target.record.engine
        return self.begun and identity_of(target) == self.identity and lived_in(target)

    def children(self) -> tuple[list[str], list[str]]:
        """Those whose journeys must run, by the record; and of whom it cannot be read. Raises RecordUnavailable."""
        record = self.target.record if self.record_is_there else self.source.record
        everybody = record.children()
        read = [pasts(record, everybody[start : start + TOGETHER]) for start in range(0, len(everybody), TOGETHER)]
        running = [child for part in read for child, known in part.known.items() if is_open(child, known)]
        return running, [child for part in read for child in part.unreadable]

    async def fence(self) -> None:
        """See that nothing is told or begun at the source any more. Raises MoveRefused, RPCError, RecordUnavailable."""
        source, bears = self.source, gone(self.identity)
        await mark_with(source.client, WHERE, await namespace_id(self.target.client), "it is not checked whether twice")
        await mark(source.client, bears)
        if not self.one_home:
            await asyncio.to_thread(name_home, source.home, bears)
        if not self.one_record:
            await asyncio.to_thread(fence, source.record.engine, bears)
        if await pollers_of_any_work(source.client):
            raise MoveRefused(
                "a worker of the source was started meanwhile: stop it, and run this again, which goes on from here"
            )
        for name in (kept.name for kept in (*SCHEDULES, NIGHT, NIGHTLY_COMPARISON)):
            await _unless_gone(source.client.get_schedule_handle(name).delete())
        runs = [(run.id, run.run_id) async for run in source.client.list_workflows('ExecutionStatus="Running"')]
        await bounded([partial(_end, source.client, *run) for run in runs], silently)

    async def bring_record(self, progress: Progress = silently) -> int:
        """Take the record over, where the target lacks it; how many rows. Raises RPCError, RecordUnavailable."""
        target, rows = self.target, 0
        if not self.record_is_there:
            engines = self.source.record.engine, target.record.engine
            rows = await asyncio.to_thread(take_over, *engines, self.identity, progress)
        elif not self.one_record:
            await asyncio.to_thread(rename, target.record.engine, self.identity)
        await asyncio.to_thread(name_home, target.home, self.identity)
        await mark(target.client, self.identity)
        return rows

    async def bring_journeys(self, progress: Progress = silently) -> list[Brought]:
        """Begin every open journey at the target, and compare it with the one that was. Raises RPCError."""
        children, unreadable = await asyncio.to_thread(self.children)
        async with _read_only(self.source.client):
            brought = await bounded([partial(self._bring, child) for child in children], progress)
        return brought + [Brought(child, "left") for child in unreadable]

    async def _bring(self, child: str) -> Brought:
        old: Handle = self.source.client.get_workflow_handle_for(ChildJourney.run, workflow_id(child))
        await _unless_gone(old.terminate(reason=ENDED))
        async with self._reading:
            was = await _state(old)
        await start_again(self.target.client, child, _as_it_ran(was))
        await self._send_on(child, old)
        outcome = await taken_up(self.target.client, child, "started")
        if outcome.what != "started":
            return Brought(child, "ended" if outcome.what == "ended" else "failed", outcome.why)
        now = await _state(self.target.client.get_workflow_handle_for(ChildJourney.run, workflow_id(child)))
        return _compared(child, was, now)

    async def _send_on(self, child: str, old: Handle) -> None:
        """What had reached the old run by signal, and no worker had taken."""
        new = self.target.client.get_workflow_handle(workflow_id(child))
        try:
            left = await not_taken(self.source.client, self.target.record, old, child)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return
        for payloads in left:
            await new.signal(CASE_EVENTS, args=[RawValue(payload) for payload in payloads])


def _compared(child: str, was: JourneyOptions | None, now: JourneyOptions | None) -> Brought:
    if now is None:
        return Brought(child, "failed", "it gives no answer")
    if was is None:
        return Brought(child, "unread")
    if went_on(was, now):
        return Brought(child, "went on")
    how = differences(was, now)
    return Brought(child, "differs" if how else "moved", "; ".join(how))


def _as_it_ran(was: JourneyOptions | None) -> JourneyOptions:
    """How a journey is begun anew: as it ran, but for what the record says of its past."""
    if was is None:
        return AGAIN
    anew = {"restart": True, "carried": None, "at": None, "load": None, "quiet_until": None}
    return was.model_copy(update=anew)


async def _state(journey: Handle) -> JourneyOptions | None:
    """All that a journey is made of, running or ended; None where it gives no answer."""
    loop = asyncio.get_running_loop()
    until, failed = loop.time() + SOON, 0
    while True:
        try:
            return await journey.query(ChildJourney.state, rpc_timeout=PATIENCE)
        except WorkflowQueryFailedError:
            failed += 1
            if failed == BROKEN_AFTER:
                return None
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND or loop.time() > until:
                return None
        await asyncio.sleep(0.2)


@asynccontextmanager
async def _read_only(client: Client) -> AsyncIterator[None]:
    """A worker that answers for runs that have ended. It has no activity, so that it can do nothing else."""
    async with Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[ChildJourney],
        workflow_runner=runner_of_what_has_ended(),
        max_cached_workflows=2 * READ_AT_ONCE,  # each is read once
        identity=READER,
    ):
        yield


async def namespace_id(client: Client) -> str:
    """Which namespace it is, whatever its name and address. Raises RPCError."""
    asked = DescribeNamespaceRequest(namespace=client.namespace)
    return (await client.workflow_service.describe_namespace(asked, timeout=ANSWERS_WITHIN)).namespace_info.id


async def _end(client: Client, workflow: str, run: str) -> None:
    await _unless_gone(client.get_workflow_handle(workflow, run_id=run).terminate(reason=ENDED))


async def _unless_gone(done: Awaitable[None]) -> None:
    try:
        await done
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


def _database(record: CaseRecord) -> object:
    url = record.engine.url
    if url.get_backend_name() == "sqlite":
        return Path(url.database or "").absolute()
    return url.set(password=None, query={k: v for k, v in url.query.items() if k != "passfile"})
