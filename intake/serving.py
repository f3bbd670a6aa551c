"""Serving the HTTP application from this process, until told to stop; requests under way finish first."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from embedded.ports import NoFreePort, free_port

GRACE = 10
"""Seconds that requests under way have to finish once the service stops (ours)."""


class _Server(uvicorn.Server):
    """A server that leaves signals to the program it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: FastAPI, host: str, port: int) -> AsyncIterator[str]:
    """Serve at the port, or the next that is free, for as long as the context lasts; the address.

    Raises NoFreePort.
    """
    listener = _listen(host, port)
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,  # lines go through our own chain, which knows what may be said
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACE,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


def _listen(host: str, port: int) -> socket.socket:
    free = free_port(port) if port else 0
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, free), family=family, backlog=2048)
    except OSError as error:
        raise NoFreePort(f"the intake cannot listen at {host}, port {free}: {error.strerror}") from None
