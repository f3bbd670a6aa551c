"""The stages of a journey: the furthest reached in the order below, the route through adoption having two of its own.

A stage says how far a child has come; where a child stands and what may follow is for the machine of periods of care.
"""

from typing import Final

from domain.case.facts import Facts

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
ENDED: Final = STAGES[-1]


def stage_of(facts: Facts) -> str:
    """The furthest stage reached in a period of care."""
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
    return next((stage for stage in reversed(STAGES) if reached.get(stage)), STAGES[0])
