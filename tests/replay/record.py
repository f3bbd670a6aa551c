"""Records the histories that the replay gate replays: `.venv/bin/python -m tests.replay.record NAME`, one of `ADDED`.

Synthetic children only. A history that does not replay means that running journeys would break, so the change needs
`workflow.patched`, and further histories are added beside the old ones under names of their own: another function
here. None that is there is recorded anew: those older than `durable` have local activities, as no run has any more.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from random import Random
from time import sleep
from typing import Any, TypeVar

from temporalio import activity
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.models import ScheduledRun
from domain.case.calendar import end_of
from domain.case.events import Event
from domain.policy.loading import Policies
from domain.study.simulation import EventLine, Simulation, batches, by_child
from local.driver import Driver
from local.server import EmbeddedServer
from record.engine import PATIENCE
from record.entries import KnownEvent, RecordEntry
from record.failures import RecordUnavailable
from record.store import CaseRecord
from record.writing import NewlyWritten
from service.connection import connect
from service.logs import configure_logs
from service.ports import own_port
from service.schedules import DAILY_PROOF, MONDAY_TO_FRIDAY, Kept, keep_schedules
from service.standing import StandingActivity, keep_standing
from synthetic.caseload import caseload
from tests.domain.story import case_lines, events, london, next_version
from tests.random_journeys import random_journey
from tests.replay.histories import FOLDER, SUFFIX, save
from tests.replay.test_overlaps import overlapping
from tests.workflows import house as houses
from tests.workflows.house import House, SmallServer
from tests.workflows.test_record_down import until_attempt
from tests.workflows.test_record_locked import locked
from tools.bench.children import two_year_adoption
from workflows.protocol import CASE_EVENTS, TASK_QUEUE, WORKFLOW_TYPE, workflow_id
from workflows.scheduled import SCHEDULED_TYPE, ScheduledTask, scheduled_id
from workflows.standing import ROUNDS_IN_A_RUN, STANDING_TYPE, StandingProcess, standing_id

T = TypeVar("T")
house_in = partial(houses.house_in, sealed=False)
"""Histories are kept in the clear: who replays them has no key."""
TODAY = date(2026, 11, 18)
ENTRY = "2026-01-05 became_looked_after"
TEN = london("2026-01-05", "10:00")


async def keep(house: House, child: str, name: str) -> None:
    """Write the history of every run of a child's journey."""
    await keep_runs(house.client, workflow_id(child), WORKFLOW_TYPE, name)


async def keep_runs(client: Client, workflow: str, workflow_type: str, name: str) -> None:
    """Write the history of every run of a workflow."""
    runs = [run async for run in client.list_workflows(f'WorkflowId="{workflow}"')]
    for number, run in enumerate(sorted(runs, key=lambda run: run.start_time), 1):
        history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        add(history, FOLDER / workflow_type / f"{workflow}--{name}-{number}{SUFFIX}")


def add(history: WorkflowHistory, path: Path) -> None:
    """Write a history beside those that are there. Raises FileExistsError where it would replace one."""
    if path.exists():
        raise FileExistsError(f"{path.name} is recorded already; accepted: a name of its own")
    save(history, path)


async def lived(house: House, lines: list[EventLine], policy: str, until: date, name: str) -> None:
    """Journeys lived through to a day."""
    end = end_of(until)
    driver = Driver(house.client, policy=policy, nominal=True)
    known = [line for line in lines if line.event.known_from <= end]
    for child, own in by_child(known).items():
        await driver.live(child, batches(line.event for line in own), lambda: end)
        await keep(house, child, name)


async def with_rejected_signals(house: House) -> None:
    life = await house.begin(ENTRY, TEN, child="S-1")
    await life.handle.signal(CASE_EVENTS, {"bad": "payload"})
    await life.handle.signal("case_evnts", [{"bad": "name"}])
    await life.until(lambda view: view.rejections == 2)
    await life.tell("2026-01-05 ppm_held primary_plan=adoption")
    await life.forward("2026-02-20")
    await keep(house, life.child, "rejected-signals")


async def with_another_policy(house: House, child: str = "S-2", name: str = "policy-adopted") -> None:
    life = await house.begin(ENTRY, TEN, child=child)
    await life.forward("2026-01-13")
    await life.tell("2026-01-13 policy_adopted policy=quick-guide")
    await life.forward("2026-03-20")
    await life.tell("2026-03-20 adoption_order_made #end")
    await keep(house, life.child, name)


