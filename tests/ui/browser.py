"""A small service of the demo's kind, and the Temporal UI before it in headless Chromium.

What is on the screen is found by what a person reads there: roles and texts, not classes.
"""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import pytest
from playwright.async_api import BrowserContext, FrameLocator, Locator, Page, ViewportSize, async_playwright, expect
from temporalio.client import WorkflowHandle

from cli.ui import UiListing, address
from desk.app import desk
from desk.ways_in import Persona, WaysIn
from domain.case.calendar import local_date
from domain.case.events import Event
from domain.study.simulation import batches
from intake.reach import Reach
from intake.running import intake
from local.driver import Driver
from local.running import Running, running_demo
from service.ports import own_port
from service.settings import IntakeSettings, Settings
from tests.domain.story import events
from workflows.child_journey import ChildJourney
from workflows.protocol import JourneyView, Summary, workflow_id

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
"""The shell is the same engine without windows, for a third to two fifths less of the processor (ours, measured)."""
IN_A_BROWSER = (
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="Chromium is not installed (Debian: apt install chromium-headless-shell; Ubuntu: chromium)",
    ),
)
"""The marks of a module whose tests need a browser."""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE: ViewportSize = {"width": 1400, "height": 1000}
FOLLOWED = """href => {
    const link = Object.assign(document.createElement('a'), {href})
    document.querySelector('body > div').append(link)
    link.click()
    link.remove()
}"""
"""A link within the UI followed, which is how people go on; opened anew it reads and runs all its scripts again."""

STILL = """
    const still = new CSSStyleSheet()
    still.replaceSync('*, ::before, ::after { animation: none !important; transition: none !important }')
    document.adoptedStyleSheets = [still]
"""
"""Nothing moves on the UI's pages: the dashes that run along a timeline are drawn anew sixty times a second."""
COARSE = 0.5
"""Points that a pixel of the UI is drawn with, both ways (ours: what is on its pages is read from them, not seen)."""

PATIENCE = 30.0
TIMER_STARTED: Literal["timer_started_event_attributes"] = "timer_started_event_attributes"
CHILD = re.compile(rf"^{workflow_id('')}\S+$")

# (child, events as days ago): at any date of the year they are of the colour said, since the first obligations
# fall due after ten working days (S1) or twenty (law).
RED = {
    "CLA-1": "40 became_looked_after policy=ppm-procedure",
    "CLA-2": "45 became_looked_after policy=quick-guide\n45 person_assigned role=iro contact=iro-01@example.org",
    "CLA-3": "60 became_looked_after policy=ppm-procedure\n2 placement_order_made",
}
OTHERS = {
    "CLA-4": "10 became_looked_after policy=ppm-procedure",  # amber: the first planning meeting
    "CLA-5": "12 became_looked_after policy=ppm-procedure",  # amber too
    "CLA-6": "1 became_looked_after policy=ppm-procedure",
    "CLA-7": "3 became_looked_after policy=quick-guide",
    "CLA-8": "5 pre_proceedings_started",
}


