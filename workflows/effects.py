"""Running one short activity, retried by the server until it works."""

from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

from workflows import ways

T = TypeVar("T")

# If this gave up, a child's events or reminders would be missing from the record: it never does.
UNTIL_IT_WORKS = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5))
ONCE = RetryPolicy(maximum_attempts=1)

LONGEST = timedelta(seconds=10)
"""For one attempt (ours: a record that is locked is given up after some 8 seconds). One that was begun and is not heard
of again is tried anew when this has passed: its worker was killed, or the server noted it as begun and never handed
it over, as it does when it is slow (docs/adr/0060-never-came.md)."""

LONGEST_WITH_SIGNS = timedelta(minutes=10)
"""For one attempt that gives signs of life, at least each `LONGEST`: a long past is relived in it, after others (ours:
1,000 events took 13.5 s, and 2,000, the most that a journey takes, would by reckoning take a minute)."""

SUMMARY_BYTES = 200
"""Of an activity's or timer's summary: the server takes no more than 400 bytes."""

LONGEST_BEFORE = timedelta(minutes=1)
LONGEST_LOCAL = timedelta(seconds=5)

SAYS_WHY = "a refusal says why after a retry too"
"""Patch: before it, what the durable activity refused for good ended the update, or the run, as `ActivityError`."""


async def run_effect(name: str, arg: Any, result_type: type[T], summary: str, *, may_be_long: bool = False) -> T:
    """Run the activity `name`. Raises ApplicationError only where the activity says that retrying is no use.

    One that `may_be_long` gives signs of life where it takes longer than `LONGEST`.
    """
    if not ways.durable():
        return await _run_local_first(name, arg, result_type, summary)
    try:
        return await _run(name, arg, result_type, summary, LONGEST_WITH_SIGNS if may_be_long else LONGEST)
    except ActivityError as refused:
        _raise_what_is_final(refused)
        raise


async def _run(name: str, arg: Any, result_type: type[T], summary: str, longest: timedelta) -> T:
    return await workflow.execute_activity(  # type: ignore[no-any-return]  # called by name, it is untyped
        name,
        arg,
        result_type=result_type,
        start_to_close_timeout=longest,
        heartbeat_timeout=LONGEST if longest is LONGEST_WITH_SIGNS else None,
        retry_policy=UNTIL_IT_WORKS,
        summary=summary,
    )


async def _run_local_first(name: str, arg: Any, result_type: type[T], summary: str) -> T:
    """As runs that began before `ways.DURABLE` do, so that they replay: locally, and durably if that fails.

    Lived, a local activity that runs out of time is an ActivityError; replayed from its marker it is the bare
    TimeoutError (docs/upstream/local-activity-timeout.md). Nothing here may tell the two apart: on 26 November 2026
    four journeys took one path alive and the other at their replay, and never woke again.
    """
    try:
        result = await workflow.execute_local_activity(
            name,
            arg,
            result_type=result_type,
            start_to_close_timeout=LONGEST_LOCAL,
            retry_policy=ONCE,
            summary=summary,
        )
    except FailureError as error:
        _raise_what_is_final(error)
        try:
            return await _run(name, arg, result_type, summary, LONGEST_BEFORE)
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