async def with_a_resumed_journey(house: House, child: str = "S-3", name: str = "resumed") -> None:
    life = await house.begin(ENTRY, TEN, child=child)
    await life.forward("2026-01-20")
    await life.tell("2026-01-20 ceased_to_be_looked_after #end")
    await life.ended()
    again = await house.begin(f"2026-01-21 event_voided event={child}-end", london("2026-01-21"), child=child)
    await again.forward("2026-02-10")
    await keep(house, child, name)


async def standing() -> None:
    """A standing process that failed once and whose first run has done its rounds."""
    attempts = 0

    @activity.defn(name="stand")
    async def stand() -> int:
        nonlocal attempts
        attempts += 1
        if attempts == 2:
            raise RuntimeError("not today")
        if attempts > ROUNDS_IN_A_RUN + 2:
            await asyncio.sleep(60)
        return 1

    with tempfile.TemporaryDirectory() as temporary:
        async with EmbeddedServer(Path(temporary), ui=False, in_memory=True, grpc_port=own_port()) as server:
            client = await connect(server.address)
            async with Worker(client, task_queue=TASK_QUEUE, workflows=[StandingProcess], activities=[stand]):
                await keep_standing(
                    client, (StandingActivity("rounds", "stand", "standing about, for the replay gate"),)
                )
                while attempts < ROUNDS_IN_A_RUN + 3:
                    await asyncio.sleep(0.1)
                await keep_runs(client, standing_id("rounds"), STANDING_TYPE, "done")


async def scheduled() -> None:
    """A run of a schedule whose activity failed once."""
    failed: list[datetime] = []

    @activity.defn(name="look")
    async def look(run: ScheduledRun) -> str:
        if not failed:
            failed.append(run.begun)
            raise RuntimeError("not yet")
        return "looked"

    await scheduled_as(Kept("look", "look", time(9), MONDAY_TO_FRIDAY, timedelta(hours=10)), look)


async def scheduled_after_a_timer() -> None:
    """A run of a schedule that waits for a timer first: the daily proof is one."""

    @activity.defn(name="prove")
    async def prove(run: ScheduledRun) -> str:
        return "proved"

    await scheduled_as(replace(DAILY_PROOF, after=timedelta(seconds=1)), prove)


async def scheduled_as(kept: Kept, work: Callable[[ScheduledRun], Awaitable[str]]) -> None:
    """A run of a schedule."""
    with tempfile.TemporaryDirectory() as temporary:
        async with EmbeddedServer(Path(temporary), ui=False, in_memory=True, grpc_port=own_port()) as server:
            client = await connect(server.address)
            await keep_schedules(client, [kept])
            async with Worker(client, task_queue=TASK_QUEUE, workflows=[ScheduledTask], activities=[work]):
                await client.get_schedule_handle(kept.name).trigger()
                runs = f'WorkflowType="{SCHEDULED_TYPE}" AND ExecutionStatus="Completed"'
                while not (done := [run async for run in client.list_workflows(runs)]):
                    await asyncio.sleep(0.1)
                history = await client.get_workflow_handle(done[0].id).fetch_history()
                add(history, FOLDER / SCHEDULED_TYPE / f"{scheduled_id(kept.name)}--done-1{SUFFIX}")


async def with_a_newer_version() -> None:
    """A journey whose policy file has a newer version: kept until it is adopted, and then moved to."""
    with tempfile.TemporaryDirectory() as temporary:
        async with house_in(Path(temporary)) as house:
            life = await house.begin(ENTRY, TEN, child="S-4")
            await life.forward("2026-01-13")
            file = house.policies.file("ppm-procedure")
            house.policies._files["ppm-procedure"] = next_version(file, due=[{"weeks": 1}])
            house.policies._resolved.clear()
            await life.tell("2026-01-13 care_proceedings_issued")
            await life.tell("2026-01-14 policy_adopted policy=ppm-procedure")
            await life.forward("2026-02-20")
            await life.tell("2026-02-20 adoption_order_made #end")
            await life.ended()
            await keep(house, life.child, "newer-version")


async def with_siblings(name: str = "siblings") -> None:
    """A brother and a sister: one is placed, which is taken back; a third child enters later; one has no journey."""
    happened = """
        2026-01-05 became_looked_after @S-F-1 siblings=S-F-2,S-F-9
        2026-01-05 became_looked_after @S-F-2 siblings=S-F-1
        2026-02-02 placement_order_made @S-F-1
        2026-03-02 placed_for_adoption @S-F-1 #moves
        2026-03-20 became_looked_after @S-F-3 siblings=S-F-1
        2026-03-24 event_voided @S-F-1 event=moves
    """
    simulation, end = Simulation(Policies.load(), "quick-guide"), end_of(date(2026, 4, 30))
    children = by_child(numbered(events(happened)))
    batches_of = {child: batches(line.event for line in own) for child, own in children.items()}
    with tempfile.TemporaryDirectory() as temporary:
        async with house_in(Path(temporary), policy="quick-guide") as house:
            driver = Driver(house.client, policy="quick-guide", nominal=True)
            await driver.live_all(batches_of, simulation.told_to_siblings(children), lambda: end)
            for child in children:
                await keep(house, child, name)


