from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.workflows.house import House, house_in


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One server, worker and case record for all tests of a module; each test has children of its own."""
    async with house_in(tmp_path_factory.mktemp("house")) as up:
        yield up
