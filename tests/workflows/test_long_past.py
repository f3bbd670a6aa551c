"""A child of many years, of whom much is known, is taken up again: engine or key lost, a start after years."""

import asyncio
from datetime import timedelta

from temporalio.api.enums.v1 import EventType

from record.entries import KnownEvent, RecordEntry
from tests.domain.story import london
from tests.workflows.house import PATIENCE, House, Life, Pause, new_child, story
from workflows.child_journey import ChildJourney
from workflows.protocol import TASK_QUEUE, JourneyOptions, workflow_id

TEN_BUSY_YEARS = 600
"""Events, each of an instant of its own. On 29 November 2026 their workflow's first task took longer than the two
seconds that the SDK allows, was tried again for ever, and nobody watched the child."""


async def test_a_long_past_is_taken_up_by_one_task(house: House) -> None:
    child = new_child()
    began = london("2016-01-05")
    lived = [
        story(child, "2016-01-05 became_looked_after date_of_birth=2010-01-05")[0],
        *(
            story(child, f"{(began + timedelta(days=6 * n)).date()} {kind}")[0]
            for n in range(1, TEN_BUSY_YEARS)
            for kind in (["review_held", "ppm_held", "plan_tracked", "plan_overseen", "care_plan_updated"][n % 5],)
        ),
    ]
    for n, event in enumerate(lived):
        known = KnownEvent(known_at=began + timedelta(days=6 * n), event=event)
        house.record.write(RecordEntry(child=child, decided_at=known.known_at, events=[known]))

    handle = await house.client.start_workflow(
        ChildJourney.run, args=[None, JourneyOptions(restart=True)], id=workflow_id(child), task_queue=TASK_QUEUE
    )
    life = Life(house, child, handle, timedelta())

    pause = Pause()
    async with asyncio.timeout(PATIENCE):
        while await life.ask(ChildJourney.journey) is None:
            await pause()
    view = await life.view()
    assert (view.events, view.stage) == (TEN_BUSY_YEARS, "second_review")
    assert not [e for e in await life.history() if e.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED]
