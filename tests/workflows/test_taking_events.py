"""Events reach a journey as its start, by update and by signal; what cannot be taken is refused, or kept and shown."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from math import nan
from typing import Any

import pytest
import pytest_asyncio
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus
from temporalio.common import RawValue

from domain.case.documents import parse_event
from journeys.sending import send_batch
from tests.domain.story import london, raw_events
from tests.workflows.house import CACHED, PATIENCE, UPDATED, House, Life, Pause, house_in, new_child, story
from workflows.protocol import CASE_EVENTS, JourneyView, workflow_id

pytestmark = [pytest.mark.server, pytest.mark.drawn("house")]

ENTRY = "2026-01-05 became_looked_after"
MORNING = london("2026-01-05")


@pytest_asyncio.fixture(scope="module", params=[CACHED, 0], ids=["cached", "replayed each time"])
async def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """As for other modules; and once more with a worker that keeps no journey, so that each message is a cold start.

    Which of the two is drawn for each test.
    """
    async with house_in(tmp_path_factory.mktemp("house"), cached_journeys=request.param) as up:
        yield up


async def entered(house: House) -> Life:
    return await house.begin(ENTRY, MORNING)


async def settled(life: Life) -> None:
    """Wait until it has done what its entry asks for: then it sets a timer."""
    pause = Pause()
    async with asyncio.timeout(PATIENCE):
        while not await life.counted(EventType.EVENT_TYPE_TIMER_STARTED):
            await pause()


async def rejected_in_all(life: Life, expected: int) -> JourneyView:
    """The journey, waited for until it has rejected so many payloads."""
    return await life.until(lambda view: view.rejections == expected)


async def rejected_in_record(life: Life, expected: int) -> int:
    """How many rejected payloads the case record has, waited for: it is written after the journey shows them."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while len(life.house.record.rejected(life.child)) != expected:
                await asyncio.sleep(0.02)
    return len(life.house.record.rejected(life.child))


async def test_a_journey_starts_with_a_list(house: House) -> None:
    life = await house.begin(
        """
        2026-01-05 became_looked_after
        2026-01-16 ppm_held
        """,
        london("2026-01-20"),
    )
    view = await life.view()
    assert (view.stage, view.events, view.rejections) == ("ppm", 2, 0)
    assert life.recorded() == ["became_looked_after", "ppm_held"]


async def test_a_journey_starts_with_a_single_event(house: House) -> None:
    child = new_child()
    life = await house.begin(story(child, ENTRY)[0], MORNING, child=child)
    assert (await life.view()).stage == "looked_after"


async def test_a_bad_event_of_a_history_is_kept_and_shown_and_the_rest_taken(house: House) -> None:
    child = new_child()
    history = story(child, "2026-01-05 became_looked_after\n2026-01-16 ppm_held\n2026-01-19 review_held")
    history[1]["primary_plan"] = "wait_and_see"
    history.append(story(child, "2025-01-05 review_held #too-early")[0])
    life = await house.begin(history, london("2026-01-20"), child=child)

    view = await life.until(lambda view: view.rejections == 2)

    assert (view.stage, view.events) == ("first_review", 2)
    reasons = sorted(rejected.reason for rejected in view.rejected)
    assert "primary_plan: 'wait_and_see' is not accepted" in reasons[0]
    assert "is before the child's entry" in reasons[1]
    assert await rejected_in_record(life, 2) == 2
    await life.shows("RejectedEvents", 2)


async def test_an_update_answers_with_stage_opened_and_met(house: House) -> None:
    life = await house.begin(ENTRY, london("2026-01-16"))

    answer = await life.tell("2026-01-16 ppm_held #ppm primary_plan=adoption contingency_plan=kinship_care")

    assert answer.stage == "ppm"
    assert answer.taken == [f"{life.child}-ppm"]
    assert [(ref.obligation, ref.occurrence) for ref in answer.met] == [
        ("initial-ppm", 1),
        ("permanence-plan-recorded", 1),
    ]
    assert {ref.obligation for ref in answer.opened} == {
        "plan-oversight",
        "plan-tracking",
        "ppm-decisions-sent",
        "ppm-decisions-uploaded",
    }
    assert all(ref.due.isoformat() > "2026-01-16" for ref in answer.opened)
    assert abs((answer.clock - london("2026-01-16")).total_seconds()) < 60


