"""Years lived through on a server whose time is skipped: how long histories grow, and how fast they are replayed."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, Worker, WorkflowRunner

from domain.case import events as ev
from domain.case.calendar import end_of
from domain.case.documents import document_of
from domain.policy.loading import Policies
from domain.study.simulation import batches
from journeys.skipping import JourneyClocks
from local.driver import Driver
from record.store import CaseRecord, RecordedAction
from service.logs import configure_logs
from service.settings import Settings
from tools.bench import bare
from tools.bench.bare import Bare
from tools.bench.bare_worker import Notebook
from tools.bench.bare_worker import build_worker as build_bare_worker
from tools.bench.calls import counted
from tools.bench.children import new_children, ten_years, two_year_adoption
from tools.bench.figures import Aim, Figure, Tell
from tools.bench.ground import BenchFailed, Ground, Ours, ground
from tools.bench.histories import by_type, fetch, lived
from tools.bench.scale import Scale
from worker import build_worker
from workflows.protocol import RECORD_EVENTS, workflow_id
from workflows.registry import WORKFLOWS

POLICY = "ppm-procedure"
REMINDERS = 40
ADOPTION_DAYS = 730


@asynccontextmanager
async def _skipping(cached: int = 100) -> AsyncIterator[tuple[Ground, CaseRecord, Worker]]:
    """A time-skipping server with both workers in this process, and the case record of ours."""
    async with ground(synchronous="OFF", time_skipping=True) as here:
        configure_logs("WARNING")
        record = CaseRecord.open(f"sqlite:///{here.folder / 'case-record.db'}")
        settings = Settings(default_policy=POLICY, cached_journeys=cached)
        notebook = Notebook(str(here.folder / "notes.db"))
        try:
            async with (
                build_worker(here.client, record, Policies.load(), settings) as worker,
                build_bare_worker(here.client, notebook, settings),
            ):
                yield here, record, worker
        finally:
            record.close()


async def history_of_two_years(scale: Scale, tell: Tell) -> list[Figure]:
    """The history of a two-year adoption, all its runs together: ours, and the bare workflow's with as many wakes."""
    events = two_year_adoption()
    by_instant = batches(events)
    async with _skipping() as (here, record, _):
        tell("an adoption of two years, ours")
        child = events[0].child
        driver = Driver(here.client, policy=POLICY, nominal=True)
        await driver.live(child, by_instant, partial(_same, end_of(events[-1].on)))
        sent = [action for action in record.actions(child) if action.status == "sent"]
        instants = len({action.action.at for action in sent})
        runs = await _runs(here.client, workflow_id(child))
        each = [lived(run.events) for run in runs]
        ours = [event for run in each for event in run]
        tell("as many events and reminders, bare")
        least = lived((await _bare_life(here.client, by_instant)).events)
    about = (
        f"{len(events)} events in {len(by_instant)} batches; {_kinds(sent)} at {instants} instants; {len(runs)} runs"
    )
    return [
        Figure(
            "history events of a two-year adoption",
            "events",
            [float(len(ours))],
            [float(len(least))],
            Aim("under", 600),
            about=about,
            parts={"events by type, ours": by_type(ours), "events by type, bare": by_type(least)},
        ),
        Figure("events of the longest of its runs", "events", [float(max(map(len, each)))], aim=Aim("under", 400)),
        Figure("bytes of all its runs, in the clear", "bytes", [float(sum(event.ByteSize() for event in ours))]),
    ]


def _kinds(sent: Sequence[RecordedAction]) -> str:
    kinds = Counter(recorded.action.kind for recorded in sent)
    return ", ".join(f"{kinds[kind]} of kind {kind}" for kind in kinds)


async def _bare_life(client: Client, lived: Sequence[tuple[datetime, list[ev.Event]]]) -> WorkflowHistory:
    """The bare workflow with updates at the same days, and forty timers spread over the two years."""
    clocks = JourneyClocks(client)
    every = timedelta(days=ADOPTION_DAYS) / REMINDERS
    began = datetime.now(UTC)
    handle = await client.start_workflow(Bare.run, args=[None, every], id="bare-life", task_queue=bare.TASK_QUEUE)
    first = lived[0][0]
    for instant, events in lived[1:]:
        await clocks.forward_to(handle, began + (instant - first))
        await handle.execute_update(RECORD_EVENTS, args=[[document_of(e) for e in events]])
    while (wakes := await handle.query(Bare.wakes)) < REMINDERS:
        await clocks.forward(handle, every * (REMINDERS - wakes))
    return await fetch(client, handle.id)


