from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.desk.office import Office, office_in


@pytest_asyncio.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """One desk for all tests of a module, which must leave its two children as they are."""
    home: Path = tmp_path_factory.mktemp("desk")
    async with office_in(home, f"sqlite:///{home / 'record.db'}") as running:
        yield running
