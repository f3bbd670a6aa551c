"""How a run begins, and how it ends: what it was started with, read in words; what is left of it."""

from collections.abc import Sequence
from typing import Any, Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.journey import Journey
    from workflows import ways
    from workflows.parsing import WrongStart, is_child, read_options
    from workflows.protocol import WORKFLOW_ID_PREFIX, JourneyOptions, Summary

LONG_HISTORIES: Final = ((150, ways.SHORT_RUNS), (380, ways.SHORTER_RUNS))
"""Events of a run before the next takes over, and the patch that decided so (ours: a worker that has not kept a journey
replays 150 of them in 75 ms and 380 in twice that; docs/adr/0062-short-runs.md).

A patch is asked where the run is as long: one that was longer by then goes on to the next length, as it would have.
Another length is another patch, and none is taken away: a run that gave way at it must still replay.
"""

LONG_HISTORY_BEFORE = 1_000
"""The same of a run without these patches."""

LONG_HISTORY_OF_LOCAL_EFFECTS = 500
"""The same of a run whose effects are local activities, which leave fewer events."""


def begun_with(child: str, options: Any, others: Sequence[Any]) -> tuple[str, JourneyOptions]:
    """What is wrong with how this run was started, in words, if anything; and its options."""
    info = workflow.info()
    if info.workflow_id != WORKFLOW_ID_PREFIX + child or not is_child(child):
        return f"workflow id: accepted: {WORKFLOW_ID_PREFIX} and a child's reference", JourneyOptions()
    try:
        return "", read_options(options, others, workflow.now())
    except WrongStart as wrong:
        if info.continued_run_id:
            raise  # ours, of a journey that runs: the program is to be mended, and the journey then goes on
        return str(wrong), JourneyOptions()


def let_go(options: Any, events: Any) -> None:
    """Empty what a run was started with, now that it is taken: the SDK keeps it as long as it keeps the run."""
    # The state and rules of the run before are 316 kB as JSON and as models, ten times what the journey needs.
    if type(options) is dict:
        options.clear()
    if type(events) is list:
        events.clear()


def history_is_long() -> bool:
    """Long to replay, for a worker that has not kept the journey in memory; the server's own limit is far off."""
    info = workflow.info()
    return _is_long(info.get_current_history_length()) or info.is_continue_as_new_suggested()


def _is_long(events: int) -> bool:
    if not ways.durable():
        return events > LONG_HISTORY_OF_LOCAL_EFFECTS
    by_patch = any(events > length and ways.goes_since(decided) for length, decided in LONG_HISTORIES)
    return by_patch or events > LONG_HISTORY_BEFORE


def another_release_is_meant() -> bool:
    """Whether a release was promoted, ramped or rolled back to that this journey is to go on by (docs/adr/0056)."""
    return workflow.info().is_target_worker_deployment_version_changed()


def is_over(journey: Journey | None) -> bool:
    """Ended, or never begun: a run that has taken no event is no journey."""
    return journey is None or not journey.periods or journey.ended


def summary_of(child: str, journey: Journey | None) -> Summary:
    """How a run ended: of a journey, or of none where no event was taken."""
    facts = journey.facts if journey else None
    return Summary(
        child=child,
        stage=journey.stage if facts and journey else "none",
        ended_on=facts.ended_on if facts else None,
        events=len(journey.known) if journey else 0,
    )
