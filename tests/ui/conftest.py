from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.running import Running
from tests.ui.browser import COARSE, STILL, Screen, chromium, demo_in


@pytest_asyncio.fixture(scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A demo of a few children, for all tests of a module."""
    async with demo_in(tmp_path_factory.mktemp("ui")) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def screen(service: Running) -> AsyncIterator[Screen]:
    """One tab of a browser before the service, for all tests of a module: each opens what it looks at."""
    async with chromium(COARSE) as browser:
        await browser.add_init_script(STILL)
        yield Screen(service, await browser.new_page())
