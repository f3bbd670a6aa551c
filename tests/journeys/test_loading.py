"""Many histories loaded into the running service, cut off and loaded again."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.service import RPCError

from domain import limits
from domain.case.calendar import local_date
from domain.case.documents import document_of
from domain.case.events import Event
from domain.case.facts import Known
from intake.returns import events_of_returns
from journeys import loading
from journeys.loading import IN_HAND, Loaded, first_messages_at, load_histories, load_of
from journeys.sending import Load
from local.server import EmbeddedServer
from record.store import CaseRecord
from service.connection import connect
from service.ports import own_port
from service.settings import Settings
from synthetic.caseload import caseload
from synthetic.returns import write_returns
from tests.domain.story import events, london, policies
from tests.journeys.stuck import stuck_journey, until_refused
from tests.workflows.house import House, house_in
from worker import build_worker
from workflows.child_journey import ChildJourney
from workflows.protocol import TASK_QUEUE, JourneyOptions, workflow_id

TODAY = local_date(datetime.now(UTC))
LOAD = Load("a load of the tests")


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A server in real time, as a load meets it."""
    folder = tmp_path_factory.mktemp("house")
    server = EmbeddedServer(folder, ui=False, in_memory=True, grpc_port=own_port())
    async with house_in(folder, server) as up:
        yield up


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Event]]:
    """A caseload's returns, imported."""
    folder = tmp_path_factory.mktemp("returns")
    write_returns(caseload(16, seed=5, today=TODAY), folder, TODAY)
    return events_of_returns(folder, policies(), "ppm-procedure", TODAY).events


def _of(child: str, happened: str) -> list[Event]:
    """The events of a story, told of a child, with ids of the child's own."""
    return [event.model_copy(update={"child": child, "id": f"{child}-{event.id}"}) for event in events(happened)]


def not_there_yet(events: Sequence[Event], known: Iterable[Known]) -> list[list[Event]]:
    """The events that a journey does not have yet."""
    there = {k.event.id for k in known}
    fresh = [event for event in events if event.id not in there]
    return [fresh] if fresh else []


async def load(house: House, children: dict[str, list[Event]], by: Load = LOAD) -> Loaded:
    seen: list[tuple[int, int]] = []
    loaded = await load_histories(
        house.client, house.record, children, by, not_there_yet, lambda *far: seen.append(far)
    )
    assert seen[-1] == (len(children), len(children))
    return loaded


def kept(house: House, children: Iterable[str]) -> dict[str, list[str]]:
    """The ids the record has of each child."""
    return {child: sorted(known.event["id"] for known in house.record.history(child)) for child in children}


def sent(children: dict[str, list[Event]]) -> dict[str, list[str]]:
    return {child: sorted(event.id for event in own) for child, own in children.items()}


@pytest.mark.server
async def test_a_load_cut_off_and_begun_anew_leaves_each_child_with_all_of_it_once(
    house: House, histories: dict[str, list[Event]]
) -> None:
    cut_off = asyncio.create_task(load(house, histories))
    while len(house.record.children()) < 5:
        await asyncio.sleep(0.02)
    cut_off.cancel()
    await asyncio.gather(cut_off, return_exceptions=True)
    loaded = await load(house, histories)
    assert loaded.refusals == []
    assert loaded.done == len(histories)
    assert loaded.unchanged >= 5
    assert kept(house, histories) == sent(histories)
    again = await load(house, histories)
    assert (again.started, again.added_to, again.unchanged) == (0, 0, len(histories))
    assert kept(house, histories) == sent(histories)
    assert {item.state for item in house.record.outbox()} == {"gathered"}


@pytest.mark.server
async def test_what_a_journey_does_not_know_yet_is_added(house: House) -> None:
    own = [event.model_copy(update={"child": "L-1"}) for event in events("2025-11-03 became_looked_after #l1")]
    first = await load(house, {"L-1": own})
    assert first.started == 1
    more = [*own, *(e.model_copy(update={"child": "L-1"}) for e in events("2025-11-28 review_held #l2"))]
    assert (await load(house, {"L-1": more})).added_to == 1
    assert kept(house, ["L-1"]) == {"L-1": ["l1", "l2"]}


