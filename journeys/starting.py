"""Starting a journey's workflow: by its child's reference, with what the UI says of it."""

from typing import Any

from temporalio.client import Client, WorkflowHandle

from workflows.child_journey import ChildJourney
from workflows.protocol import HOW_TO, TASK_QUEUE, JourneyOptions, Summary, workflow_id

Handle = WorkflowHandle[ChildJourney, Summary]


def summary(child: str) -> str:
    """What the UI's list says of a journey."""
    return f"{child}: a journey to permanence"


async def start_journey(
    client: Client, child: str, documents: list[dict[str, Any]] | None, options: JourneyOptions
) -> Handle:
    """Start a child's journey with events, if any. Raises temporalio's WorkflowAlreadyStartedError where one runs."""
    return await client.start_workflow(
        ChildJourney.run,
        args=[documents, options],
        id=workflow_id(child),
        task_queue=TASK_QUEUE,
        static_summary=summary(child),
        static_details=HOW_TO,
    )
