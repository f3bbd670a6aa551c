"""Every page in a real browser: nothing foreign is asked for, and it is for everybody, however they see and type."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page

from desk.ways_in import OneTimeLinks
from domain.case.calendar import local_date
from domain.clocks.wording import short_date
from record.entries import KnownEvent, RecordEntry
from tests.desk.accessible import all_of_it
from tests.desk.mornings import WAYS
from tests.desk.nights import read_nights
from tests.desk.office import TODAY, Office, office_in, write
from tests.desk.pages import LOOKED, NO_PAGE, ROUTES, Looked, shown_by
from tests.ui.browser import IN_A_BROWSER, WIDE, chromium
from tests.ui.complaints import complaints, read_axe_with_every_page

pytestmark = [*IN_A_BROWSER]
SEND = """sent => {
    const form = [...document.forms].find(one => one.method === 'post' && one.elements.once)
    for (const [name, value] of Object.entries(sent))
        for (const one of form.querySelectorAll(`[name="${name}"]`))
            if (/radio|checkbox/.test(one.type)) one.checked = one.value === value; else one.value = value
    setTimeout(() => form.requestSubmit())
}"""
BEGINNING = """[
    document.body.classList.contains('js-enabled'),
    [...document.querySelectorAll('h1')].map(one => one.innerText),
]"""
"""Asked of the page itself: a locator costs each page a script of playwright's, which it does not need besides."""


@pytest_asyncio.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """A desk with something on every page, a child of ten years in care, and one of whom everything is long."""
    home: Path = tmp_path_factory.mktemp("pages")
    async with office_in(home, f"sqlite:///{home / 'record.db'}", WAYS) as running:
        furnish(running)
        yield running


def furnish(office: Office) -> None:
    """What the pages need to have something to show."""
    at = datetime.now(UTC) - timedelta(hours=1)
    slip = {"type": "care_plan_updated", "id": "desk-slip", "child": "N-1", "by": "anna", "on": str(TODAY)}
    known = KnownEvent(known_at=at, event={**slip, "on": str(TODAY - timedelta(days=2))})
    office.record.write(RecordEntry(child="N-1", decided_at=at, events=[known]))
    write(office.record, "OLD-1", TEN_YEARS)
    write(office.record, LONG_NAMED, LONG)
    read_nights(office.record.engine)
    office.list_all()


LONG_NAMED = LOOKED[5].path.rpartition("/")[2]
TEN_YEARS = " | ".join(
    (
        "3600 became_looked_after policy=ppm-procedure date_of_birth=2014-05-05",
        "3600 person_assigned role=social_worker contact=anna",
        "3590 ppm_held primary_plan=return_home",
        "3580 review_held",
        "3490 review_held plan_agreed=true",
        *(f"{ago} plan_tracked" for ago in range(3560, 40, -56)),
        *(f"{ago} review_held" for ago in range(3300, 200, -180)),
    )
)
LONG = (
    "60 became_looked_after policy=iro-handbook team=north siblings="
    + ",".join(f"B-{'9' * 40}{n}" for n in range(3))
    + f" | 60 person_assigned role=social_worker contact={'m' * 60}@{'x' * 60}.example.org"
    + " | 50 dispute_opened"
)


@dataclass
class Tab:
    """One tab for all tests, as people have it: a new one for each page costs the processor twice as much."""

    page: Page
    office: Office
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        ours = self.office.url
        self.page.on("request", lambda asked: None if asked.url.startswith(ours) else self.wrong.append(asked.url))
        self.page.on(
            "console", lambda line: self.wrong.append(line.text) if line.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))

    async def open(self, path: str, person: str) -> list[str]:
        """Open a page as somebody; what was asked for elsewhere, refused by the policy or wrong in a script."""
        context = self.page.context
        await context.clear_cookies()
        if person:
            cookie = self.office.cookie(person)
            await context.add_cookies([{"name": "desk", "value": cookie, "url": self.office.url, "httpOnly": True}])
        await self.page.set_viewport_size(WIDE)
        self.wrong.clear()
        token = OneTimeLinks(self.office.settings.link_keys).make("anna")
        await self.page.goto(f"{self.office.url}{path.replace('TOKEN', token)}")
        return [line for line in self.wrong if "404 (Not Found)" not in line and "403 (Forbidden)" not in line]

    async def look(self, at: Looked) -> list[str]:
        """The same, and what comes once its form is sent."""
        wrong = await self.open(at.path, at.person)
        if at.sent:
            async with self.page.expect_navigation():
                await self.page.evaluate(SEND, at.sent)
        return wrong


@pytest_asyncio.fixture(scope="module")
async def tab(office: Office) -> AsyncIterator[Tab]:
    async with chromium() as browser:
        page = await browser.new_page()
        await read_axe_with_every_page(page)
        yield Tab(page, office)


