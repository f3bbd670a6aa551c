"""What people see of the journeys in the Temporal UI."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import FrameLocator, expect
from temporalio.service import RPCError

from cli.ui import LISTS, STUCK, by_urgency, lists
from delivery.account import account
from delivery.outbox import NO_CHANNEL
from domain.case.calendar import local_date
from domain.clocks.wording import in_words
from journeys.stuck import RUNNING
from local.running import Running
from tests.journeys.stuck import stuck_journey
from tests.ui.browser import IN_A_BROWSER, RED, Screen
from workflows.child_journey import ChildJourney

pytestmark = [*IN_A_BROWSER, pytest.mark.server]


def plain(text: str) -> str:
    """Text without the UI's spaces and typographic apostrophes."""
    return " ".join(text.replace("’", "'").split())


async def cells_of(page: FrameLocator) -> list[list[str]]:
    await expect(page.get_by_role("table").first).to_be_visible()
    rows = [row.get_by_role("cell") for row in await page.get_by_role("row").all()]
    return [[plain(cell) for cell in await cells.all_inner_texts()] for cells in rows]


async def test_the_list_of_red_journeys_shows_the_red_children_only(screen: Screen) -> None:
    await screen.show_list('Rag="red"')

    await screen.listed(set(RED))


async def test_nobody_is_told_of_the_demos_children_and_the_account_says_so(service: Running) -> None:
    async with asyncio.timeout(60):
        while {line.why for line in account(service.record.engine) if line.is_to_come} != {NO_CHANNEL}:
            await asyncio.sleep(0.2)
    assert not any(line.may_have_gone for line in account(service.record.engine))


async def test_every_list_the_demo_links_to_opens(screen: Screen) -> None:
    for name, query in (one for one in LISTS if one != STUCK):
        children = await screen.found(query)
        assert children, f"{name} is empty here, and would prove nothing"

        await screen.show_list(query)

        await screen.listed(children)


async def test_lists_by_urgency_share_out_what_is_late_and_ones_own_is_kept_by_the_browser(screen: Screen) -> None:
    """The UI sorts by no attribute of ours: a list for each stretch of lateness stands in for it."""
    today = local_date(datetime.now(UTC))
    late = [await screen.found(one.query) for one in by_urgency(today, RUNNING)][:3]
    assert set().union(*late) == set(RED)
    assert sum(map(len, late)) == len(RED)
    with pytest.raises(RPCError, match="ORDER BY"):
        await screen.found(f"{RUNNING} ORDER BY OldestOverdue")

    mine, *_ = lists(today, "iro-01")
    await screen.open_list(mine, keep=True)

    await screen.listed({"CLA-2"})
    await expect(screen.page.get_by_role("button", name=mine.name).first).to_be_visible()


async def test_the_list_of_stuck_journeys_shows_those_and_only_those(screen: Screen) -> None:
    async with stuck_journey(screen.service.client, "CLA-9"):
        async with asyncio.timeout(60):
            while await screen.found(STUCK[1]) != {"CLA-9"}:
                await asyncio.sleep(0.2)

        await screen.show_list(STUCK[1])

        await screen.listed({"CLA-9"})


async def test_the_timeline_names_timers_and_activities(screen: Screen) -> None:
    timers = await screen.timers("CLA-4")
    assert any("initial-ppm" in name for name in timers)

    await screen.show("CLA-4")

    for name in (*timers, "load_rulebook", "write_case_record"):
        await expect(screen.bars(name).first).to_be_visible()
    await screen.bars("write_case_record").first.click()
    await expect(screen.page.get_by_text("record became_looked_after").first).to_be_visible()


async def test_the_page_of_a_red_journey_says_first_what_is_overdue_and_has_the_agenda_as_a_table(
    screen: Screen,
) -> None:
    agenda = await screen.journey("CLA-1").query(ChildJourney.agenda)
    worst = min((row for row in agenda if row.status == "overdue"), key=lambda row: row.due)

    page = await screen.show_page("CLA-1")

    heading = f"RED, overdue since {in_words(worst.due)}: CLA-1"
    await expect(page.get_by_role("heading", name=heading)).to_be_visible()
    said = plain(await page.get_by_role("blockquote").inner_text())
    assert said.startswith(f"Overdue, was due {in_words(worst.due)}: {worst.title} ({worst.clause}). Social worker: ")
    rows = [row for row in await cells_of(page) if row]
    assert len(rows) == len(agenda) > 1
    for row in agenda:
        due = f"{row.due.day} {row.due:%b %Y}"
        assert [due, row.clause] in [[shown[0], shown[2]] for shown in rows if shown[1].startswith(row.title)]


async def test_the_page_says_the_stage_and_what_is_next(screen: Screen) -> None:
    view = await screen.view("CLA-5")
    assert view.next_due is not None

    page = await screen.show_page("CLA-5")

    await expect(page.get_by_role("heading", name="AMBER: CLA-5")).to_be_visible()
    await expect(page.get_by_text(f"Next, due {in_words(view.next_due)}:")).to_be_visible()
    await expect(page.get_by_role("listitem").filter(has_text="Stage: looked after")).to_be_visible()


async def test_a_person_records_an_event_by_sending_an_update(screen: Screen) -> None:
    booked = local_date(datetime.now(UTC)) - timedelta(days=1)
    held_on = booked + timedelta(days=10)
    await screen.show("CLA-7")

    dialog = await screen.send_update(
        f'{{"id": "ui-1", "type": "review_booked", "child": "CLA-7", "on": "{booked}", "for": "{held_on}"}}'
    )

    await expect(dialog).to_be_hidden()
    assert (await screen.view("CLA-7")).events == 2


async def test_a_person_is_told_why_an_update_is_refused(screen: Screen) -> None:
    await screen.show("CLA-6")

    dialog = await screen.send_update('{"id": "ui-2", "type": "review_held", "child": "CLA-6", "onn": "2026-01-01"}')

    await expect(dialog.get_by_text("event ui-2 (review_held): on: missing")).to_be_visible()
    await expect(dialog.get_by_text("onn: unknown field")).to_be_visible()
