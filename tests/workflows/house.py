"""A real server whose time is skipped, with the worker and a case record: what the tests of journeys live in."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from delivery.settings import DeliverySettings
from domain.agenda import AgendaRow
from domain.policy.loading import Policies
from journeys.skipping import JourneyClocks
from local.server import EmbeddedServer
from record.store import CaseRecord
from service.connection import connect
from service.payload_keys import keys_in
from service.ports import own_port
from service.settings import Settings
from tests.delivery.offices import OFFICE
from tests.domain.story import london, raw_events
from tests.servers import AServer, server_in
from worker import build_worker
from workflows import search_attributes
from workflows.child_journey import ChildJourney
from workflows.protocol import RECORD_EVENTS, TASK_QUEUE, Answer, JourneyOptions, JourneyView, Summary, workflow_id

PATIENCE = 60.0
"""Seconds for what takes a moment, on a machine that is busy with much else."""
CACHED = 2_000
UPSERTED = EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES
UPDATED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
Documents = list[dict[str, Any]]
_numbers = count(1)


def new_child() -> str:
    """A reference nobody has had yet."""
    return f"T-{next(_numbers)}"


def story(child: str, text: str) -> Documents:
    """The events of a story, told of a child; their ids are the child's own, and new unless the story names them."""
    return [event | {"child": child, "id": _own_id(child, event["id"])} for event in raw_events(text)]


def _own_id(child: str, happened: str) -> str:
    return f"{child}-{next(_numbers) if re.fullmatch(r'e[0-9]+', happened) else happened}"


class Pause:
    """Between two looks, ever longer: each costs the server, and a worker that keeps no journey a replay."""

    def __init__(self) -> None:
        self._seconds = 0.02

    async def __call__(self) -> None:
        await asyncio.sleep(self._seconds)
        self._seconds = min(1.5 * self._seconds, 0.25)


class SmallServer(EmbeddedServer):
    """A server that suggests a new run after so many history events, as the usual one does after thousands."""

    def __init__(self, folder: Path, *, new_run_after: int) -> None:
        super().__init__(folder, time_skipping=True, ui=False, in_memory=True, grpc_port=own_port())
        self.new_run_after = new_run_after

    def _arguments(self) -> Iterator[str]:
        yield from super()._arguments()
        yield from ("--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={self.new_run_after}")


