"""A process of ours that never ends: one long activity, run again and again, whatever happens to the workers."""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.background import run_in_background
    from workflows.parsing import read_work

STANDING_TYPE = "StandingProcess"
STANDING_ID_PREFIX = "standing-"

ROUND = timedelta(hours=1)
"""How long the activity works before it returns (ours): a day leaves some hundred events in the history."""

ROUNDS_IN_A_RUN = 24
"""Rounds before a new run takes over (ours: a run a day, so that the engine's list of runs stays readable)."""

SILENCE = timedelta(seconds=10)
"""A worker that is not heard of for so long has died, and another takes over (ours)."""

# If this gave up, events would lie in the inbox and messages in the outbox with nobody to move them: it never does.
FOR_EVER = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10))


class StandingWork(BaseModel):
    """What a standing process does. It stands in histories: later fields need defaults."""

    model_config = ConfigDict(frozen=True)

    activity: str
    """The name of an activity that takes nothing, works for about `ROUND` and returns how much it did."""
    summary: str = ""
    """What it does, in words for the UI."""


@workflow.defn(name=STANDING_TYPE)
class StandingProcess:
    """Keeps one long activity going for ever. What is waiting to be done lives in SQL; nothing is lost with a run."""

    @workflow.run
    async def run(self, work: Any = None, *others: Any) -> None:
        """Run the activity round after round, then hand over to a new run. `work` is a `StandingWork`."""
        work = read_work(StandingWork, work, others)
        for _ in range(ROUNDS_IN_A_RUN):
            await run_in_background(
                work.activity,
                result_type=int,
                # Far more than a round: the heartbeat tells much sooner that a worker has died.
                start_to_close_timeout=2 * ROUND,
                heartbeat_timeout=SILENCE,
                retry_policy=FOR_EVER,
                summary=work.summary or None,
            )
        workflow.continue_as_new(work)


def standing_id(name: str) -> str:
    """The workflow id of a standing process."""
    return STANDING_ID_PREFIX + name
