from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.workflows.house import House, house_in


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One server, worker and case record for the tests marked `IN_ONE_HOUSE`; each test has children of its own.

    A test without that mark has another loop, in which this house never answers: it makes one of its own.
    """
    async with house_in(tmp_path_factory.mktemp("house")) as up:
        yield up
