"""What is asked of every engine, and the rows it is judged by."""

import os
from collections.abc import Sequence
from typing import Final, Protocol

import psutil

STARTED: Final = "started"
DUE: Final = "due"
FAR: Final = 365 * 86_400.0
"""Seconds until a journey is due that nobody has called sooner: a year, so that it stays parked."""

STEPS: Final = (
    "CREATE TABLE IF NOT EXISTS steps (journey text, what text, at timestamptz NOT NULL DEFAULT clock_timestamp())"
)
ADD: Final = "INSERT INTO steps (journey, what) VALUES (%s, %s)"

DATABASE: Final = "PEERS_DATABASE"
"""The variable of the environment by which a worker is told its database (a connection string of libpq)."""
SERVER: Final = "PEERS_SERVER"
"""The same for the address of Temporal's server."""
READY: Final = b"ready"
"""What a worker says once it takes work."""

AT_ONCE: Final = 50
"""Requests that a sender has in flight."""


def database() -> str:
    """The database that this worker was told."""
    return os.environ[DATABASE]


class Peer(Protocol):
    """An engine with its worker's program, and how work is put to it."""

    name: str
    program: str
    settings: dict[str, str]

    async def __aenter__(self) -> "Peer": ...

    async def __aexit__(self, *_: object) -> None: ...

    async def connect(self) -> None:
        """Be ready to put work to it: its worker runs, so that what a worker makes at its start is there."""

    async def start(self, journey: str) -> None:
        """Begin a journey; on return it is stored and no crash loses it."""

    async def send(self, journey: str, event: str, due: float | None = None) -> None:
        """Put an event to a journey, with when it will be due (seconds since 1970); on return it is stored."""

    def servers(self) -> Sequence[psutil.Process]:
        """The processes that keep the work, beside the worker."""

    def stored(self) -> int:
        """Bytes that its store takes."""
