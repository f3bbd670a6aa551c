"""The processes of ours that never end, and starting those that do not run."""

from dataclasses import dataclass
from typing import Final

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from activities.models import DRAIN_INBOX, DRAIN_OUTBOX
from workflows.protocol import TASK_QUEUE
from workflows.standing import StandingProcess, StandingWork, standing_id


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
