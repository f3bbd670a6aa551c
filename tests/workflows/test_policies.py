"""The rules a journey runs on: named at entry, moved by policy_adopted, refused when nobody knows them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest

from domain.case.documents import parse_event
from domain.policy.loading import PolicyFile
from journeys.sending import CannotTake, Reply, send_batch
from tests.domain.story import law, london, next_version
from tests.workflows.house import House, new_child, story
from workflows.protocol import workflow_id

pytestmark = pytest.mark.server

ENTRY = "2026-01-05 became_looked_after"
TEN = london("2026-01-05", "10:00")


async def test_the_entry_names_the_policy(house: House) -> None:
    life = await house.begin(f"{ENTRY} policy=quick-guide", TEN)
    assert (await life.view()).policy == "quick-guide"
    assert "initial-ppm/1" not in await life.agenda()


async def test_the_options_name_the_policy_where_events_name_none(house: House) -> None:
    life = await house.begin(ENTRY, TEN, policy="quick-guide")
    assert (await life.view()).policy == "quick-guide"
    await life.tell("2026-01-05 care_proceedings_issued")
    assert (await life.view()).policy == "quick-guide"


async def test_without_either_it_is_the_default(house: House) -> None:
    assert (await (await house.begin(ENTRY, TEN)).view()).policy == "ppm-procedure"


async def test_another_policy_is_adopted_midway(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    await life.forward("2026-01-13")
    assert life.sent() == ["initial-ppm/1 reminder 1"]
    before = await life.agenda()

    answer = await life.tell("2026-01-13 policy_adopted policy=quick-guide")

    after = await life.agenda()
    assert (await life.view()).policy == "quick-guide"
    assert "ppm" in {ref.obligation for ref in answer.opened}
    assert "initial-ppm/1" in before
    assert "initial-ppm/1" not in after
    assert after["second-review/1"].due < before["second-review/1"].due
    assert (await life.attributes())["Policy"] == "quick-guide"
    await life.forward("2026-01-30")
    assert [one for one in life.sent() if one.startswith("initial-ppm")] == ["initial-ppm/1 reminder 1"]


async def test_going_back_to_the_first_policy_sends_nothing_again(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    await life.forward("2026-01-13")
    await life.tell("2026-01-13 policy_adopted policy=quick-guide #away")
    await life.forward("2026-01-14")
    await life.tell("2026-01-14 policy_adopted policy=ppm-procedure #back")

    assert (await life.agenda())["initial-ppm/1"].due == date(2026, 1, 19)
    assert life.sent() == ["initial-ppm/1 reminder 1"]


async def test_an_adoption_is_voided(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    await life.tell("2026-01-05 policy_adopted policy=quick-guide #away")
    await life.tell(f"2026-01-05 event_voided event={life.child}-away")
    assert (await life.view()).policy == "ppm-procedure"


@pytest.mark.parametrize("event", ["2026-01-05 policy_adopted policy=nonsense", f"{ENTRY} policy=nonsense"])
async def test_an_unknown_policy_is_refused_and_the_known_ones_are_named(house: House, event: str) -> None:
    life = await house.begin(ENTRY, TEN)
    before = await life.history()

    refusal = await life.refused(event)

    assert "already looked after" in refusal or (
        "policy: 'nonsense' is unknown; accepted: england-statutory, iro-handbook, ppm-procedure, quick-guide"
        in refusal
    )
    assert (await life.view()).policy == "ppm-procedure"
    assert (await life.view()).events == 1
    assert len(await life.history()) - len(before) < 20  # two questions for rules, of six events each, and no more


async def test_an_unknown_policy_at_entry_begins_no_journey(house: House) -> None:
    child = new_child()
    handle = await house.client.start_workflow(
        "ChildJourney",
        args=[{"type": "became_looked_after", "id": "x", "child": child, "on": "2026-01-05", "legal_status": "C2",
               "date_of_birth": "2018-05-05", "policy": "nonsense"}],
        id=f"child-{child}",
        task_queue="permanence",
    )  # fmt: skip
    assert (await handle.result())["stage"] == "none"
    [kept] = house.record.rejected(child)
    assert "policy: 'nonsense' is unknown" in kept.rejected.reason
    assert "2018-05-05" not in kept.rejected.reason


async def test_a_refused_batch_leaves_the_rules_as_they_were(house: House) -> None:
    life = await house.begin(ENTRY, TEN)

    refusal = await life.refused(
        """
        2026-01-05 policy_adopted policy=quick-guide
        2026-01-05 obligation_waived obligation=initial-ppm
        2025-12-01 review_held #early
        """
    )

    assert "early" in refusal
    view = await life.view()
    assert (view.policy, view.events) == ("ppm-procedure", 1)
    assert "initial-ppm/1" in await life.agenda()
    assert (await life.attributes())["Policy"] == "ppm-procedure"
    assert (await life.tell("2026-01-05 obligation_waived obligation=initial-ppm")).taken


async def test_what_was_due_before_another_policy_was_adopted_is_told_by_the_old_one(house: House) -> None:
    """The reminder of 09:00 was sent; the adoption at noon neither repeats nor loses it."""
    life = await house.begin(ENTRY, TEN)
    await life.forward("2026-01-20", "08:00")
    await life.forward("2026-01-20", "12:00")
    await life.tell("2026-01-20 policy_adopted policy=quick-guide")
    assert life.sent() == ["initial-ppm/1 reminder 1", "initial-ppm/1 reminder 2", "initial-ppm/1 escalation 1"]


async def test_an_entry_taken_back_is_no_journey_and_another_date_of_birth_brings_another_calendar(
    house: House,
) -> None:
    life = await house.begin("2026-01-05 became_looked_after #wrong date_of_birth=2025-12-01", TEN)
    await life.tell(f"2026-01-05 event_voided event={life.child}-wrong")
    assert (await life.ended()).stage == "none"

    again = await house.begin(
        """
        2014-03-03 became_looked_after date_of_birth=2009-02-01
        2014-03-20 review_held
        2014-04-20 review_booked for=2014-06-02
        """,
        TEN,
        child=life.child,
    )

    assert str((await again.agenda())["first-review/1"].due) == "2014-03-31"
    assert (await again.view()).events == 5


async def test_a_date_of_birth_that_entry_corrects_moves_the_birthday(house: House) -> None:
    life = await house.begin("2026-01-05 pre_proceedings_started date_of_birth=2026-01-01", TEN)
    await life.tell("2026-01-05 became_looked_after date_of_birth=2008-01-20")
    await house.clocks.forward_to(life.handle, london("2026-01-20", "00:01") - life.offset)
    assert str((await life.ended()).ended_on) == "2026-01-20"


@contextmanager
def newer_files(house: House, *files: PolicyFile) -> Iterator[None]:
    """The service as it is after a restart with other policy files."""
    before = dict(house.policies._files)
    house.policies._files |= {file.id: file for file in files}
    house.policies._resolved.clear()
    yield
    house.policies._files = before
    house.policies._resolved.clear()


def newer_procedure(house: House, weeks: int = 3) -> PolicyFile:
    """The procedure with more time for the initial meeting."""
    file = house.policies.file("ppm-procedure")
    return next_version(file, due=[{"weeks": weeks}])


async def test_a_running_journey_keeps_its_version_until_the_next_is_adopted(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    with newer_files(house, newer_procedure(house)):
        await life.tell("2026-01-05 care_proceedings_issued")
        assert (await life.agenda())["initial-ppm/1"].due == date(2026, 1, 19)
        assert (await life.view()).policy_version == f"ppm-procedure@2+{law()}"

        answer = await life.tell("2026-01-05 policy_adopted policy=ppm-procedure #newer")

        assert answer.opened == []
        assert (await life.agenda())["initial-ppm/1"].due == date(2026, 1, 26)
        assert (await life.view()).policy_version == f"ppm-procedure@3+{law()}"
        assert "ppm-procedure, version 3" in await life.page()
    await life.tell("2026-01-05 policy_adopted policy=ppm-procedure #newer")
    assert (await life.agenda())["initial-ppm/1"].due == date(2026, 1, 26), "the same event again adopts nothing"


async def test_a_policy_that_came_after_the_journey_began_can_be_adopted(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    newtown = newer_procedure(house).model_copy(update={"id": "newtown"})
    assert "unknown" in await life.refused("2026-01-05 policy_adopted policy=newtown #early")
    with newer_files(house, newtown):
        await life.tell("2026-01-05 policy_adopted policy=newtown")
    assert (await life.view()).policy_version == f"newtown@3+{law()}"


async def test_who_sends_to_a_child_whose_policy_was_taken_away_hears_which_it_is_and_can_send_again(
    house: House,
) -> None:
    child, newtown = new_child(), newer_procedure(house).model_copy(update={"id": "newtown"})

    async def send(happened: str) -> Reply:
        return await send_batch(house.client, child, [parse_event(one) for one in story(child, happened)])

    with newer_files(house, newtown):
        await send("2025-03-03 became_looked_after policy=newtown")
        await house.client.get_workflow_handle(workflow_id(child)).terminate("the engine was lost")
    with pytest.raises(CannotTake) as cannot:
        await send("2025-03-10 ppm_held #met")
    assert str(cannot.value).startswith(f"{child}: policy 'newtown' is unknown; known: england-statutory, ")
    assert "put the policy's file into the service's folder (PERMANENCE_POLICIES)" in str(cannot.value)
    with newer_files(house, newtown):
        answer = (await send("2025-03-10 ppm_held #met")).answer
    assert answer is not None
    assert answer.taken == [f"{child}-met"]


async def test_a_child_enters_again_though_the_policy_of_the_first_time_was_taken_away(house: House) -> None:
    child, newtown = new_child(), newer_procedure(house).model_copy(update={"id": "newtown"})
    with newer_files(house, newtown):
        ended = "2024-01-05 became_looked_after policy=newtown\n2024-06-03 ceased_to_be_looked_after"
        await send_batch(house.client, child, [parse_event(one) for one in story(child, ended)])
        await house.client.get_workflow_handle(workflow_id(child)).result()

    [back] = story(child, "2025-03-03 became_looked_after #back")
    answer = (await send_batch(house.client, child, [parse_event(back)])).answer

    assert answer is not None
    assert answer.taken == [f"{child}-back"]


async def test_a_birth_year_beyond_the_calendar_brings_no_other_version(house: House) -> None:
    life = await house.begin("2026-01-05 pre_proceedings_started date_of_birth=2026-01-01", TEN)
    with newer_files(house, newer_procedure(house)):
        await life.tell("2026-01-05 became_looked_after date_of_birth=2008-03-20")
        assert (await life.view()).policy_version == f"ppm-procedure@2+{law()}"
    assert (await life.agenda())["initial-ppm/1"].due == date(2026, 1, 19)


async def test_adopting_the_version_it_has_changes_nothing(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    before, wakes = await life.agenda(), (await life.view()).next_change_at
    answer = await life.tell("2026-01-05 policy_adopted policy=ppm-procedure")
    assert (answer.opened, answer.met, answer.sent) == ([], [], 0)
    assert (await life.agenda(), (await life.view()).next_change_at) == (before, wakes)
