"""A long journey goes on in a new run of the same workflow, and nothing of it is lost on the way."""

import asyncio
import gc
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import EventType
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.models import BankHolidays, PolicyBefore, Rulebook
from domain.case.calendar import end_of
from domain.journey import Journey
from domain.journey_state import JourneyState
from domain.policy.loading import Policies
from domain.study.simulation import EventLine, Simulation, batches, by_child, calendar_for
from local.driver import Driver
from record.entries import KnownEvent, Rejected, Terms
from tests.domain.story import case_lines, london
from tests.fewer import MORE
from tests.replay.every_server import BROKEN
from tests.replay.histories import replay
from tests.workflows.house import PATIENCE, UPSERTED, House, Life, Pause, SmallServer, house_in, story
from workflows import beginning, ways
from workflows.protocol import CASE_EVENTS, Carried, JourneyOptions, SiblingTold

pytestmark = pytest.mark.server

NEW_RUN_AFTER = 25
OF_A_WORKED_JOURNEY = 60
"""Later: to begin anew at every second wake shows no more than at every fifth."""
BORN = date(2025, 6, 2)
CONTINUED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
ENTRY = "2026-01-05 became_looked_after"
TEN = london("2026-01-05", "10:00")


@pytest_asyncio.fixture(scope="module")
async def small(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house whose server suggests a new run after few history events."""
    folder = tmp_path_factory.mktemp("small")
    async with house_in(folder, SmallServer(folder, new_run_after=NEW_RUN_AFTER)) as up:
        yield up


async def until_new_run(life: Life) -> None:
    """Say things of no consequence until the journey goes on in a new run."""
    before = await life.run_id()
    for number in range(60):
        await life.tell(f"2026-01-05 person_assigned #n{before[-6:]}-{number} role=iro contact=iro-02@example.org")
        if await life.run_id() != before:
            return
    raise AssertionError("no new run")


async def test_a_new_run_begins_when_the_server_suggests_it(small: House) -> None:
    life = await small.begin(ENTRY, TEN)
    first = await life.run_id()

    await until_new_run(life)

    old = [
        event async for event in small.client.get_workflow_handle(life.handle.id, run_id=first).fetch_history_events()
    ]
    assert old[-1].event_type == CONTINUED
    assert NEW_RUN_AFTER <= len(old) < NEW_RUN_AFTER + 15


async def test_what_it_shows_is_the_same_before_and_after(small: House) -> None:
    life = await small.begin(ENTRY, TEN)
    await life.forward("2026-01-20")
    page = await life.page()
    attributes, agenda = await life.attributes(), await life.agenda()

    await until_new_run(life)

    assert await life.attributes() == attributes
    assert await life.agenda() == agenda
    assert await life.page() == page


async def test_the_same_search_attributes_are_not_written_again(small: House) -> None:
    life = await small.begin(ENTRY, TEN)
    await until_new_run(life)
    await life.tell("2026-01-05 care_proceedings_issued")
    assert await life.counted(UPSERTED) == 0


async def test_what_a_run_was_started_with_is_not_kept_in_memory(small: House) -> None:
    life = await small.begin(ENTRY, TEN)
    await until_new_run(life)
    assert (await life.view()).stage  # the new run has begun

    gc.collect()
    models = [one for one in gc.get_objects() if type(one) is Carried and one.state.child == life.child]
    raw = [one["carried"] for one in gc.get_objects() if type(one) is dict and type(one.get("carried")) is dict]

    assert not models
    assert life.child not in [one["state"]["child"] for one in raw]


async def test_what_was_overdue_before_and_is_met_after_is_taken_off_the_lists(small: House) -> None:
    life = await small.begin(ENTRY, TEN)
    await life.forward("2026-01-20")
    assert (await life.attributes())["Overdue"] == ["initial-ppm"]
    await until_new_run(life)

    await life.tell("2026-01-20 ppm_held")

    assert (await life.view()).overdue == []
    assert (await life.attributes()).get("Overdue") is None
    listed = f'WorkflowId="child-{life.child}" AND ExecutionStatus="Running" AND Overdue="initial-ppm"'
    assert await small.found(listed, expected=set()) == set()


async def test_events_taken_before_are_known_after(small: House) -> None:
    life = await small.begin(ENTRY, TEN)
    await life.tell("2026-01-05 ppm_held #ppm")
    await until_new_run(life)

    answer = await life.tell("2026-01-05 ppm_held #ppm")

    assert (answer.taken, answer.known) == ([], [f"{life.child}-ppm"])
    assert life.recorded().count("ppm_held") == 1


async def test_what_was_sent_before_is_not_sent_again_and_the_rest_follows(small: House) -> None:
    life = await small.begin(ENTRY, TEN)
    await life.forward("2026-01-20")
    sent = life.sent()
    assert sent == ["initial-ppm/1 reminder 1", "initial-ppm/1 reminder 2", "initial-ppm/1 escalation 1"]

    await until_new_run(life)
    await life.forward("2026-01-26")

    pause = Pause()
    async with asyncio.timeout(PATIENCE):
        while len(life.sent()) < 5:  # it shows what it decides before that is in the record
            await pause()
    assert life.sent()[:3] == sent
    assert sorted(life.sent()[3:]) == ["first-review/1 reminder 1", "initial-ppm/1 escalation 2"]


async def test_rejected_events_waivers_and_a_policy_adopted_come_along(small: House) -> None:
    life = await small.begin(ENTRY, TEN)
    await life.handle.signal(CASE_EVENTS, {"bad": "payload"})
    await life.tell("2026-01-05 policy_adopted policy=quick-guide")
    await life.tell("2026-01-05 obligation_waived obligation=ppm")
    before = await life.view()
    assert (before.rejections, before.policy) == (1, "quick-guide")
    assert (await life.agenda())["ppm/1"].status == "waived"

    await until_new_run(life)

    after = await life.view()
    assert (after.rejections, after.rejected, after.policy) == (1, before.rejected, "quick-guide")
    assert (await life.agenda())["ppm/1"].status == "waived"
    await life.handle.signal(CASE_EVENTS, {"bad": "again"})
    await life.shows("RejectedEvents", 2)
    assert (await life.view()).rejections == 2


async def test_numbers_given_to_occurrences_stay(small: House) -> None:
    life = await small.begin(f"{ENTRY}\n2026-01-05 ppm_held", TEN)
    await life.tell("2026-01-05 drift_identified #first")
    await life.tell("2026-01-05 drift_identified #second")
    assert {"further-ppm/1", "further-ppm/2"} <= set(await life.agenda())
    await life.tell(f"2026-01-05 event_voided event={life.child}-first")

    await until_new_run(life)

    assert "further-ppm/2" in await life.agenda()
    assert "further-ppm/1" not in await life.agenda()
    await life.tell("2026-01-05 drift_identified #third")
    assert {"further-ppm/2", "further-ppm/3"} <= set(await life.agenda())


@pytest.mark.drawn("case", "policy", "until")
@pytest.mark.parametrize(
    ("case", "policy", "until"),
    [
        ("adoption-ppm-procedure", "ppm-procedure", date(2026, 5 if MORE else 3, 31)),
        ("siblings-quick-guide", "quick-guide", date(2026, 5, 31 if MORE else 1)),
    ],
)
async def test_a_worked_journey_of_many_runs_tells_what_simulate_tells(
    tmp_path_factory: pytest.TempPathFactory, case: str, policy: str, until: date
) -> None:
    lines = [EventLine(number, event) for number, event in enumerate(case_lines(case), 1)]
    end = end_of(until)
    expected = [a for one in Simulation(Policies.load(), policy).run(lines, until).values() for a in one.actions]
    folder = tmp_path_factory.mktemp("runs")
    async with house_in(folder, SmallServer(folder, new_run_after=OF_A_WORKED_JOURNEY), policy=policy) as house:
        driver = Driver(house.client, policy=policy, nominal=True)
        known = [line for line in lines if line.event.known_from <= end]
        for child, own in by_child(known).items():
            await driver.live(child, batches(line.event for line in own), lambda: end)
        runs = [run async for run in house.client.list_workflows('ExecutionStatus="ContinuedAsNew"')]
        sent = [one.action for one in house.record.actions() if one.status == "sent" and one.action.at <= end]

    assert len(runs) > 2
    assert sorted(sent, key=lambda a: a.order) == sorted(expected, key=lambda a: a.order)


async def test_the_demos_journeys_stay_in_the_run_that_began_today(small: House) -> None:
    """A new run would begin at the moved clock: the UI's list of the demo once had starts two years ahead."""
    child = "CLA-1001"
    events = case_lines("adoption-ppm-procedure")
    lived = batches([event for event in events if event.known_from <= end_of(date(2026, 3, 31))])

    await Driver(small.client, policy="ppm-procedure", nominal=False).live(child, lived, lambda: london("2026-04-01"))

    [run] = [run async for run in small.client.list_workflows(f'WorkflowId="child-{child}"')]
    assert run.start_time <= datetime.now(UTC)
    assert (await small.client.get_workflow_handle(run.id).describe()).history_length > 2 * NEW_RUN_AFTER


async def test_what_arrives_while_one_run_gives_way_to_the_next_is_taken_once_and_none_refused(small: House) -> None:
    """Four messages at once, a signal and updates, and four more as soon as the updates are answered."""
    life = await small.begin(ENTRY, TEN)
    runs = set[str]()

    async def send(name: str, *, by_signal: bool) -> None:
        happened = story(life.child, f"2026-01-05 person_assigned #{name} role=iro contact=iro-02@example.org")
        if by_signal:
            await life.handle.signal(CASE_EVENTS, happened)
        else:
            answer = await life.tell(happened)
            assert [*answer.taken, *answer.known] == [f"{life.child}-{name}"]

    waves = [[f"{wave}-{number}" for number in range(4)] for wave in range(10)]
    for wave in waves:
        await asyncio.gather(*(send(name, by_signal=place == 2) for place, name in enumerate(wave)))
        runs.add(await life.run_id())

    sent = sorted(f"{life.child}-{name}" for wave in waves for name in wave)
    assert (await life.until(lambda view: view.events == len(sent) + 1)).rejections == 0
    assert sorted(known.event["id"] for known in small.record.history(life.child)[1:]) == sent
    assert len(runs) > 3


async def test_a_run_gives_way_at_a_length_of_our_own_too(small: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beginning, "LONG_HISTORIES", [(20, ways.SHORT_RUNS)])
    life = await small.begin(ENTRY, TEN)
    BROKEN.add(life.handle.id)  # at any other length than that of this test
    first = await life.run_id()

    await until_new_run(life)

    old = await small.client.get_workflow_handle(life.handle.id, run_id=first).fetch_history()
    assert ways.SHORT_RUNS.encode() not in b"".join(event.SerializeToString() for event in old.events)
    await replay(old, converter=small.client.data_converter)


# Every field


def journey_with_everything() -> Journey:
    """A journey of which no part of the state is empty."""
    policies = Policies.load()
    journey = Journey("CLA-1", policies.resolve("ppm-procedure"), calendar_for(BORN, BORN))
    for instant, events in batches(case_lines("adoption-ppm-procedure")[:10]):
        journey.step(instant, events)
    return journey


def filled(value: Any) -> bool:
    return value not in (None, "", [], {}, 0, (), timedelta())


def carried() -> JourneyOptions:
    journey = journey_with_everything()
    state = journey.state().model_copy(update={"waived": {1: [("plan-tracking", 2, "w1")]}})
    now = datetime.fromisoformat("2026-04-01T09:00:00+00:00")
    state = state.model_copy(update={"quiet": (now, now)})
    book = Rulebook(
        policy=journey.policy,
        holidays=BankHolidays.of(journey.calendar),
        default_policy="ppm-procedure",
        policies=["ppm-procedure", "quick-guide"],
        history=[KnownEvent(known_at=now, event={"id": "a"})],
        settled=["1/initial-ppm/1/2026-01-07/reminder/1"],
        terms=Terms(policy="ppm-procedure", quiet=(now, now), load="load-1"),
        woken=True,
        before=[PolicyBefore(until=now, policy=journey.policy)],
        lived=state,
    )
    rejected = Rejected(at=now, source="signal", reason="why", payload={"any": ["thing", 1]})
    return JourneyOptions(
        policy="ppm-procedure",
        clock_offset=timedelta(days=-100, microseconds=7),
        nominal=True,
        at=now,
        spread=timedelta(minutes=9),
        load="load-1",
        quiet_until=now,
        restart=True,
        in_one_run=True,
        carried=Carried(
            state=state,
            rulebook=book,
            rejected=[rejected],
            rejections=3,
            siblings=[SiblingTold(child="CLA-2", event="told:CLA-2:m", reached=False)],
        ),
    )


async def test_every_field_that_is_carried_comes_back_from_a_payload() -> None:
    options = carried()
    assert options.carried
    for model in (options, options.carried, options.carried.state, options.carried.rulebook):
        empty = [name for name in type(model).model_fields if not filled(getattr(model, name))]
        assert empty == [], f"{type(model).__name__}: fill {empty} here, so that a loss would show"

    [back] = await pydantic_data_converter.decode(await pydantic_data_converter.encode([options]), [JourneyOptions])

    assert back == options


def test_a_state_restored_is_the_journey_it_was_taken_from() -> None:
    journey = journey_with_everything()
    options = carried()
    assert options.carried
    state: JourneyState = options.carried.state
    now = datetime.fromisoformat("2026-04-01T09:00:00+00:00")

    back = Journey.restore(
        JourneyState.model_validate_json(state.model_dump_json()), journey.policy, journey.calendar, now
    )

    assert back.state() == state
    assert back.stage == journey.stage
    assert [o.key for o in back.occurrences if o.waived_on] == []
