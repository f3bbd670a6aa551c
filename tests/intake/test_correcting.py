"""A case system corrects what it sent: one act over a socket, and what hangs on it changes with it."""

import json
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
import pytest_asyncio
from cloudevents.core.bindings.http import to_structured_event

from tests.domain.story import london
from tests.intake.service import Caller, calling
from tests.intake.test_http import cloud_event
from tests.workflows.house import House, Life, house_in, story

pytestmark = pytest.mark.server
MONDAY = london("2026-01-05", "10:00")


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house_in(tmp_path_factory.mktemp("house")) as up:
        yield up


@pytest_asyncio.fixture(scope="module")
async def caller(house: House) -> AsyncIterator[Caller]:
    async with calling(house.folder / "intake", house.client, house.record) as one:
        yield one


async def sent(caller: Caller, life: Life, happened: str) -> dict[str, Any]:
    """What the intake answers of the one event of a story about the child."""
    answer = await caller.post(story(life.child, happened)[0])
    assert answer.status_code == 202, answer.text
    [result] = answer.json()["results"]
    return dict(result)


async def test_a_corrected_meeting_stops_the_reminder_of_the_wrong_one(house: House, caller: Caller) -> None:
    """Held on Friday the 9th and not on Wednesday the 7th: decisions are due on the 16th; on the 13th nobody hears."""
    life = await house.begin("2026-01-05 became_looked_after #in", MONDAY)
    await life.forward("2026-01-09", "16:00")
    assert (await sent(caller, life, "2026-01-07 ppm_held #wrong"))["outcome"] == "taken"
    assert (await life.agenda())["ppm-decisions-sent/1"].due == date(2026, 1, 14)

    right = cloud_event(story(life.child, f"2026-01-09 ppm_held #right corrects={life.child}-wrong")[0])
    message = to_structured_event(right)
    answer = await caller.http.post(
        "/events", content=message.body, headers={**message.headers, **caller.authorization}
    )
    [result] = answer.json()["results"]
    assert (result["outcome"], result["corrects"]) == ("taken", f"{life.child}-wrong")

    agenda = await life.agenda()
    assert agenda["initial-ppm/1"].met_on == date(2026, 1, 9)
    assert "ppm-decisions-sent/1" not in agenda
    assert agenda["ppm-decisions-sent/2"].due == date(2026, 1, 16)
    await life.forward("2026-01-15")
    reminded = [line for line in life.sent() if line.startswith("ppm-decisions-sent")]
    assert reminded == ["ppm-decisions-sent/2 reminder 1"]
    days = {a.action.at.date() for a in house.record.actions(life.child) if a.action.obligation == "ppm-decisions-sent"}
    assert days == {date(2026, 1, 15)}
    assert (await caller.post(json.loads(message.body)["data"])).json()["results"][0]["outcome"] == "known"


async def test_a_wrong_correction_is_refused_in_words_and_changes_nothing(house: House, caller: Caller) -> None:
    life = await house.begin("2026-01-05 became_looked_after #in", MONDAY)
    other = await house.begin("2026-01-05 became_looked_after #in", MONDAY)
    await life.forward("2026-01-09", "16:00")
    child = life.child
    await sent(caller, life, "2026-01-07 ppm_held #wrong")
    await sent(caller, life, f"2026-01-08 ppm_held #right corrects={child}-wrong")
    known, of_other = caller.known(child), f"{other.child}-in"
    for correction, said in (
        (f"2026-01-09 ppm_held #a corrects={child}-nothing", f"corrects: '{child}-nothing' is no event of the child"),
        (f"2026-01-09 ppm_held #b corrects={of_other}", f"corrects: '{of_other}' is no event of the child"),
        (f"2026-01-09 ppm_held #c corrects={child}-wrong", f"by {child}-right already; accepted: {child}-right"),
        (f"2026-01-09 ppm_held #d corrects={child}-in", "for which no ppm_held stands in; accepted: pre_proc"),
        (f"2026-01-01 ppm_held #e corrects={child}-right", "before the child's entry; accepted: 2026-01-05 or later"),
    ):  # fmt: skip
        result = await sent(caller, life, correction)
        assert result["outcome"] == "rejected"
        assert said in result["reasons"][0], result
        assert f"event {result['id']} (ppm_held): " in result["reasons"][0], result
    assert caller.known(child) == known
    assert (await life.agenda())["initial-ppm/1"].met_on == date(2026, 1, 8)
    unreadable = await caller.post({**story(child, "2026-01-09 ppm_held #f")[0], "corrects": "two words"})
    assert "corrects" in unreadable.json()["results"][0]["reasons"][0]


async def test_a_voiding_that_arrives_before_its_joint_meeting_voids_it_for_both(house: House, caller: Caller) -> None:
    lives = [await house.begin("2026-01-05 became_looked_after #in", MONDAY) for _ in range(2)]
    for life in lives:
        await life.forward("2026-01-09", "16:00")
    one, two = (life.child for life in lives)
    assert (await sent(caller, lives[0], f"2026-01-09 event_voided #void event={one}-ppm"))["outcome"] == "taken"
    plans = json.dumps({two: {"primary_plan": "adoption"}}).replace(" ", "")
    assert (await sent(caller, lives[0], f"2026-01-07 ppm_held #ppm plans={plans}"))["outcome"] == "taken"
    assert [(await life.agenda())["initial-ppm/1"].met_on for life in lives] == [None, None]
    assert {f"{one}-void", f"{one}-ppm"} <= set(caller.known(two))
