"""Whether what the intake needs is there: the case record can be written, Temporal answers, and a worker asks for work.

Anybody may ask, as often as they like, so one answer serves all who ask within a second, and one question at a time is
put to the database however long it takes to answer.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError

from journeys.stuck import pollers
from record.failures import RecordUnavailable
from workflows.protocol import TASK_QUEUE

PATIENCE: Final = timedelta(seconds=3)
"""How long to wait for an answer (ours: orchestrators and load balancers wait 1 to 5)."""

GOOD_FOR: Final = timedelta(seconds=1)
"""How long an answer serves whoever asks (ours: none the wiser, and no load)."""

NEEDED: Final = ("database", "temporal", "worker")
"""What problems may be with. A worker is not asked for while Temporal cannot be reached."""

UNREACHABLE: Final = "the Temporal server cannot be reached"
NO_WORKER: Final = f"no worker asks for work on the task queue {TASK_QUEUE}"


class Readiness:
    """What is not as it must be, asked anew when the last answer is a second old."""

    def __init__(self, client: Client, write: Callable[[], None]) -> None:
        self._client = client
        self._write = write
        self._asking = asyncio.Lock()
        self._writing: asyncio.Task[str | None] | None = None
        self._answered = -GOOD_FOR.total_seconds()
        self._answer: dict[str, str] = {}

    async def problems(self) -> dict[str, str]:
        """What cannot be used now, and why in words that hold nothing personal."""
        async with self._asking:
            if time.monotonic() - self._answered >= GOOD_FOR.total_seconds():
                database, temporal = await asyncio.gather(self._ask_database(), self._ask_temporal())
                self._answer = database | temporal
                self._answered = time.monotonic()
            return self._answer

    async def _ask_database(self) -> dict[str, str]:
        """The thread of a database that does not answer is left to its own limits; no second one is sent after it."""
        if self._writing is None:
            self._writing = asyncio.create_task(asyncio.to_thread(self._try_to_write))
        await asyncio.wait({self._writing}, timeout=PATIENCE.total_seconds())
        if not self._writing.done():
            return {"database": "the case record does not answer"}
        written, self._writing = self._writing, None
        wrong = written.result()
        return {"database": wrong} if wrong else {}

    def _try_to_write(self) -> str | None:
        try:
            self._write()
        except RecordUnavailable as unavailable:
            return str(unavailable)
        return None

    async def _ask_temporal(self) -> dict[str, str]:
        try:
            workers = await pollers(self._client, PATIENCE)
        except (RPCError, RuntimeError):  # a lazy client's first failure is a RuntimeError
            return {"temporal": UNREACHABLE}
        return {} if workers else {"worker": NO_WORKER}
