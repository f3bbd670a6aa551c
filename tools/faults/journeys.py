"""The journeys themselves, after every worker was killed: each is asked, compared with the rules, and replayed."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHistory, WorkflowQueryFailedError
from temporalio.service import RPCError
from temporalio.worker import Replayer

from domain.agenda import AgendaRow, agenda
from domain.clocks.even_load import share_of
from domain.policy.loading import Policies
from domain.waking import next_change
from record.store import CaseRecord
from service.settings import Settings
from tools.faults.judge import Judge
from tools.faults.relived import Relived
from tools.faults.verdict import Verdict
from worker import build_worker
from workflows.child_journey import ChildJourney
from workflows.protocol import Carried, JourneyOptions, workflow_id

AT_ONCE = 8
PATIENCE = timedelta(seconds=30)
"""For one answer of a journey that a worker must replay first (ours)."""

ASKED_FOR = 90.0
"""Seconds for which a journey is asked before it counts as stuck (ours)."""

GRACE = timedelta(seconds=30)
"""How much later than its instant a journey may wake when all is well again (ours)."""

FAILED_TASKS = 3
"""From so many failed attempts at one workflow task on a journey counts as stuck (ours)."""


async def check(client: Client, judge: Judge, offsets: Mapping[str, timedelta]) -> None:
    """Ask every journey that the record knows, and compare; and find those that nobody knows."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(child: str, relived: Relived) -> None:
        async with limit:
            await _Asked(client, judge.verdict, child, relived, offsets.get(child, timedelta())).check()

    async with asyncio.TaskGroup() as tasks:
        for child, relived in judge.relived.items():
            tasks.create_task(one(child, relived))


class _Asked:
    def __init__(self, client: Client, verdict: Verdict, child: str, relived: Relived, offset: timedelta) -> None:
        self.client = client
        self.verdict = verdict
        self.child = child
        self.relived = relived
        self.offset = offset
        self.handle = client.get_workflow_handle_for(ChildJourney.run, workflow_id(child))

    async def check(self) -> None:
        self.verdict.seen["journeys"] += 1
        try:
            described = await self.handle.describe()
        except RPCError as error:
            return self._stuck(f"the engine does not know it ({error.status.name})")
        running = described.status is WorkflowExecutionStatus.RUNNING
        if running == self.relived.journey.ended:
            standing = described.status.name if described.status else "nothing"
            self._stuck(f"by the record it has {'ended' if running else 'not ended'}, in the engine it is {standing}")
        tried = described.raw_description.pending_workflow_task.attempt
        if tried > FAILED_TASKS:
            self._stuck(f"its workflow task has failed {tried} times")
        try:
            options = await self._state()
            if options is None or options.carried is None:
                return self._stuck("it has taken no event")
            return await self._compare(options, options.carried)
        except (RPCError, WorkflowQueryFailedError) as error:
            return self._stuck(f"it gives no answer ({error})")

    async def _state(self) -> JourneyOptions | None:
        """All that it is made of. Raises what it still says after long enough."""
        loop = asyncio.get_running_loop()
        end = loop.time() + ASKED_FOR
        while True:
            try:
                return await self.handle.query(ChildJourney.state, rpc_timeout=PATIENCE)
            except RPCError:
                if loop.time() > end:
                    raise
                await asyncio.sleep(0.5)

    async def _compare(self, options: JourneyOptions, carried: Carried) -> None:
        journey, at = self.relived.journey, max(options.at or self.relived.now, self.relived.now)
        self._same("events known", {event["id"] for _, event in carried.state.events}, set(journey.known))
        self._same("actions settled", set(carried.state.settled), set(journey.settled))
        for action in journey.step(at).actions:
            self.verdict.add("messages lost", f"{self.child}/{action.key}", "the journey has passed its time")
        if await self._agenda() != agenda(journey, at):
            self._differs("its agenda is not what the rules say")
        self._awake(options, next_change(journey, at))

    async def _agenda(self) -> list[AgendaRow]:
        return await self.handle.query(ChildJourney.agenda, rpc_timeout=PATIENCE)

    def _same(self, what: str, asked: set[str], by_the_rules: set[str]) -> None:
        if asked != by_the_rules:
            self._differs(f"{what} by only one side: {sorted(asked ^ by_the_rules)}")

    def _awake(self, options: JourneyOptions, change: tuple[datetime, str] | None) -> None:
        late = share_of(self.child, options.spread) + GRACE
        if change and change[0] + late < datetime.now(UTC) + self.offset:
            self._stuck(f"it should have woken for {change[1]} at {change[0]:%Y-%m-%d %H:%M:%S}")

    def _stuck(self, how: str) -> None:
        self.verdict.add("journeys stuck", self.child, how)

    def _differs(self, how: str) -> None:
        self.verdict.add("differing", self.child, how)


async def replay_all(client: Client, record: CaseRecord, verdict: Verdict, kept: Path) -> None:
    """Replay every history that the server has, as the worker would; those that do not replay are kept in a folder."""
    histories = [await _history(client, run.id, run.run_id) async for run in client.list_workflows()]
    verdict.seen["histories replayed"] += len(histories)
    config = build_worker(client, record, Policies.load(), Settings()).config()
    replayer = Replayer(
        workflows=list(config["workflows"]),
        workflow_runner=config["workflow_runner"],
        data_converter=client.data_converter,
    )
    async with replayer.workflow_replay_iterator(_each(histories)) as results:
        async for result in results:
            if result.replay_failure is not None:
                _keep(result.history, kept)
                verdict.add("journeys unreplayable", result.history.workflow_id, str(result.replay_failure)[:500])


async def _history(client: Client, workflow: str, run: str) -> WorkflowHistory:
    return await client.get_workflow_handle(workflow, run_id=run).fetch_history()


async def _each(histories: list[WorkflowHistory]) -> AsyncIterator[WorkflowHistory]:
    for history in histories:
        yield history


def _keep(history: WorkflowHistory, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{history.workflow_id}-{history.run_id}.json").write_text(history.to_json(), "utf-8")
