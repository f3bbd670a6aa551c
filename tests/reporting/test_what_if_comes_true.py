"""What a report foretells of a policy, and what happens when it is adopted: on a real server, for twelve weeks."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from datetime import date

import pytest
import pytest_asyncio

from domain.agenda import AgendaRow
from domain.case.calendar import local_date
from domain.study.foretold import WeeksAhead
from journeys.taking_up import Part, adopt, chosen
from journeys.whole import whole_journey
from record.store import RecordedAction
from reporting.what_if import Foretelling, Proposal, WhatIf
from tests.domain.story import london
from tests.workflows.house import House, Life, house_in

pytestmark = pytest.mark.server

BEGAN, ADOPTED, LAST = london("2026-01-05", "10:00"), "2026-01-28", date(2026, 4, 26)
"""LAST: the Sunday after the twelve whole weeks that follow the week of the adoption."""
STORIES = (
    "2026-01-05 became_looked_after team=Foretold",
    "2026-01-05 became_looked_after team=Foretold\n2026-01-26 ppm_held",
    "2026-01-05 became_looked_after team=Foretold date_of_birth=2008-03-10",
    "2026-01-05 became_looked_after team=Foretold policy=quick-guide",
)
"""A child of whom nothing more is recorded, one with a meeting, one who is 18 within the weeks, and one who has the
policy already."""


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house_in(tmp_path_factory.mktemp("foretold")) as up:
        yield up


async def lives_of(house: House) -> list[Life]:
    lives = [await house.begin(story.splitlines()[0], BEGAN) for story in STORIES]
    await asyncio.gather(*(life.forward(ADOPTED) for life in lives))
    for life, story in zip(lives, STORIES, strict=True):
        for line in story.splitlines()[1:]:
            await life.tell(line)
    await house.found('Team="Foretold"', expected={life.child for life in lives})
    return lives


async def foretold_of(house: House, lives: Iterable[Life]) -> WhatIf:
    """What the report says, from the record alone."""
    children = [life.child for life in lives]
    now = max([(await whole_journey(house.client, child)).now for child in children])
    proposal = Proposal.of(house.policies, "quick-guide", ["ppm-procedure"])
    return Foretelling(house.record, house.policies, "ppm-procedure", proposal).what_if(children, now)


def quiet(_done: int, _total: int) -> None:
    """No progress shown."""


def stands(rows: Iterable[AgendaRow]) -> set[object]:
    """What is open, by when, and what is told of it next."""
    return {
        (one.obligation, one.occurrence, one.due, one.status, one.forecast, one.booked_for)
        + ((local_date(one.next.at), one.next.kind, one.next.rung, tuple(one.next.to)) if one.next else ())
        for one in rows
        if one.is_open
    }


def said(weeks: WeeksAhead) -> Counter[object]:
    return Counter((one.on, one.kind, one.rung, one.due, tuple(one.to)) for one in weeks.messages)


def sent(actions: Iterable[RecordedAction], before: set[str]) -> Counter[object]:
    """What the journey told since, up to the last day."""
    return Counter(
        (local_date(one.action.at), one.action.kind, one.action.rung, one.action.due, tuple(one.action.to))
        for one in actions
        if one.status == "sent" and one.action.key not in before and local_date(one.action.at) <= LAST
    )


async def test_what_is_foretold_is_what_happens_once_the_policy_is_adopted(house: House) -> None:
    lives = await lives_of(house)
    foretold = {one.child: one.foretold for one in (await foretold_of(house, lives)).children}
    assert [foretold[life.child].adopting for life in lives] == ["adopts", "adopts", "adopts", "has"]
    before = {life.child: {one.action.key for one in house.record.actions(life.child)} for life in lives}
    for life in lives:
        assert stands((await life.agenda()).values()) == stands(foretold[life.child].today.rows), "as it is"

    rows = await chosen(house.client, Part(team="Foretold", policy="ppm-procedure"))
    guide = house.policies.resolve("quick-guide")
    done = await adopt(house.client, rows, house.policies.file("quick-guide"), guide, "a manager", "why", quiet)

    assert [one.problems for one in done] == [()] * 3
    for life in lives:
        assert stands((await life.agenda()).values()) == stands(foretold[life.child].then.rows), "as it would be"
    await asyncio.gather(*(life.forward("2026-04-26", "23:00") for life in lives))
    for life in lives:
        happened = sent(house.record.actions(life.child), before[life.child])
        assert happened == said(foretold[life.child].then), "twelve weeks of messages"
        assert happened, "there are some"
    assert all(said(foretold[life.child].today) != said(foretold[life.child].then) for life in lives[:3])
