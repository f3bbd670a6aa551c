"""Sending events to journeys: started if there is none, or the last has ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from domain import events as ev
from workflows.child_journey import ChildJourney
from workflows.messages import HOW_TO, RECORD_EVENTS, TASK_QUEUE, Answer, JourneyOptions, workflow_id


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a batch sent to one child's journey: an answer, or the reason it was refused."""

    child: str
    answer: Answer | None = None
    refusal: str | None = None


async def deliver(client: Client, child: str, events: Sequence[ev.Event], policy: str | None = None) -> Delivery:
    """Send events that become known together to a child's journey, starting it if need be.

    Refusals come back in words. Raises temporalio's RPCError where the server cannot be reached.
    """
    start = WithStartWorkflowOperation(
        ChildJourney.run,
        args=[None, JourneyOptions(policy=policy)],
        id=workflow_id(child),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary=f"{child}: a journey to permanence",
        static_details=HOW_TO,
    )
    documents = [ev.document(event) for event in events]
    # No update id of ours: the server would answer a repeat with a refusal of before, even when the run has ended.
    # A journey knows by their ids which events it has.
    try:
        answer = await client.execute_update_with_start_workflow(
            RECORD_EVENTS, args=[documents], start_workflow_operation=start, result_type=Answer
        )
    except WorkflowUpdateFailedError as error:
        return Delivery(child, refusal=getattr(error.cause, "message", None) or str(error))
    return Delivery(child, answer=answer)
