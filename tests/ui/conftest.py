from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext

from local.running import Running
from tests.ui.browser import Screen, chromium, demo_in


@pytest_asyncio.fixture(scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A demo of a few children, for all tests of a module."""
    async with demo_in(tmp_path_factory.mktemp("ui")) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def browser() -> AsyncIterator[BrowserContext]:
    """One Chromium for all tests of a module."""
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture
async def screen(service: Running, browser: BrowserContext) -> AsyncIterator[Screen]:
    """A new page of the browser, before the service."""
    page = await browser.new_page()
    yield Screen(service, page)
    await page.close()
