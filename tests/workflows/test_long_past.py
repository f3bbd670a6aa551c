"""A child of many years, of whom much is known, is taken up again: engine or key lost, a start after years."""

import asyncio
from datetime import timedelta

from temporalio.api.enums.v1 import EventType

from activities.models import Rulebook
from record.entries import KnownEvent, RecordEntry
from tests.domain.story import london
from tests.fewer import MORE
from tests.workflows.house import PATIENCE, House, Life, Pause, new_child, story
from workflows.child_journey import ChildJourney
from workflows.protocol import TASK_QUEUE, JourneyOptions, workflow_id

BUSY_YEARS = 600 if MORE else 200
"""Events, each of an instant of its own. On 29 November 2026 the first task of a workflow with 600 took longer than the
two seconds that the SDK allows, was tried again for ever, and nobody watched the child. Of 200 it is seen from the
activity's answer that its workflow was spared them."""


async def test_a_long_past_is_taken_up_by_one_task(house: House) -> None:
    child = new_child()
    began = london("2016-01-05")
    lived = [
        story(child, "2016-01-05 became_looked_after date_of_birth=2010-01-05")[0],
        *(
            story(child, f"{(began + timedelta(days=6 * n)).date()} {kind}")[0]
            for n in range(1, BUSY_YEARS)
            for kind in (["review_held", "ppm_held", "plan_tracked", "plan_overseen", "care_plan_updated"][n % 5],)
        ),
    ]
    known = [KnownEvent(known_at=began + timedelta(days=6 * n), event=event) for n, event in enumerate(lived)]
    house.record.write(RecordEntry(child=child, decided_at=known[-1].known_at, events=known))

    handle = await house.client.start_workflow(
        ChildJourney.run, args=[None, JourneyOptions(restart=True)], id=workflow_id(child), task_queue=TASK_QUEUE
    )
    life = Life(house, child, handle, timedelta())

    pause = Pause()
    async with asyncio.timeout(PATIENCE):
        while await life.ask(ChildJourney.journey) is None:
            await pause()
    view = await life.view()
    assert (view.events, view.stage) == (BUSY_YEARS, "second_review")
    history = await life.history()
    assert not [e for e in history if e.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED]
    answers = [e for e in history if e.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED]
    answered = answers[0].activity_task_completed_event_attributes.result.payloads
    [book] = await house.client.data_converter.decode(answered, [Rulebook])
    assert book.lived is not None
    assert (len(book.lived.events), book.history) == (BUSY_YEARS, [])
