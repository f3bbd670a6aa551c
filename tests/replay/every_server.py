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

from local.server import EmbeddedServer
from service.connection import connect
from service.payload_keys import KEY_FILE, KeyRing
from tests.replay.histories import replay, save, type_name
from workflows.registry import WORKFLOWS

PATIENCE = 60.0
"""Seconds for one history, on a busy machine too (ours: 500 events take one)."""

OURS = " OR ".join(f'WorkflowType="{type_name(each)}"' for each in WORKFLOWS)

BROKEN: set[str] = set()
"""Ids of workflows that a test breaks on purpose: it says so by adding them here."""


class DoesNotReplay(AssertionError):
    """Journeys that a test has left would never wake again."""


async def assert_all_replay(address: str, kept: Path) -> int:
    """Replay every history on a server; how many. Raises DoesNotReplay, the histories being kept in a folder."""
    client = await connect(address, ring=_keys_near(kept))
    number, failed = 0, []
    async for history in _histories(client):
        number += 1
        failure = await _failure(history, client)
        if failure is not None:
            path = kept / f"{history.workflow_id}--{history.run_id}.json.gz"
            save(history, path)
            failed.append(f"{history.workflow_id} ({path}): {failure}")
    if failed:
        raise DoesNotReplay(
            f"{len(failed)} of {number} histories on the server of {_test()} do not replay: these journeys would "
            "never wake again. Their histories are kept.\n" + "\n".join(failed)
        )
    return number


def _keys_near(folder: Path) -> KeyRing | None:
    """The keys that its histories are sealed with: of the folder, or of homes beside it."""
    files = [folder / KEY_FILE] if (folder / KEY_FILE).exists() else sorted(folder.parent.glob(f"*/{KEY_FILE}"))
    return KeyRing.given("\n".join(path.read_text("utf-8") for path in files)) if files else None


async def _failure(history: WorkflowHistory, client: Client) -> BaseException | str | None:
    """Why a history does not replay. A replayer that is stuck is left alone: it would not hear of a cancellation."""
    replaying = asyncio.create_task(replay(history, sandboxed=False, converter=client.data_converter))
    await asyncio.wait({replaying}, timeout=PATIENCE)
    return replaying.exception() if replaying.done() else f"not replayed within {PATIENCE:.0f} seconds"


def assert_all_replay_at(address: str, kept: Path) -> int:
    """The same for tests that run no loop of their own, or may be amid one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(assert_all_replay(address, kept))).result()


async def _histories(client: Client) -> AsyncIterator[WorkflowHistory]:
    async for run in client.list_workflows(OURS):
        if run.id not in BROKEN:
            history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
            if has_begun(history):
                yield history


def has_begun(history: WorkflowHistory) -> bool:
    """Whether the run's first task has come: a run that follows another at once waits a second for it (Server 1.32).

    Until then nothing is decided, and a replayer would wait for ever.
    """
    return any(event.HasField("workflow_task_scheduled_event_attributes") for event in history.events)


def _test() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "a test").partition("::")[0]


@pytest.fixture(scope="session", autouse=True)
def every_server_replays() -> Iterator[None]:
    """Every server that a test starts in its own process, the rehearsal's and the demo's included.

    One that keeps nothing is not asked to end, which takes it a second, but ended.
    """
    closes = EmbeddedServer.stop

    async def replays_then_closes(server: EmbeddedServer) -> None:
        try:
            if server._process is not None and server._process.poll() is None:
                await assert_all_replay(server.address, server.log.parent)
        finally:
            if server._in_memory:
                server.kill()
            await closes(server)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(EmbeddedServer, "stop", replays_then_closes)
        yield
