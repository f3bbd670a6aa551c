"""Serving the HTTP application from this process, until told to stop; requests under way finish first."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from embedded.ports import NoFreePort, free_port
from service.keeping import Keeper

GRACE = 10
"""Seconds that requests under way have to finish once the service stops (ours)."""


class _Server(uvicorn.Server):
    """A server that leaves signals to the program it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: FastAPI, host: str, port: int, keeper: Keeper | None = None) -> AsyncIterator[str]:
    """Serve at the port, or the next that is free, for as long as the context lasts; the address.

    Should it end before, the keeper has it begun again at the same port. Raises NoFreePort.
    """
    listener = _listen(host, free_port(port) if port else 0)
    taken, ready = listener.getsockname()[1], [listener]

    async def serve() -> None:
        await _serve(_server(app), ready.pop() if ready else _listen(host, taken))

    async with (keeper or Keeper()).keeping("the intake", serve):
        yield f"http://{host}:{taken}"


async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until cancelled; then requests under way finish. Who calls meanwhile waits in the socket's queue."""
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="serving")
    try:
        await asyncio.wait([serving])
    finally:
        server.should_exit = True
        await asyncio.wait([serving])
        listener.close()
    await serving


def _server(app: FastAPI) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            log_config=None,  # lines go through our own chain, which knows what may be said
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACE,
        )
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise NoFreePort(f"the intake cannot listen at {host}, port {port}: {error.strerror}") from None
