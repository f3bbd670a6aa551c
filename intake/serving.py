"""Serving the HTTP application from this process, until told to stop; requests under way finish first."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Final

import uvicorn
from anyio import to_thread
from fastapi import FastAPI

from intake.connections import Connection, Server, StageLimits
from service.keeping import Keeper
from service.ports import NoFreePort, PortTaken, at_a_free_port, free_port
from service.settings import IntakeSettings

GRACE: Final = 10
"""Seconds that requests under way have to finish once the service stops (ours)."""

AT_WORK: Final = 4
"""Pages that are made at the same time, the others waiting in order (ours: as many as SQLite has connections to read
by; one interpreter makes forty together no faster than four, and each of the forty would wait for a connection)."""

MARGIN: Final = 2
"""Seconds after which a body is not waited for although its route has not said so (ours): most answer 408 before."""


@asynccontextmanager
async def serving(
    app: FastAPI, settings: IntakeSettings, keeper: Keeper | None = None, listener: socket.socket | None = None
) -> AsyncIterator[str]:
    """Serve where `listener` listens, else where `listen` finds a port, for as long as the context lasts; the address.

    Should it end before, the keeper has it begun again at the same port. Raises NoFreePort.
    """
    to_thread.current_default_thread_limiter().total_tokens = AT_WORK
    listener = listener or listen(settings)
    taken, ready = listener.getsockname()[1], [listener]
    patience = StageLimits(settings.head_seconds, settings.body_seconds + MARGIN, settings.read_seconds)

    async def serve() -> None:
        server = Server(_config(app, settings), patience, app.state.metrics.dropped)
        await _serve(server, ready.pop() if ready else _listen(settings, taken))

    async with (keeper or Keeper()).keeping("the intake", serve):
        yield f"http://{settings.host}:{taken}"


def listen(settings: IntakeSettings) -> socket.socket:
    """Listen at the port, or the next that is free: it is nobody else's then, and who calls waits to be served.

    A port that is shared is never stepped around. Raises NoFreePort.
    """
    if settings.shared or not settings.port:
        return _listen(settings, settings.port)
    return at_a_free_port(settings.port, partial(_listen, settings))


async def _serve(server: Server, listener: socket.socket) -> None:
    """Serve until cancelled; then requests under way finish. Who calls meanwhile waits in the socket's queue."""
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="serving")
    try:
        await asyncio.wait([serving])
    finally:
        server.stop()
        await asyncio.wait([serving])
        listener.close()
    await serving


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


@contextmanager
def shared_port(settings: IntakeSettings) -> Iterator[int]:
    """The port at which several processes can listen, or the next that is free, kept for them. Raises NoFreePort."""
    with socket.socket(_family(settings.host)) as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        port = free_port(settings.port) if settings.port else 0
        try:
            kept.bind((settings.host, port))
        except OSError as error:
            raise _taken(settings.host, port, error) from None
        yield int(kept.getsockname()[1])


def _listen(settings: IntakeSettings, port: int) -> socket.socket:
    """Where several listen the kernel deals callers out to them, each to one (SO_REUSEPORT)."""
    host, shared = settings.host, settings.shared
    try:
        return socket.create_server((host, port), family=_family(host), backlog=2048, reuse_port=shared)
    except OSError as error:
        raise _taken(host, port, error) from None


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _taken(host: str, port: int, error: OSError) -> NoFreePort:
    kind = PortTaken if error.errno == errno.EADDRINUSE else NoFreePort
    return kind(f"the intake cannot listen at {host}, port {port}: {error.strerror}")
