"""A policy adopted by a part of the caseload, on a real server: foreseen, resumed after a kill, accounted for."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
import pytest_asyncio

from domain.case.documents import parse_event
from domain.clocks.rules import Policy
from domain.policy.loading import PolicyFile
from domain.study.how_often import Foresight
from domain.study.simulation import EventLine
from domain.study.take_up import Change, as_foreseen
from journeys.caseload import CaseloadRow
from journeys.family import family_of
from journeys.no_journey import NoJourney
from journeys.sending import addressed
from journeys.taking_up import STANDS_STILL, Left, Part, TakeUpStopped, adopt, chosen, preview_caseload
from journeys.whole import whole_journey
from service.locate import NoService
from tests.domain.story import law, london, next_version, raw_events
from tests.journeys.stuck import stuck_journey, unasked_journey
from tests.local.programs import quick
from tests.servers import named_to_programs
from tests.system.forked import Forked
from tests.workflows.house import House, Life, house_in, new_child
from tools.faults.programs import environment

pytestmark = pytest.mark.server

TEN = london("2026-01-05", "10:00")
WHO, WHY = "a service manager", "agreed by the board"


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house_in(tmp_path_factory.mktemp("adopting")) as up:
        yield up


async def team(house: House, name: str, size: int) -> list[Life]:
    """Journeys of a team, a week into care, listed by the server."""
    lives = [await house.begin(f"2026-01-05 became_looked_after team={name}", TEN) for _ in range(size)]
    await asyncio.gather(*(life.forward("2026-01-14") for life in lives))
    await house.until_found(f'Team="{name}"', expected={life.child for life in lives})
    return lives


def newer(house: House) -> tuple[PolicyFile, Policy]:
    """The procedure with a week for the initial meeting, as its next version."""
    file = house.policies.file("ppm-procedure")
    second = next_version(file, due=[{"weeks": 1}])
    return second, house.policies.with_file(second).resolve("ppm-procedure")


def quiet(_done: int, _total: int) -> None:
    """No progress shown."""


async def rows_of(house: House, name: str) -> list[CaseloadRow]:
    return await chosen(house.client, Part(team=name))


async def previewed(house: House, rows: list[CaseloadRow], policy: Policy) -> list[Change]:
    """What a preview says of each journey, none of them being left."""
    seen = await preview_caseload(house.client, rows, policy, 4, quiet)
    changes = [each.change for each in seen if isinstance(each, Foresight)]
    assert len(changes) == len(seen)
    return changes


async def test_what_was_foreseen_is_what_happens_with_author_and_reason(house: House) -> None:
    lives = await team(house, "North", 3)
    file, guide = house.policies.file("quick-guide"), house.policies.resolve("quick-guide")
    rows = await rows_of(house, "North")
    before = [await life.agenda() for life in lives]
    foreseen = await previewed(house, rows, guide)
    assert [await life.agenda() for life in lives] == before, "a preview changes nothing"

    done = await adopt(house.client, rows, file, guide, WHO, WHY, quiet)

    for one, expected in zip(done, foreseen, strict=True):
        assert one.change is not None
        assert as_foreseen(expected, one.change)
        assert one.problems == ()
        assert {gone.why for gone in one.change.gone} == {"not_in_policy"}
        [event] = [k.event for k in house.record.history(one.child) if k.event["type"] == "policy_adopted"]
        assert (event["by"], event["note"], event["version"]) == (WHO, WHY, guide.version)
        sent = [a.action for a in house.record.actions(one.child) if a.action.at >= london("2026-01-14", "11:00")]
        assert one.sent == len(expected.sent)
        assert [(a.obligation, a.kind, a.rung) for a in sent] == [(a.obligation, a.kind, a.rung) for a in expected.sent]


async def killed_midway(house: House, name: str) -> None:
    """The command at work on a team's journeys, killed as soon as it says that some are done."""
    log = house.folder / "adopting.log"
    log.touch()
    words = ("policy", "adopt", "quick-guide", "--team", name, "--by", WHO, "--reason", WHY)
    adopting = Forked("cli", *words, env=environment(house.folder, **named_to_programs(house.server)), log=log)
    async with asyncio.timeout(60):
        while "Adopting" not in log.read_text("utf-8"):
            assert adopting.poll() is None, log.read_text("utf-8")
            await asyncio.sleep(0.002)
    adopting.kill()
    await asyncio.to_thread(adopting.wait)


