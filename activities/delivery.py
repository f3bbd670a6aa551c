"""Draining the outbox: telling people what the journeys have decided, outside the journeys."""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import Engine
from temporalio import activity

from activities.keeping_at import Work, keep_at
from activities.models import DRAIN_OUTBOX
from delivery.backlog import Backlog
from delivery.draining import Drain
from record.when_to_look import WhenToLook

MEASURED_EVERY = timedelta(seconds=30)
"""Between two counts for the metrics (ours: twice as often as Prometheus usually asks)."""


class DeliveryActivities:
    """The activity that the standing process `outbox` keeps going, over the database with the outbox."""

    def __init__(self, drain: Drain, backlog: Backlog, engine: Engine) -> None:
        self._drain = drain
        self._backlog = backlog
        self._engine = engine
        self._measured: datetime | None = None

    @activity.defn(name=DRAIN_OUTBOX)
    async def drain_outbox(self) -> int:
        """Deliver for about an hour; how many rows of the outbox were settled or put off.

        A record that cannot be used raises RecordUnavailable, and Temporal begins anew.
        """
        both = [self._kept_at(work) for work in (self._work, self._backlog.once)]
        try:
            return sum(await asyncio.gather(*both))
        finally:
            # If one failed, the other must not go on behind the next attempt's back.
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    def _kept_at(self, work: Work) -> "asyncio.Task[int]":
        return asyncio.create_task(keep_at(work, WhenToLook(self._engine).due))

    async def _work(self) -> int:
        done = await self._drain.once()
        now = self._drain.deliverer.clock()
        if self._measured is None or now - self._measured >= MEASURED_EVERY:
            self._measured = now
            await self._measure()
        return done

    async def _measure(self) -> None:
        """Count for Prometheus what waits, what went wrong, and which channels are in trouble."""
        counted = await asyncio.to_thread(self._drain.measures)
        meter = activity.metric_meter()
        rows = meter.create_gauge("permanence_outbox_rows", "Rows of the outbox by state")
        for state, number in counted.rows.items():
            rows.set(number, {"state": state})
        trouble = meter.create_gauge("permanence_channel_in_trouble", "1 while a channel is down or stopped")
        for channel, troubled in counted.in_trouble.items():
            trouble.set(int(troubled), {"channel": channel})
        fallback = meter.create_gauge("permanence_told_for_nobody", "Messages that went to the fallback")
        fallback.set(counted.to_fallback)
