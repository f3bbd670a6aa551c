"""Whatever test used a server: all histories of ours on it replay before it closes, or the test fails.

A child's clocks stop for good when its history cannot be replayed, and a journey that is still in the worker's memory
shows nothing of it. So each server of a test, wherever it is started, is asked for every run it has, open or closed.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowHistory

from embedded.server import EmbeddedServer
from service.connection import connect
from tests.replay.histories import replayer, save, type_name
from workflows.registry import WORKFLOWS

PATIENCE = 120.0
"""Seconds for one server's histories, on a busy machine too (ours: a load of 300 children takes some twenty)."""

OURS = " OR ".join(f'WorkflowType="{type_name(each)}"' for each in WORKFLOWS)

BROKEN: set[str] = set()
"""Ids of workflows that a test breaks on purpose: it says so by adding them here."""


class DoesNotReplay(AssertionError):
    """Journeys that a test has left would never wake again."""


async def assert_all_replay(address: str, kept: Path) -> int:
    """Replay every history on a server; how many. Raises DoesNotReplay, the histories being kept in a folder."""
    client = await connect(address)
    failed, number = [], 0
    async with asyncio.timeout(PATIENCE), replayer().workflow_replay_iterator(_histories(client)) as results:
        async for result in results:
            number += 1
            if result.replay_failure is not None:
                path = kept / f"{result.history.workflow_id}--{result.history.run_id}.json.gz"
                save(result.history, path)
                failed.append(f"{result.history.workflow_id} ({path}): {result.replay_failure}")
    if failed:
        raise DoesNotReplay(
            f"{len(failed)} of {number} histories on the server of {_test()} do not replay: these journeys would "
            "never wake again. Their histories are kept.\n" + "\n".join(failed)
        )
    return number


def assert_all_replay_at(address: str, kept: Path) -> int:
    """The same for tests that run no loop of their own, or may be amid one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(assert_all_replay(address, kept))).result()


async def _histories(client: Client) -> AsyncIterator[WorkflowHistory]:
    async for run in client.list_workflows(OURS):
        if run.id not in BROKEN:
            yield await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()


def _test() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "a test").partition("::")[0]


@pytest.fixture(scope="session", autouse=True)
def every_server_replays() -> Iterator[None]:
    """Every server that a test starts in its own process, the rehearsal's and the demo's included."""
    closes = EmbeddedServer.stop

    async def replays_then_closes(server: EmbeddedServer) -> None:
        try:
            if server._process is not None and server._process.poll() is None:
                await assert_all_replay(server.address, server.log.parent)
        finally:
            await closes(server)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(EmbeddedServer, "stop", replays_then_closes)
        yield
