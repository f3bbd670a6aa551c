"""Delivering what waits in the inbox: the work of the standing process `inbox`."""

from sqlalchemy import Engine
from temporalio import activity

from activities.keeping_at import Work, keep_at
from activities.models import DRAIN_INBOX
from record.when_to_look import WhenToLook


class InboxActivities:
    """The activity that delivers what is in the inbox, over its database and a function that delivers what is due."""

    def __init__(self, sweep: Work, engine: Engine) -> None:
        self._sweep = sweep
        self._engine = engine

    @activity.defn(name=DRAIN_INBOX)
    async def drain_inbox(self) -> int:
        """Deliver events to journeys for about an hour; how many were settled. Raises RecordUnavailable."""
        return await keep_at(self._sweep, WhenToLook(self._engine).due)
