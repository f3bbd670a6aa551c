"""The processes of ours that never end, and starting those that do not run."""

from dataclasses import dataclass
from typing import Final

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from activities.models import DRAIN_INBOX, DRAIN_OUTBOX
from workflows.protocol import TASK_QUEUE
from workflows.scheduled import SCHEDULED_TYPE
from workflows.standing import STANDING_TYPE, StandingProcess, StandingWork, standing_id

HOLD_NOTHING: Final = (STANDING_TYPE, SCHEDULED_TYPE)
"""Types of workflows without which nothing is lost."""


@dataclass(frozen=True, slots=True)
class StandingActivity:
    """A process that the service keeps going: its name, the activity that does its work, and what that is."""

    name: str
    activity: str
    summary: str


STANDING: Final[tuple[StandingActivity, ...]] = (
    StandingActivity("inbox", DRAIN_INBOX, "events on their way to journeys"),
    StandingActivity("outbox", DRAIN_OUTBOX, "messages on their way to people"),
)
"""Every standing process. Its activity is written with `activities.keeping_at` and registered in worker.py."""


async def keep_standing(client: Client, processes: tuple[StandingActivity, ...] = STANDING) -> None:
    """Start the standing processes that do not run. Any number of workers may do so at once.

    Raises temporalio's RPCError where the server cannot be reached.
    """
    for process in processes:
        await client.start_workflow(
            StandingProcess.run,
            StandingWork(activity=process.activity, summary=process.summary),
            id=standing_id(process.name),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            static_summary=process.summary,
        )


async def end_what_holds_nothing(client: Client, reason: str) -> None:
    """End every run but those of children: what it does lives in SQL, and the next start of a worker begins it anew.

    For runs that can be read by nobody any more, which would fail for ever, and keep others from being begun. Raises
    RPCError.
    """
    types = " OR ".join(f'WorkflowType="{name}"' for name in HOLD_NOTHING)
    async for run in client.list_workflows(f'ExecutionStatus="Running" AND ({types})'):
        try:
            await client.get_workflow_handle(run.id, run_id=run.run_id).terminate(reason=reason)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # it has ended meanwhile
                raise
