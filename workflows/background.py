"""Work that takes long, on a queue of its own: a process that wakes journeys need not share its processor with it."""

from datetime import timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, TimeoutType
from temporalio.exceptions import TimeoutError as RanOut

with workflow.unsafe.imports_passed_through():
    from activities.models import BACKGROUND_WORK
    from workflows.protocol import BACKGROUND

NOBODY_AFTER: Final = timedelta(minutes=1)
"""What nobody has begun for so long is done by those who wake journeys (ours: a worker looks every moment; where none
serves the background, or the last one has just gone, messages wait no longer than this)."""


async def run_in_background(activity: str, *args: Any, **how: Any) -> Any:
    """Run an activity on the background's queue if it is of its work, else on the workflow's own.

    A workflow that began before there were two takes it there too, at its next round: on which queue an activity is
    stands in no comparison with a history. Raises what the activity raises.
    """
    if activity in BACKGROUND_WORK:
        try:
            return await workflow.execute_activity(
                activity, *args, task_queue=BACKGROUND, schedule_to_start_timeout=NOBODY_AFTER, **how
            )
        except ActivityError as error:
            if not _was_begun_by_nobody(error):
                raise
    return await workflow.execute_activity(activity, *args, **how)


def _was_begun_by_nobody(error: ActivityError) -> bool:
    return isinstance(error.cause, RanOut) and error.cause.type is TimeoutType.SCHEDULE_TO_START
