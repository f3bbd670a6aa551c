"""The pages in a real browser: nothing foreign is asked for, axe has no complaint, nothing overflows, keys suffice."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.desk.office import Office
from tests.ui.browser import CHROMIUM, WIDE, chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian and Ubuntu: apt install chromium)"),
]
PAGES = {
    "/desk/my-children": "anna",
    "/desk/my-children?tab=covering": "ben",
    "/desk/children/N-1": "mo",
    "/desk/children/N-1/views": "mo",
    "/desk/children/N-1/record": "mo",
    "/desk/children/N-1/record/ppm_held?step=initial-ppm": "anna",
    "/desk/children/N-1/record/ceased_to_be_looked_after": "anna",
    "/desk/children/N-1/record/deadline_extended?step=initial-ppm": "mo",
    "/desk/children/N-1/record/deadline_extended?step=first-review": "mo",
    "/desk/children/N-1/timeline": "mo",
    "/desk/children/N-1/timeline?show=told&period=all": "mo",
    "/desk/children/N-1/why/initial-ppm/1": "anna",
    "/desk/help": "anna",
    "/desk/accessibility": "",
    "/desk/children/none": "anna",
    "/desk/team": "mo",
    "/desk/team?team=north": "head",
    "/desk/team/children?worker=anna": "mo",
    "/desk/team/ahead": "head",
    "/desk/team/hand-over/anna": "mo",
    "/desk/team/handed-over": "mo",
    "/desk/oversight": "iris",
    "/desk/oversight?tab=escalations": "mo",
    "/desk/oversight?tab=drift": "iris",
    "/desk/oversight?tab=disputes": "iris",
    "/desk/service": "sysop",
    "/desk/restrictions": "head",
    "/desk/restrictions/restrict": "head",
    "/desk/restrictions/exclude": "head",
    "/desk/sign-in": "",
    "/desk/signed-out": "",
}
"""Every page, and who looks at it. A new page is added here."""


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
        await self.page.goto(f"{self.office.url}{path}")
        return [line for line in self.wrong if "404 (Not Found)" not in line]


@pytest_asyncio.fixture(scope="module")
async def tab(office: Office) -> AsyncIterator[Tab]:
    async with chromium() as browser:
        yield Tab(await browser.new_page(), office)


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_ours_alone_open_to_all_and_fits_a_narrow_screen(tab: Tab, path: str) -> None:
    assert await tab.open(path, PAGES[path]) == []
    assert await tab.page.evaluate("document.body.classList.contains('js-enabled')"), "the policy let our script run"
    result = await Axe().run(tab.page, options={"resultTypes": ["violations"]})
    assert [(one["id"], one["help"]) for one in result.response["violations"]] == []
    await tab.page.set_viewport_size({"width": 320, "height": 800})
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await tab.page.evaluate(over) <= 0


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
