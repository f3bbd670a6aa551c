"""What a sound policy may still leave undone, said by `policy check`: an officer told too late, no law beneath it."""

from collections.abc import Iterator
from typing import Final

from domain.case.words import Role
from domain.clocks.rules import Obligation, Policy, Rule

OFFICER_WITHIN = 5
"""Working days after a missed statutory review by which the IRO is to be told, as by the law's own ladder (contract
section 5)."""


COMES_AGAIN: Final = frozenset(
    {
        "ppm_held", "review_held", "plan_changed", "plan_tracked", "plan_overseen", "drift_identified",
        "dispute_opened", "placed_for_adoption", "adoption_placement_ended", "adm_decision_made", "care_plan_updated",
        "sibling_placed_for_adoption", "legal_status_changed", "ppm_booked", "review_booked",
    }
)  # fmt: skip
"""Events that an ordinary case has several of (ours)."""
ONLY_THE_FIRST: Final = (
    "{rule}: anchor: {event} comes more than once, and the rule counts once, from the first; accepted: "
    'occurs = "each" for a step for each of them; anchor = {{ event = "{event}", which = "first" }} if that is meant'
)


def warnings_of(policy: Policy) -> Iterator[str]:
    """In words, what an authority should look at; a policy that only states the law has nothing of the kind."""
    if not any(o.has_statutory_limit for o in policy.obligations):
        yield 'no law: it extends none, so no statutory limit stands; accepted: extends = "england-statutory"'
        return
    yield from (ONLY_THE_FIRST.format(rule=rule.id, event=rule.anchor) for rule in _perhaps_each(policy))
    late: dict[str, list[str]] = {}
    for obligation in (o for o in policy.obligations if _is_statutory_review(o)):
        reached = _officer_reached(policy, obligation)
        if reached is None or reached > OFFICER_WITHIN:
            when = "never" if reached is None else f"only {reached} working days after due"
            late.setdefault(when, []).append(obligation.id)
    for when, names in late.items():
        yield (
            f"ladder: the IRO hears of a missed statutory review {when} ({', '.join(names)}); "
            f"add iro to a rung up to {OFFICER_WITHIN} working days after due"
        )


def _perhaps_each(policy: Policy) -> Iterator[Rule]:
    """Rules of an authority's own that count once from an event that comes again, where neither is said to be meant."""
    for rule in (o.rule for o in policy.obligations if not o.has_statutory_limit):
        from_it = any(due.counted_from in (None, "anchor") for due in rule.due)
        if rule.occurs == "once" and from_it and isinstance(rule.anchor, str) and rule.anchor in COMES_AGAIN:
            yield rule


def _is_statutory_review(obligation: Obligation) -> bool:
    rules = (obligation.rule, *obligation.limits)
    return any(rule.statutory and any("review_held" in way.answers for way in rule.ways) for rule in rules)


def _officer_reached(policy: Policy, obligation: Obligation) -> int | None:
    """Working days after due on which the IRO is first told; None where never."""
    rule = obligation.rule
    rungs = policy.ladder_of(rule).steps if rule.ladder else ()
    days = [rung.after for rung in rungs if Role.IRO in rung.to or (rung.and_owner and rule.owner is Role.IRO)]
    return min(days, default=None)
