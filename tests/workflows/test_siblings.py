"""A pair of sisters on the real server: a joint meeting, one placed for adoption, and what the other hears."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.domain.story import london
from tests.workflows.house import House, Life, house_in, new_child

pytestmark = pytest.mark.server

DAY = "2026-02-02"
DECISION = "siblings-decision/1"


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house_in(tmp_path_factory.mktemp("siblings"), policy="quick-guide") as up:
        yield up


async def pair(house: House, day: str = DAY) -> tuple[Life, Life]:
    ada, bea = new_child(), new_child()
    entry = "2026-01-05 became_looked_after siblings={}"
    return (
        await house.begin(entry.format(bea), london(day), child=ada),
        await house.begin(entry.format(ada), london(day), child=bea),
    )


async def test_a_pair_lived_through(house: House) -> None:
    ada, bea = await pair(house)
    joint = {
        "type": "ppm_held", "id": f"{ada.child}-joint", "child": ada.child, "on": DAY, "primary_plan": "adoption",
        "plans": {bea.child: {"primary_plan": "long_term_fostering"}},
    }  # fmt: skip
    await ada.tell(joint)
    await bea.tell(joint)
    assert [(await life.view()).primary_plan for life in (ada, bea)] == ["adoption", "long_term_fostering"]

    await ada.tell(f"{DAY} placement_order_made\n{DAY} placed_for_adoption #move")
    heard = await bea.until(lambda view: view.events == 3)
    assert heard.siblings == [ada.child]
    assert (await bea.agenda())[DECISION].due.isoformat() == "2026-03-02"
    assert bea.recorded()[-1] == "sibling_placed_for_adoption"
    assert [heard.reached for heard in (await ada.view()).siblings_told] == [True]

    await bea.forward("2026-02-24")
    assert f"{DECISION} reminder 1" in bea.sent()
    await ada.tell(f"{DAY} event_voided event={ada.child}-move")
    await bea.until(lambda view: view.events == 4)
    assert DECISION not in await bea.agenda()
    await bea.forward("2026-03-10")
    assert [line for line in bea.sent() if line.startswith(DECISION)] == [f"{DECISION} reminder 1"]


async def test_telling_twice_is_telling_once(house: House) -> None:
    ada, bea = await pair(house)
    payload = [{"type": "placed_for_adoption", "id": f"{ada.child}-m", "child": ada.child, "on": DAY}]
    await ada.tell(payload)
    await ada.tell(payload)
    await bea.until(lambda view: view.events == 2)
    derived = next(k.event for k in house.record.history(bea.child) if k.event["type"] == "sibling_placed_for_adoption")
    await bea.tell([derived])
    assert (await bea.view()).events == 2
    assert (await bea.view()).rejections == 0


async def test_a_sister_who_has_no_journey_is_shown_as_not_told(house: House) -> None:
    child, nobody = new_child(), new_child()
    life = await house.begin(f"2026-01-05 became_looked_after siblings={nobody}", london(DAY), child=child)
    await life.tell(f"{DAY} placed_for_adoption")
    view = await life.until(lambda view: bool(view.siblings_told))
    assert [(heard.child, heard.reached) for heard in view.siblings_told] == [(nobody, False)]
    assert f"have no journey that could be told of the placement: {nobody}" in await life.page()

    later = await house.begin(f"{DAY} became_looked_after siblings={child}", london(DAY, "15:00"), child=nobody)
    await later.until(lambda view: view.events == 2)
    assert DECISION in await later.agenda()


async def test_both_placed_at_the_same_moment_tell_each_other(house: House) -> None:
    ada, bea = await pair(house)
    placed = f"{DAY} placement_order_made\n{DAY} placed_for_adoption"
    await asyncio.gather(ada.tell(placed), bea.tell(placed))
    for life in (ada, bea):
        await life.until(lambda view: view.events == 4)
        assert DECISION in await life.agenda()