@pytest.mark.server
async def test_what_an_earlier_load_had_started_and_no_worker_had_taken_is_waited_for(tmp_path: Path) -> None:
    own = {f"W-{n}": _of(f"W-{n}", "2025-11-03 became_looked_after #w1\n2025-11-28 review_held #w2") for n in (1, 2, 3)}
    server = EmbeddedServer(tmp_path, ui=False, in_memory=True, grpc_port=own_port())
    async with server:
        client = await connect(server.address)
        for child, happened in own.items():  # and the load that did so was killed, no worker being there
            await client.start_workflow(
                ChildJourney.run,
                args=[[document_of(event) for event in happened], JourneyOptions(load=LOAD.name)],
                id=workflow_id(child),
                task_queue=TASK_QUEUE,
            )
        record = CaseRecord.open(f"sqlite:///{tmp_path / 'case-record.db'}")
        again = asyncio.create_task(load_histories(client, record, own, LOAD, not_there_yet, lambda *far: None))
        await asyncio.sleep(1)
        assert not again.done()
        async with build_worker(client, record, policies(), Settings()):
            loaded = await again
        assert (loaded.started, loaded.unchanged, loaded.refusals, loaded.waiting) == (0, 3, [], 0)
        record.close()


@pytest.mark.server
async def test_a_load_waits_for_its_journeys_so_that_little_of_it_is_before_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {f"H-{n}": _of(f"H-{n}", "2025-11-03 became_looked_after #h1") for n in range(3 * IN_HAND)}
    server = EmbeddedServer(tmp_path, ui=False, in_memory=True, grpc_port=own_port())
    async with server:
        client = await connect(server.address)
        with closing(CaseRecord.open(f"sqlite:///{tmp_path / 'case-record.db'}")) as record:
            begun = asyncio.create_task(load_histories(client, record, own, LOAD, not_there_yet, lambda *far: None))
            await asyncio.sleep(2)  # long enough for all of them, were they not held back
            assert (await client.count_workflows("WorkflowType='ChildJourney'")).count == IN_HAND
            async with build_worker(client, record, policies(), Settings()):
                loaded = await begun
            assert (loaded.started, loaded.waiting) == (3 * IN_HAND, 0)
            nobody = {f"N-{n}": _of(f"N-{n}", "2025-11-03 became_looked_after #n1") for n in range(2 * IN_HAND)}
            monkeypatch.setattr(loading, "STUCK_AFTER", 1.0)
            loaded = await load_histories(client, record, nobody, LOAD, not_there_yet, lambda *far: None)
            assert (loaded.started, loaded.waiting) == (0, 2 * IN_HAND), "where nobody works, all wait on the server"


@pytest.mark.server
async def test_what_a_journey_cannot_take_is_said(house: House) -> None:
    nothing = [event.model_copy(update={"child": "L-2"}) for event in events("2025-11-28 review_held #l3")]
    [refusal] = (await load(house, {"L-2": nothing})).refusals
    assert refusal.startswith("L-2: event l3 (review_held): type: the child has no journey yet")
    bad = [
        event.model_copy(update={"child": "L-3"})
        for event in events("2025-11-03 became_looked_after #l4\n2025-10-01 review_held #l5")
    ]
    [refusal] = (await load(house, {"L-3": bad})).refusals
    assert refusal.startswith("L-3: event l5 (review_held): on: 2025-10-01 is before the child's entry")
    more = _of("L-3", "2025-10-02 review_held #early\n2025-12-01 ceased_to_be_looked_after #left")
    [refusal] = (await load(house, {"L-3": more}, Load("piece by piece", piecemeal=True))).refusals
    assert "L-3-early" in refusal
    assert kept(house, ["L-3"])["L-3"] == ["L-3-left", "l4"], "the ending gets through"


