"""Whatever reaches a journey, or starts one: it is taken, refused in words or kept, and the next event is served."""

import asyncio
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowFailureError
from temporalio.common import RawValue
from temporalio.service import RPCError

from domain import refusals
from domain.case.documents import parse_event
from domain.case.events import Event
from domain.decision import Decision
from domain.journey import Journey
from journeys.sending import send_batch
from tests.domain.story import london
from tests.replay.every_server import BROKEN
from tests.workflows.house import PATIENCE, House, Life, new_child, story
from workflows import rulebook
from workflows.protocol import CASE_EVENTS, TASK_QUEUE, WORKFLOW_TYPE, workflow_id
from workflows.scheduled import SCHEDULED_TYPE
from workflows.standing import STANDING_TYPE

pytestmark = pytest.mark.server

ENTRY = "2026-01-05 became_looked_after"
MORNING = london("2026-01-05")
FAILED = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
EMOJI = "\N{GRINNING FACE}"


async def ends_with(house: House, kind: str, run_id: str, *args: Any) -> str:
    """How a run that is started so ends: in the words of its failure, or as it says."""
    handle = await house.client.start_workflow(kind, args=args, id=run_id, task_queue=TASK_QUEUE)
    try:
        return str(await asyncio.wait_for(handle.result(), PATIENCE))
    except WorkflowFailureError as failed:
        return str(getattr(failed.cause, "message", failed.cause))
    finally:
        history = await handle.fetch_history()
        assert FAILED not in [event.event_type for event in history.events]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x", "y"], "options: cannot be read (all of them)"),
        ([1, 2], "options: cannot be read (all of them)"),
        ([[], {"spread": "now and then"}], "options: cannot be read (spread)"),
        ([None, {"clock_offset": "P9000Y"}], "options: "),
        ([None, {"quiet_until": "2026-01-05T09:00:00"}], "a time is out of reach or has no zone"),
        ([None, {"carried": {"state": 1}}], "options: cannot be read (carried)"),
        ([None, None, 3, 4], "4 arguments"),
        (["an event, please"], "'stage': 'none'"),
        ([RawValue(Payload(metadata={"encoding": b"strange"}, data=b"\xff"))], "'stage': 'none'"),
    ],
)
async def test_a_run_started_with_wrong_arguments_ends_in_words_and_the_child_can_begin(
    house: House, arguments: list[Any], said: str
) -> None:
    child = new_child()
    assert said in await ends_with(house, WORKFLOW_TYPE, workflow_id(child), *arguments)
    delivery = await send_batch(house.client, child, [parse_event(story(child, ENTRY)[0])])
    assert delivery.answer
    assert delivery.answer.stage == "looked_after"


async def test_events_that_come_with_a_wrong_start_are_kept(house: House) -> None:
    child = new_child()
    entry = story(child, ENTRY)
    await ends_with(house, WORKFLOW_TYPE, workflow_id(child), entry, "options")
    assert [one.rejected.payload for one in house.record.rejected(child)] == [entry]


async def test_a_run_of_no_child_and_a_process_without_work_end_in_words(house: House) -> None:
    assert "workflow id: accepted" in await ends_with(house, WORKFLOW_TYPE, f"of-{new_child()}")
    assert "an object of activity" in await ends_with(house, STANDING_TYPE, "standing-odd", "work")
    assert "an object of activity" in await ends_with(house, STANDING_TYPE, "standing-none")
    assert "2 arguments" in await ends_with(house, SCHEDULED_TYPE, "scheduled-odd", {}, 1)


async def test_a_team_of_180_emoji_is_shown_shortened(house: House) -> None:
    child = new_child()
    life = await house.begin([story(child, ENTRY)[0] | {"team": EMOJI * 180}], MORNING, child=child)
    assert (await life.attributes())["Team"] == EMOJI * 166 + "..."
    assert (await life.view()).team == EMOJI * 180
    assert (await life.tell("2026-01-05 ppm_held")).stage == "ppm"


async def test_a_signal_of_3000_events_is_kept_as_rejected_with_the_limit_and_others_are_served(house: House) -> None:
    life = await house.begin(ENTRY, MORNING)
    one = story(life.child, "2026-01-05 plan_tracked progress=on_track")[0]
    await life.handle.signal(CASE_EVENTS, [one | {"id": f"{life.child}-{n}"} for n in range(3_000)])
    view = await life.until(lambda view: view.rejections == 1)
    assert view.rejected[0].reason == "3000 events; accepted at once: up to 1000"
    assert view.rejected[0].payload["kept"] == "in the case record"
    await life.shows("RejectedEvents", 1)  # written after the record
    [kept] = house.record.rejected(life.child)
    assert len(kept.rejected.payload) == 3_000
    assert (await life.tell("2026-01-05 ppm_held")).stage == "ppm"