async def replay_of_ten_years(scale: Scale, tell: Tell) -> list[Figure]:
    """Cold replay: the longest history among a journey's runs, read by a worker that has nothing of it.

    Measured by the SDK's replayer, its own start left out; and beside it by a query to a worker that has room for one
    other journey only, so that the history of the present run is fetched first.
    """
    lives = {name: ten_years(name) for name in (f"DECADE-{number:02}" for number in range(scale.decades))}
    children = list(lives)
    async with _skipping(cached=1) as (here, record, worker):
        driver = Driver(here.client, policy=POLICY, nominal=True)
        for child, events in lives.items():
            tell(f"ten years in care, {child}")
            await driver.live(child, batches(events), partial(_same, end_of(events[-1].on)))
        runs = {child: await _runs(here.client, workflow_id(child)) for child in children}
        longest = [max(of_one, key=lambda run: len(run.events)) for of_one in runs.values()]
        actions = len(record.actions(children[0]))
        tell("replaying ten years")
        runner = worker.config()["workflow_runner"]
        await _replayed(longest, runner)  # what is done once for a process is done now
        replayed = [await _replay(longest, scale.replays, runner) for _ in range(scale.rounds)]
        calls = await _calls_of_a_replay(longest[0], runner)
        [(other, entered)] = new_children("OTHER", 1)
        await Ours().start(here.client, other, entered)
        queried = [await _query(here.client, child, other) for _ in range(scale.rounds) for child in children]
    history = lived(longest[0].events)
    about = (
        f"{len(lives[children[0]])} events and {actions} actions in {len(runs[children[0]])} runs, "
        f"of which the longest has {len(history)} history events"
    )
    sizes = {"history events": float(len(history)), "bytes": float(sum(e.ByteSize() for e in history))}
    parts = {"the longest run": sizes, "events by type": by_type(history)}
    return [
        Figure(
            "cold replay of a ten-year journey",
            "ms",
            [wall for wall, _ in replayed],
            aim=Aim("under", 100),
            about=about,
            parts=parts,
        ),
        Figure("the processor's time of it", "ms", [spent for _, spent in replayed], aim=Aim("under", 240)),
        Figure("Python calls of it", "calls", [calls]),
        Figure("first query of it, fetched and replayed", "ms", queried),
    ]


async def _runs(client: Client, workflow: str) -> list[WorkflowHistory]:
    """The histories of all runs of a workflow, from the present one back along what each was continued from."""
    fetched = [await fetch(client, workflow)]
    while before := fetched[-1].events[0].workflow_execution_started_event_attributes.continued_execution_run_id:
        fetched.append(await fetch(client, workflow, before))
    return fetched


def _same(instant: datetime) -> datetime:
    return instant


async def _replay(histories: list[WorkflowHistory], times: int, runner: WorkflowRunner) -> tuple[float, float]:
    """Milliseconds for one history, and those of the processor; the replayer's own start left out."""
    alone, spent_alone = await _replayed(histories[:1], runner)
    more, spent = await _replayed(histories[:1] + histories * times, runner)
    each = 1000 / (len(histories) * times)
    return (more - alone) * each, (spent - spent_alone) * each


async def _calls_of_a_replay(history: WorkflowHistory, runner: WorkflowRunner) -> float:
    """Calls of Python functions, workflow and SDK, for one history; the replayer's own start left out."""
    with counted() as once:
        await _replayed([history], runner)
    with counted() as twice:
        await _replayed([history, history], runner)
    return float(twice.number - once.number)


async def _replayed(histories: list[WorkflowHistory], runner: WorkflowRunner) -> tuple[float, float]:
    """Seconds, and those of the processor, to replay histories one after the other."""
    replayer = Replayer(workflows=WORKFLOWS, workflow_runner=runner, data_converter=pydantic_data_converter)

    async def given() -> AsyncIterator[WorkflowHistory]:
        for history in histories:
            yield history

    began, spent = time.perf_counter(), time.process_time()
    async with replayer.workflow_replay_iterator(given()) as results:
        async for result in results:
            if result.replay_failure is not None:
                raise BenchFailed(f"a history does not replay: {result.replay_failure}")
    return time.perf_counter() - began, time.process_time() - spent


async def _query(client: Client, child: str, other: str) -> float:
    """Milliseconds until a query is answered by a worker that keeps another journey only."""
    await Ours().query(client, other)
    began = time.perf_counter()
    await Ours().query(client, child)
    return (time.perf_counter() - began) * 1000