async def test_the_same_events_again_are_known_and_change_nothing(house: House) -> None:
    life = await entered(house)
    ppm = story(life.child, "2026-01-05 ppm_held #ppm")
    await life.tell(ppm)
    sent, history = life.sent(), len(await life.history())

    answer = await life.tell(ppm)

    assert (answer.taken, answer.known, answer.opened, answer.met, answer.sent) == (
        [],
        [f"{life.child}-ppm"],
        [],
        [],
        0,
    )
    assert life.sent() == sent
    assert len(await life.history()) - history < 8


MALFORMED: list[tuple[Any, str]] = [
    ([], "no event given; accepted: an event, or a list of events"),
    ({"type": "ppm_hled", "id": "x", "child": "T", "on": "2026-01-05"}, "did you mean ppm_held?"),
    ([{"type": "review_held", "id": "x", "child": "T", "on": "soon"}], "on: 'soon' is not accepted"),
    (["an event, please"], "an event must be one JSON object"),
    ({"type": "review_held", "id": "x", "child": "T-0", "on": "2026-01-05"}, "child: accepted here: T-"),
]


async def test_what_is_malformed_is_refused_and_leaves_nothing(house: House) -> None:
    life = await entered(house)
    await settled(life)
    before = await life.done()
    for happened, reason in MALFORMED:
        refusal = await life.refused(happened)

        assert reason in refusal
        assert await life.done() == before, reason
        assert (await life.view()).rejections == 0, reason


async def test_what_the_rules_refuse_leaves_nothing_and_takes_nothing_of_its_batch(house: House) -> None:
    life = await entered(house)
    await settled(life)
    before = await life.done()

    refusal = await life.refused(
        """
        2026-01-05 ppm_held
        2026-01-01 review_held #early
        """
    )

    assert f"event {life.child}-early (review_held): on: 2026-01-01 is before the child's entry" in refusal
    assert await life.done() == before
    assert (await life.view()).stage == "looked_after"
    assert life.recorded() == ["became_looked_after"]


async def test_a_refused_first_event_is_no_journey(house: House) -> None:
    child = new_child()

    delivery = await send_batch(house.client, child, [parse_event(story(child, "2026-01-05 review_held")[0])])

    assert delivery.refusal
    assert "the child has no journey yet; accepted first: pre_proceedings_started or became_looked_after" in (
        delivery.refusal
    )
    handle = house.client.get_workflow_handle(workflow_id(child))
    assert (await asyncio.wait_for(handle.result(), PATIENCE))["stage"] == "none"
    assert (await handle.describe()).status == WorkflowExecutionStatus.COMPLETED
    assert house.record.history(child) == []
    assert await house.found(f'WorkflowId="child-{child}" AND Stage IS NOT NULL', expected=set()) == set()


async def test_after_a_refused_first_event_the_journey_can_begin(house: House) -> None:
    child = new_child()
    await send_batch(house.client, child, [parse_event(story(child, "2026-01-05 review_held")[0])])

    delivery = await send_batch(house.client, child, [parse_event(story(child, ENTRY)[0])])

    assert delivery.refusal is None
    assert delivery.answer
    assert delivery.answer.stage == "looked_after"


async def test_two_updates_at_once_are_both_taken(house: House) -> None:
    life = await entered(house)

    answers = await asyncio.gather(
        life.tell("2026-01-05 ppm_held #ppm"), life.tell("2026-01-05 legal_status_changed #status legal_status=C1")
    )

    assert [len(answer.taken) for answer in answers] == [1, 1]
    assert sorted(life.recorded()) == ["became_looked_after", "legal_status_changed", "ppm_held"]
    view = await life.view()
    assert (view.stage, view.legal_status, view.events) == ("ppm", "C1", 3)


