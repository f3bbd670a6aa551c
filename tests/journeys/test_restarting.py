"""Journeys that must run and do not, or are broken, on a running service: found, and begun anew from the record."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import WorkflowExecutionStatus

from domain.case import events as ev
from domain.case.documents import document_of
from domain.policy.loading import Policies
from journeys.loading import load_histories
from journeys.missing import Comparison, known_events
from journeys.restarting import keep_running, look_over, not_taken, replace, restart
from journeys.sending import Load, send_batch
from local.server import EmbeddedServer
from record.entries import KnownEvent, RecordEntry, Rejected, Terms
from record.store import CaseRecord
from record.verifying import verify
from service.connection import connect
from service.ports import own_port
from service.settings import Settings
from tests.domain.story import events
from tests.intake.service import calling, entry
from tests.replay.changed import WithAnotherTimerFirst
from tests.replay.every_server import BROKEN
from tests.workflows.house import House, house_in, new_child
from worker import build_worker
from workflows.child_journey import ChildJourney
from workflows.protocol import CASE_EVENTS, TASK_QUEUE, JourneyOptions, workflow_id

pytestmark = pytest.mark.server

DAY = datetime.now(UTC).date()
RUNNING = WorkflowExecutionStatus.RUNNING


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A server in real time."""
    folder = tmp_path_factory.mktemp("house")
    server = EmbeddedServer(folder, ui=False, in_memory=True, grpc_port=own_port())
    async with house_in(folder, server) as up:
        yield up


def told(child: str, text: str) -> list[ev.Event]:
    return [e.model_copy(update={"child": child, "id": f"{child}-{e.id}"}) for e in events(text)]


def ago(days: int) -> str:
    return str(DAY - timedelta(days=days))


async def in_care(house: House, days: int = 60) -> str:
    child = new_child()
    await send_batch(house.client, child, told(child, f"{ago(days)} became_looked_after #in"))
    return child


async def lost(house: House, child: str) -> None:
    """Somebody ended the run, in the engine's own UI for one."""
    await house.client.get_workflow_handle(workflow_id(child)).terminate()
    assert (
        await house.found(f'WorkflowId="{workflow_id(child)}" AND ExecutionStatus="Running"', expected=set()) == set()
    )


async def status(house: House, child: str) -> WorkflowExecutionStatus | None:
    return (await house.client.get_workflow_handle(workflow_id(child)).describe()).status


async def agenda(house: House, child: str) -> list[tuple[str, int, object, str, object]]:
    rows = await house.client.get_workflow_handle_for(ChildJourney.run, workflow_id(child)).query(ChildJourney.agenda)
    return [(row.obligation, row.occurrence, row.due, row.status, row.next) for row in rows]


async def test_a_child_without_a_journey_is_found_and_goes_on_as_before(house: House) -> None:
    child, well = await in_care(house), await in_care(house)
    await send_batch(house.client, child, told(child, f"{ago(0)} escalation_acknowledged #ack obligation=initial-ppm"))
    before, post = await agenda(house, child), house.record.outbox(child)
    assert post
    await lost(house, child)

    troubles, done = await look_over(house.client, house.record, whole=True)

    assert (troubles.missing, [one.what for one in done if one.child == child]) == ([child], ["started"])
    assert await status(house, child) is RUNNING
    assert await agenda(house, child) == before
    assert house.record.outbox(child) == post
    assert child not in (await Comparison(house.client, house.record).of([child, well])).missing
    assert (await look_over(house.client, house.record, whole=True))[1] == []


async def test_who_has_left_is_not_started_again(house: House) -> None:
    child = await in_care(house)
    await send_batch(house.client, child, told(child, f"{ago(0)} ceased_to_be_looked_after #out"))
    await house.client.get_workflow_handle(workflow_id(child)).result()
    troubles = await Comparison(house.client, house.record).of([child])
    assert (troubles.ended, troubles.missing) == ([child], [])
    assert await keep_running(house.client, house.record, [child]) == []


async def test_a_journey_that_lacks_events_of_the_record_is_begun_anew_with_them(house: House) -> None:
    child = await in_care(house)
    [event] = told(child, f"{ago(1)} ppm_held #ppm")
    known = KnownEvent(known_at=datetime.now(UTC), event=document_of(event))
    house.record.write(RecordEntry(child=child, decided_at=datetime.now(UTC), events=[known]))

    troubles = await Comparison(house.client, house.record).at_start()
    assert troubles.behind == [child]
    [outcome] = (await look_over(house.client, house.record))[1]

    assert (outcome.child, outcome.what) == (child, "replaced")
    assert await known_events(house.client, child) == {f"{child}-in", f"{child}-ppm"}


async def test_a_journey_held_quiet_is_quiet_when_it_is_begun_anew_and_wakes_at_its_time(house: House) -> None:
    child, until = new_child(), datetime.now(UTC) + timedelta(days=3)
    quiet = Load("a-load", until)
    await send_batch(house.client, child, told(child, f"{ago(90)} became_looked_after #in"), load=quiet)
    await lost(house, child)

    assert (await restart(house.client, child)).what == "started"

    assert house.record.outbox(child) == []
    view = await house.client.get_workflow_handle_for(ChildJourney.run, workflow_id(child)).query(ChildJourney.journey)
    assert view is not None
    assert view.next_change_at is not None
    assert view.next_change_at <= until
    terms = house.record.terms(child)
    assert terms is not None
    assert terms.quiet is not None
    assert terms == Terms(policy="ppm-procedure", quiet=(terms.quiet[0], until), load="a-load")


