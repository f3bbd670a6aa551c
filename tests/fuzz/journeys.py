"""Signals and updates to running journeys. Each journey gets its share, and must then still take a good event."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle, WorkflowHistory, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from domain.case.documents import parse_event
from journeys.sending import NotTaken, send_batch
from tests.fuzz.mutations import TEXTS, encoded, garbage, mutated, value
from tests.fuzz.offline import journey
from tests.fuzz.tally import STARVED, Tally
from tests.workflows.house import House
from workflows.protocol import CASE_EVENTS, RECORD_EVENTS, TASK_QUEUE, WORKFLOW_ID_PREFIX, workflow_id
from workflows.registry import WORKFLOWS

SHARE: Final = 60
"""Inputs that one journey gets before it is looked at and left."""

PATIENCE: Final = 90
"""Seconds for an answer, on a busy machine."""

TRIES: Final = 5
"""Of an activity: one that fails oftener is not merely late."""

TODAY: Final = datetime.now(UTC).date()


class Journeys:
    """Sends what is bent to journeys, and looks at each afterwards."""

    def __init__(self, house: House, seed: int, tally: Tally) -> None:
        self._house = house
        self._replayer = Replayer(
            workflows=WORKFLOWS,
            workflow_runner=UnsandboxedWorkflowRunner(),  # the same, and quicker (tests/replay/histories.py)
            data_converter=house.client.data_converter,
            build_id="fuzz",  # the SDK's own default hashes every module there is
        )
        self._seed = seed
        self._tally = tally

    async def live(self, share: int, work: list[tuple[str, int]]) -> None:
        """One journey from its entry to what it makes of a good event after all this."""
        child = f"J-{self._seed}-{share}"
        handle = await self._begin(child)
        for kind, number in work:
            rng = Random(f"{self._seed} {kind} {number}")
            self._tally.inputs[kind] += 1
            try:
                async with asyncio.timeout(PATIENCE):
                    await (self._signal if kind == "signals" else self._update)(handle, rng, child, f"{kind} {number}")
            except TimeoutError:
                self._tally.fault("stuck", f"{kind} {number}", f"{child}: no answer")
                break
        await self._look_at(child)

    async def look_at_all(self) -> None:
        """The journeys that requests have started."""
        running = [run.id async for run in self._house.client.list_workflows('ExecutionStatus="Running"')]
        for name in running:
            await self._look_at(name.removeprefix(WORKFLOW_ID_PREFIX))

    async def _begin(self, child: str) -> "WorkflowHandle[Any, Any]":
        return await self._house.client.start_workflow(
            "ChildJourney", args=[[entry(child)]], id=workflow_id(child), task_queue=TASK_QUEUE
        )

    async def _signal(self, handle: "WorkflowHandle[Any, Any]", rng: Random, child: str, _where: str) -> None:
        name = CASE_EVENTS if rng.random() < 0.9 else str(rng.choice((*TEXTS, "record_events", "__x")))[:200]
        with suppress(RPCError, ValueError):  # the server itself refuses a name, or the journey has ended
            await handle.signal(name.encode("utf-8", "replace").decode(), args=self._arguments(rng, child))

    async def _update(self, handle: "WorkflowHandle[Any, Any]", rng: Random, child: str, where: str) -> None:
        arguments = self._arguments(rng, child)
        try:
            await once_it_can(lambda: handle.execute_update(RECORD_EVENTS, args=arguments))
        except WorkflowUpdateFailedError as failed:
            if not isinstance(failed.cause, ApplicationError):
                self._tally.fault("tracebacks", where, f"{failed.cause!r}")
            elif "Traceback" in str(failed.cause):
                self._tally.fault("tracebacks", where, str(failed.cause))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # it has ended
                self._tally.fault("stuck", where, f"{error.status.name}: {error.message}")

    def _arguments(self, rng: Random, child: str) -> list[Any]:
        first = self._payload(rng, child)
        others = [self._other(rng) for _ in range(rng.choice((0, 0, 0, 0, 0, 1, 2, 3)))]
        return [first, *others] if rng.random() < 0.97 else []

    def _payload(self, rng: Random, child: str) -> RawValue:
        chosen = rng.sample(journey(rng.randrange(40)), rng.choice((1, 1, 1, 4)))
        ours = [{**event, "child": child, "id": f"{event['id']}-{rng.randrange(10**6)}"} for event in chosen]
        document = mutated(rng, ours[0] if len(ours) == 1 else ours)
        return _raw(rng, encoded(rng, document))

    def _other(self, rng: Random) -> RawValue:
        return _raw(rng, encoded(rng, rng.choice((value(rng), "2026-01-05T10:00:00Z", None, "load-1"))))

    async def _look_at(self, child: str) -> None:
        """A good event is taken or refused in words; no task of its has failed; its history replays."""
        good = {"type": "plan_tracked", "id": "good", "child": child, "on": str(TODAY), "progress": "on_track"}
        try:
            async with asyncio.timeout(PATIENCE):
                await once_it_can(lambda: send_batch(self._house.client, child, [parse_event(good)]))
        except (TimeoutError, NotTaken, RPCError) as error:
            self._tally.fault("stuck", child, f"it takes no good event any more: {error!r}")
        handle = self._house.client.get_workflow_handle(workflow_id(child))
        for pending in (await handle.describe()).raw_description.pending_activities:
            if pending.attempt > TRIES:
                self._tally.fault("stuck", child, f"{pending.activity_type.name}: {pending.last_failure.message[:500]}")
        history = await handle.fetch_history()
        failures = [
            message
            for e in history.events
            if e.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
            and STARVED not in (message := e.workflow_task_failed_event_attributes.failure.message)
        ]
        if failures:
            self._tally.fault("stuck", child, f"{len(failures)} tasks failed: {failures[0][:500]}")
        await self._replay(child, history)
        await self._end(child)

    async def _replay(self, child: str, history: WorkflowHistory) -> None:
        try:
            await self._replayer.replay_workflow(history)
        except Exception as error:  # noqa: BLE001 # whatever a replay raises, the history does not replay
            self._tally.fault("stuck", child, f"its history does not replay: {error!r}")

    async def _end(self, child: str) -> None:
        with suppress(RPCError):  # one that has ended
            await self._house.client.get_workflow_handle(workflow_id(child)).terminate("fuzzed")


async def once_it_can(ask: Callable[[], Awaitable[Any]]) -> None:
    """Ask, and ask again while the journey's task waits to be tried again, as it does on a machine too busy for it."""
    while True:
        try:
            await ask()
        except RPCError as error:
            if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                raise
            await asyncio.sleep(1)
        else:
            return


def entry(child: str) -> dict[str, Any]:
    """A child who came into care some weeks ago."""
    on = TODAY - timedelta(days=60)
    return {"type": "became_looked_after", "id": f"{child}-in", "child": child, "on": str(on),
            "date_of_birth": "2020-02-29", "legal_status": "V2"}  # fmt: skip


def _raw(rng: Random, data: bytes) -> RawValue:
    encoding = "json/plain" if rng.random() < 0.95 else rng.choice(("binary/plain", "json/protobuf", "", "x" * 100))
    if rng.random() < 0.02:
        data = garbage(rng)
    return RawValue(Payload(metadata={"encoding": encoding.encode()}, data=data))
