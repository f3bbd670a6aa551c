"""The first release on a server becomes current by itself, or a new installation would wait for a command."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import WorkerDeploymentConfig

from service.releases import ReleaseRefused, promote_first

TRY_AGAIN: Final = 5.0
"""Seconds (ours: the server knows a worker a moment after it has begun to ask for work)."""
log: structlog.stdlib.BoundLogger = structlog.get_logger("releases")


@asynccontextmanager
async def first_release(client: Client, release: WorkerDeploymentConfig | None) -> AsyncIterator[None]:
    """See to it that some release is current, for as long as the context lasts; nothing for a worker that is none."""
    task = asyncio.create_task(_until_current(client, release.version.build_id)) if release else None
    try:
        yield
    finally:
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _until_current(client: Client, build: str) -> None:
    said = ""
    while True:
        why = "workers of no release still ask for work: `permanence release promote` takes it from them"
        try:
            if await promote_first(client, build):
                return
        except (ReleaseRefused, RPCError, RuntimeError) as error:
            why = str(error)
        if why != said:
            log.warning("no_release_is_current", release=build, why=why)
            said = why
        await asyncio.sleep(TRY_AGAIN)