@dataclass
class Life:
    """One child's journey: its workflow, and how far its dates are from the workflow's own clock."""

    house: "House"
    child: str
    handle: WorkflowHandle[ChildJourney, Summary]
    offset: timedelta

    async def tell(self, happened: str | Documents | dict[str, Any]) -> Answer:
        """Send an update. Raises WorkflowUpdateFailedError."""
        payload = story(self.child, happened) if isinstance(happened, str) else happened
        answer: Answer = await self.handle.execute_update(RECORD_EVENTS, args=[payload], result_type=Answer)
        return answer

    async def refused(self, happened: str | Documents | dict[str, Any]) -> str:
        """Send an update that must be refused; the reason."""
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await self.tell(happened)
        return str(getattr(failed.value.cause, "message", failed.value.cause))

    async def view(self) -> JourneyView:
        """The journey as it stands."""
        view: JourneyView | None = await self.ask(ChildJourney.journey)
        assert view is not None
        return view

    async def ask(self, query: Any, **options: Any) -> Any:
        """Answer of a query, also in the moment when a new run has not yet begun to work."""
        pause = Pause()
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    return await self.handle.query(query, **options)
                except RPCError as error:
                    if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                        raise
                    await pause()

    async def agenda(self) -> dict[str, AgendaRow]:
        """The agenda, by obligation and occurrence."""
        rows: list[AgendaRow] = await self.ask(ChildJourney.agenda)
        return {f"{row.obligation}/{row.occurrence}": row for row in rows}

    async def until(self, holds: Callable[[JourneyView], bool]) -> JourneyView:
        """Wait until something holds of the journey."""
        pause = Pause()
        async with asyncio.timeout(PATIENCE):
            while not holds(view := await self.view()):
                await pause()
        return view

    async def forward(self, day: str, at: str = "12:00") -> None:
        """Move the journey to an instant of its own dates, and let it do what is due by then."""
        instant = london(day, at)
        if await self.house.clocks.forward_to(self.handle, instant - self.offset):
            await self.until(
                lambda view: not view.writing and (view.next_change_at is None or view.next_change_at > instant)
            )

    async def ended(self) -> Summary:
        """How the latest run ended."""
        latest = self.house.client.get_workflow_handle_for(ChildJourney.run, self.handle.id)
        return await asyncio.wait_for(latest.result(), PATIENCE)

    async def history(self) -> list[HistoryEvent]:
        """The events of the latest run."""
        return list((await self.handle.fetch_history()).events)

    async def done(self) -> list[HistoryEvent]:
        """The events of the latest run but for its being asked, which leaves more behind where it is not in memory."""
        return [e for e in await self.history() if "WORKFLOW_TASK" not in EventType.Name(e.event_type)]

    async def run_id(self) -> str:
        """The latest run."""
        return (await self.handle.describe()).run_id

    async def counted(self, kind: "EventType.ValueType") -> int:
        """How many events of a kind the latest run has, but for what the SDK writes of a patch."""
        return sum(event.event_type == kind and not _of_a_patch(event) for event in await self.history())

    async def attributes(self) -> dict[str, Any]:
        """Our search attributes of it, as Temporal lists them."""
        pairs = (await self.handle.describe()).typed_search_attributes
        return {pair.key.name: pair.value for pair in pairs if pair.key in search_attributes.ALL}

    async def shows(self, name: str, value: Any) -> None:
        """Wait until a search attribute has a value: it follows once what it tells of is in the record."""
        pause = Pause()
        async with asyncio.timeout(PATIENCE):
            while (await self.attributes()).get(name) != value:
                await pause()

    async def page(self) -> str:
        """What the UI shows as the journey's current details."""
        metadata = await self.ask("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        return str(metadata.current_details)

    def sent(self) -> list[str]:
        """What the record says was sent but for notices: `obligation/occurrence kind rung`, in order of time."""
        recorded = self.house.record.actions(self.child)
        sent = [
            one.action for one in recorded if one.status == "sent" and one.action.kind in ("reminder", "escalation")
        ]
        return [f"{a.obligation}/{a.occurrence} {a.kind} {a.rung}" for a in sorted(sent, key=lambda a: a.order)]

    def recorded(self) -> list[str]:
        """The types of the events in the case record, in the order they became known."""
        return [known.event["type"] for known in self.house.record.history(self.child)]


def _of_a_patch(event: HistoryEvent) -> bool:
    upserted = event.upsert_workflow_search_attributes_event_attributes
    return "TemporalChangeVersion" in upserted.search_attributes.indexed_fields


@dataclass
class House:
    """The server, a client, the case record, and the clocks of the journeys."""

    server: AServer
    client: Client
    record: CaseRecord
    folder: Path
    clocks: JourneyClocks
    policies: Policies = field(default_factory=Policies.load)

    async def begin(
        self,
        happened: str | Documents | dict[str, Any],
        at: datetime,
        *,
        child: str | None = None,
        policy: str | None = None,
    ) -> Life:
        """Start a journey at an instant of its own dates."""
        child = child or new_child()
        offset = at - datetime.now(UTC)
        handle = await self.client.start_workflow(
            ChildJourney.run,
            args=[
                story(child, happened) if isinstance(happened, str) else happened,
                JourneyOptions(policy=policy, clock_offset=offset),
            ],
            id=workflow_id(child),
            task_queue=TASK_QUEUE,
        )
        life, pause = Life(self, child, handle, offset), Pause()
        async with asyncio.timeout(PATIENCE):
            while "Stage" not in await life.attributes():  # written last, after the record
                await pause()
        return life

    async def found(self, query: str, *, expected: set[str]) -> set[str]:
        """The children of a list in the UI, waited for until it is as expected, or for long enough."""
        deadline, pause = time.monotonic() + PATIENCE, Pause()
        while True:
            listed = {run.id.removeprefix("child-") async for run in self.client.list_workflows(query)}
            if listed == expected or time.monotonic() > deadline:
                return listed
            await pause()

    async def until_found(self, query: str, *, expected: set[str]) -> None:
        """Wait until a list in the UI is as expected: what comes next asks the server for it. Fails in words."""
        listed = await self.found(query, expected=expected)
        much, little = sorted(listed - expected), sorted(expected - listed)
        assert listed == expected, (
            f"after {PATIENCE:.0f} s {query} lists {much} beside what it should, and lacks {little}"
        )


@asynccontextmanager
async def house_in(
    folder: Path,
    server: AServer | None = None,
    *,
    record: CaseRecord | None = None,
    policy: str = "ppm-procedure",
    policies: Policies | None = None,
    cached_journeys: int = CACHED,
    sealed: bool = True,
) -> AsyncIterator[House]:
    """Everything up, in a folder of the test's own. With no journey cached, each wake replays it from its history."""
    async with AsyncExitStack() as stack:
        ours = server or server_in(folder)
        await stack.enter_async_context(ours)
        client = await connect(ours.address, ring=keys_in(ours.log.parent) if sealed else None)
        kept = record or CaseRecord.open(f"sqlite:///{folder / 'case-record.db'}")
        stack.callback(kept.close)
        house = House(ours, client, kept, folder, JourneyClocks(client), policies or Policies.load())
        people = folder / "people.toml"
        people.write_text(OFFICE, "utf-8")
        settings = Settings(
            default_policy=policy, cached_journeys=cached_journeys, delivery=DeliverySettings(directory=people)
        )
        await stack.enter_async_context(build_worker(client, kept, house.policies, settings))
        yield house
