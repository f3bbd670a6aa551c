"""What the intake needs of the outside: the case record and Temporal, either of which may be down when it starts."""

import asyncio
import threading
from collections.abc import Collection
from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import Depends, Request
from temporalio.client import Client
from temporalio.service import RPCError

from intake.forwarding import Forwarder
from intake.inbox import Inbox
from intake.inbox_queue import InboxQueue
from intake.readiness import Readiness
from journeys.restarting import keep_running
from record.failures import RecordUnavailable, Unreadable
from record.readiness import write_a_row
from record.store import CaseRecord
from service.installation import TwoInstallations, agreed, of_home, of_record, of_server
from service.keys_used import join_in
from service.locate import NoService
from service.payload_keys import KeyMissing
from service.sealing import ring_of
from service.settings import Settings

log: structlog.stdlib.BoundLogger = structlog.get_logger("intake")

FINISHING = 10.0
"""Seconds for deliveries under way when the service stops; what is left the standing process delivers (ours)."""

PATIENCE = timedelta(seconds=3)
"""How long to wait until journeys that must run are seen to (ours: the sender waits for its answer)."""


class Reach:
    """The case record, opened when it is first needed, and a client of Temporal that connects when it is first used."""

    def __init__(self, settings: Settings, client: Client, record: CaseRecord | None = None) -> None:
        self.settings = settings
        self.client = client
        self._record = record
        self._ours = record is None
        self._opening = threading.Lock()
        self.readiness = Readiness(client, lambda: write_a_row(self.record().engine))
        self.deliverer = Forwarder(client, lambda: InboxQueue(self.record().engine), self._server_is_ours)
        self._seen_to_be_ours = False

    def record(self) -> CaseRecord:
        """The case record; for threads, since it may wait for the database. Raises RecordUnavailable."""
        with self._opening:
            if self._record is None:
                self._record = self._of_this_home(CaseRecord.open(self.settings.record_url))
            return self._record

    def _of_this_home(self, record: CaseRecord) -> CaseRecord:
        try:
            agreed([of_record(record), of_home(self.settings.home)])
        except TwoInstallations as two:
            record.close()
            raise RecordUnavailable(str(two), passing=False) from None
        return record

    async def _server_is_ours(self) -> None:
        """Ask once whose the server is, since it may have been down when we started. Raises NoService, RPCError."""
        if not self._seen_to_be_ours:
            record = await asyncio.to_thread(lambda: of_record(self.record()))
            try:
                agreed([record, await of_server(self.client)])
                if ring := ring_of(self.client):
                    await join_in(self.client, ring)
            except (TwoInstallations, KeyMissing) as wrong:
                log.critical("the Temporal server is another installation's", why=str(wrong))
                raise NoService(str(wrong)) from None
            self._seen_to_be_ours = True

    def inbox(self) -> Inbox:
        """The inbox; for threads, as the record. Raises RecordUnavailable."""
        return Inbox(self.record().engine)

    async def keep_running(self, children: Collection[str]) -> bool:
        """Start those of some children's journeys that must run and do not; False where that cannot be told now."""
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                await keep_running(self.client, await asyncio.to_thread(self.record), children)
        except (RPCError, RuntimeError, RecordUnavailable, Unreadable, TimeoutError):
            return False
        return True

    async def close(self) -> None:
        """Wait for deliveries under way, and let go of the database, unless the record was given."""
        await asyncio.wait_for(self.deliverer.finish(), FINISHING)
        if self._ours and self._record is not None:
            self._record.close()


def _of(request: Request) -> Reach:
    reach = request.app.state.reach
    assert isinstance(reach, Reach)
    return reach


Reached = Annotated[Reach, Depends(_of)]
"""How a route asks for what the application reaches."""
