"""Serving the HTTP application from this process, until told to stop; requests under way finish first."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

from embedded.ports import NoFreePort, free_port
from intake.connections import Connection, Patience, Server
from service.settings import IntakeSettings

GRACE: Final = 10
"""Seconds that requests under way have to finish once the service stops (ours)."""

MARGIN: Final = 2
"""Seconds after which a body is not waited for although its route has not said so (ours): most answer 408 before."""


@asynccontextmanager
async def serving(app: FastAPI, settings: IntakeSettings) -> AsyncIterator[str]:
    """Serve at the port, or the next that is free, for as long as the context lasts; the address.

    Raises NoFreePort.
    """
    listener = _listen(settings.host, settings.port)
    patience = Patience(settings.head_seconds, settings.body_seconds + MARGIN, settings.read_seconds)
    server = Server(_config(app, settings), patience, app.state.metrics.dropped)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
        yield f"http://{settings.host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


def _config(app: FastAPI, settings: IntakeSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        log_config=None,  # lines go through our own chain, which knows what may be said
        access_log=False,
        server_header=False,
        lifespan="off",
        limit_concurrency=settings.connections + 1,  # one more is heard to be told 503 where all are at work
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies,
        timeout_graceful_shutdown=GRACE,
    )


def _listen(host: str, port: int) -> socket.socket:
    free = free_port(port) if port else 0
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, free), family=family, backlog=2048)
    except OSError as error:
        raise NoFreePort(f"the intake cannot listen at {host}, port {free}: {error.strerror}") from None
