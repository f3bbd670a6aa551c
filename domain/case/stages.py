"""The stages of a journey: the furthest reached in the order below, the route through adoption having two of its own.

A stage says how far a child has come; where a child stands and what may follow is for the machine of periods of care.
"""

from datetime import date
from typing import Final

from domain.case import events as ev
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


def reached_on(facts: Facts) -> dict[str, date]:
    """The day on which each stage was first reached in a period of care, of those that were; in order."""
    reviews, placements, authority = facts.care_reviews, facts.placements_for_adoption, facts.authority_to_place
    before = facts.first(ev.PreProceedingsStarted)
    days = {
        "pre_proceedings": before.on if before else None,
        "looked_after": facts.entry.on if facts.entry else None,
        "ppm": facts.ppms[0].on if facts.ppms else None,
        "first_review": reviews[0].on if reviews else None,
        "second_review": reviews[1].on if len(reviews) > 1 else None,
        "placement_order": authority[0].start if authority else None,
        "placed_for_adoption": placements[0].start if placements else None,
        "permanence": facts.permanence_on,
        "left_care": facts.ended_on,
    }
    return {stage: day for stage in STAGES if (day := days[stage]) is not None}


def stage_of(facts: Facts) -> str:
    """The furthest stage reached in a period of care."""
    return next(reversed(reached_on(facts)), STAGES[0])