async def test_an_adoption_that_was_killed_goes_on_where_it_was(house: House) -> None:
    lives = await team(house, "South", 6)
    file, guide = house.policies.file("quick-guide"), house.policies.resolve("quick-guide")
    rows = await rows_of(house, "South")
    await killed_midway(house, "South")

    done = await adopt(house.client, rows, file, guide, WHO, WHY, quiet)

    assert any(one.already for one in done)
    assert [one.problems for one in done] == [()] * 6
    assert {(await life.view()).policy for life in lives} == {"quick-guide"}
    assert [life.recorded().count("policy_adopted") for life in lives] == [1] * 6
    again = await adopt(house.client, rows, file, guide, WHO, WHY, quiet)
    assert all(one.already for one in again)


async def test_adopting_goes_on_past_journeys_that_fail_or_give_no_answer_and_names_them(house: House) -> None:
    """The one that is known to fail is not asked; another is asked in vain, first and as one of the rest."""
    lives = await team(house, "Stuck", 2)
    file, guide = house.policies.file("quick-guide"), house.policies.resolve("quick-guide")
    failing, silent, children = new_child(), {"gone-first", "gone-later"}, [life.child for life in lives]
    well = await rows_of(house, "Stuck")
    first, later = (replace(well[0], child=child) for child in sorted(silent))
    async with stuck_journey(house.client, failing):
        rows = [first, replace(well[0], child=failing, stuck="failing"), *well, later]
        done = await adopt(house.client, rows, file, guide, WHO, WHY, quiet)
    left = {one.child: one.left for one in done if one.left}
    assert left.keys() == {failing, *silent}
    assert left[failing] == STANDS_STILL
    assert all(f"no journey is known for {child!r}" in str(left[child]) for child in silent)
    assert sorted(one.child for one in done if one.change and not one.problems) == sorted(children)
    assert {(await life.view()).policy for life in lives} == {"quick-guide"}
    with pytest.raises(NoService, match="no journey answered; of the first: no journey is known for 'gone-first'"):
        await adopt(house.client, [first, later], file, guide, WHO, WHY, quiet)


async def test_one_journey_that_cannot_be_asked_is_left_and_named_and_the_others_adopt(house: House) -> None:
    """One of 1,070 was still moving when it was asked, on 28 November 2026, and ended the command that asked all."""
    [life] = await team(house, "Moving", 1)
    file, guide = house.policies.file("quick-guide"), house.policies.resolve("quick-guide")
    [well], moving = await rows_of(house, "Moving"), new_child()
    rows = [replace(well, child=moving), well]
    lines = [EventLine(1, parse_event(raw)) for raw in raw_events(f"2026-01-09 event_voided @{moving} event=gone")]
    why = f"the journey of {moving!r} cannot be read just now; ask again in a moment"
    async with unasked_journey(house.client, moving):
        seen = await preview_caseload(house.client, rows, guide, 4, quiet)
        done = await adopt(house.client, rows, file, guide, WHO, WHY, quiet)
        with pytest.raises(NoService, match=f"no journey answered; of the first: {why}"):
            await adopt(house.client, rows[:1], file, guide, WHO, WHY, quiet)
        with pytest.raises(NoService, match=why):
            await family_of(house.client, moving)
        with pytest.raises(NoService, match=why):  # else nobody would tell the brother that it is taken back
            await addressed(house.client, lines)
    assert seen[0] == Left(moving, why)
    assert isinstance(seen[1], Foresight)
    assert [(one.child, one.left) for one in done] == [(moving, why), (life.child, None)]
    assert (await life.view()).policy == "quick-guide"


async def test_a_version_the_service_has_not_read_touches_nothing(house: House) -> None:
    [life] = await team(house, "East", 1)
    file, policy = newer(house)
    rows = await rows_of(house, "East")
    with pytest.raises(TakeUpStopped, match="no journey was touched"):
        await adopt(house.client, rows, file, policy, WHO, WHY, quiet)
    unknown = file.model_copy(update={"id": "newtown"})
    newtown = house.policies.with_file(unknown).resolve("newtown")
    with pytest.raises(TakeUpStopped, match="does not have newtown@3"):
        await adopt(house.client, rows, unknown, newtown, WHO, WHY, quiet)
    assert (await life.view()).events == 1


