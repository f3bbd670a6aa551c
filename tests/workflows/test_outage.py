"""After an outage of days people get what is true now, once: on the real server, by the real workflow.

The server's skipped time does not run on while a worker is away. So a journey's clock leaps instead: a run takes over
what another handed on weeks before, as it would find itself after an outage of everything.
"""

import asyncio
from datetime import UTC, datetime

import pytest

from activities.models import BankHolidays, Rulebook
from domain.clocks.even_load import SPREAD_OVER, share_of
from tests.domain.story import Live, calendar, events, london
from tests.fewer import MORE
from tests.workflows.house import PATIENCE, House, Life, new_child
from tests.workflows.test_record_down import Fragile, house, path, record, until_attempt
from workflows.child_journey import ChildJourney
from workflows.protocol import TASK_QUEUE, Carried, JourneyOptions, workflow_id

__all__ = ["house", "path", "record"]

pytestmark = pytest.mark.server

PPM = "ppm-procedure"
WENT_DOWN = london("2026-01-08")
MISSED = ["initial-ppm/1 reminder 1", "initial-ppm/1 reminder 2", "initial-ppm/1 escalation 1"]


async def back_at(house: House, day: str, at: str, **options: object) -> Life:
    """A journey that was down from 8 January until an instant."""
    child = new_child()
    live = Live(PPM)
    live.journey.child = child
    live.told(
        london("2026-01-05"), [e.model_copy(update={"child": child}) for e in events("2026-01-05 became_looked_after")]
    )
    book = Rulebook(policy=live.resolve(PPM), holidays=BankHolidays.of(calendar()), default_policy=PPM, policies=[PPM])
    carried = Carried(state=live.journey.state(), rulebook=book)
    offset = london(day, at) - datetime.now(UTC)
    handle = await house.client.start_workflow(
        ChildJourney.run,
        args=[None, JourneyOptions(carried=carried, at=WENT_DOWN, clock_offset=offset, **options)],  # type: ignore[arg-type]  # what a test adds
        id=workflow_id(child),
        task_queue=TASK_QUEUE,
    )
    return Life(house, child, handle, offset)


def passed_over(life: Life) -> list[str]:
    """What the record says was skipped, in order of time."""
    skipped = [one.action for one in life.house.record.actions(life.child) if one.status == "skipped"]
    return [f"{a.obligation}/{a.occurrence} {a.kind} {a.rung}" for a in skipped]


async def told(life: Life, count: int) -> list[str]:
    """What was sent, once there is as much of it as there should be."""
    async with asyncio.timeout(PATIENCE):
        while len(life.sent()) < count:
            await asyncio.sleep(0.02)
    await life.until(lambda view: view.next_change_at is None or view.next_change_at > datetime.now(UTC) + life.offset)
    return life.sent()


async def test_after_three_weeks_the_highest_rung_and_the_latest_reminder_go_once(house: House) -> None:
    life = await back_at(house, "2026-01-28", "10:00")
    assert await told(life, 2) == ["first-review/1 reminder 1", "initial-ppm/1 escalation 2"]
    assert passed_over(life) == MISSED
    decided = {one.decided_at for one in house.record.actions(life.child)}
    assert {instant.date().isoformat() for instant in decided} == {"2026-01-28"}
    assert {one.action.at for one in house.record.actions(life.child) if one.status == "sent"} == {
        london("2026-01-26", "09:00")
    }
    await life.forward("2026-02-03")
    assert life.sent()[2:] == ["first-review/1 reminder 2", "initial-ppm/1 escalation 3", "first-review/1 escalation 1"]


async def test_an_outage_of_hours_loses_nothing_and_repeats_nothing(house: House) -> None:
    life = await back_at(house, "2026-01-12", "17:30")
    assert await told(life, 1) == ["initial-ppm/1 reminder 1"]
    assert passed_over(life) == []
    await life.forward("2026-01-16")
    assert life.sent() == ["initial-ppm/1 reminder 1", "initial-ppm/1 reminder 2"]


async def test_back_after_the_due_date_and_before_the_first_rung_nobody_is_reminded(house: House) -> None:
    life = await back_at(house, "2026-01-20", "08:00")
    await life.until(lambda view: view.overdue == ["initial-ppm"])
    assert life.sent() == []
    async with asyncio.timeout(PATIENCE):
        while passed_over(life) != MISSED[:2]:
            await asyncio.sleep(0.02)
    await life.forward("2026-01-20", "10:00")
    assert life.sent() == ["initial-ppm/1 escalation 1"]


async def test_a_journey_of_the_running_service_wakes_its_share_later(house: House) -> None:
    life = await back_at(house, "2026-01-12", "08:00", spread=SPREAD_OVER)
    share = share_of(life.child, SPREAD_OVER)
    await life.forward("2026-01-12", "10:00")
    assert life.sent() == ["initial-ppm/1 reminder 1"]
    recorded = next(one for one in house.record.actions(life.child))
    assert recorded.action.at == london("2026-01-12", "09:00")
    assert 0 <= (recorded.decided_at - recorded.action.at - share).total_seconds() < 2
    assert recorded.decided_at.utcoffset() == UTC.utcoffset(None)


async def test_while_the_record_is_down_the_clock_runs_and_nothing_is_told_twice(house: House, record: Fragile) -> None:
    """From Friday 09:00 until noon; with PERMANENCE_MORE=1, after a thousand retries, until Tuesday."""
    day, at, attempts = ("2026-01-20", "10:00", 1000) if MORE else ("2026-01-16", "12:00", 20)
    life = await house.begin("2026-01-05 became_looked_after", london("2026-01-05"))
    await life.forward("2026-01-16", "08:59")
    record.down = True
    try:
        moving = asyncio.create_task(life.forward(day, at))
        await until_attempt(life, attempts)
    finally:
        record.down = False
    await asyncio.wait_for(moving, 60)
    assert life.sent() == MISSED if MORE else MISSED[:2]
    assert passed_over(life) == []
