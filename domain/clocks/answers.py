"""Which events answer an obligation: those that a person may record so that it is met, by its row's `met_by`."""

from collections.abc import Mapping
from typing import Final

from domain.case import events as ev
from domain.case.milestone import milestone_named
from domain.clocks.rules import Rule

REVIEW: Final = ("review_held",)
ANSWERS: Final[Mapping[str, tuple[str, ...]]] = {
    "care_review": REVIEW,
    "first_care_review": REVIEW,
    "second_care_review": REVIEW,
    "later_care_review": REVIEW,
    "adoption_review": REVIEW,
    "any_review": REVIEW,
    "review_agreeing_the_plan": REVIEW,
    "review_from_the_28th_day": REVIEW,
    "ppm_after_the_day": ("ppm_held",),
    "permanence": (
        "returned_home",
        "adoption_order_made",
        "special_guardianship_order_made",
        "child_arrangements_order_made",
    ),
    "reviewing_officer_named": ("person_assigned",),
    "pathway_plan_at_15_or_over": ("pathway_plan_completed",),
    "needs_assessment_and_pathway_plan": ("needs_assessment_completed", "pathway_plan_completed"),
}
"""For each way to meet an obligation that is no event's type. A long-term placement that a review ratifies is
permanence too, and not here: who records the review thinks of the review."""


def _as_an_event(way: str) -> tuple[str, ...]:
    return ("milestone",) if milestone_named(way) else (way,) if way in ev.EVENT_TYPES else ()


def answers(rule: Rule) -> tuple[str, ...]:
    """The types of event that answer a row, each once, in the order in which it names them."""
    named = [one for way in rule.met_by for one in ANSWERS.get(way, _as_an_event(way))]
    return tuple(dict.fromkeys(named))
