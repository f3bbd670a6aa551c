"""The stages of a journey, and the table that says which moves are legal.

The stage is the furthest reached in the order below; the route through adoption has two stages of its own.
"""

import logging
from functools import lru_cache
from typing import Final

from transitions import Machine

from domain.case.facts import Facts

logging.getLogger("transitions").setLevel(logging.WARNING)

STAGES: Final = (
    "pre_proceedings",
    "looked_after",
    "ppm",
    "first_review",
    "second_review",
    "placement_order",
    "placed_for_adoption",
    "permanence",
    "left_care",
)

TRANSITIONS: Final = tuple(
    {"trigger": f"reach_{stage}", "source": list(STAGES[:place]), "dest": stage}
    for place, stage in enumerate(STAGES)
    if place > 0
)
"""From any earlier stage to any later one: events arrive out of order, and a step may be missed, never undone."""


def stage_of(facts: Facts) -> str:
    """The furthest stage reached in a period of care."""
    return _furthest(tuple(_milestones(facts)))


def _milestones(facts: Facts) -> list[str]:
    """The stages reached, in the order of the table."""
    reached = {
        "looked_after": facts.entry is not None,
        "ppm": bool(facts.ppms),
        "first_review": len(facts.care_reviews) > 0,
        "second_review": len(facts.care_reviews) > 1,
        "placement_order": bool(facts.authority_to_place),
        "placed_for_adoption": bool(facts.placements_for_adoption),
        "permanence": facts.permanence_on is not None,
        "left_care": facts.ended_on is not None,
    }
    return [stage for stage, done in reached.items() if done]


class _Child:
    """What the state machine moves."""

    state: str


@lru_cache(maxsize=512)
def _furthest(milestones: tuple[str, ...]) -> str:
    child = _Child()
    Machine(child, states=list(STAGES), transitions=list(TRANSITIONS), initial=STAGES[0], auto_transitions=False)
    for stage in milestones:
        getattr(child, f"reach_{stage}")()
    return child.state


ENDED: Final = STAGES[-1]
