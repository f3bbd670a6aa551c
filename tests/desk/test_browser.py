"""The pages in a real browser: nothing foreign is asked for, axe has no complaint, nothing overflows, keys suffice."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page

from tests.desk.office import Office
from tests.ui.browser import CHROMIUM, chromium

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


@pytest_asyncio.fixture(scope="module")
async def browser() -> AsyncIterator[BrowserContext]:
    async with chromium() as running:
        yield running


async def opened(page: Page, office: Office, path: str, person: str) -> list[str]:
    """Open a page as somebody; what was asked for elsewhere, refused by the policy or wrong in a script."""
    wrong: list[str] = []
    page.on("request", lambda asked: None if asked.url.startswith(office.url) else wrong.append(asked.url))
    page.on("console", lambda line: wrong.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    await page.context.clear_cookies()
    if person:
        cookie = office.cookie(person)
        await page.context.add_cookies([{"name": "desk", "value": cookie, "url": office.url, "httpOnly": True}])
    await page.goto(f"{office.url}{path}")
    return [line for line in wrong if "404 (Not Found)" not in line]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_ours_alone_open_to_all_and_fits_a_narrow_screen(
    office: Office, browser: BrowserContext, path: str
) -> None:
    page = await browser.new_page()
    try:
        assert await opened(page, office, path, PAGES[path]) == []
        assert await page.evaluate("document.body.classList.contains('js-enabled')"), "the policy let our script run"
        result = await Axe().run(page)
        assert [(one["id"], one["help"]) for one in result.response["violations"]] == []
        await page.set_viewport_size({"width": 320, "height": 800})
        over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(over) <= 0
    finally:
        await page.close()


async def test_what_a_page_would_have_loaded_from_elsewhere_is_stopped_by_the_browser(
    office: Office, browser: BrowserContext
) -> None:
    page = await browser.new_page()
    try:
        await opened(page, office, "/desk/children/N-1", "anna")
        stopped = await page.evaluate(
            """() => new Promise(done => {
                document.addEventListener('securitypolicyviolation', event => done(event.violatedDirective));
                const image = document.createElement('img');
                image.src = 'https://elsewhere.example/x.png';
                document.body.append(image);
            })"""
        )
        assert stopped == "img-src"
    finally:
        await page.close()


async def test_a_child_is_found_by_keyboard_alone(office: Office, browser: BrowserContext) -> None:
    page = await browser.new_page()
    try:
        await opened(page, office, "/desk/my-children", "anna")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.textContent.trim()") == "Skip to main content"
        for _ in range(20):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement.id") == "find":
                break
        await page.keyboard.type("N-1")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/desk/children/N-1")
        assert await page.title() == "N-1 - Permanence"
    finally:
        await page.close()