async def test_a_meeting_of_3000_children_is_refused_as_an_update_and_kept_as_a_signal(house: House) -> None:
    life = await house.begin(ENTRY, MORNING)
    meeting = story(life.child, "2026-01-05 ppm_held")[0]
    meeting["plans"] = {f"C-{n}": {"primary_plan": "adoption"} for n in range(3_000)}
    assert "plans: 3000 entries; accepted: up to 50" in await life.refused(meeting)
    await life.handle.signal(CASE_EVENTS, meeting)
    assert (await life.until(lambda view: view.rejections == 1)).stage == "looked_after"
    assert await life.counted(FAILED) == 0


async def test_an_update_of_two_megabytes_and_a_half_is_refused_and_others_are_served(house: House) -> None:
    life = await house.begin(ENTRY, MORNING)
    note = story(life.child, "2026-01-05 plan_tracked progress=on_track")[0] | {"note": token_urlsafe(2_500_000)}
    with pytest.raises(RPCError, match="payload size of in-flight updates"):
        await life.handle.execute_update("record_events", args=[note], rpc_timeout=timedelta(seconds=20))
    assert (await life.tell("2026-01-05 ppm_held")).stage == "ppm"
    assert await life.counted(FAILED) == 0


async def test_a_message_on_which_the_program_fails_is_refused_or_kept_and_changes_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def step(self: Journey, now: Any, batch: list[Event] = ()) -> Decision:  # type: ignore[assignment]  # as its own
        if any(event.note == "odd" for event in batch):
            self.known.clear()
            raise KeyError("a rule that nobody thought through")
        return honest(self, now, batch)

    honest = Journey.step
    monkeypatch.setattr(Journey, "step", step)
    life: Life = await house.begin(ENTRY, MORNING)
    BROKEN.add(life.handle.id)  # a program that does not fail on it would take the signal, and so replay otherwise
    odd = story(life.child, "2026-01-05 ppm_held")[0] | {"note": "odd"}

    assert "the program failed on it (KeyError), and nothing changed" in await life.refused(odd)
    await life.handle.signal(CASE_EVENTS, odd)
    view = await life.until(lambda view: view.rejections == 1)

    assert (view.events, view.stage) == (1, "looked_after")
    assert "the program failed on it (KeyError)" in view.rejected[0].reason
    assert (await life.tell("2026-01-05 ppm_held")).stage == "ppm"
    assert await life.counted(FAILED) == 0


async def test_a_message_of_which_no_policy_can_be_told_is_refused_or_kept_and_changes_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 242 corrections, each of the one before, raised RecursionError here on 29 November 2026: outside of every guard.
    def after(journey: Journey, batch: list[Event], *others: Any) -> str | None:
        if any(event.note == "odd" for event in batch):
            raise RecursionError("a chain that nobody thought of")
        return honest(journey, batch, *others)

    honest = refusals.policy_after
    monkeypatch.setattr(rulebook, "policy_after", after)
    life: Life = await house.begin(ENTRY, MORNING)
    BROKEN.add(life.handle.id)  # as above
    await life.tell("2026-01-05 ppm_held #met")
    odd = story(life.child, "2026-01-05 ppm_held")[0] | {"note": "odd", "corrects": f"{life.child}-met"}

    assert "the program failed on it (RecursionError), and nothing changed" in await life.refused(odd)
    await life.handle.signal(CASE_EVENTS, odd)
    view = await life.until(lambda view: view.rejections == 1)

    assert (view.events, view.stage) == (2, "ppm")
    assert (await life.tell("2026-01-05 review_held")).stage == "first_review"
    assert await life.counted(FAILED) == 0


async def test_what_is_nested_or_numbered_without_end_is_kept(house: House) -> None:
    life = await house.begin(ENTRY, MORNING)
    deep = b"[" * 60 + b"]" * 60
    for data in (deep, b"1" * 5_000, b'{"note": "\\ud800"}', b'{"note": NaN}'):
        raw = RawValue(Payload(metadata={"encoding": b"json/plain"}, data=data))
        await life.handle.signal(CASE_EVENTS, raw)
    await life.until(lambda view: view.rejections == 4)
    assert await life.counted(FAILED) == 0