@pytest.mark.parametrize("at", LOOKED, ids=str)
async def test_a_page_is_ours_alone_and_for_everybody(tab: Tab, at: Looked) -> None:
    """Axe, 320 pixels (a zoom of 400 %), text of 200 %, the keyboard alone, and paper."""
    assert await tab.look(at) == []
    enabled, [heading] = await tab.page.evaluate(BEGINNING)
    assert enabled, "the policy let our script run"
    assert at.heading in heading
    assert await all_of_it(tab.page) == {}


def test_every_page_is_looked_at() -> None:
    shown = [route for route in ROUTES if "GET" in (route.methods or ()) and route.path not in NO_PAGE]
    assert [route.path for route in shown if not shown_by(route)] == [], "add it to LOOKED in tests/desk/pages.py"
    assert {path for path in NO_PAGE if path not in {route.path for route in ROUTES}} == set()


async def test_a_text_that_is_too_pale_is_complained_of_whenever_it_is_met(tab: Tab) -> None:
    await tab.open("/desk/help", "anna")
    assert await complaints(tab.page) == []
    await tab.page.evaluate("document.querySelector('main p:not(.desk-on-paper)').style.color = '#bbb'")
    for _ in range(2):
        [complaint] = await complaints(tab.page)
        assert complaint.startswith("color-contrast: ")


async def test_a_page_makes_a_pdf_of_more_sheets_than_one_where_it_is_long(tab: Tab) -> None:
    for path, person, sheets in (
        ("/desk/children/N-1", "mo", 1),
        ("/desk/children/OLD-1/timeline?period=all", "anna", 3),
    ):
        await tab.open(path, person)
        pdf = await tab.page.pdf(format="A4")
        assert pdf.count(b"/Type /Page\n") >= sheets
        assert "As of " not in await tab.page.inner_text("main")
        await tab.page.emulate_media(media="print")
        today = short_date(local_date(datetime.now(UTC)))
        assert f"As of {today}, " in await tab.page.inner_text("main"), "days late are so on that day"
        await tab.page.emulate_media(media="screen")


async def test_what_a_page_would_have_loaded_from_elsewhere_is_stopped_by_the_browser(tab: Tab) -> None:
    await tab.open("/desk/children/N-1", "anna")
    stopped = await tab.page.evaluate(
        """() => new Promise(done => {
            document.addEventListener('securitypolicyviolation', event => done(event.violatedDirective));
            const image = document.createElement('img');
            image.src = 'https://elsewhere.example/x.png';
            document.body.append(image);
        })"""
    )
    assert stopped == "img-src"


async def test_a_child_is_found_by_keyboard_alone(tab: Tab) -> None:
    await tab.open("/desk/my-children", "anna")
    keyboard = tab.page.keyboard
    await keyboard.press("Tab")
    assert await tab.page.evaluate("document.activeElement.textContent.trim()") == "Skip to main content"
    for _ in range(20):
        await keyboard.press("Tab")
        if await tab.page.evaluate("document.activeElement.id") == "find":
            break
    await keyboard.type("N-1")
    await keyboard.press("Enter")
    await tab.page.wait_for_url("**/desk/children/N-1")
    assert await tab.page.title() == "N-1 - Permanence"


async def test_the_back_button_loses_nothing_that_was_typed_and_sends_nothing_again(tab: Tab) -> None:
    write(tab.office.record, "BACK-1", f"60 became_looked_after policy=ppm-procedure team=north | {ANNAS}")
    await tab.open("/desk/children/BACK-1/record/ppm_held?step=initial-ppm", "anna")
    page = tab.page
    await page.fill("#on", "31 Feb")
    await page.check("input[name=primary_plan][value=adoption]")
    await page.get_by_role("button", name="Continue").click()
    assert "There is no such day" in await page.inner_text("main")
    await page.fill("#on", f"{TODAY - timedelta(days=1):%d/%m/%Y}")
    await page.get_by_role("button", name="Continue").click()
    await page.fill("#why_late", "The chair was ill\nTwice")
    await page.get_by_role("button", name="Change it").click()
    assert await page.is_checked("input[name=primary_plan][value=adoption]")
    await page.get_by_role("button", name="Continue").click()
    assert await page.input_value("#why_late") == "The chair was ill\nTwice"
    seen = [await _back(page) for _ in range(4)]
    assert await page.input_value("#on") == f"{TODAY - timedelta(days=1):%d/%m/%Y}", seen
    assert "We kept what you had typed" in await page.inner_text("main")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Record it").click()
    receipt = page.url
    assert await page.inner_text("h1") == "It is stored"
    assert "The chair was ill\nTwice" in await page.inner_text("main")
    assert await _back(page) == "It is stored"
    assert page.url == f"{receipt}?again=1"
    assert "nothing was done a second time" in await page.inner_text("main")


ANNAS = "60 person_assigned role=social_worker contact=anna"


async def _back(page: Page) -> str:
    await page.go_back()
    return await page.inner_text("h1")
