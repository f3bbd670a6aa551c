"""What a clock may start from. Each anchor gives the days it happened, in order, since entry."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.case import events as ev
from domain.case.facts import Facts, Known
from domain.case.siblings import is_derived
from domain.case.words import Plan, Progress
from domain.clocks.registry import Names


@dataclass(frozen=True, slots=True)
class Anchor:
    """A day a clock starts from, and the event that set it (None where a condition did).

    `number`: of the occurrence of another obligation whose day it is. `opened`: the day from which that is open, where
    the anchor is a day still ahead of it, due or booked; what starts from such a day is open from then on too.
    """

    # First review due on 2 February 2026, and a form due 7 days before that date: it opens on 5 January with the
    # review, and filled in on the 20th it is met, though 2 February is to come.
    on: date
    event: ev.Event | None = None
    number: int | None = None
    opened: date | None = None


AnchorFinder = Callable[[Facts], Sequence[Anchor]]
anchor: Names[AnchorFinder] = Names("anchor")


def _since_entry(facts: Facts, *types: type[ev.Event]) -> list[Anchor]:
    """Events since entry, those under short breaks aside: of the care procedures nothing is counted from them."""
    start = facts.care.start if facts.care else date.max
    return [Anchor(e.on, e) for e in facts.all(*types) if e.on >= start and not facts.under_short_breaks(e.on)]


@anchor
def became_looked_after(facts: Facts) -> list[Anchor]:
    """Entry; for a child who left a series of short breaks, the day of that change."""
    return [Anchor(facts.care.start, facts.entry)] if facts.care else []


@anchor
def short_breaks_started(facts: Facts) -> list[Anchor]:
    """The first day of each series of short breaks (legal status V3 or V4)."""
    return [Anchor(span.start) for span in facts.short_breaks]


@anchor
def first_review_held(facts: Facts) -> list[Anchor]:
    """The first looked-after review."""
    return [Anchor(r.on, r.event) for r in facts.care_reviews[:1]]


@anchor
def second_review_held(facts: Facts) -> list[Anchor]:
    """The second looked-after review."""
    return [Anchor(r.on, r.event) for r in facts.care_reviews[1:2]]


@anchor
def ppm_held(facts: Facts) -> list[Anchor]:
    """Each permanency planning meeting since entry."""
    return [Anchor(e.on, e) for e in facts.ppms]


@anchor
def review_held(facts: Facts) -> list[Anchor]:
    """Each review since entry, of whatever series."""
    return _since_entry(facts, ev.ReviewHeld)


@anchor
def review_held_while_not_placed(facts: Facts) -> list[Anchor]:
    """Each review since entry, those aside that are held while the child is placed for adoption."""
    return [a for a in review_held(facts) if not facts.while_placed(a.on)]


@anchor
def dispute_opened(facts: Facts) -> list[Anchor]:
    """Each formal dispute of the IRO."""
    return _since_entry(facts, ev.DisputeOpened)


@anchor
def ppm_with_adoption_advice(facts: Facts) -> list[Anchor]:
    """Each permanency planning meeting after which the adoption team manager issued advice."""
    return [Anchor(e.on, e) for e in facts.ppms if e.adoption_advice_issued]


@anchor
def tracking_started(facts: Facts) -> list[Anchor]:
    """The earlier of the first PPM and a first review that saw no prospect of reunification."""
    first = [Anchor(r.on, r.event) for r in facts.care_reviews[:1] if r.event.reunification_prospect is False]
    return sorted([*ppm_held(facts)[:1], *first], key=lambda a: a.on)[:1]


@anchor
def care_proceedings_issued(facts: Facts) -> list[Anchor]:
    """Each issue of care proceedings, before entry too."""
    return [Anchor(e.on, e) for e in facts.all(ev.CareProceedingsIssued)]


@anchor
def placement_order_made(facts: Facts) -> list[Anchor]:
    """Authority to place for adoption, by order or consent: the first since the last revocation."""
    return [Anchor(span.start) for span in facts.authority_to_place]


@anchor
def placed_for_adoption(facts: Facts) -> list[Anchor]:
    """Each placement for adoption."""
    return [Anchor(span.start) for span in facts.placements_for_adoption]


@anchor
def adoption_placement_ended(facts: Facts) -> list[Anchor]:
    """Each end of a placement for adoption that brings the child back."""
    ends = {span.end for span in facts.placements_for_adoption}
    return [Anchor(e.on, e) for e in facts.all(ev.AdoptionPlacementEnded) if e.on in ends]


@anchor
def adoption_unlikely_under_placement_order(facts: Facts) -> list[Anchor]:
    """For each placement order, the day adoption was first said to be unlikely under it."""
    return [Anchor(day) for day in facts.unlikely_under_authority]


@anchor
def drift_or_plan_change(facts: Facts) -> list[Anchor]:
    """Drift identified, tracking that found drift, or a changed plan."""
    events = _since_entry(facts, ev.DriftIdentified, ev.PlanTracked, ev.PlanChanged)
    return [a for a in events if type(a.event) is not ev.PlanTracked or a.event.progress is Progress.DRIFTING]


@anchor
def drift_identified(facts: Facts) -> list[Anchor]:
    """Each time drift was identified."""
    return _since_entry(facts, ev.DriftIdentified)


@anchor
def should_be_placed_decision(facts: Facts) -> list[Anchor]:
    """Each decision of the agency decision maker that the child should be placed for adoption."""
    decisions = _since_entry(facts, ev.AdmDecisionMade)
    return [a for a in decisions if isinstance(a.event, ev.AdmDecisionMade) and a.event.should_be_placed]


@anchor
def sibling_placed_for_adoption(facts: Facts) -> list[Anchor]:
    """Each placement of a brother or sister for adoption, once, by whoever tells it: a case system, a journey."""
    heard = [(k, k.event) for k in facts.known if isinstance(k.event, ev.SiblingPlacedForAdoption)]
    first: dict[tuple[str, date], Known] = {}
    for known, event in sorted(heard, key=lambda one: (one[0].known_at, is_derived(one[1]), one[0].order)):
        first.setdefault((event.sibling, event.on), known)
    by_id = {known.event.id: known for known in first.values()}
    since_entry = _since_entry(facts, ev.SiblingPlacedForAdoption)
    each = [(a, by_id[a.event.id]) for a in since_entry if a.event and a.event.id in by_id]
    return sorted((_since_named(facts, *one) for one in each), key=lambda a: a.on)


def _since_named(facts: Facts, placed: Anchor, heard: Known) -> Anchor:
    """Of one who was named as a brother or sister only later, the day of that: nobody could decide on them before."""
    # Placed on 20 January 2026. Nothing is heard of it until the list of 24 February names the child: decided from the
    # 24th. Told on 20 January already, it was for this child to decide from then on, whatever a later list says.
    sibling = placed.event.sibling if isinstance(placed.event, ev.SiblingPlacedForAdoption) else ""
    named = next((day for day, names in facts.siblings if sibling in names), placed.on)
    if named > placed.on and facts.amended and _heard_before_named(facts, sibling, heard):
        return placed
    return Anchor(max(placed.on, named), placed.event)


def _heard_before_named(facts: Facts, sibling: str, heard: Known) -> bool:
    """Whether a placement was known of before any list named the sibling; what another journey tells follows a list."""
    lists = [k for k in facts.known if isinstance(k.event, ev.SiblingsChanged) and sibling in k.event.siblings]
    return _as_heard(heard) < min(map(_as_heard, lists))


def _as_heard(known: Known) -> tuple[datetime, bool, datetime]:
    return known.known_at, is_derived(known.event), known.event.known_from


@anchor
def adoption_became_primary_plan(facts: Facts) -> list[Anchor]:
    """The first meeting or change that made adoption the primary plan."""
    start = facts.care.start if facts.care else date.max
    steps = [s for s in facts.plans if s.on >= start and s.primary is Plan.ADOPTION]
    return [Anchor(s.on, s.event) for s in steps[:1]]
