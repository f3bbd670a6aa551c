"""A social worker's morning, in a real browser and against a real journey: from the mail to done, and a slip undone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, expect

from delivery.references import reference_of
from delivery.tokens import Tokens
from desk.ways_in import Persona, WaysIn
from tests.desk.office import TODAY, Office, office_in
from tests.domain.story import raw_events
from tests.ui.browser import CHROMIUM, chromium
from tests.workflows.house import House, Life, house_in
from workflows.child_journey import ChildJourney
from workflows.protocol import TASK_QUEUE, workflow_id

pytestmark = [
    pytest.mark.browser,
    pytest.mark.server,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian and Ubuntu: apt install chromium)"),
]
CHILD = "M-1"
BEHIND = TODAY - timedelta(days=30)
WAYS = WaysIn(personas=(Persona("anna", "Social worker", "with a child"),))


class Morning(NamedTuple):
    """The service, a child whose planning meeting is late and escalated, and a browser that nobody has signed in by."""

    office: Office
    house: House
    life: Life
    context: BrowserContext

    @property
    def link(self) -> str:
        """The link in the message about the late meeting."""
        sent = [one.action for one in self.house.record.actions(CHILD) if one.action.kind == "escalation"]
        late = next(action for action in sent if action.obligation == "initial-ppm")
        tokens = Tokens(self.office.settings.link_keys)
        return f"{self.office.url}/acknowledge/{tokens.for_acknowledging(reference_of(CHILD, late.key), 'anna')}"


@pytest_asyncio.fixture(scope="module")
async def morning(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Morning]:
    home: Path = tmp_path_factory.mktemp("morning")
    (home / "house").mkdir()
    url = f"sqlite:///{home / 'house' / 'case-record.db'}"
    async with (
        house_in(home / "house") as house,
        office_in(home, url, WAYS, client=house.client) as office,
        chromium() as context,
    ):
        story = f"""
        {BEHIND} became_looked_after @{CHILD} #{CHILD}-in policy=ppm-procedure
        {BEHIND} person_assigned @{CHILD} #{CHILD}-sw role=social_worker contact=anna
        """
        handle = await house.client.start_workflow(
            ChildJourney.run, args=[raw_events(story)], id=workflow_id(CHILD), task_queue=TASK_QUEUE
        )
        async with asyncio.timeout(60):
            while not any(one.action.kind == "escalation" for one in house.record.actions(CHILD)):
                await asyncio.sleep(0.02)
        yield Morning(office, house, Life(house, CHILD, handle, timedelta()), context)


async def sound(page: Page) -> None:
    """No complaint of axe, and nothing wider than a narrow screen."""
    report = await Axe().run(page)
    assert [(one["id"], one["help"]) for one in report.response["violations"]] == []
    await page.set_viewport_size({"width": 320, "height": 800})
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(over) <= 0
    await page.set_viewport_size({"width": 1280, "height": 900})


async def test_from_the_mail_to_done_and_a_slip_undone(morning: Morning) -> None:
    page = await morning.context.new_page()
    row = (await morning.life.agenda())["initial-ppm/1"]
    assert row.status == "overdue"
    assert row.next is not None, "the ladder goes on"

    # The mail's link leads to the step, by way of signing in.
    await page.goto(morning.link)
    await page.get_by_role("link", name="Sign in and record, book or explain it").click()
    await page.get_by_role("button", name="Social worker").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"Record for {CHILD}")
    await page.get_by_role("link", name="Record: PPM held").first.click()

    # Late, with the reason.
    await page.get_by_label("Which day was it?").fill(f"{TODAY - timedelta(days=1):%d %b}")
    await page.get_by_role("group", name="Primary plan").get_by_label("Return home").check()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Check before you record it")
    await expect(page.get_by_text("about it will not be sent")).to_be_visible()
    await sound(page)
    await page.get_by_label("Why is it late?").fill("The chair was ill")
    await page.get_by_role("button", name="Record it").click()

    # The receipt, and the journey itself.
    await expect(page.get_by_role("heading", level=1)).to_have_text("It is recorded")
    await expect(page.locator(".govuk-body-l")).to_contain_text("stopped, next due")
    await sound(page)
    row = (await morning.life.agenda())["initial-ppm/1"]
    assert (row.status, row.met_on, row.next) == ("met_late", TODAY - timedelta(days=1), None)
    assert [(said.kind, said.by, said.reason) for said in row.said] == [("explained", "anna", "The chair was ill")]

    # A slip: taken back with a reason.
    await page.get_by_role("link", name="Take it back").click()
    await expect(page.get_by_text("Initial permanency planning meeting is open again")).to_be_visible()
    await sound(page)
    await page.get_by_label("Why do you take it back?").fill("It was put off")
    await page.get_by_role("button", name="Take it back").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("It is taken back")
    await sound(page)
    row = (await morning.life.agenda())["initial-ppm/1"]
    assert (row.status, row.said) == ("overdue", ())
    assert row.next is not None, "the ladder goes on"
