"""The team manager's morning, in a real browser before the real service: who is late, and handing a child over."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.desk.office import TODAY, Office, office_in
from tests.ui.browser import CHROMIUM, chromium
from tests.workflows.house import House, house_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian and Ubuntu: apt install chromium)"),
]
STORY = f"""{TODAY} became_looked_after policy=ppm-procedure team=north
{TODAY} person_assigned role=social_worker contact=anna"""


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house_in(tmp_path_factory.mktemp("morning")) as up:
        yield up


@pytest_asyncio.fixture
async def office(house: House, tmp_path: Path) -> AsyncIterator[Office]:
    async with office_in(tmp_path, str(house.record.engine.url), client=house.client) as running:
        yield running


@pytest_asyncio.fixture
async def page(office: Office) -> AsyncIterator[Page]:
    async with chromium() as browser:
        cookie = office.cookie("mo")
        await browser.add_cookies([{"name": "desk", "value": cookie, "url": office.url, "httpOnly": True}])
        yield await browser.new_page()


async def test_she_finds_who_is_late_and_hands_a_child_over(house: House, office: Office, page: Page) -> None:
    child = (await house.begin(STORY, at=datetime.now(UTC))).child
    office.list_all()
    await page.goto(f"{office.url}/desk/")
    await page.get_by_role("link", name="Team", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Team: north")
    await expect(page.get_by_role("row", name="anna")).to_contain_text("2")

    await page.get_by_role("link", name="anna", exact=True).click()
    await expect(page.get_by_role("row").nth(1)).to_contain_text("N-1")  # late, so before the child who came today
    await page.get_by_role("link", name="Red", exact=True).click()
    await expect(page.get_by_role("link", name=child)).to_have_count(0)
    await page.get_by_role("button", name="Hand children over").click()

    await page.get_by_label("Who takes them over").select_option("ben")
    await page.get_by_label("N-1").uncheck()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Check before you hand over")
    await page.get_by_role("button", name="Hand over").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Handed over")
    await expect(page.get_by_role("row", name=child)).to_contain_text("ben")
    assert house.record.history(child)[-1].event["contact"] == "ben"
    await page.get_by_role("link", name="Team", exact=True).first.click()
    await expect(page.get_by_role("row", name="ben")).to_contain_text("1")
