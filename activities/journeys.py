"""The nightly look over the journeys: whoever must be watched and is not is found, and watched again."""

from collections.abc import Awaitable, Callable, Mapping

from temporalio import activity

from activities.models import LOOK_OVER, ScheduledRun

Progress = Callable[[int, int], None]
LookOver = Callable[[Progress], Awaitable[tuple[Mapping[str, int], str]]]
"""Compares every journey with the case record and mends: how many of each kind were found; what was done, in words."""

WRONG = ("missing", "behind", "ahead", "silent")


class JourneysActivities:
    """The activity that looks over the journeys."""

    def __init__(self, look_over: LookOver) -> None:
        self._look_over = look_over

    @activity.defn(name=LOOK_OVER)
    async def look_over_journeys(self, run: ScheduledRun) -> str:
        """Look, count in the metrics what was amiss, and say in a few words what was done. Raises what hinders it."""
        del run
        counts, said = await self._look_over(lambda done, total: activity.heartbeat(done, total))
        gauge = activity.metric_meter().create_gauge(
            "permanence_journeys_amiss", "Journeys found amiss at the last nightly look, by what it was"
        )
        for kind in WRONG:
            gauge.set(counts[kind], {"kind": kind})
        return said or f"all {counts['running']} journeys run and agree with the case record"