async def test_the_same_event_twice_at_once_is_taken_once(house: House) -> None:
    life = await entered(house)

    answers = await asyncio.gather(*(life.tell("2026-01-05 ppm_held #ppm") for _ in range(5)))

    assert sorted(len(answer.taken) for answer in answers) == [0, 0, 0, 0, 1]
    assert sorted(len(answer.met) for answer in answers) == [0, 0, 0, 0, 2]


async def test_two_entries_at_once_begin_one_journey(house: House) -> None:
    child = new_child()
    first, second = (parse_event(story(child, f"2026-01-05 became_looked_after #{name}")[0]) for name in ("a", "b"))

    deliveries = await asyncio.gather(
        send_batch(house.client, child, [first]), send_batch(house.client, child, [second]), return_exceptions=True
    )

    taken = [d.answer.taken for d in deliveries if not isinstance(d, BaseException) and d.answer]
    refused = [d.refusal for d in deliveries if not isinstance(d, BaseException) and d.refusal]
    assert len(taken) == len(refused) == 1
    assert "the child is already looked after from 2026-01-05" in refused[0]
    assert len(house.record.history(child)) == 1


# Signals


async def test_a_signal_is_taken(house: House) -> None:
    life = await entered(house)
    await life.handle.signal(CASE_EVENTS, story(life.child, "2026-01-05 ppm_held"))
    assert (await life.until(lambda view: view.events == 2)).stage == "ppm"


async def test_of_a_signal_the_good_is_taken_and_the_bad_kept_counted_and_recorded(house: House) -> None:
    life = await entered(house)
    good, bad = story(life.child, "2026-01-05 ppm_held\n2026-01-05 review_held")
    bad |= {"attended_by": "nobody"}

    await life.handle.signal(CASE_EVENTS, [good, bad])

    view = await life.until(lambda view: view.rejections == 1)
    assert (view.stage, view.events) == ("ppm", 2)
    [rejected] = view.rejected
    assert rejected.source == CASE_EVENTS
    assert "attended_by: unknown field" in rejected.reason
    assert rejected.payload == bad
    assert await rejected_in_record(life, 1) == 1
    assert [kept.rejected for kept in house.record.rejected(life.child)] == [rejected]
    assert await house.found(f'RejectedEvents=1 AND WorkflowId="child-{life.child}"', expected={life.child})
    assert "Rejected: event" in await life.page()
    assert (await life.tell("2026-01-05 legal_status_changed legal_status=C1")).stage == "ppm"


async def test_any_payload_of_a_signal_is_kept(house: House) -> None:
    life = await entered(house)
    for number, payload in enumerate(("words", 7, [["nested"]], {"no": "event"}, [None]), 1):
        await life.handle.signal(CASE_EVENTS, payload)
        view = await rejected_in_all(life, number)
        assert view.rejected[-1].payload == (payload[0] if isinstance(payload, list) else payload)
        assert await rejected_in_record(life, number) == number
        assert [kept.rejected for kept in house.record.rejected(life.child)] == view.rejected


async def test_an_empty_signal_is_told_too(house: House) -> None:
    life = await entered(house)
    payloads: list[Any] = [None, []]
    for number, payload in enumerate(payloads, 1):
        await life.handle.signal(CASE_EVENTS, payload)
        await rejected_in_all(life, number)


NOT_JSON = RawValue(Payload(metadata={"encoding": b"json/plain"}, data=b'{"broken'))
BYTES = RawValue(Payload(metadata={"encoding": b"binary/plain"}, data=b"\xff\xfe\x00"))
UNREADABLE = RawValue(Payload(metadata={"encoding": b"binary/unheard-of"}, data=b"\x00"))
NUL_INSIDE = RawValue(Payload(metadata={"encoding": b"json/plain"}, data=b'[{"id": "\\u0000"}]'))
SURROGATE = RawValue(Payload(metadata={"encoding": b"json/plain"}, data=b'{"id": "\\ud800"}'))


