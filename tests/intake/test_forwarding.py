"""What is in the inbox reaches its journeys, once and in order, on a real Temporal server."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from domain.case.documents import parse_event
from intake import forwarding
from intake.forwarding import AT_ONCE, Forwarder
from intake.inbox import Arrival, Inbox, Item
from intake.inbox_queue import InboxQueue
from record.entries import KnownEvent, RecordEntry
from tests.domain.story import raw_events
from tests.workflows.house import House, house_in, new_child
from workflows.child_journey import ChildJourney
from workflows.protocol import JourneyView, workflow_id

pytestmark = pytest.mark.server
TODAY = datetime.now(UTC).date()


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@dataclass
class Post:
    """The inbox, and a sender at work on it."""

    house: House
    inbox: Inbox
    deliverer: Forwarder

    def put(self, *documents: dict[str, Any]) -> list[int]:
        arrivals = [Arrival(document, "case-system", parse_event(document)) for document in documents]
        return [number for number, _ in self.inbox.store(arrivals, datetime.now(UTC))]

    def tell(self, text: str) -> list[int]:
        return self.put(*raw_events(text))

    async def sweep(self) -> None:
        while await self.deliverer.sweep():
            pass

    def item(self, number: int) -> Item:
        return self.inbox.items([number])[number]

    def states(self, numbers: list[int]) -> list[str]:
        return [self.item(number).state for number in numbers]

    async def view(self, child: str) -> JourneyView | None:
        handle = self.house.client.get_workflow_handle_for(ChildJourney.run, workflow_id(child))
        return await handle.query(ChildJourney.journey)

    async def runs(self, child: str) -> int:
        return len([run async for run in self.house.client.list_workflows(f'WorkflowId="{workflow_id(child)}"')])


@pytest_asyncio.fixture(scope="module")
async def post(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Post]:
    async with house_in(tmp_path_factory.mktemp("post")) as house:
        engine = house.record.engine
        yield Post(house, Inbox(engine), Forwarder(house.client, lambda: InboxQueue(engine)))


async def test_events_of_a_child_that_arrive_together_are_known_together(post: Post) -> None:
    child = new_child()
    numbers = post.tell(
        f"{ago(40)} review_held @{child} #{child}-r\n{ago(60)} became_looked_after @{child} #{child}-in"
    )
    assert post.states(numbers) == ["received", "received"]

    await post.sweep()

    assert post.states(numbers) == ["taken", "taken"]
    assert len({known.known_at for known in post.house.record.history(child)}) == 1


async def test_the_same_event_again_changes_nothing(post: Post) -> None:
    child = new_child()
    entry = f"{ago(3)} became_looked_after @{child} #{child}-in"
    first = post.tell(entry)
    await post.sweep()
    assert post.tell(entry) == first
    assert await post.deliverer.sweep() == 0
    assert post.states(first) == ["taken"]


async def test_an_event_that_came_another_way_is_known(post: Post) -> None:
    child = new_child()
    life = await post.house.begin(f"{ago(3)} became_looked_after #in", datetime.now(UTC), child=child)
    [taken] = post.house.record.history(life.child)
    numbers = post.put(taken.event)
    await post.sweep()
    assert post.states(numbers) == ["known"]


async def test_a_child_without_a_journey_waits_without_a_run_and_its_events_go_when_it_starts(post: Post) -> None:
    child = new_child()
    early = post.tell(f"{ago(10)} review_held @{child} #{child}-1") + post.tell(
        f"{ago(9)} ppm_held @{child} #{child}-2"
    )
    await post.sweep()
    assert post.states(early) == ["pending", "pending"]
    assert "no journey yet" in post.item(early[0]).reasons[0]
    assert await post.runs(child) == 0

    entry = post.tell(f"{ago(30)} became_looked_after @{child} #{child}-in")
    await post.sweep()

    assert post.states(early + entry) == ["taken"] * 3
    assert await post.runs(child) == 1


async def test_events_of_a_child_whose_policy_was_taken_away_wait_and_the_log_says_for_what(post: Post) -> None:
    child = new_child()
    [entry] = raw_events(f"{ago(40)} became_looked_after @{child} #{child}-in policy=newtown")
    known = KnownEvent(known_at=datetime.now(UTC), event=entry)
    post.house.record.write(RecordEntry(child=child, decided_at=known.known_at, events=[known]))
    numbers = post.tell(f"{ago(10)} review_held @{child} #{child}-r")
    with capture_logs() as logged:
        await post.sweep()
    assert post.states(numbers) == ["received"]
    [why] = [line["error"] for line in logged if line.get("child") == child and line["event"] == "inbox_not_delivered"]
    assert why.startswith(f"{child}: policy 'newtown' is unknown; known: england-statutory, ")


async def test_pending_events_go_too_when_the_journey_starts_by_another_way(post: Post) -> None:
    child = new_child()
    early = post.tell(f"{ago(1)} ppm_held @{child} #{child}-ppm")
    await post.sweep()
    assert post.states(early) == ["pending"]
    await post.house.begin(f"{ago(3)} became_looked_after", datetime.now(UTC), child=child)
    post.deliverer._woken = datetime.min.replace(tzinfo=UTC)

    await post.sweep()

    assert post.states(early) == ["taken"]


async def test_what_a_journey_refuses_is_rejected_with_the_reason_and_the_rest_is_taken(post: Post) -> None:
    child = new_child()
    numbers = post.tell(
        f"""
        {ago(30)} became_looked_after @{child} #{child}-in
        {ago(90)} review_held @{child} #{child}-before-entry
        {ago(10)} review_held @{child} #{child}-rev
        """
    )
    await post.sweep()
    assert post.states(numbers) == ["taken", "rejected", "taken"]
    [reason] = post.item(numbers[1]).reasons
    assert f"event {child}-before-entry (review_held): on" in reason


async def test_a_joint_meeting_and_its_voiding_go_to_each_child_and_each_is_told_apart(post: Post) -> None:
    one, two = new_child(), new_child()
    plans = json.dumps({two: {"primary_plan": "adoption"}}).replace(" ", "")
    [entry] = post.tell(f"{ago(20)} became_looked_after @{one} #{one}-in")
    [meeting] = post.tell(f"{ago(9)} ppm_held @{one} #{one}-ppm plans={plans}")
    await post.sweep()
    assert {d.child: d.state for d in post.item(meeting).deliveries} == {one: "taken", two: "pending"}
    assert post.item(meeting).state == "pending"

    post.tell(f"{ago(20)} became_looked_after @{two} #{two}-in")
    await post.sweep()
    assert {d.child: d.state for d in post.item(meeting).deliveries} == {one: "taken", two: "taken"}

    [voiding] = post.tell(f"{ago(1)} event_voided @{one} #{one}-void event={one}-ppm")
    await post.sweep()

    assert {d.child: d.state for d in post.item(voiding).deliveries} == {one: "taken", two: "taken"}
    for child in (one, two):
        view = await post.view(child)
        assert view is not None
        assert view.stage == "looked_after"
    assert post.item(entry).state == "taken"


async def test_an_event_after_the_end_wakes_the_journey_that_has_ended(post: Post) -> None:
    child = new_child()
    post.tell(
        f"{ago(60)} became_looked_after @{child} #{child}-in\n{ago(5)} ceased_to_be_looked_after @{child} #{child}-end"
    )
    await post.sweep()
    numbers = post.tell(f"{ago(1)} event_voided @{child} #{child}-void event={child}-end")
    await post.sweep()
    assert post.states(numbers) == ["taken"]
    view = await post.view(child)
    assert view is not None
    assert view.ended_on is None


async def test_a_rejected_event_is_amended_and_the_original_stays(post: Post) -> None:
    child = new_child()
    post.tell(f"{ago(30)} became_looked_after @{child} #{child}-in")
    [wrong] = post.tell(f"{ago(90)} review_held @{child} #{child}-rev")
    await post.sweep()
    assert post.states([wrong]) == ["rejected"]

    right = parse_event(raw_events(f"{ago(9)} review_held @{child} #{child}-rev")[0])
    number = post.inbox.amend(wrong, right, "A. Clerk", "a slip of the year", datetime.now(UTC))
    await post.sweep()

    assert post.states([wrong, number]) == ["rejected", "taken"]
    assert post.item(number).amends == wrong
    assert post.item(wrong).amended_as == number
    assert post.item(wrong).document["on"] == str(ago(90))
    assert wrong not in [item.number for item in post.inbox.listed(["rejected"])]


async def test_many_senders_at_once_apply_nothing_twice_and_keep_the_order(post: Post) -> None:
    engine = post.house.record.engine
    senders = [Forwarder(post.house.client, lambda: InboxQueue(engine)) for _ in range(4)]
    children = [new_child() for _ in range(8)]
    numbers = []
    for child in children:
        numbers += post.tell(f"{ago(30)} became_looked_after @{child} #{child}-in")
        for day in (20, 15, 10):
            numbers += post.tell(f"{ago(day)} plan_tracked @{child} #{child}-{day} progress=on_track")
        await asyncio.gather(*(sender.sweep() for sender in senders))
    for _ in range(3):
        await asyncio.gather(*(sender.sweep() for sender in senders))
    assert set(post.states(numbers)) == {"taken"}
    for child in children:
        order = [known.event["id"] for known in post.house.record.history(child)]
        assert order == [f"{child}-in", f"{child}-20", f"{child}-15", f"{child}-10"]


async def test_children_whose_journeys_are_stuck_hold_up_nobody_else(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than there are places: their journeys have no worker, and so no update is answered."""
    monkeypatch.setattr(forwarding, "ENOUGH", timedelta(seconds=5))
    stuck = [new_child() for _ in range(AT_ONCE + 2)]
    start = post.house.client.start_workflow
    runs = [await start(ChildJourney.run, id=workflow_id(child), task_queue="nobody") for child in stuck]
    numbers = [post.tell(f"{ago(3)} became_looked_after @{child} #{child}-in")[0] for child in stuck]
    child = new_child()
    [own] = post.tell(f"{ago(3)} became_looked_after @{child} #{child}-in")

    waiting: list[str] = []
    while post.states([own]) != ["taken"]:
        await post.deliverer.sweep()
        waiting = post.states(numbers)

    assert set(waiting) == {"received"}
    assert len(post.deliverer._swept) >= AT_ONCE, "they are still being asked"
    for run in runs:
        await run.terminate()
    await post.deliverer.finish()
