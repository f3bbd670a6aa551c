"""The daily proof, for the schedule `proof`: its timer has fired, now it is written down and followed until it arrived.

What proves something uses the way of the journeys: the same transaction into the case record, the same outbox, the
same drain, the same channel. Only the child is nobody (delivery/proofs.py).
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from temporalio import activity

from activities.models import PROVE, ScheduledRun
from delivery.proofs import Proof, Proofs, ProofState, proof_action
from record.entries import RecordEntry
from record.store import CaseRecord
from record.tables import PROOF

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PATIENCE: Final = timedelta(hours=1)
"""For it to arrive (ours: greylisting takes some minutes; after an hour the way is broken, and that is said)."""

LOOK_AGAIN: Final = timedelta(seconds=1)
NOT_IN_TIME: Final = "it did not arrive in time"


class ProvingActivities:
    """The activity that proves the way, over a case record. `no_further`: why no message can go, if so."""

    def __init__(self, record: CaseRecord, no_further: str | None, patience: timedelta = PATIENCE) -> None:
        self._record = record
        self._proofs = Proofs(record.engine)
        self._no_further = no_further
        self._patience = patience

    @activity.defn(name=PROVE)
    async def prove(self, run: ScheduledRun) -> str:
        """Write it down, wait until it arrived, and say so in a few words. Begun again it goes on where it was.

        What cannot be written or read raises RecordUnavailable, and Temporal tries again.
        """
        action = proof_action(run.begun)
        entry = RecordEntry(child=PROOF, decided_at=datetime.now(UTC), actions=[action])
        await asyncio.to_thread(self._record.write, entry)
        if self._no_further:
            await asyncio.to_thread(self._proofs.settle, action.key, "superseded", self._no_further)
        standing = await self._settled(action.key)
        return _say(standing, await asyncio.to_thread(self._proofs.last), run)

    async def _settled(self, key: str) -> ProofState:
        """How it stands once it waits no longer; after too long it is withdrawn, so that it comes to nobody late."""
        given_up = datetime.now(UTC) + self._patience
        while (standing := await asyncio.to_thread(self._proofs.standing, key)).state == "pending":
            activity.heartbeat()
            if datetime.now(UTC) > given_up:
                why = f"{NOT_IN_TIME}: {standing.why}" if standing.why else NOT_IN_TIME
                await asyncio.to_thread(self._proofs.settle, key, "failed", why)
            await asyncio.sleep(LOOK_AGAIN.total_seconds())
        return standing


def _say(standing: ProofState, last: Proof | None, run: ScheduledRun) -> str:
    """In the log, and as the run's result."""
    if standing.state not in ("sent", "superseded") or last is None:
        log.error("proof_failed", state=standing.state, why=standing.why, begun=run.begun.isoformat())
        return f"not proved: {standing.why}"
    seconds = round(last.took.total_seconds(), 1)
    log.info("proved", reached=last.reached, why=standing.why, seconds=seconds)
    return f"from timer to {last.reached} in {seconds:g} s" + (f" ({standing.why})" if standing.why else "")
