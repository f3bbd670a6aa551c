"""What a Temporal Schedule starts: one activity, once, however long it takes (service/schedules.py keeps the list)."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from activities.models import ScheduledRun
    from workflows.background import run_in_background
    from workflows.parsing import read_work

SCHEDULED_TYPE = "ScheduledTask"
SCHEDULED_ID_PREFIX = "scheduled-"

NOMINAL: SearchAttributeKey[datetime] = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")
"""The time a run was planned for; the server sets it on what a schedule starts."""

# If this gave up, nobody would get a digest that day. A schedule starts no second run while one is at it, so an
# activity that is retried past its day looks at the clock and does what is due by then.
UNTIL_IT_WORKS = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5))

HEARTBEAT = timedelta(minutes=1)
"""An activity that says nothing for so long has died with its worker: another goes on (ours)."""


class ScheduledWork(BaseModel):
    """What a schedule has done. It stands in histories: later fields need defaults."""

    model_config = ConfigDict(frozen=True)

    activity: str
    """The name of an activity that takes a `ScheduledRun` and answers in a few words what it did."""
    longest: timedelta
    """The longest that one attempt may take."""
    after: timedelta = timedelta()
    """A timer that must fire first: what is proved then is that timers do."""
    silence: timedelta = HEARTBEAT
    """An activity that says nothing for so long has died with its worker."""


@workflow.defn(name=SCHEDULED_TYPE)
class ScheduledTask:
    """Runs one activity for a schedule. Its result, in a few words, is the run's result in the UI."""

    @workflow.run
    async def run(self, work: Any = None, *others: Any) -> str:
        """Run it until it has worked. Fails only where the activity says that trying again is no use.

        `work` is a `ScheduledWork`.
        """
        work = read_work(ScheduledWork, work, others)
        begun = workflow.now()
        nominal = workflow.info().typed_search_attributes.get(NOMINAL) or begun
        if work.after:
            await workflow.sleep(work.after)
        outcome: str = await run_in_background(
            work.activity,
            ScheduledRun(nominal=nominal, begun=begun + work.after),
            result_type=str,
            start_to_close_timeout=work.longest,
            heartbeat_timeout=work.silence,
            retry_policy=UNTIL_IT_WORKS,
        )
        return outcome


def scheduled_id(name: str) -> str:
    """How the workflow ids of a schedule's runs begin; the server adds the nominal time."""
    return SCHEDULED_ID_PREFIX + name
