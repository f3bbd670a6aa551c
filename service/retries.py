"""Which workflows wait for an activity that fails: noted where activities run, since no list of the server says so."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from workflows.protocol import WORKFLOW_ID_PREFIX

FORGOTTEN_AFTER: Final = timedelta(minutes=11)
"""Twice the longest pause between two attempts, and a little: then another worker has had it, or it has ended."""


class Retries(Interceptor):
    """What this worker has seen fail and not succeed since. Each worker knows its own part."""

    def __init__(self) -> None:
        self._failed: dict[str, datetime] = {}

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 (the SDK's)
        """Look on at every activity."""
        return _LookingOn(next, self)

    def journeys(self) -> set[str]:
        """The children whose journeys wait for a durable activity that has failed here of late."""
        recent = datetime.now(UTC) - FORGOTTEN_AFTER
        self._failed = {workflow: at for workflow, at in self._failed.items() if at > recent}
        return {
            workflow.removeprefix(WORKFLOW_ID_PREFIX)
            for workflow in self._failed
            if workflow.startswith(WORKFLOW_ID_PREFIX)
        }

    def failed(self, workflow: str) -> None:
        """A workflow waits for another attempt."""
        self._failed[workflow] = datetime.now(UTC)

    def succeeded(self, workflow: str) -> None:
        """It goes on."""
        self._failed.pop(workflow, None)


class _LookingOn(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, retries: Retries) -> None:
        super().__init__(inner)
        self._retries = retries

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 (the SDK's)
        info = activity.info()
        try:
            result = await self.next.execute_activity(input)
        except Exception:
            if not info.is_local and info.workflow_id:
                self._retries.failed(info.workflow_id)
            raise
        if info.workflow_id:
            self._retries.succeeded(info.workflow_id)
        return result
