"""A correction is one act by every way it may come: update, signal, and for every child of a joint meeting."""

import json
from datetime import date, timedelta

import pytest

from domain.case.documents import parse_event
from domain.study.simulation import EventLine
from journeys.sending import addressed, send_batch
from service.locate import NoService
from tests.domain.story import london, raw_events
from tests.workflows.house import House, new_child, story
from workflows.protocol import CASE_EVENTS, WORKFLOW_TYPE, workflow_id

pytestmark = pytest.mark.server

ENTRY = "2026-01-05 became_looked_after #in"
TEN = london("2026-01-09", "10:00")


async def test_by_update_the_wrong_event_goes_and_the_right_one_comes(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    await life.tell("2026-01-07 ppm_held #ppm")
    assert (await life.agenda())["initial-ppm/1"].met_on == date(2026, 1, 7)
    await life.tell(f"2026-01-08 ppm_held #right corrects={life.child}-ppm")
    assert (await life.agenda())["initial-ppm/1"].met_on == date(2026, 1, 8)
    assert "ppm-decisions-sent/1" not in await life.agenda()
    assert "is corrected by" in await life.refused(f"2026-01-06 ppm_held #other corrects={life.child}-ppm")
    await life.tell(f"2026-01-09 event_voided event={life.child}-right")
    assert (await life.agenda())["initial-ppm/1"].met_on == date(2026, 1, 7)


async def test_by_signal_an_entry_is_voided_and_the_right_one_taken_and_corrected_in_turn(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    voiding = f"2026-01-09 event_voided event={life.child}-in"
    await life.handle.signal(CASE_EVENTS, story(life.child, voiding + "\n2026-01-06 became_looked_after #right"))
    view = await life.until(lambda view: view.events == 3)
    assert (view.stage, view.rejections) == ("looked_after", 0)
    assert (await life.agenda())["first-review/1"].due == date(2026, 2, 3)
    corrected = f"2026-01-07 became_looked_after #again corrects={life.child}-right"
    await life.handle.signal(CASE_EVENTS, story(life.child, corrected))
    await life.until(lambda view: view.events == 4)
    assert (await life.agenda())["first-review/1"].due == date(2026, 2, 4)


async def test_by_signal_nothing_is_voided_whose_replacement_is_refused(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    batch = f"2026-01-09 event_voided event={life.child}-in\n2026-02-06 became_looked_after corrects={life.child}-in"
    await life.handle.signal(CASE_EVENTS, story(life.child, batch + "\n2026-01-08 ppm_held"))
    view = await life.until(lambda view: view.rejections == 2)
    assert (view.stage, view.events) == ("ppm", 2)
    assert (await life.agenda())["first-review/1"].due == date(2026, 2, 2)


async def test_what_is_taken_back_waits_for_a_journey_that_cannot_say_whom_it_concerns(house: House) -> None:
    """Of a run that has not done its first task nobody knows yet whether a brother has the meeting too."""
    child = new_child()
    later = await house.client.start_workflow(
        WORKFLOW_TYPE, id=workflow_id(child), task_queue="nobody's", start_delay=timedelta(hours=1)
    )
    lines = [EventLine(1, parse_event(raw)) for raw in raw_events(f"2026-01-09 event_voided @{child} event=m")]
    with pytest.raises(NoService, match=f"the journey of '{child}' cannot be read just now"):
        await addressed(house.client, lines)
    await later.terminate()


async def test_a_corrected_joint_meeting_is_corrected_for_every_child(house: House) -> None:
    one, two = new_child(), new_child()
    lives = [await house.begin(ENTRY, TEN, child=child) for child in (one, two)]
    plans = json.dumps({two: {"primary_plan": "adoption"}}).replace(" ", "")
    for wave in (
        f"2026-01-07 ppm_held @{one} #{one}-m plans={plans}",
        f"2026-01-08 ppm_held @{one} #n corrects={one}-m",
    ):
        lines = [EventLine(1, parse_event(raw)) for raw in raw_events(wave)]
        for child, own in (await addressed(house.client, lines)).items():
            assert (await send_batch(house.client, child, own)).refusal is None
    assert [(await life.agenda())["initial-ppm/1"].met_on for life in lives] == [date(2026, 1, 8), None]


async def test_a_voiding_that_was_sent_before_its_joint_meeting_voids_it_for_every_child(house: House) -> None:
    one, two = new_child(), new_child()
    lives = [await house.begin(ENTRY, TEN, child=child) for child in (one, two)]
    plans = json.dumps({two: {"primary_plan": "adoption"}}).replace(" ", "")
    waves = [
        f"2026-01-09 event_voided @{one} #{one}-v event={one}-m reason=never-held",
        f"2026-01-07 ppm_held @{one} #{one}-m plans={plans}",
        f"2026-01-09 event_voided @{one} #{one}-w event={one}-v reason=it-was",
    ]
    met = []
    for wave in [waves[0], waves[1], waves[1], waves[2]]:
        lines = [EventLine(1, parse_event(raw)) for raw in raw_events(wave)]
        for child, own in (await addressed(house.client, lines)).items():
            assert (await send_batch(house.client, child, own)).refusal is None
        met.append([(await life.agenda())["initial-ppm/1"].met_on for life in lives])
    assert met == [[None, None]] * 3 + [[date(2026, 1, 7)] * 2]
