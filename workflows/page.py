"""The page in Temporal's UI, made when somebody looks.

The SDK takes a workflow's current details as a text, which would have to be made at each wake, in replays too, and
nearly always for nobody. The UI asks for them by a query of the SDK's own: its answer is completed here.
"""

from typing import Any, Final

from temporalio import workflow
from temporalio.worker import HandleQueryInput, Interceptor, WorkflowInboundInterceptor, WorkflowInterceptorClassInput

ASKED_BY_THE_UI: Final = "__temporal_workflow_metadata"


class AskedPage(Interceptor):
    """Completes what the UI is answered, for a worker."""

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: A002 (the SDK's name)
        """What looks on at each workflow."""
        return _Completing


class _Completing(WorkflowInboundInterceptor):
    async def handle_query(self, input: HandleQueryInput) -> Any:  # noqa: A002 (the SDK's name)
        answer = await super().handle_query(input)
        page = getattr(workflow.instance(), "page", None) if input.query == ASKED_BY_THE_UI else None
        if page is not None:  # not every workflow has one
            answer.current_details = page()
        return answer
