"""What every morning shares: one service, one browser, and a child of its own for each story, whose meeting is late."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import BrowserContext, Locator, Page

from desk.ways_in import Persona, WaysIn
from domain.case.calendar import england_and_wales
from domain.case.documents import document_of, parse_event
from intake.inbox import Arrival
from intake.reach import Reach
from tests.desk.accessible import TAB
from tests.desk.office import TODAY, Office, office_in
from tests.domain.story import raw_events
from tests.ui.browser import chromium
from tests.ui.complaints import complaints
from tests.workflows.house import PATIENCE, House, Life, house_in
from workflows.child_journey import ChildJourney
from workflows.protocol import TASK_QUEUE, JourneyOptions, workflow_id

BEHIND = TODAY - timedelta(days=30)
CHILDREN = {"M-1": "anna", "M-2": "iris", "M-3": "head", "M-4": "mo", "M-5": "sysop"}
"""Each with whose morning it is. Anna works with them all; the one of Mo's morning is of the team North."""
PEOPLE = {
    "anna": "Social worker",
    "iris": "IRO",
    "mo": "Team manager",
    "head": "Service manager",
    "sysop": "Operator",
}
WAYS = WaysIn(personas=tuple(Persona(key, title, "") for key, title in PEOPLE.items()))


BLANK = "about:blank"


class Morning(NamedTuple):
    """The service, and a browser that nobody has signed in by."""

    office: Office
    house: House
    context: BrowserContext

    def life(self, child: str) -> Life:
        """A child's journey."""
        handle = self.house.client.get_workflow_handle_for(ChildJourney.run, workflow_id(child))
        return Life(self.house, child, handle, timedelta())

    def reach(self) -> Reach:
        """What the service reaches, as another of its processes has it."""
        return Reach(self.office.settings, self.house.client, self.house.record)

    async def arrives(self, child: str, happened: str) -> None:
        """An event comes from the case system, and is delivered, or refused."""
        [event] = [parse_event(one) for one in raw_events(happened)]
        reach = self.reach()
        reach.inbox().store([Arrival(document_of(event), "case-system", event)], datetime.now(UTC))
        await reach.deliverer.deliver_soon({child}, timedelta(seconds=PATIENCE), "test")

    async def tab(self) -> Page:
        """One that somebody has left, or a new one, which costs a process that reads all scripts anew."""
        left = [page for page in self.context.pages if page.url == BLANK]
        return left[0] if left else await self.context.new_page()

    async def sign_in(self, person: str, path: str = "/desk/") -> Page:
        """A page, signed in as somebody who began with it."""
        await self.context.clear_cookies()
        page = await self.tab()
        await page.goto(f"{self.office.url}{path}")
        await page.get_by_role("button", name=PEOPLE[person], exact=True).click()
        return page


@asynccontextmanager
async def morning_in(home: Path) -> AsyncIterator[Morning]:
    """The service with its children, each escalated."""
    (home / "house").mkdir()
    url = f"sqlite:///{home / 'house' / 'case-record.db'}"
    async with (
        house_in(home / "house") as house,
        office_in(home, url, WAYS, client=house.client) as office,
        chromium() as context,
    ):
        morning = Morning(office, house, context)
        await asyncio.gather(*(_late(morning, child, person) for child, person in CHILDREN.items()))
        office.list_all()
        yield morning


async def begun(house: House, child: str, happened: str, offset: timedelta = timedelta()) -> None:
    """A child's journey begins, and has taken what happened."""
    events = raw_events(happened)
    await house.client.start_workflow(
        ChildJourney.run,
        args=[events, JourneyOptions(clock_offset=offset)] if offset else [events],
        id=workflow_id(child),
        task_queue=TASK_QUEUE,
    )
    async with asyncio.timeout(PATIENCE):
        while len(house.record.history(child)) < len(events):
            await asyncio.sleep(0.05)


async def _late(morning: Morning, child: str, person: str) -> None:
    story = f"""
    {BEHIND} became_looked_after @{child} #{child}-in policy=ppm-procedure {"team=north" if person == "mo" else ""}
    {BEHIND} person_assigned @{child} #{child}-sw role=social_worker contact=anna
    {BEHIND} person_assigned @{child} #{child}-iro role=iro contact={"iris" if person == "iris" else "else"}
    """
    # Begun on Saturday 28 November 2026 it would tell nobody before Monday. So it begins on the Friday, by a clock of
    # its own, and is brought to today once somebody was told.
    behind = england_and_wales(TODAY.year - 1, TODAY.year + 1).on_or_before(TODAY) - TODAY
    await begun(morning.house, child, story, behind)
    async with asyncio.timeout(PATIENCE):
        while not any(one.action.kind == "escalation" for one in morning.house.record.actions(child)):
            await asyncio.sleep(0.05)
    if behind:
        await morning.house.clocks.forward(morning.life(child).handle, -behind)


async def sound(page: Page) -> None:
    """No complaint of axe, and nothing wider than a narrow screen."""
    assert await complaints(page) == []
    await page.set_viewport_size({"width": 320, "height": 800})
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(over) <= 0
    await page.set_viewport_size({"width": 1280, "height": 900})


STAYS = """one => {
    const stay = event => {
        if (document.activeElement !== one) return
        if (event.key === 'Tab') event.preventDefault(); else document.removeEventListener('keydown', stay, true)
    }
    document.addEventListener('keydown', stay, true)
}"""
"""Of the keys that are pressed in one go, those after the one that has come there."""


async def to_by_keys(page: Page, wanted: Locator) -> None:
    """Go to something by the tabulator alone: ten presses in one go, each of which would be drawn before the next."""
    aim = await wanted.element_handle()
    await aim.evaluate(STAYS)
    browser = await page.context.new_cdp_session(page)
    for _ in range(12):
        await asyncio.gather(*(browser.send("Input.dispatchKeyEvent", TAB) for _ in range(10)))
        if await aim.evaluate("one => one === document.activeElement"):
            return await browser.detach()
    raise AssertionError("it is not reached by the keyboard")


async def press(page: Page, wanted: Locator) -> None:
    """Go to a link or button by keys alone, and press it."""
    await to_by_keys(page, wanted)
    await page.keyboard.press("Enter")


async def printed(page: Page) -> str:
    """What stands on paper."""
    await page.emulate_media(media="print")
    text = await page.locator("body").inner_text()
    await page.emulate_media(media="screen")
    return text