async def test_a_policy_is_not_adopted_before_it_is_in_force(house: House) -> None:
    [life] = await team(house, "West", 1)
    file, policy = newer(house)
    later = file.model_copy(update={"effective_from": date(2026, 4, 1)})
    rows = await rows_of(house, "West")
    with pytest.raises(TakeUpStopped, match="in force from 1 April 2026; adopt it from that day on"):
        await adopt(house.client, rows, later, policy, WHO, WHY, quiet)
    assert (await life.view()).events == 1
    [change] = await previewed(house, rows, policy)
    assert [(moved.was.obligation, moved.days) for moved in change.moved] == [("initial-ppm", -7)]


async def test_a_newer_version_is_adopted_once_the_service_has_read_it(house: House) -> None:
    [life] = await team(house, "Centre", 1)
    file, policy = newer(house)
    before = dict(house.policies._files)
    house.policies._files["ppm-procedure"] = file
    house.policies._resolved.clear()
    try:
        [one] = await adopt(house.client, await rows_of(house, "Centre"), file, policy, WHO, WHY, quiet)
    finally:
        house.policies._files = before
        house.policies._resolved.clear()
    assert one.change is not None
    assert (one.change.from_version, one.change.to_version, one.problems) == (
        f"ppm-procedure@2+{law()}",
        f"ppm-procedure@3+{law()}",
        (),
    )
    assert (await life.agenda())["initial-ppm/1"].due == date(2026, 1, 12)
    assert (await life.view()).policy_version == policy.version


async def test_a_journey_is_taken_over_whole_with_its_own_time(house: House) -> None:
    [life] = await team(house, "Far", 1)
    whole = await whole_journey(house.client, life.child)
    assert abs(whole.now - london("2026-01-14")) < timedelta(minutes=5)
    assert {f"{o.obligation.id}/{o.number}" for o in whole.journey.occurrences} == set(await life.agenda())
    with pytest.raises(NoJourney, match="no journey is known for 'nobody'"):
        await whole_journey(house.client, "nobody")
    with pytest.raises(NoJourney, match="no running journey fits: nobody"):
        await chosen(house.client, Part(children=("nobody",)))


async def test_the_running_service_explains_itself_with_what_was_truly_sent(house: House) -> None:
    [life] = await team(house, "Near", 1)
    asked = ("explain", "--child", life.child, "--obligation", "initial-ppm", "--json")
    said = await asyncio.to_thread(quick, house.folder, *asked, **named_to_programs(house.server))
    assert (said.code, said.err) == (0, "")
    assert (said.json["row"]["due"], said.json["limits"][0]["base"]) == ("2026-01-19", "2026-01-05")
    first, second = said.json["steps"][:2]
    assert (first["fate"], first["at"]) == ("decided", "2026-01-12T09:00:00+00:00")
    assert first["decided_at"] >= first["at"]
    assert second["fate"] == "planned"


async def test_the_running_service_says_what_it_knew_on_a_day_beside_what_it_knows_now(house: House) -> None:
    """Told on 14 January that the meeting was held on the 12th: on the 13th nobody knew, and it was to be held."""
    [life] = await team(house, "Then", 1)
    await life.tell("2026-01-12 ppm_held")
    asked = ("explain", "--child", life.child, "--obligation", "initial-ppm", "--known-on")
    at = named_to_programs(house.server)
    said = await asyncio.to_thread(quick, house.folder, *asked, "2026-01-13", "--json", **at)
    assert (said.code, said.err) == (0, "")
    then, now = said.json["then"]["explained"], said.json["now"]["explained"]
    assert (then["row"]["status"], now["row"]["status"], now["row"]["met_on"]) == ("due_soon", "met", "2026-01-12")
    assert said.json["differs"] is True
    assert [one["type"] for one in said.json["others"]] == ["ppm_held"]
    ahead = await asyncio.to_thread(quick, house.folder, *asked, "2026-03-01", **at)
    assert (ahead.code, "is ahead of 2026-01-14" in ahead.err) == (2, True)
