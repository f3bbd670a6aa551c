"""A journey whose people have been told of what is late, whatever the day: also on one on which nobody is."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain.case.calendar import england_and_wales, local_date
from journeys.restarting import replace
from journeys.starting import start_journey
from record.store import CaseRecord
from service.connection import connect
from service.payload_keys import keys_in
from tests.local.programs import PATIENCE
from workflows.protocol import RECORD_EVENTS, JourneyOptions


async def escalated(server: str, home: Path, child: str, batches: Sequence[list[dict[str, Any]]]) -> None:
    """Begin a child's journey under a running `up`, batch by batch, and wait until somebody has been escalated to."""
    # Begun on Saturday 28 November 2026 it would tell nobody before Monday. So it begins on the Friday, by a clock of
    # its own, and is begun anew from the case record, today, once somebody was told.
    today = local_date(datetime.now(UTC))
    behind = england_and_wales(today.year - 1, today.year + 1).on_or_before(today) - today
    client = await connect(server, ring=keys_in(home))
    first, *more = batches
    record = CaseRecord.open(f"sqlite:///{home / 'case-record.db'}")
    try:
        journey = await start_journey(client, child, first, JourneyOptions(clock_offset=behind))
        await _until(lambda: bool(record.history(child)))
        for batch in more:
            await journey.execute_update(RECORD_EVENTS, args=[batch])
        await _until(lambda: any(one.action.kind == "escalation" for one in record.actions(child)))
        if behind:
            assert (await replace(client, record, child)).what == "replaced"
    finally:
        record.close()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.1)
