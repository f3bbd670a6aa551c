"""The nightly look over the journeys: whoever must be watched and is not is found, and watched again.

And what is kept for a time only is let go of: the old rows of the desk's log of views.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from temporalio import activity

from activities.models import LOOK_OVER, ScheduledRun

Progress = Callable[[int, int], None]
LookOver = Callable[[Progress], Awaitable[tuple[Mapping[str, int], str]]]
"""Compares every journey with the case record and mends: how many of each kind were found; what was done, in words."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()
WRONG = ("missing", "behind", "ahead", "silent", "unreadable")


class JourneysActivities:
    """The activity that looks over the journeys. `let_go` answers with how many rows it took away."""

    def __init__(self, look_over: LookOver, let_go: Callable[[], int]) -> None:
        self._look_over = look_over
        self._let_go = let_go

    @activity.defn(name=LOOK_OVER)
    async def look_over_journeys(self, run: ScheduledRun) -> str:
        """Look, count in the metrics what was amiss, and say in a few words what was done. Raises what hinders it."""
        del run
        dropped = await asyncio.to_thread(self._let_go)
        log.info("old_views_dropped", views=dropped)
        counts, said = await self._look_over(lambda done, total: activity.heartbeat(done, total))
        gauge = activity.metric_meter().create_gauge(
            "permanence_journeys_amiss", "Journeys found amiss at the last nightly look, by what it was"
        )
        for kind in WRONG:
            gauge.set(counts[kind], {"kind": kind})
        return said or f"all {counts['running']} journeys run and agree with the case record"
