"""Draining the outbox: telling people what the journeys have decided, outside the journeys."""

import asyncio

from temporalio import activity

from activities.keeping_at import keep_at
from activities.models import DRAIN_OUTBOX
from delivery.backlog import Backlog
from delivery.draining import Drain


class DeliveryActivities:
    """The activity that the standing process `outbox` keeps going."""

    def __init__(self, drain: Drain, backlog: Backlog) -> None:
        self._drain = drain
        self._backlog = backlog

    @activity.defn(name=DRAIN_OUTBOX)
    async def drain_outbox(self) -> int:
        """Deliver for about an hour; how many rows of the outbox were settled or put off.

        A record that cannot be used raises RecordUnavailable, and Temporal begins anew.
        """
        return sum(await asyncio.gather(keep_at(self._drain.once), keep_at(self._backlog.once)))
