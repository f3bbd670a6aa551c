"""The night: the configured source is read, and brought to the journeys or only proposed (intake/nightly/)."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.keeping_at import saying_alive
from activities.models import SYNC, ScheduledRun

Progress = Callable[[int, int], None]
Live = Callable[[datetime, Progress], Awaitable[Mapping[str, int]]]
"""Lives the night planned for an instant through, and answers how many of what; begun again, it goes on."""

TRIED_AGAIN_AFTER: Final = timedelta(minutes=5)
"""After a failure (ours: a folder that is being replaced, or a database that restarts, is there within minutes; five
hours are left until nine)."""


class NightFailed(Exception):
    """A night failed for a reason that may pass; the text says which, and holds nothing personal."""


class SyncingActivities:
    """The activity that the schedule `sync` runs. `live` is None where no source is configured."""

    def __init__(self, live: Live | None) -> None:
        self._live = live

    @activity.defn(name=SYNC)
    async def sync(self, run: ScheduledRun) -> str:
        """Live a night through, and say in a few words what it brought. What fails is tried again by Temporal."""
        if self._live is None:
            return "no source is configured (PERMANENCE_SYNC_SOURCE)"
        async with saying_alive():
            try:
                counts = await self._live(run.nominal, _go_on)
            except NightFailed as failed:
                raise ApplicationError(str(failed), type="NightFailed", next_retry_delay=TRIED_AGAIN_AFTER) from None
        gauge = activity.metric_meter().create_gauge("permanence_night_count", "What the last night brought, by what")
        for kind, count in counts.items():
            gauge.set(count, {"kind": kind})
        return ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in counts.items() if count) or "nothing"


def _go_on(done: int, total: int) -> None:
    """Called again and again: ends the attempt where this worker is told to stop, so that another goes on."""
    del done, total
    if activity.is_worker_shutdown() or activity.is_cancelled():
        raise ApplicationError("this worker stops; another goes on", type="WorkerStops")