ARGUMENTS: dict[str, list[Any]] = {
    "two": [["words"], "yesterday"],
    "three": [["words"], None, "more"],
    "not-json": [NOT_JSON],
    "bytes": [BYTES],
    "unreadable": [UNREADABLE],
    "surrogate": [SURROGATE],
    "nan": [{"x": nan}],
}


@pytest.mark.parametrize("name", [CASE_EVENTS, "case_evnts"])
async def test_no_signal_is_dropped_nor_stops_the_journey(house: House, name: str) -> None:
    """One after the other to one journey, which takes an update after each."""
    life = await entered(house)
    for number, (which, arguments) in enumerate(ARGUMENTS.items(), 1):
        await life.handle.signal(name, args=arguments)
        happened = f"2026-01-05 {'ppm_held' if number == 1 else 'person_assigned role=iro contact=iro-02@example.org'}"
        answer = await asyncio.wait_for(life.tell(happened), PATIENCE)
        assert (answer.stage, len(answer.taken)) == ("ppm", 1), which
        assert (await life.view()).rejections == number, which
        assert await rejected_in_record(life, number) == number, which


@pytest.mark.parametrize("payload", [BYTES, NUL_INSIDE, {"x": nan}, 7], ids=["bytes", "nul", "nan", "number"])
async def test_a_start_with_anything_else_is_no_journey(house: House, payload: object) -> None:
    child = new_child()
    handle = await house.client.start_workflow(
        "ChildJourney", args=[payload], id=workflow_id(child), task_queue="permanence"
    )
    assert (await asyncio.wait_for(handle.result(), PATIENCE))["stage"] == "none"
    assert len(house.record.rejected(child)) == 1


async def test_a_signal_of_an_unknown_name_is_kept_with_its_payload(house: House) -> None:
    life = await entered(house)
    event = story(life.child, "2026-01-05 ppm_held")[0]

    await life.handle.signal("case_evnts", args=[event, 2])

    view = await life.until(lambda view: view.rejections == 1)
    assert "'case_evnts'" in view.rejected[0].reason
    assert "accepted: case_events" in view.rejected[0].reason
    assert view.rejected[0].payload == [event, 2]
    assert view.stage == "looked_after"
    assert await rejected_in_record(life, 1) == 1
    assert [kept.rejected for kept in house.record.rejected(life.child)] == view.rejected


async def test_of_a_flood_of_bad_signals_all_are_recorded_and_the_last_shown(house: House) -> None:
    life = await entered(house)
    for number in range(30):
        await life.handle.signal(CASE_EVENTS, {"bad": number})

    view = await life.until(lambda view: view.rejections == 30)
    await life.tell("2026-01-05 legal_status_changed legal_status=C1")

    assert [rejected.payload["bad"] for rejected in view.rejected] == list(range(10, 30))
    assert await rejected_in_record(life, 30) == 30
    await life.shows("RejectedEvents", 30)


async def test_what_a_signal_brings_and_the_rules_refuse_is_kept(house: House) -> None:
    life = await entered(house)
    await life.handle.signal(CASE_EVENTS, story(life.child, "2026-03-05 review_held"))
    view = await life.until(lambda view: view.rejections == 1)
    assert "is more than a day ahead" in view.rejected[0].reason


async def test_before_any_event_a_journey_shows_nothing(house: House) -> None:
    child = new_child()
    bad = raw_events("2026-01-05 review_held")[0]
    handle = await house.client.start_workflow(
        "ChildJourney", args=[bad], id=workflow_id(child), task_queue="permanence"
    )
    await asyncio.wait_for(handle.result(), PATIENCE)
    assert await handle.query("journey") is None
    assert await handle.query("agenda") == []
    assert len(house.record.rejected(child)) == 1


async def test_an_update_leaves_one_accepted_and_one_completed(house: House) -> None:
    life = await entered(house)
    await life.tell("2026-01-05 ppm_held")
    assert await life.counted(UPDATED) == 1
