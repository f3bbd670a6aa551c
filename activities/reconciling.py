"""The nightly comparison with the case system: a child without a journey is found before it has waited long."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date

import structlog
from temporalio import activity

from activities.models import RECONCILE, ScheduledRun
from domain.case.calendar import local_date

MISSING = "missing"
Compare = Callable[[date], Awaitable[Mapping[str, int]]]
"""Compares by the end of a day and answers how many children differ, by what differs."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class ReconcilingActivities:
    """The activity that compares the source with the running journeys."""

    def __init__(self, compare: Compare) -> None:
        self._compare = compare

    @activity.defn(name=RECONCILE)
    async def reconcile(self, run: ScheduledRun) -> str:
        """Compare, count in log and metrics, and say in a few words what differs.

        Whatever cannot be read or reached raises, and Temporal retries: a comparison not made is no agreement.
        """
        counts = await self._compare(local_date(run.nominal))
        if not counts:
            return "no source is configured (PERMANENCE_RECONCILE_SOURCE)"
        gauge = activity.metric_meter().create_gauge(
            "permanence_reconcile_differences", "Children that differ from the case system, by what differs"
        )
        for kind, count in counts.items():
            gauge.set(count, {"kind": kind})
        tell = log.error if counts.get(MISSING) else log.info
        tell("reconciled", **counts)
        return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "no difference"
