"""What meets an obligation. Each function gives the days on which something that meets it happened.

A name that is not here is the type of an event, or a milestone of the policy: any such event meets the obligation.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from domain.case import events as ev
from domain.case.facts import Facts
from domain.case.milestone import milestone_named
from domain.case.words import Role, Series
from domain.clocks.anchors import Anchor
from domain.clocks.conditions import entered_at_15_or_over
from domain.clocks.registry import Names

Fulfilment = Callable[[Facts, Anchor], Sequence[date]]
fulfilment: Names[Fulfilment] = Names("way to meet an obligation")


def days_met(name: str, facts: Facts, anchor: Anchor) -> Sequence[date]:
    """The days on which what `name` stands for happened, in order. Raises UnknownName."""
    if name in fulfilment or not (name in ev.EVENT_TYPES or milestone_named(name)):
        return fulfilment[name](facts, anchor)
    return [event.on for event in facts.named(name)]


@fulfilment
def care_review(facts: Facts, _: Anchor) -> list[date]:
    """A looked-after review that counts for the care series."""
    return [r.on for r in facts.care_reviews]


@fulfilment
def first_care_review(facts: Facts, _: Anchor) -> list[date]:
    """The first looked-after review."""
    return [r.on for r in facts.care_reviews[:1]]


@fulfilment
def second_care_review(facts: Facts, _: Anchor) -> list[date]:
    """The second looked-after review."""
    return [r.on for r in facts.care_reviews[1:2]]


@fulfilment
def later_care_review(facts: Facts, _: Anchor) -> list[date]:
    """The third looked-after review, and each one after."""
    return [r.on for r in facts.care_reviews[2:]]


@fulfilment
def adoption_review(facts: Facts, _: Anchor) -> list[date]:
    """A review that counts for the adoption series; one held while placed is a placement review instead."""
    return [r.on for r in facts.reviews if r.belongs_to(Series.ADOPTION) and not facts.while_placed(r.on)]


@fulfilment
def any_review(facts: Facts, _: Anchor) -> list[date]:
    """A review of whatever series."""
    return [r.on for r in facts.reviews]


@fulfilment
def review_agreeing_the_plan(facts: Facts, _: Anchor) -> list[date]:
    """A review that agreed the permanence plan."""
    return [r.on for r in facts.reviews if r.event.plan_agreed]


@fulfilment
def permanence(facts: Facts, _: Anchor) -> list[date]:
    """Permanence reached."""
    return [facts.permanence_on] if facts.permanence_on else []


@fulfilment
def ppm_after_the_day(facts: Facts, anchor: Anchor) -> list[date]:
    """A permanency planning meeting held after the day of the anchor."""
    return [e.on for e in facts.ppms if e.on > anchor.on]


@fulfilment
def reviewing_officer_named(facts: Facts, anchor: Anchor) -> list[date]:
    """Somebody is named as the IRO: by the entry, or assigned, before the anchor too."""
    entry = facts.entry
    goes_on = facts.amended and facts.before is not None and Role.IRO in facts.before.roles_named
    by_entry = [anchor.on] if goes_on or (entry is not None and Role.IRO in entry.people) else []
    return [*by_entry, *(max(e.on, anchor.on) for e in facts.all(ev.PersonAssigned) if e.role is Role.IRO)]


@fulfilment
def review_from_the_28th_day(facts: Facts, anchor: Anchor) -> list[date]:
    """A review of whatever series, held 28 days after the anchor or later."""
    return [r.on for r in facts.reviews if r.on >= anchor.on + timedelta(days=28)]


@fulfilment
def needs_assessment_and_pathway_plan(facts: Facts, _: Anchor) -> list[date]:
    """Both papers since entry, needs assessment and pathway plan, on the day the later is completed."""
    papers = [_first_since_entry(facts, paper) for paper in (ev.NeedsAssessmentCompleted, ev.PathwayPlanCompleted)]
    days = [day for day in papers if day is not None]
    return [max(days)] if len(days) == len(papers) else []


def _first_since_entry(facts: Facts, paper: type[ev.Event]) -> date | None:
    return next((e.on for e in facts.all(paper) if facts.care and e.on >= facts.care.start), None)


@fulfilment
def pathway_plan_at_15_or_over(facts: Facts, anchor: Anchor) -> Sequence[date]:
    """For a child who was 15 or over on entry: both papers, needs assessment and pathway plan."""
    if not entered_at_15_or_over(facts, anchor):
        return []
    return needs_assessment_and_pathway_plan(facts, anchor)
