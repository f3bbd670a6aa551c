"""A case system and others who tell the service of events: by HTTP, by update, by signal, until they are answered."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import httpx
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from tools.faults.lives import Documents, Way
from tools.faults.town import Town
from workflows.protocol import (
    CASE_EVENTS,
    RECORD_EVENTS,
    TASK_QUEUE,
    WORKFLOW_TYPE,
    Answer,
    JourneyOptions,
    workflow_id,
)

PATIENCE = timedelta(seconds=20)
"""For one answer (ours); then it is asked again."""

AGAIN_AFTER = 0.3
GIVE_OUT = (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError, RuntimeError, TimeoutError)
"""What a sender meets while the server or a worker is away."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a sender was told of an event: by which way it went, for which child, and how it came out.

    `taken` and `known` are a journey's own words, `stored` the intake's 202, `refused` a refusal in words; `told` a
    signal or start that the server took.
    """

    way: str
    child: str
    event: str
    outcome: str


@dataclass
class Senders:
    """Sends until it is answered, and keeps every answer, in a file too."""

    town: Town
    client: Client
    rng: Random
    file: Path
    answers: list[Answered] = field(default_factory=list)
    asked_again: int = 0
    unanswered: set[str] = field(default_factory=set)
    """Children of whom somebody still waits for an answer."""

    async def start(self, child: str, events: Documents, offset: timedelta) -> None:
        """Start a journey whose clock is moved, with the history that it begins with."""

        async def once() -> None:
            try:
                await self.client.start_workflow(
                    WORKFLOW_TYPE,
                    args=[events, JourneyOptions(clock_offset=offset)],
                    id=workflow_id(child),
                    task_queue=TASK_QUEUE,
                    id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                )
            except WorkflowAlreadyStartedError:
                return  # by the call before, whose answer was lost

        await self._until_answered(child, once)
        self._answered("start", child, events, "told")

    async def send(self, way: Way, child: str, events: Documents) -> None:
        """Send a batch for a child (or, by HTTP, for several) by one of the ways."""
        await {"http": self._post, "update": self._update, "signal": self._signal}[way](child, events)

    async def _post(self, child: str, events: Documents) -> None:
        headers = {"authorization": f"Bearer {self.town.token}", "content-type": "application/json"}
        body = json.dumps(events).encode()
        outcomes: list[str] = []

        async def once() -> None:
            url = self.rng.choice(self.town.intakes())
            async with httpx.AsyncClient(timeout=PATIENCE.total_seconds()) as http:
                try:
                    answer = await http.post(f"{url}/events", content=body, headers=headers)
                except httpx.TransportError:
                    raise TimeoutError from None
            if answer.status_code != httpx.codes.ACCEPTED:
                self.town.chronicle.note("no 202", status=answer.status_code, child=child)
                raise TimeoutError
            outcomes[:] = ["stored" for _ in answer.json()["results"]]

        await self._until_answered(child, once)
        self._answered("http", child, events, outcomes)
        if self.rng.random() < 0.3:  # nobody was sure that it had been taken
            await self._until_answered(child, once)

    async def _update(self, child: str, events: Documents) -> None:
        handle = self.client.get_workflow_handle(workflow_id(child))
        outcomes: list[str] = []

        async def once() -> None:
            try:
                answer = await handle.execute_update(
                    RECORD_EVENTS, args=[events], id=str(events[0]["id"]), result_type=Answer, rpc_timeout=PATIENCE
                )
            except WorkflowUpdateFailedError as failed:
                if not isinstance(failed.cause, ApplicationError) or failed.cause.type != "EventRefused":
                    raise TimeoutError from None
                outcomes[:] = ["refused" for _ in events]
                return
            outcomes[:] = ["taken" if event["id"] in answer.taken else "known" for event in events]

        await self._until_answered(child, once)
        self._answered("update", child, events, outcomes)

    async def _signal(self, child: str, events: Documents) -> None:
        handle = self.client.get_workflow_handle(workflow_id(child))

        async def once() -> None:
            await handle.signal(CASE_EVENTS, args=[events], rpc_timeout=PATIENCE)

        await self._until_answered(child, once)
        self._answered("signal", child, events, "told")

    async def _until_answered(self, child: str, once: Callable[[], Awaitable[None]]) -> None:
        self.unanswered.add(child)
        while True:
            try:
                async with asyncio.timeout(2 * PATIENCE.total_seconds()):
                    await once()
            except GIVE_OUT as error:
                if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
                    self.town.chronicle.note("no journey found", child=child)
                self.asked_again += 1
                await asyncio.sleep(AGAIN_AFTER)
            else:
                self.unanswered.discard(child)
                return

    def _answered(self, way: str, child: str, events: Documents, outcomes: Sequence[str] | str) -> None:
        each = [outcomes] * len(events) if isinstance(outcomes, str) else outcomes
        with self.file.open("a", encoding="utf-8") as file:
            for event, outcome in zip(events, each, strict=True):
                self.answers.append(Answered(way, child, str(event["id"]), outcome))
                file.write(json.dumps({"way": way, "child": child, "event": event["id"], "outcome": outcome}) + "\n")
