"""What journeys run in: Temporal's sandbox, and a guard against a query that would run ahead of the journey."""

from collections.abc import Callable
from typing import ClassVar

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from workflows.protocol import JUST_MOVING

PASSED_THROUGH = ("domain", "workflows", "pydantic", "pydantic_core")
"""Imported once for a worker. What is not named here is imported anew for each journey."""

MOVES_NOTHING = {"notify_has_patch", "query_workflow", "remove_from_cache"}
"""Of the jobs of an activation: they may come with what followed the last task, its completion and commands."""


def workflow_runner() -> SandboxedWorkflowRunner:
    """What journeys run in, and are replayed in.

    The rules and the workflows themselves are held by lint to know no clock, chance or I/O; passing them through keeps
    each journey small and quick to load.
    """
    return WholeTasks(restrictions=_passed())


def runner_of_what_has_ended() -> SandboxedWorkflowRunner:
    """What runs that were ended are read in: as they stood after their last workflow task."""
    return EndedRun(restrictions=_passed())


def _passed() -> SandboxRestrictions:
    return SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)


class WholeTasks(SandboxedWorkflowRunner):
    """The sandbox, in which a journey hears of an event only once the event's workflow task has begun.

    A query waits for a worker, an activity completes meanwhile, and the worker that comes has not the journey in
    memory: then the SDK replays all events until now, and goes on with the last at the time of the task before. What
    the journey decides there is sent with the next task; replayed, it is decided in that task, at another time and in
    another order. Killed workers wedged a journey in thirty so on 27 November 2026 (docs/adr/0024-whole-tasks.md).
    """

    guard: ClassVar[type["_Guard"]]

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Create the sandbox's instance, guarded."""
        instance = super().create_instance(det)
        instance.activate = self.guard(instance.activate)  # type: ignore[method-assign]  # a proxy would pass on the other five
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
            return self._instead(act)
        self._events, self._bytes = act.history_length, act.history_size_bytes
        return self._activate(act)

    def _instead(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        del act
        return _failed(JUST_MOVING)

    def _ahead(self, act: WorkflowActivation) -> bool:
        """Whether it moves the journey by further events, but no task has begun since: that would say other bytes.

        A server that does not count the bytes of a history says 0 always, and is not guarded against.
        """
        moves = any(job.WhichOneof("variant") not in MOVES_NOTHING for job in act.jobs)
        return moves and act.history_length > self._events and act.history_size_bytes == self._bytes > 0


class _PassOver(_Guard):
    """Passes over what came after the last task of a run that has ended: no task for it will ever begin."""

    def _instead(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        still = WorkflowActivation()
        still.CopyFrom(act)
        del still.jobs[:]
        still.jobs.extend(job for job in act.jobs if job.WhichOneof("variant") in MOVES_NOTHING)
        return self._activate(still) if still.jobs else _nothing()


WholeTasks.guard = _Guard


class EndedRun(WholeTasks):
    """The same for runs that were ended between two tasks, with a signal or a timer that nobody had heard of yet."""

    guard = _PassOver


def _nothing() -> WorkflowActivationCompletion:
    completion = WorkflowActivationCompletion()
    completion.successful.SetInParent()
    return completion


def _failed(message: str) -> WorkflowActivationCompletion:
    completion = WorkflowActivationCompletion()
    completion.failed.failure.message = message
    return completion
