"""When a rule applies. Each condition gives the spans of days on which it holds, for one anchor of the rule.

A rule opens on the first day all its conditions hold, and lapses on the day one stops to.
"""

from collections.abc import Callable, Sequence
from datetime import date

from domain.case import events as ev
from domain.case.calendar import age_on
from domain.case.days import Span, stretches
from domain.case.facts import Facts
from domain.case.words import LegalStatus, Plan
from domain.clocks.anchors import Anchor
from domain.clocks.registry import Names

ALWAYS = [Span(date.min)]
NEVER: list[Span] = []
FIFTEEN = 15

Condition = Callable[[Facts, Anchor], Sequence[Span]]
condition: Names[Condition] = Names("condition")

CaseTest = Callable[[Facts, date], bool]
case: Names[CaseTest] = Names("case")
"""Cases choose between two offsets: they are asked about the day the due date is worked out for."""


def _throughout(holds: bool) -> list[Span]:
    return ALWAYS if holds else NEVER


def _until(day: date | None) -> list[Span]:
    return [Span(date.min, day)]


@condition
def placement_order_in_force(facts: Facts, _: Anchor) -> Sequence[Span]:
    """Authority to place for adoption is held and not revoked."""
    return facts.authority_to_place


@condition
def under_this_placement_order(facts: Facts, anchor: Anchor) -> Sequence[Span]:
    """The authority to place that set the anchor is still held."""
    return [s for s in facts.authority_to_place if s.start <= anchor.on and not (s.end and s.end <= anchor.on)]


@condition
def not_placed_for_adoption(facts: Facts, _: Anchor) -> Sequence[Span]:
    """The child is not placed for adoption (after a placement has ended, again)."""
    return facts.not_placed_for_adoption


@condition
def until_placed_again(facts: Facts, anchor: Anchor) -> Sequence[Span]:
    """Until the next placement for adoption after the day of the anchor, or on it."""
    return _until(next((s.start for s in facts.placements_for_adoption if s.start >= anchor.on), None))


@condition
def in_this_adoption_placement(facts: Facts, anchor: Anchor) -> Sequence[Span]:
    """The placement for adoption that set the anchor goes on."""
    return [s for s in facts.placements_for_adoption if s.start == anchor.on]


@condition
def in_these_short_breaks(facts: Facts, anchor: Anchor) -> Sequence[Span]:
    """The series of short breaks that set the anchor goes on."""
    return [s for s in facts.short_breaks if s.start == anchor.on]


@condition
def before_permanence(facts: Facts, _: Anchor) -> Sequence[Span]:
    """The child has not reached permanence, or a changed plan has ended it."""
    return facts.not_permanent


@condition
def first_review_has_been_held(facts: Facts, _: Anchor) -> Sequence[Span]:
    """From the first looked-after review on."""
    return [Span(r.on) for r in facts.care_reviews[:1]]


@condition
def before_second_review(facts: Facts, _: Anchor) -> Sequence[Span]:
    """The second looked-after review has not been held."""
    return _until(facts.care_reviews[1].on if len(facts.care_reviews) > 1 else None)


@condition
def no_final_plan_by_first_review(facts: Facts, _: Anchor) -> Sequence[Span]:
    """No permanency planning meeting on or before the first review had made the plan final."""
    first = next(iter(facts.care_reviews), None)
    if first is None:
        return ALWAYS
    final = {step.event.id for step in facts.plans if step.final and step.on <= first.on}
    return _throughout(not any(ppm.id in final for ppm in facts.ppms))


@condition
def until_next_review(facts: Facts, anchor: Anchor) -> Sequence[Span]:
    """Until the next review held after the day of the anchor."""
    return _until(next((r.on for r in facts.reviews if r.on > anchor.on), None))


@condition
def primary_plan_was_return_home(facts: Facts, anchor: Anchor) -> Sequence[Span]:
    """On the day of the anchor the primary plan was return home."""
    return _throughout(primary_plan_is_return_home(facts, anchor.on))


@condition
def decision_stands(facts: Facts, anchor: Anchor) -> Sequence[Span]:
    """The decision of the agency decision maker that set the anchor has not been reversed since."""
    if not facts.all(ev.AdmDecisionReversed):
        return ALWAYS
    decisions = facts.all(ev.AdmDecisionMade, ev.AdmDecisionReversed)
    own = next((place for place, e in enumerate(decisions) if anchor.event and e.id == anchor.event.id), -1)
    return _until(next((e.on for e in decisions[own + 1 :] if isinstance(e, ev.AdmDecisionReversed)), None))


@condition
def relinquished(facts: Facts, _: Anchor) -> Sequence[Span]:
    """The child is relinquished for adoption, as the entry says or as it has changed since."""
    return facts.relinquished


@condition
def has_siblings(facts: Facts, _: Anchor) -> Sequence[Span]:
    """The child has brothers or sisters, by the entry or by a later list of them."""
    return stretches([(day, bool(named)) for day, named in facts.siblings])


@condition
def entered_under_15(facts: Facts, _: Anchor) -> Sequence[Span]:
    """The child was under 15 on becoming looked after."""
    return _throughout(_age_at_entry(facts) < FIFTEEN)


@condition
def entered_at_15_or_over(facts: Facts, _: Anchor) -> Sequence[Span]:
    """The child was 15 or over on becoming looked after."""
    return _throughout(_age_at_entry(facts) >= FIFTEEN)


def _age_at_entry(facts: Facts) -> int:
    entry = facts.entry
    return age_on(entry.date_of_birth, facts.care.start) if entry and facts.care else 0


@case
def in_care_proceedings(facts: Facts, day: date) -> bool:
    """Care proceedings are under way."""
    return facts.in_proceedings(day)


@case
def authority_to_place_held(facts: Facts, day: date) -> bool:
    """A placement order, or consent to placement, is in force."""
    return any(span.holds(day) for span in facts.authority_to_place)


@case
def accommodated_under_section_20(facts: Facts, day: date) -> bool:
    """The legal status is V2, accommodated with the parents' agreement."""
    return facts.legal_status(day) is LegalStatus.SECTION_20


@case
def primary_plan_is_return_home(facts: Facts, day: date) -> bool:
    """The primary plan is return home."""
    plan = facts.plan(day)
    return plan is not None and plan.primary is Plan.RETURN_HOME
