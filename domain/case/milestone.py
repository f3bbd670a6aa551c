"""Events of an authority's own: how a rule names them, beside the types of event that every policy has."""

from domain.case import events as ev

PREFIX = "milestone."


def name_of(event: ev.Event) -> str:
    """What a rule calls an event: its type or, of an authority's own, `milestone.ID`."""
    return f"{PREFIX}{event.milestone}" if type(event) is ev.MilestoneReached else event.type


def milestone_named(name: str) -> str | None:
    """The id in `milestone.ID`; None of any other name."""
    return name.removeprefix(PREFIX) if name.startswith(PREFIX) else None
