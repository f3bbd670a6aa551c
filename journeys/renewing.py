"""The caseload kept up to date by each worker: what was written since is worked out, a few children at a time.

A loop beside the worker, and last in turn: at 09:00 reminders go first, and the lists are right a few seconds later.
Whoever cannot wait so long has what they show worked out first (`CaseloadKeeper.renew_outdated`).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Final, Protocol

import structlog

from delivery.caseload import utc_now
from domain.case.calendar import local_date
from record.failures import RecordUnavailable
from record.when_to_look import until_next

PAUSE: Final = 1.0
"""Seconds between two looks (ours: where something was committed one short query on an index, else less)."""
SELDOM: Final = 30.0
"""The same for what nobody looks at from one moment to the next, such as the report (ours)."""
TRY_AGAIN: Final = 15.0
"""Seconds between attempts while the record is away (ours)."""
log: structlog.stdlib.BoundLogger = structlog.get_logger("caseload")


class RowsKeeper(Protocol):
    """What keeps rows that are derived from the record: the caseload's, the report's. `together`: children at once."""

    together: int

    def follow_the_record(self) -> None: ...
    def renew_outdated(self) -> int: ...


@asynccontextmanager
async def renewing(
    keeper: RowsKeeper, due: Callable[[], bool] = lambda: True, *, pause: float = PAUSE, begin_after: float = 0
) -> AsyncIterator[None]:
    """Keep what is derived up to date for as long as the context lasts; `pause` and `begin_after` in seconds.

    `due` is asked before a look (record/when_to_look.py).
    """
    task = asyncio.create_task(_renew(keeper, due, pause, begin_after))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _renew(keeper: RowsKeeper, due: Callable[[], bool], pause: float, begin_after: float) -> None:
    followed: date | None = None
    more = False
    await asyncio.sleep(begin_after)
    while True:
        try:
            if followed != (today := local_date(utc_now())):  # at the start, and once a day whatever was missed
                await asyncio.to_thread(keeper.follow_the_record)
                followed = today
            began = time.monotonic()
            more = await asyncio.to_thread(keeper.renew_outdated) >= keeper.together if more or due() else False
            # Where more waits, as long again: at most half of a core, and of the record's time, is spent on lists. Else
            # what comes within a pause is worked out together: three children take as long as ten.
            now = time.monotonic()
            await asyncio.sleep(now - began if more else until_next(pause, now))
        except RecordUnavailable as away:
            log.warning("caseload_waits", why=str(away))
            await asyncio.sleep(TRY_AGAIN)
        except Exception as error:  # noqa: BLE001 (a list that is not renewed must not end the worker)
            log.error("caseload_not_renewed", error=type(error).__name__)
            await asyncio.sleep(TRY_AGAIN)