@dataclass
class Screen:
    """The UI on one page of the browser, and the service behind it."""

    service: Running
    page: Page

    async def show_list(self, query: str) -> None:
        """Open the list of a query, as the demo links to it."""
        await self._open(f"workflows?query={quote(query, safe='')}")

    async def open_list(self, one: UiListing, *, keep: bool) -> None:
        """Open a list by its ready address."""
        await self.page.goto(address(str(self.service.ui_url), one, keep=keep), wait_until="domcontentloaded")

    async def show(self, child: str) -> None:
        """Open a child's journey."""
        await self._open(f"workflows/{workflow_id(child)}")
        await expect(self.page.get_by_role("heading", name=workflow_id(child))).to_be_visible()

    async def show_page(self, child: str) -> FrameLocator:
        """Open a child's User Metadata; the journey's own page in it."""
        await self.show(child)
        await self.page.get_by_role("tab", name="User Metadata").click()
        return self.page.frame_locator("#user-metadata-current-details")  # the one frame among others

    async def listed(self, children: set[str]) -> None:
        """Wait until the list shows these children, and only these."""
        rows = self.page.get_by_role("row")
        for child in children:  # the list before may have had as many
            await expect(rows.get_by_role("link", name=workflow_id(child), exact=True)).to_be_visible()
        await expect(rows.get_by_role("link", name=CHILD)).to_have_count(len(children))

    def bars(self, name: str) -> Locator:
        """The bars of the timeline with a name."""
        return self.page.get_by_role("listitem").get_by_role("button").filter(has_text=name)

    async def send_update(self, data: str) -> Locator:
        """More Actions, Send an Update, record_events, the JSON, Submit; the dialog."""
        await self.page.get_by_role("button", name="More Actions").click()
        await self.page.get_by_role("menuitem", name="Send an Update").click()
        dialog = self.page.get_by_role("dialog", name="Send an Update")
        await dialog.get_by_role("button", name="Select an Update").click()
        await self.page.get_by_role("option", name="record_events").click()
        await dialog.get_by_role("textbox", name="Data").fill(data)
        # By the keyboard: when the field is left the UI lays the JSON out anew, and a click misses the button.
        await dialog.get_by_role("button", name="Submit").press("Enter")
        return dialog

    async def found(self, query: str) -> set[str]:
        """The children of a query, as the server lists them."""
        return {run.id.removeprefix(workflow_id("")) async for run in self.service.client.list_workflows(query)}

    def journey(self, child: str) -> WorkflowHandle[ChildJourney, Summary]:
        """A child's journey itself, to compare the screen with."""
        return self.service.client.get_workflow_handle_for(ChildJourney.run, workflow_id(child))

    async def view(self, child: str) -> JourneyView:
        """A journey as it stands."""
        view = await self.journey(child).query(ChildJourney.journey)
        assert view is not None
        return view

    async def timers(self, child: str) -> set[str]:
        """What a journey's timers are called, by its history."""
        started = [e for e in (await self.journey(child).fetch_history()).events if e.HasField(TIMER_STARTED)]
        sealed = [e.user_metadata.summary for e in started]
        return set(await self.service.client.data_converter.decode(sealed, [str] * len(sealed)))

    async def _open(self, path: str) -> None:
        address = f"{self.service.ui_url}/namespaces/default/{path}"
        if self.page.url.startswith(str(self.service.ui_url)):
            await self.page.evaluate(FOLLOWED, address)
        else:
            # The UI polls for ever: its network is never idle.
            await self.page.goto(address, wait_until="domcontentloaded")


@asynccontextmanager
async def demo_in(folder: Path) -> AsyncIterator[Running]:
    """A service whose few children have lived until now."""
    settings = Settings(home=folder, intake=IntakeSettings(port=own_port()))  # the UI is told it before it is taken
    async with running_demo(settings) as service, _opener(settings, service):
        driver = Driver(service.client, nominal=False)
        now = datetime.now(UTC)
        await asyncio.gather(
            *(
                driver.live(child, batches(story(child, happened, local_date(now))), lambda: now)
                for child, happened in {**RED, **OTHERS}.items()
            )
        )
        await _listed(service)
        yield service


def _opener(settings: Settings, service: Running) -> AbstractAsyncContextManager[str]:
    """What opens for the UI what is sealed, as beside the demo."""
    delivery = settings.delivery.model_copy(update={"ui_url": service.ui_url})
    settings = settings.model_copy(update={"home": settings.demo_home, "delivery": delivery})
    anybody = WaysIn(links=False, personas=[Persona("operator", "Operator", "")])
    return intake(Reach(settings, service.client, service.record), parts=[desk(anybody)])


@asynccontextmanager
async def chromium(points: float = 1) -> AsyncIterator[BrowserContext]:
    """Headless Chromium as someone has it who opens the UI for the first time; `points`: of the screen to a pixel."""
    expect.set_options(timeout=PATIENCE * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            context = await browser.new_context(viewport=WIDE, device_scale_factor=points)
            context.set_default_timeout(PATIENCE * 1000)
            yield context
        finally:
            await browser.close()


def story(child: str, happened: str, today: date) -> list[Event]:
    """A child's events from lines that begin with how many days ago they were."""
    lines = [line.split(maxsplit=1) for line in happened.splitlines()]
    return events(
        "\n".join(
            f"{today - timedelta(days=int(ago))} {rest} #{child}-{number} @{child}"
            for number, (ago, rest) in enumerate(lines, 1)
        )
    )


async def _listed(service: Running) -> None:
    """Wait until the server's list has caught up with the journeys."""
    async with asyncio.timeout(PATIENCE):
        for rag, expected in (("red", len(RED)), ("amber", 2), ("green", len(OTHERS) - 2)):
            while (await service.client.count_workflows(f'Rag="{rag}"')).count != expected:
                await asyncio.sleep(0.1)
