"""Running one short activity: at once in this worker; if that fails, durably and retried until it works.

A local activity leaves one event in the history where a full one leaves six, so a life of years stays short.
A case record that is down for days must not fill the history with attempts: then the server retries.
"""

from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

T = TypeVar("T")

# If this gave up, a child's events or reminders would be missing from the record: it never does.
UNTIL_IT_WORKS = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5))
ONCE = RetryPolicy(maximum_attempts=1)


async def run_effect(name: str, arg: Any, result_type: type[T], summary: str) -> T:
    """Run the activity `name`. Raises ApplicationError only where the activity says that retrying is no use."""
    try:
        result = await workflow.execute_local_activity(
            name,
            arg,
            result_type=result_type,
            start_to_close_timeout=timedelta(seconds=5),
            retry_policy=ONCE,
            summary=summary,
        )
    except FailureError as error:  # lived, a timeout comes as ActivityError; replayed, as the bare TimeoutError
        cause = error.cause if isinstance(error, ActivityError) else error
        if isinstance(cause, ApplicationError) and cause.non_retryable:
            raise cause from None
        result = await workflow.execute_activity(
            name,
            arg,
            result_type=result_type,
            start_to_close_timeout=timedelta(minutes=1),
            retry_policy=UNTIL_IT_WORKS,
            summary=summary,
        )
    return result  # type: ignore[no-any-return]  # activities called by name are untyped
