"""A journey that a load of histories starts: its first messages are gathered, at once or when the quiet is over."""

import asyncio
from datetime import UTC, datetime

import pytest

from record.store import OutboxItem
from tests.domain.story import london
from tests.workflows.house import PATIENCE, House, Life, new_child, story
from workflows.child_journey import ChildJourney
from workflows.protocol import RECORD_EVENTS, TASK_QUEUE, Answer, JourneyOptions, workflow_id

pytestmark = pytest.mark.server
HISTORY = """
    2025-11-03 became_looked_after
    2025-11-28 review_held
"""
LOADED = london("2026-03-10", "14:00")


async def begin(house: House, happened: str = HISTORY, quiet_until: datetime | None = None) -> Life:
    """A journey started with its history, as a load does it."""
    child = new_child()
    offset = LOADED - datetime.now(UTC)
    options = JourneyOptions(clock_offset=offset, load="import-903-2026-03-10", quiet_until=quiet_until)
    handle = await house.client.start_workflow(
        ChildJourney.run, args=[story(child, happened), options], id=workflow_id(child), task_queue=TASK_QUEUE
    )
    life = Life(house, child, handle, offset)
    async with asyncio.timeout(PATIENCE):
        while await life.ask(ChildJourney.journey) is None:
            await asyncio.sleep(0.02)
    return life


async def queued(house: House, child: str) -> list[OutboxItem]:
    """What stands in the outbox once anything does: a journey shows what it decided before that is written."""
    async with asyncio.timeout(PATIENCE):
        while not (items := house.record.outbox(child)):
            await asyncio.sleep(0.02)
    return items


def states(items: list[OutboxItem]) -> set[str]:
    return {item.state for item in items}


async def test_what_it_tells_first_is_gathered_and_what_follows_is_not(house: House) -> None:
    life = await begin(house)
    assert (await life.view()).rag == "red"
    first = await queued(house, life.child)
    assert states(first) == {"gathered"}
    assert len({(item.action_key, item.role) for item in first}) == len(first)
    await life.forward("2026-04-10")
    later = house.record.outbox(life.child)[len(first) :]
    assert later
    assert states(later) == {"pending"}


async def test_quiet_holds_all_until_its_day(house: House) -> None:
    life = await begin(house, quiet_until=london("2026-03-24", "09:00"))
    view = await life.view()
    assert view.rag == "red"
    assert "second-review" in view.overdue
    assert house.record.outbox(life.child) == []
    await life.forward("2026-03-23")
    assert house.record.outbox(life.child) == []
    await life.tell("2026-03-12 review_held")
    await life.forward("2026-03-24", "10:00")
    items = house.record.outbox(life.child)
    assert states(items) == {"gathered"}
    assert not any("/second-review/" in item.action_key for item in items)
    assert any("initial-ppm" in item.action_key for item in items)


async def test_a_batch_of_a_load_for_a_running_journey_is_gathered_too(house: House) -> None:
    life = await begin(house, "2026-03-09 became_looked_after")
    before = len(house.record.outbox(life.child))
    events = story(life.child, "2026-03-10 placed_for_adoption")
    answer: Answer = await life.handle.execute_update(
        RECORD_EVENTS, args=[events, None, "import-903-2026-03-10"], result_type=Answer
    )
    assert answer.sent == 1
    assert states(house.record.outbox(life.child)[before:]) == {"gathered"}
