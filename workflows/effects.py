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

SAYS_WHY = "a refusal says why after a retry too"
"""Patch: before it, what the durable activity refused for good ended the update, or the run, as `ActivityError`."""


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
    # Lived, a local activity that runs out of time is an ActivityError; replayed from its marker it is the bare
    # TimeoutError (docs/upstream/local-activity-timeout.md). Nothing here may tell the two apart: on 26 November 2026
    # four journeys took one path alive and the other at their replay, and never woke again.
    except FailureError as error:
        _raise_what_is_final(error)
        try:
            result = await workflow.execute_activity(
                name,
                arg,
                result_type=result_type,
                start_to_close_timeout=timedelta(minutes=1),
                retry_policy=UNTIL_IT_WORKS,
                summary=summary,
            )
        except ActivityError as refused:
            if workflow.patched(SAYS_WHY):
                _raise_what_is_final(refused)
            raise
    return result  # type: ignore[no-any-return]  # activities called by name are untyped


def _raise_what_is_final(error: FailureError) -> None:
    """Raise what an activity itself said, bare or wrapped, if it said that trying again is no use."""
    cause = error.cause if isinstance(error, ActivityError) else error
    if isinstance(cause, ApplicationError) and cause.non_retryable:
        raise cause from None