async def with_a_record_out_of_order() -> None:
    """Journeys whose record is slow at every kind of wake, locked by another program, or fails and returns.

    Recorded while effects were local activities first: the slow one has timeouts in its markers, at its start, an
    update, a signal, and a timer.
    """
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "case-record.db"
        record = Unruly.open(f"sqlite:///{path}")
        assert isinstance(record, Unruly)
        async with house_in(Path(temporary), record=record) as house:
            slow = await while_it(record, "hangs", house.begin(ENTRY, TEN, child="S-5"), "child-S-5", house)
            await while_it(record, "hangs", slow.tell("2026-01-05 ppm_held #ppm"), "child-S-5", house)
            await while_it(record, "hangs", slow.handle.signal(CASE_EVENTS, {"bad": "payload"}), "child-S-5", house)
            await slow.until(lambda view: view.rejections == 1)
            await while_it(record, "hangs", slow.forward("2026-01-15"), "child-S-5", house)
            await slow.tell("2026-01-15 care_proceedings_issued")
            await keep(house, "S-5", "record-slow")

            failing = await while_it(record, "fails", house.begin(ENTRY, TEN, child="S-6"), "child-S-6", house)
            await while_it(record, "fails", failing.tell("2026-01-05 ppm_held #ppm"), "child-S-6", house)
            await while_it(record, "fails", failing.forward("2026-01-15"), "child-S-6", house)
            await keep(house, "S-6", "record-failing")

            lives = [await house.begin(ENTRY, TEN, child=f"S-{number}") for number in (7, 8)]
            updates = []
            with locked(path):
                for life in lives:
                    updates.append(asyncio.create_task(life.tell("2026-01-05 ppm_held #ppm")))
                    await asyncio.sleep(PATIENCE / 4)  # so that one waits for the lock after another
                await asyncio.gather(*(until_attempt(life, 1) for life in lives))
            await asyncio.gather(*updates)
            for life in lives:
                await life.tell("2026-01-05 care_proceedings_issued")
                await keep(house, life.child, "record-locked")