async def test_a_load_of_what_the_record_knows_starts_the_journey_that_does_not_run(house: House) -> None:
    child = await in_care(house)
    own = {child: told(child, f"{ago(60)} became_looked_after #in")}
    await lost(house, child)
    for restarted, unchanged in ((1, 0), (0, 1)):
        loaded = await load_histories(
            house.client, house.record, own, Load("again"), lambda *_: [], lambda done, total: None
        )
        assert (loaded.restarted, loaded.unchanged) == (restarted, unchanged)
    assert await status(house, child) is RUNNING


async def test_an_event_answered_known_over_http_has_a_journey_that_runs(house: House) -> None:
    child = new_child()
    async with calling(house.folder / "intake", house.client, house.record) as caller:
        assert await caller.outcomes([entry(child)]) == ["taken"]
        await lost(house, child)
        assert await caller.outcomes([entry(child)]) == ["known"]
    assert await status(house, child) is RUNNING


async def test_a_policy_that_the_service_does_not_have_any_more_is_said(house: House) -> None:
    child = new_child()
    [event] = told(child, f"{ago(5)} became_looked_after #in policy=of-another-county")
    known = KnownEvent(known_at=datetime.now(UTC), event=document_of(event))
    house.record.write(RecordEntry(child=child, decided_at=datetime.now(UTC), events=[known]))
    outcome = await restart(house.client, child)
    assert outcome.what == "failed"
    assert "'of-another-county' is unknown" in outcome.why


async def test_a_broken_run_is_replaced_when_asked_and_what_had_reached_it_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Yesterday's release slept before all else; today's cannot replay what it left behind."""
    record, settings = CaseRecord.open(f"sqlite:///{tmp_path / 'record.db'}"), Settings(default_policy="ppm-procedure")
    async with EmbeddedServer(tmp_path / "server", ui=False, in_memory=True, grpc_port=own_port()) as server:
        client = await connect(server.address)
        journey = client.get_workflow_handle(workflow_id("X-1"))
        BROKEN.add(journey.id)
        with monkeypatch.context() as yesterday:
            yesterday.setattr("worker.WORKFLOWS", [WithAnotherTimerFirst])
            async with build_worker(client, record, Policies.load(), settings):
                await client.start_workflow(
                    ChildJourney.run, args=[None, JourneyOptions()], id=journey.id, task_queue=TASK_QUEUE
                )
                await journey.signal(CASE_EVENTS, documents(f"{ago(20)} became_looked_after #in"))
                async with asyncio.timeout(60):
                    while not record.history("X-1"):
                        await asyncio.sleep(0.05)
        await journey.signal(CASE_EVENTS, documents(f"{ago(1)} ppm_held #ppm"))
        async with build_worker(client, record, Policies.load(), settings):
            troubles, done = await look_over(client, record, whole=True)
            assert (troubles.silent, done) == (["X-1"], [])

            assert (await replace(client, record, "X-1")).what == "replaced"

            async with asyncio.timeout(60):
                while await known_events(client, "X-1") != {"X-1-in", "X-1-ppm"}:
                    await asyncio.sleep(0.05)
            runs = [run.status async for run in client.list_workflows(f'WorkflowId="{journey.id}"')]
            assert sorted(one.name for one in runs if one) == ["RUNNING", "TERMINATED"]
    assert verify(record.engine).faults == []
    record.close()


async def test_what_is_kept_as_rejected_by_now_is_not_sent_on_again(tmp_path: Path) -> None:
    """On 29 November 2026 each repetition of a move had it rejected and told once more."""
    record = CaseRecord.open(f"sqlite:///{tmp_path / 'record.db'}")
    async with EmbeddedServer(tmp_path / "server", ui=False, in_memory=True, grpc_port=own_port()) as server:
        client = await connect(server.address)
        journey = client.get_workflow_handle_for(ChildJourney.run, workflow_id("X-1"))
        await client.start_workflow(
            ChildJourney.run, args=[None, JourneyOptions()], id=journey.id, task_queue=TASK_QUEUE
        )
        [good], bad = documents(f"{ago(20)} became_looked_after #in"), {"id": ["bad"], "type": "no_such"}
        for signal in (bad, [good, bad], []):
            await journey.signal(CASE_EVENTS, args=[signal])  # no worker reads them
        await journey.terminate()
        assert len(await not_taken(client, record, journey, "X-1")) == 3

        now = datetime.now(UTC)
        rejected = [Rejected(at=now, source="signal", reason="no event type", payload=bad)]
        known = [KnownEvent(known_at=now, event=good)]
        record.write(RecordEntry(child="X-1", decided_at=now, events=known, rejected=rejected))
        [left] = await not_taken(client, record, journey, "X-1")
        assert await client.data_converter.decode(left) == [[]]

        changed = {**good, "note": "another"}
        await client.start_workflow(
            ChildJourney.run, args=[None, JourneyOptions()], id=journey.id, task_queue=TASK_QUEUE
        )
        await journey.signal(CASE_EVENTS, args=[changed])  # of that id, and other content
        await journey.terminate()
        assert len(await not_taken(client, record, journey, "X-1")) == 1
    record.close()


def documents(text: str) -> list[dict[str, object]]:
    return [document_of(event) for event in told("X-1", text)]
