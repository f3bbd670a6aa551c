"""What journeys run in: Temporal's sandbox, and a guard against a query that would run ahead of the journey."""

from collections.abc import Callable

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from workflows.protocol import JUST_MOVING

MOVES_NOTHING = {"notify_has_patch", "query_workflow", "remove_from_cache"}
"""Of the jobs of an activation: they may come with what followed the last task, its completion and commands."""


def workflow_runner() -> SandboxedWorkflowRunner:
    """What journeys run in, and are replayed in.

    The rules are pure, held so by lint; passing them through keeps each journey small and quick to load.
    """
    passed = SandboxRestrictions.default.with_passthrough_modules("domain", "pydantic", "pydantic_core")
    return WholeTasks(restrictions=passed)


class WholeTasks(SandboxedWorkflowRunner):
    """The sandbox, in which a journey hears of an event only once the event's workflow task has begun.

    A query waits for a worker, an activity completes meanwhile, and the worker that comes has not the journey in
    memory: then the SDK replays all events until now, and goes on with the last at the time of the task before. What
    the journey decides there is sent with the next task; replayed, it is decided in that task, at another time and in
    another order. Killed workers wedged a journey in thirty so on 27 November 2026 (docs/adr/0024-whole-tasks.md).
    """

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Create the sandbox's instance, guarded."""
        instance = super().create_instance(det)
        instance.activate = _Guard(instance.activate)  # type: ignore[method-assign]  # a proxy would pass on the other five
        # The SDK asks both for every payload, each time by code compiled and run in the sandbox; no converter of ours
        # reads the answer, and no payload is stored elsewhere (docs/adr/0044-light-rules.md).
        instance.get_serialization_context = _no_context  # type: ignore[method-assign, assignment]  # as above
        instance.get_external_store_context = _no_store  # type: ignore[method-assign, assignment]  # as above
        return instance


def _no_context(_command: object) -> None:
    return None


def _no_store(_command: object) -> StorageDriverStoreContext:
    return StorageDriverStoreContext(target=None)


class _Guard:
    """Fails an activation that is ahead of its task: the query is answered so, and the journey is loaded anew."""

    def __init__(self, activate: Callable[[WorkflowActivation], WorkflowActivationCompletion]) -> None:
        self._activate = activate
        self._events = self._bytes = 0

    def __call__(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        if self._ahead(act):
            return _failed(JUST_MOVING)
        self._events, self._bytes = act.history_length, act.history_size_bytes
        return self._activate(act)

    def _ahead(self, act: WorkflowActivation) -> bool:
        """Whether it moves the journey by further events, but no task has begun since: that would say other bytes.

        A server that does not count the bytes of a history says 0 always, and is not guarded against.
        """
        moves = any(job.WhichOneof("variant") not in MOVES_NOTHING for job in act.jobs)
        return moves and act.history_length > self._events and act.history_size_bytes == self._bytes > 0


def _failed(message: str) -> WorkflowActivationCompletion:
    completion = WorkflowActivationCompletion()
    completion.failed.failure.message = message
    return completion