@pytest.mark.server
@pytest.mark.slow
async def test_a_stuck_journey_is_named_and_keeps_no_other_child_from_what_is_new(house: House) -> None:
    children = {child: _of(child, "2025-11-03 became_looked_after #in") for child in ("A-STUCK", "B-WELL", "C-WELL")}
    await load(house, children)
    await house.client.get_workflow_handle(workflow_id("A-STUCK")).terminate()
    more = {child: [*own, *_of(child, "2025-11-28 review_held #r")] for child, own in children.items()}
    async with stuck_journey(house.client, "A-STUCK"):
        await until_refused(house.client, "A-STUCK")
        [refusal] = (await load(house, more)).refusals
    assert refusal.startswith("A-STUCK: its journey's workflow tasks fail: `permanence status A-STUCK` says why")
    assert kept(house, children) == sent(more) | {"A-STUCK": ["A-STUCK-in"]}


@pytest.mark.server
async def test_a_server_that_is_gone_ends_a_load(tmp_path: Path) -> None:
    async with EmbeddedServer(tmp_path, ui=False, in_memory=True, grpc_port=own_port()) as server:
        client = await connect(server.address)
        with closing(CaseRecord.open(f"sqlite:///{tmp_path / 'case-record.db'}")) as record:
            own = {"G-1": _of("G-1", "2025-11-03 became_looked_after #g1")}
            server.kill()
            with pytest.raises(RPCError):
                await load_histories(client, record, own, LOAD, not_there_yet, lambda *far: None)


@pytest.mark.parametrize(
    ("quiet_until", "now", "first"),
    [
        (None, "2026-11-25 14:00", None),
        (None, "2026-11-28 11:00", "2026-11-30 09:00"),
        (None, "2026-12-24 18:00", None),
        (None, "2026-12-25 11:00", "2026-12-29 09:00"),
        ("2026-12-07", "2026-11-25 14:00", "2026-12-07 09:00"),
        ("2026-12-05", "2026-11-25 14:00", "2026-12-07 09:00"),
        ("2026-11-25", "2026-11-25 14:00", None),
        ("2026-11-25", "2026-11-25 07:00", "2026-11-25 09:00"),
        ("2026-11-20", "2026-11-25 14:00", None),
    ],
)
def test_when_a_load_may_tell(quiet_until: str | None, now: str, first: str | None) -> None:
    day = date.fromisoformat(quiet_until) if quiet_until else None
    assert first_messages_at(day, london(*now.split())) == (london(*first.split()) if first else None)


def test_what_is_a_history() -> None:
    now = london("2026-11-25")

    def of(happened: str) -> Load | None:
        return load_of(events(happened), "intake", now)

    assert of("2026-11-01 became_looked_after\n2026-11-24 review_held") == Load("intake-2026-11-25")
    assert of("2026-11-20 became_looked_after") is None
    assert of("2026-11-01 review_held") is None
    assert load_of(events("2026-11-24 became_looked_after"), "send", now, date(2026, 12, 7)) == Load(
        "send-2026-11-25", london("2026-12-07", "09:00")
    )


@pytest.mark.server
async def test_a_history_larger_than_a_message_goes_in_parts_and_comes_to_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = _of(
        "L-PARTS",
        """
        2026-03-02 plan_tracked progress=on_track #t2
        2026-01-05 became_looked_after #in
        2026-01-16 ppm_held primary_plan=adoption contingency_plan=kinship_care #ppm
        2026-01-20 ppm_decisions_uploaded #up
        2026-01-28 review_held #first
        2026-02-10 plan_tracked progress=drifting #t1
        2026-04-20 review_held plan_agreed=true #second
        """,
    )
    monkeypatch.setattr(limits, "MESSAGE_EVENTS", 3)
    loaded = await load(house, {"L-PARTS": history})
    monkeypatch.undo()
    others = {"L-WHOLE": [event.model_copy(update={"child": "L-WHOLE"}) for event in history]}
    await load(house, others)

    assert (loaded.started, loaded.refusals) == (1, [])
    assert kept(house, ["L-PARTS"]) == sent({"L-PARTS": history})
    rows = {}
    for child in ("L-PARTS", "L-WHOLE"):
        journey = house.client.get_workflow_handle_for(ChildJourney.run, workflow_id(child))
        rows[child] = [
            (row.obligation, row.occurrence, row.due, row.status, row.met_on)
            for row in await journey.query(ChildJourney.agenda)
        ]
    assert rows["L-PARTS"] == rows["L-WHOLE"]
    assert house.record.actions("L-PARTS") == [], "quiet until all of it is there"
