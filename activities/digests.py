"""Sending digests, for the schedule `digests`."""

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.models import SEND_DIGESTS, ScheduledRun
from delivery.digesting import Digests, DigestsWait


class DigestActivities:
    """The activity that the schedule `digests` runs."""

    def __init__(self, digests: Digests) -> None:
        self._digests = digests

    @activity.defn(name=SEND_DIGESTS)
    def send_digests(self, run: ScheduledRun) -> str:
        """Send the digests of today; in words, what was done.

        What is true now counts, not what was when the run was planned. While a channel is down Temporal tries again;
        a record that cannot be used raises RecordUnavailable, and the same.
        """
        try:
            return self._digests.send(activity.heartbeat)
        except DigestsWait as wait:
            delay = max(wait.until - self._digests.telling.clock(), run.begun - run.begun)
            raise ApplicationError(str(wait), type="DigestsWait", next_retry_delay=delay) from None
