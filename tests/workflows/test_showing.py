"""What a journey shows while it waits: search attributes that filter a caseload, and the page in the UI."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio import workflow

from service.sealing import opened
from tests.domain.story import london
from tests.replay.histories import replay
from tests.workflows.house import UPSERTED, House, house_in
from workflows import ways
from workflows.showing import RunShown

pytestmark = pytest.mark.server

ENTRY = "2026-01-05 became_looked_after team=North"
TEN = london("2026-01-05", "10:00")


async def test_search_attributes_say_how_it_stands(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    assert await life.attributes() == {
        "Stage": "looked_after",
        "Rag": "green",
        "NextDue": datetime(2026, 1, 19, 12, tzinfo=UTC),
        "NextObligation": "initial-ppm",
        "LegalStatus": "C2",
        "Policy": "ppm-procedure",
        "Team": "North",
        "RejectedEvents": 0,
    }

    await life.tell("2026-01-05 ppm_held primary_plan=adoption contingency_plan=kinship_care")

    attributes = await life.attributes()
    assert (attributes["Stage"], attributes["PrimaryPlan"]) == ("ppm", "adoption")


async def test_a_caseload_is_filtered_by_colour_overdue_and_next_due(house: House) -> None:
    late = await house.begin(ENTRY, TEN)
    in_time = await house.begin(ENTRY, TEN)
    await late.forward("2026-01-20")
    await in_time.forward("2026-01-09")
    await in_time.tell("2026-01-09 ppm_held")

    ours = f'WorkflowId IN ("child-{late.child}", "child-{in_time.child}")'
    both = {late.child, in_time.child}
    assert await house.found(f'{ours} AND Rag="red"', expected={late.child}) == {late.child}
    assert await house.found(f'{ours} AND Overdue="initial-ppm"', expected={late.child}) == {late.child}
    assert await house.found(f'{ours} AND Rag="green"', expected={in_time.child}) == {in_time.child}
    assert await house.found(f'{ours} AND NextDue < "2026-01-20T00:00:00Z"', expected={in_time.child}) == {
        in_time.child
    }
    assert await house.found(f'{ours} AND NextDue < "2026-02-10T00:00:00Z"', expected=both) == both
    assert await house.found(f'{ours} AND Stage="ppm" AND Team="North"', expected={in_time.child}) == {in_time.child}


async def test_a_workers_list_has_whom_the_case_names_by_their_key_and_nobody_else(house: House) -> None:
    """A contact is a key or a mail address of the directory; whatever else it is may be a name, and is not shown."""
    life = await house.begin(ENTRY, TEN)
    await life.tell("2026-01-05 person_assigned role=social_worker contact=S.Worker@example.org")
    await life.tell("2026-01-05 person_assigned role=iro contact=i-second #named")
    ours = f'WorkflowId="child-{life.child}"'
    mine = f'{ours} AND SocialWorker="s-worker" AND Iro="i-second"'
    assert await house.found(mine, expected={life.child}) == {life.child}

    await life.tell("2026-01-05 person_assigned role=social_worker contact=samworker")
    assert "SocialWorker" not in await life.attributes()
    await life.tell(f"2026-01-05 event_voided event={life.child}-named reason=another")
    assert "Iro" not in await life.attributes()
    assert "worker" not in str(await life.attributes())


async def test_the_oldest_overdue_date_stands_until_it_is_met(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    await life.forward("2026-02-03")
    assert (await life.attributes())["Overdue"] == ["first-review", "initial-ppm"]
    assert (await life.attributes())["OldestOverdue"] == datetime(2026, 1, 19, 12, tzinfo=UTC)
    assert (await life.page()).startswith(f"## RED, overdue since 19 January 2026: {life.child}\n")

    await life.tell("2026-02-03 ppm_held")

    assert (await life.attributes())["OldestOverdue"] == datetime(2026, 2, 2, 12, tzinfo=UTC)


async def test_a_run_of_before_shows_who_works_on_it_from_its_next_wake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house_in(tmp_path, cached_journeys=0) as renewed:
        with monkeypatch.context() as before:
            before.setattr(RunShown, "_shows_people", lambda *_: False)
            before.setattr(ways, "durable", lambda: workflow.patched(ways.DURABLE))
            life = await renewed.begin(ENTRY, TEN)
            await life.tell("2026-01-05 person_assigned role=iro contact=i-second")
            await life.tell("2026-01-05 legal_status_changed legal_status=C1")
            assert "Iro" not in await life.attributes()

        await life.tell("2026-01-05 care_proceedings_issued")
        await life.shows("Iro", "i-second")
        await life.tell("2026-01-05 person_assigned role=iro contact=l-lead")
        await life.shows("Iro", "l-lead")
        await replay(await life.handle.fetch_history(), converter=renewed.client.data_converter)


async def test_overdue_is_taken_back_when_it_is_met(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    await life.forward("2026-01-20")
    assert (await life.attributes())["Overdue"] == ["initial-ppm"]

    await life.tell("2026-01-20 ppm_held")

    assert "Overdue" not in await life.attributes()
    assert await house.found(f'WorkflowId="child-{life.child}" AND Overdue IS NULL', expected={life.child})


async def test_search_attributes_are_written_only_when_they_change(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    assert await life.counted(UPSERTED) == 1

    await life.tell("2026-01-05 care_proceedings_issued")
    await life.tell("2026-01-05 person_assigned role=iro contact=iro-02@example.org")
    assert await life.counted(UPSERTED) == 1

    await life.tell("2026-01-05 legal_status_changed legal_status=C1")
    assert await life.counted(UPSERTED) == 2

    await life.forward("2026-01-12")
    assert (await life.attributes())["Rag"] == "amber"
    assert await life.counted(UPSERTED) == 3

    await life.forward("2026-01-16", "17:00")
    assert life.sent()[-1] == "initial-ppm/1 reminder 2"
    assert await life.counted(UPSERTED) == 3


async def test_a_search_attribute_is_written_alone(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    await life.tell("2026-01-05 legal_status_changed legal_status=C1")
    upserts = [e for e in await life.history() if e.event_type == UPSERTED]
    fields = upserts[-1].upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
    assert set(fields) == {"LegalStatus"}


async def test_the_page_holds_stage_colour_what_is_next_and_the_agenda_as_a_table(house: House) -> None:
    life = await house.begin(ENTRY, TEN)

    page = await life.page()

    assert life.child in page
    assert "looked after" in page
    assert "green" in page.lower()
    assert "Initial permanency planning meeting" in page
    assert "| --- |" in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert sum("Initial permanency planning meeting" in row for row in rows) == 1
    await life.tell("2026-01-05 ppm_held")
    assert "met" in next(row for row in (await life.page()).splitlines() if "Initial permanency planning" in row)


async def test_the_timer_is_named_for_what_it_waits_for(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    assert "initial-ppm" in ((await life.view()).next_change or "")
    timers = [e for e in await life.history() if e.HasField("timer_started_event_attributes")]
    assert len(timers) == 1
    [summary] = await opened(house.client, [timers[0].user_metadata.summary])
    name = summary.data.decode()
    assert "initial-ppm" in name
    assert "12 Jan 2026" in name


async def test_queries_answer_of_a_journey_that_has_ended(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    await life.forward("2026-01-20")
    await life.tell("2026-01-20 ceased_to_be_looked_after")
    await life.ended()
    view = await life.view()
    assert (view.stage, view.rag, view.overdue, view.next_due) == ("left_care", "green", [], None)
    assert (await life.agenda())["initial-ppm/1"].status == "lapsed"


async def test_a_plan_that_does_not_hold_is_seen(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    await life.tell("2026-01-05 ppm_held primary_plan=return_home contingency_plan=adoption")
    await life.forward("2026-02-02")
    await life.tell("2026-02-02 plan_changed primary_plan=adoption contingency_plan=kinship_care by=sw-01")
    await life.forward("2026-03-02")
    await life.tell("2026-03-02 plan_changed primary_plan=kinship_care")

    view = await life.view()
    assert [(str(e.on), e.primary, e.by) for e in view.plan_history] == [
        ("2026-01-05", "return_home", None),
        ("2026-02-02", "adoption", "sw-01"),
        ("2026-03-02", "kinship_care", None),
    ]
    assert [str(day) for day in view.plan_churn] == ["2026-02-02", "2026-03-02"]
    page = await life.page()
    assert "changed 2 times within six months: 2 February 2026, 2 March 2026" in page
    assert "(since 2 March 2026; before: adoption)" in page


async def test_a_return_home_says_what_is_missing_and_stays_until_it_is_explained(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    await life.tell("2026-01-05 ppm_held primary_plan=return_home\n2026-01-05 return_home_evidence kind=dbs_checks")
    home = (await life.view()).return_home
    assert home is not None
    assert "dbs_checks" not in home.missing
    assert "missing: detailed assessment" in await life.page()

    await life.tell("2026-01-05 returned_home")
    assert [(each.rule, each.clause) for each in (await life.view()).unexplained] == [("return-home-checks", "S1 §3")]
    assert "**Unexplained:** The child returned home before the return was approved" in await life.page()

    await life.tell("2026-01-05 lateness_explained obligation=return-home-checks")
    assert (await life.view()).unexplained == []


async def test_a_reason_stands_beside_what_is_late(house: House) -> None:
    life = await house.begin("2026-01-05 became_looked_after", london("2026-02-04"))
    await life.tell("2026-02-04 lateness_explained obligation=first-review reason=a|chair_was_ill")
    assert "explained 4\N{NO-BREAK SPACE}Feb\N{NO-BREAK SPACE}2026: a\\|chair\\_was\\_ill" in await life.page()
    assert [said.reason for said in (await life.agenda())["first-review/1"].said] == ["a|chair_was_ill"]
    assert (await life.attributes())["Overdue"] == ["first-review", "initial-ppm"]
    assert "ill" not in str(await life.attributes())
