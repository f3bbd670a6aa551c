"""Which of the program's ways a run goes, where a change must not reach a run that began before it.

The first thing a run does is ask for `DURABLE`, before any activity: asked later, after a local activity, a patch may
write a history that cannot be replayed (docs/adr/0023-durable-effects.md). A run that has it goes every way below.
"""

from temporalio import workflow

DURABLE = "effects are durable activities"
"""Patch of 27 November 2026: before it, effects were local activities first, and each way below asked for a patch."""

ADOPTS_NEWEST = "an adoption brings the newest rules"
"""Patch: before it, a journey took a policy up anew only where the id differed from that of its own."""

LIMITED = "limits on what is sent"
"""Patch: before it, a journey took a batch of any size and wrote an entry of any size."""


def ask_first() -> None:
    """Ask, at the very beginning of a run, for what it is to be until its end."""
    workflow.patched(DURABLE)


def durable() -> bool:
    """Whether the run's effects are durable activities from its beginning."""
    return workflow.patched(DURABLE)


def goes(way: str) -> bool:
    """Whether the run goes a way that runs before `DURABLE` asked a patch for. Not in a validator or a query.

    Not for a change made since, which asks `durable() and workflow.patched(...)` where it is used: a durable run that
    began before the change would go its way here.
    """
    return durable() or workflow.patched(way)
