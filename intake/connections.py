"""Connections that end: one whose caller sends half a request, or does not read the answer, is closed in bounded time.

uvicorn has a limit for idle connections between requests, which every byte winds back, and none for the first request
(docs/adr/0020-doors.md). Here each stage of a request has its time from its beginning, whatever trickles in meanwhile.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Literal

import h11
import structlog
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from record.when_to_look import until_next

Stage = Literal["head", "body", "answer"]
"""What is waited for: the head of a request (or its first byte), the rest of it, or that its answer is read."""

LOOK_EVERY: Final = 0.5
"""Seconds between looks at all connections (ours: uvicorn's own loop wakes ten times a second, requests or none)."""

log: structlog.stdlib.BoundLogger = structlog.get_logger("intake")


@dataclass(frozen=True, slots=True)
class StageLimits:
    """Seconds that each stage of a request may take."""

    head: float
    body: float
    answer: float


class Connection(H11Protocol):
    """A connection that knows since when it waits for its caller."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._answered = 0
        self._standing: tuple[Stage | None, int] = ("head", 0)
        self.since = self.loop.time()

    @property
    def stage(self) -> Stage | None:
        """What is waited for; None while the application is at work."""
        if self.transport.get_write_buffer_size():
            return "answer"
        if self.conn.their_state is h11.IDLE:
            return "head"
        return "body" if self.conn.their_state is h11.SEND_BODY else None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        assert self.limit_concurrency is not None
        if len(self.connections) >= self.limit_concurrency:
            self._make_room()

    def on_response_complete(self) -> None:
        self._answered += 1
        super().on_response_complete()

    def overdue(self, patience: StageLimits) -> Stage | None:
        """The stage that has taken too long. To be asked again and again, since a new stage is noticed when asked."""
        now, standing = self.loop.time(), (self.stage, self._answered)
        if standing != self._standing:
            self._standing, self.since = standing, now
        stage = standing[0]
        return stage if stage and now - self.since > getattr(patience, stage) else None

    def drop(self) -> None:
        """Close at once: what was not read is not waited for."""
        self.connections.discard(self)
        self.transport.abort()

    def _make_room(self) -> None:
        """The longest waiting for a request gives way: an honest caller sends one as soon as it is connected."""
        idle = [one for one in self.connections if isinstance(one, Connection) and one.stage == "head"]
        longest = min(idle, key=lambda one: one.since)
        if longest is not self:
            longest.drop()


class Server(uvicorn.Server):
    """A server that closes connections in time, and leaves signals to the program it runs in."""

    def __init__(self, config: uvicorn.Config, patience: StageLimits, counted: Callable[[Stage], None]) -> None:
        super().__init__(config)
        self._patience = patience
        self._counted = counted
        self._to_stop = asyncio.Event()

    def stop(self) -> None:
        """Have it end at once; requests under way finish."""
        self.should_exit = True
        self._to_stop.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(until_next(LOOK_EVERY, asyncio.get_running_loop().time())):
                    await self._to_stop.wait()

    async def on_tick(self, counter: int) -> bool:
        for connection in list(self.server_state.connections):
            if isinstance(connection, Connection) and (stage := connection.overdue(self._patience)):
                log.info("connection_dropped", waited_for=stage)
                self._counted(stage)
                connection.drop()
        return await super().on_tick(counter)