async def durable() -> None:
    """Journeys whose effects are durable activities from their beginning."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        record = Unruly.open(f"sqlite:///{folder / 'case-record.db'}")
        assert isinstance(record, Unruly)
        async with house_in(folder, record=record) as house:
            lines = numbered(case_lines("siblings-quick-guide"))
            await lived(house, lines, "quick-guide", date(2026, 7, 31), "durable-case")
            for life in await overlapping(house, ["S-D-1", "S-D-2"], seed=1):
                await keep(house, life.child, "durable-overlaps")
            await with_another_policy(house, "S-D-3", "durable-policy")
            down = await while_it(record, "fails", house.begin(ENTRY, TEN, child="S-D-4"), "child-S-D-4", house)
            await while_it(record, "fails", down.tell("2026-01-05 ppm_held #ppm"), "child-S-D-4", house)
            await while_it(record, "fails", down.forward("2026-01-15"), "child-S-D-4", house)
            await keep(house, "S-D-4", "durable-down")
        (folder / "small").mkdir()
        async with house_in(folder / "small", SmallServer(folder / "small", new_run_after=60)) as house:
            lines = numbered([e.model_copy(update={"child": "S-D-5"}) for e in case_lines("adoption-ppm-procedure")])
            await lived(house, lines, "ppm-procedure", date(2026, 3, 31), "durable-runs")
    await with_siblings("durable-siblings")


class Unruly(CaseRecord):
    """A real case record that hangs or fails as long as it is told to."""

    mood = ""

    def write(self, entry: RecordEntry) -> NewlyWritten:
        self._suffer()
        return super().write(entry)

    def history(self, child: str) -> list[KnownEvent]:
        self._suffer()
        return super().history(child)

    def _suffer(self) -> None:
        while self.mood == "hangs":
            sleep(0.05)
        if self.mood == "fails":
            raise RecordUnavailable("the case record cannot be used: the database server cannot be reached")


async def naming_people(child: str, name: str) -> None:
    """A journey that shows who works on it from when they are named, not before, and since when something is late."""
    with tempfile.TemporaryDirectory() as temporary:
        async with house_in(Path(temporary)) as house:
            life = await house.begin(ENTRY, TEN, child=child)
            await life.tell("2026-01-05 care_proceedings_issued")
            await life.tell("2026-01-05 person_assigned role=iro contact=i-second")
            await life.forward("2026-01-20")
            await life.tell("2026-01-20 person_assigned role=iro contact=l-lead")
            await life.tell("2026-01-20 ppm_held")
            await keep(house, life.child, name)


async def amended() -> None:
    """Journeys on policies read by what was mended on 29 November 2026, one of which an activity has relived."""
    of_two_periods = """
        2026-01-05 became_looked_after @S-A-2 #now
        2026-01-12 care_proceedings_issued @S-A-2 recorded 2026-02-09 10:00
        2026-02-02 deadline_extended @S-A-2 obligation=final-order until=2026-08-31 recorded 2026-02-09 10:00
        2024-03-04 became_looked_after @S-A-2 recorded 2026-02-11 10:00
        2024-06-03 ceased_to_be_looked_after @S-A-2 recorded 2026-02-11 10:00
        2025-12-29 person_assigned @S-A-2 role=iro contact=i-second recorded 2026-02-12 10:00
    """
    with tempfile.TemporaryDirectory() as temporary:
        async with house_in(Path(temporary)) as house:
            await with_a_resumed_journey(house, "S-A-1", "durable-relived")
            await lived(house, numbered(events(of_two_periods)), "ppm-procedure", date(2026, 3, 31), "durable-amended")


async def two_years(name: str) -> None:
    """An adoption of two years, in runs that give way to the next as they did on the day."""
    lines = numbered(two_year_adoption())
    with tempfile.TemporaryDirectory() as temporary:
        async with house_in(Path(temporary)) as house:
            await lived(house, lines, "ppm-procedure", lines[-1].event.on, name)


async def while_it(record: Unruly, mood: str, doing: Awaitable[T], workflow: str, house: House) -> T:
    """Do something while the record is so, until the server has been asked to retry."""
    record.mood = mood
    done = asyncio.ensure_future(doing)
    handle = house.client.get_workflow_handle(workflow)
    while True:
        await asyncio.sleep(0.1)
        with suppress(RPCError):  # it may not have begun
            if (await handle.describe()).raw_description.pending_activities:
                break
    record.mood = ""
    return await done


async def journeys() -> None:
    """Journeys as they were in the beginning."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        async with house_in(folder / "usual") as house:
            await lived(
                house, numbered(case_lines("adoption-ppm-procedure")), "ppm-procedure", date(2027, 3, 31), "case"
            )
            await lived(house, numbered(case_lines("siblings-quick-guide")), "quick-guide", date(2026, 7, 31), "case")
            children = caseload(6, seed=11, today=TODAY)
            await lived(house, numbered([e for c in children for e in c.events]), "ppm-procedure", TODAY, "synthetic")
            for policy, seed in (("ppm-procedure", 9), ("quick-guide", 8)):
                woven = random_journey(Random(seed), f"R-{policy[:3]}", policy)
                await lived(house, numbered(woven), policy, woven[-1].known_from.date(), "random")
            await with_rejected_signals(house)
            await with_another_policy(house)
            await with_a_resumed_journey(house)
        (folder / "small").mkdir()
        async with house_in(folder / "small", SmallServer(folder / "small", new_run_after=60)) as house:
            lines = numbered([e.model_copy(update={"child": "S-9"}) for e in case_lines("adoption-ppm-procedure")])
            await lived(house, lines, "ppm-procedure", date(2026, 6, 30), "new-runs")


def numbered(events: list[Event]) -> list[EventLine]:
    return [EventLine(number, event) for number, event in enumerate(events, 1)]


ADDED: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
    "journeys": journeys,
    "standing": standing,
    "scheduled": scheduled,
    "scheduled-timer": scheduled_after_a_timer,
    "newer-version": with_a_newer_version,
    "siblings": with_siblings,
    "record": with_a_record_out_of_order,
    "durable": durable,
    "people": partial(naming_people, "S-P-1", "durable-people"),
    "shorter": partial(two_years, "durable-shorter"),
    "short": partial(two_years, "durable-short"),
    "amended": amended,
    "november": partial(two_years, "november-short"),
    "november-people": partial(naming_people, "S-P-2", "november-people"),
}
"""What was recorded, each beside what was there."""

if __name__ == "__main__":
    configure_logs("ERROR")
    asyncio.run(ADDED[sys.argv[1]]())
