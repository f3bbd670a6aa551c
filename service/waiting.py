"""Waiting at the start for what is not there yet: the Temporal server, the case record. A word now and then."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar

import structlog
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from record.failures import RecordUnavailable
from record.store import CaseRecord
from service.connection import by_certificates, connect
from service.installation import TwoInstallations, settle
from service.keeping import Say
from service.keys_used import begin_to_use
from service.locate import NoService
from service.payload_keys import KeyMissing, KeyRing

T = TypeVar("T")

SOONEST: Final = 0.25
LATEST: Final = 2.0
"""Seconds between two tries, growing from the one to the other (ours: a start is to go on soon after)."""

A_WORD_EVERY: Final = 30.0
"""Seconds between two lines in the log while it waits (ours)."""

PATIENCE: Final = timedelta(seconds=5)
"""How long a server may take to say that it is well (ours)."""

NOT_YET: Final = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.NOT_FOUND)
"""What a server says that is coming up: its namespace may come last."""

log: structlog.stdlib.BoundLogger = structlog.get_logger("waiting")


class NotYet(Exception):
    """It is not there yet; the text says why, and holds nothing personal."""


async def until_there(what: str, attempt: Callable[[], Awaitable[T]], say: Say = lambda text: None) -> T:
    """Try until it succeeds; NotYet is waited out. A cancellation ends it at once."""
    wait, said_at = SOONEST, -A_WORD_EVERY
    while True:
        try:
            return await attempt()
        except NotYet as not_yet:
            if time.monotonic() - said_at >= A_WORD_EVERY:
                log.warning("waiting", what=what, why=str(not_yet))
                if said_at < 0:
                    say(f"Waiting for {what}: {not_yet}. Ctrl-C stops.")
                said_at = time.monotonic()
        await asyncio.sleep(wait)
        wait = min(2 * wait, LATEST)


async def server_at(
    address: str, ring: KeyRing, runtime: Runtime | None = None, say: Say = lambda text: None
) -> Client:
    """A client of the Temporal server at an address, once it answers, which seals with a ring of keys.

    Raises NoService where the server keeps what was sealed with another key.
    """

    async def attempt() -> Client:
        try:
            client = await connect(address, runtime, ring=ring)
        except RuntimeError as error:
            raise NotYet(f"no Temporal server answers at {address}{by_certificates()} (TEMPORAL_ADDRESS)") from error
        await _healthy(client)
        try:
            await begin_to_use(client, ring)
        except KeyMissing as gone:
            raise NoService(str(gone)) from None
        except RPCError as error:
            raise not_yet(error) from None
        return client

    return await until_there("the Temporal server", attempt, say)


async def until_it_answers(client: Client) -> None:
    """Wait until the server of a client can be reached."""
    await until_there("the Temporal server", lambda: _healthy(client))


async def _healthy(client: Client) -> None:
    """Whether it can be reached and has our namespace, which a worker must find when it begins."""
    asked = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        await client.workflow_service.describe_namespace(asked, timeout=PATIENCE)
    except RPCError as error:
        raise not_yet(error) from None


def not_yet(error: RPCError) -> NotYet:
    """What a server that is coming up says, to be waited out. Raises NoService for what does not pass by itself."""
    if error.status in NOT_YET:
        return NotYet(f"the Temporal server says: {error.message}")
    raise NoService(f"the Temporal server refuses this service: {error.message}") from None


async def record_at(url: str, say: Say = lambda text: None) -> CaseRecord:
    """The case record, once it can be opened. Raises NoService for what does not pass by itself."""

    async def attempt() -> CaseRecord:
        try:
            return await aside(lambda: CaseRecord.open(url))
        except RecordUnavailable as unavailable:
            if unavailable.passing:
                raise NotYet(str(unavailable)) from None
            raise NoService(
                f"{unavailable}. Mend it or move it away, or name another in PERMANENCE_DATABASE_URL"
            ) from None

    return await until_there("the case record", attempt, say)


async def settled(home: Path, record: CaseRecord, client: Client, say: Say = lambda text: None) -> str:
    """The identity that the three have in common, once the server can be asked. Raises NoService if they have none."""

    async def attempt() -> str:
        try:
            return await settle(home, record, client)
        except (TwoInstallations, OSError) as error:
            raise NoService(str(error)) from None
        except RecordUnavailable as unavailable:
            raise NotYet(str(unavailable)) from None
        except RPCError as error:
            raise not_yet(error) from None

    return await until_there("the Temporal server and the case record", attempt, say)


async def aside(work: Callable[[], T]) -> T:
    """Do something that may block in a thread that the end of the program does not wait for."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    result: list[T] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            result.append(work())
        except Exception as error:  # noqa: BLE001 (it is raised where it is waited for)
            failed.append(error)
        with suppress(RuntimeError):  # the program has ended meanwhile
            loop.call_soon_threadsafe(done.set)

    threading.Thread(target=run, daemon=True).start()
    await done.wait()
    if failed:
        raise failed[0]
    return result[0]
