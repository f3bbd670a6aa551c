"""Any one process of the cluster is killed while events come in: nothing is lost or doubled, nothing stays stuck."""

import asyncio
import json
from itertools import count

import httpx
import pytest

from tests.cluster.conftest import PATIENCE, Here, until_listed
from tests.local.programs import quick

pytestmark = [pytest.mark.server, pytest.mark.slow]
KILLED = ("frontend-1", "history-2", "matching", "postgresql", "system-worker", "worker-1", "intake-1")
BEFORE, AFTER = 3, 3
"""Children that come in before a kill and after it."""


@pytest.fixture(scope="module")
def token(here: Here) -> str:
    return quick(here.home, "intake", "new-credential", "kills-sender", **here.settings).out.strip()


async def _send(here: Here, token: str, child: str) -> None:
    """Until one of the intakes takes it, as a case system does; the other may have been killed or wait."""
    async with asyncio.timeout(PATIENCE), httpx.AsyncClient(timeout=30) as caller:
        for turn in count():
            url = here.intakes[turn % 2]
            try:
                answer = await caller.post(
                    f"{url}/events", json=here.entry(child), headers={"Authorization": f"Bearer {token}"}
                )
            except httpx.HTTPError:
                pass
            else:
                if answer.status_code in (200, 202):
                    return
                assert answer.status_code >= 500, answer.text
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("name", KILLED)
async def test_a_process_is_killed_and_every_child_has_one_journey(here: Here, token: str, name: str) -> None:
    children = [f"{name.upper()}-{number}" for number in range(BEFORE + AFTER)]
    await asyncio.gather(*(_send(here, token, child) for child in children[:BEFORE]))

    killed = here.kill(name)
    await asyncio.gather(*(_send(here, token, child) for child in children[BEFORE:]))

    await asyncio.to_thread(here.until_back, name, killed)
    await asyncio.to_thread(until_listed, here, *children)
    for child in children:
        done = await asyncio.to_thread(quick, here.home, "status", child, "--json", **here.settings)
        assert done.code == 0, done.err
        assert json.loads(done.out)["journey"]["events"] == 1
    verified = await asyncio.to_thread(quick, here.home, "record", "verify", **here.settings)
    assert verified.code == 0, verified.err
