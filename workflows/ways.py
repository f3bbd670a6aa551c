"""Which of the program's ways a run goes, where a change must not reach a run that began before it.

The first thing a run does is ask for the newest that it can have, before any activity: asked later, after a local
activity, a patch may write a history that cannot be replayed (docs/adr/0023-durable-effects.md). A run that has one
goes every way of before it, and asks for none of them: each would be a marker and a search attribute more.
"""

from temporalio import workflow

ALL_OF_NOVEMBER = "all ways of November 2026"
"""Patch of 29 November 2026, in the evening: before it, a run asked for each of `OF_NOVEMBER` by a patch of its own."""

DURABLE = "effects are durable activities"
"""Patch of 27 November 2026: before it, effects were local activities first, and each way below asked for a patch."""

ADOPTS_NEWEST = "an adoption brings the newest rules"
"""Patch: before it, a journey took a policy up anew only where the id differed from that of its own."""

LIMITED = "limits on what is sent"
"""Patch: before it, a journey took a batch of any size and wrote an entry of any size."""

SHORTER_RUNS = "a new run at 380 events"
"""Patch of 28 November 2026."""

SHORT_RUNS = "a new run at 150 events"
"""Patch of 29 November 2026."""

PEOPLE_SHOWN = "who works on it is shown, from showing"
"""Patch of 27 November 2026, with the number of the showing: before it, a run wrote none of
`search_attributes.BESIDE`."""

OF_NOVEMBER = (SHORTER_RUNS, SHORT_RUNS, PEOPLE_SHOWN)
"""How those begin that came after `DURABLE`, and that `ALL_OF_NOVEMBER` has with it."""


def ask_first() -> None:
    """Ask, at the very beginning of a run, for what it is to be until its end."""
    durable()


def durable() -> bool:
    """Whether the run's effects are durable activities from its beginning."""
    return workflow.patched(ALL_OF_NOVEMBER) or workflow.patched(DURABLE)


def goes(way: str) -> bool:
    """Whether the run goes a way that runs before `DURABLE` asked a patch for. Not in a validator or a query."""
    return durable() or workflow.patched(way)


def goes_since(way: str) -> bool:
    """Whether a durable run goes a way that came after `DURABLE`. To be asked where it is used, as `goes`.

    One that came after November's is asked by its own patch: a run that began before it may be past the place.
    """
    if not durable():
        return False
    return (way.startswith(OF_NOVEMBER) and workflow.patched(ALL_OF_NOVEMBER)) or workflow.patched(way)
