"""What a sound policy may still leave undone, said by `policy check`: an officer told too late, no law beneath it."""

from collections.abc import Iterator

from domain.case.words import Role
from domain.clocks.rules import Obligation, Policy

OFFICER_WITHIN = 5
"""Working days after a missed statutory review by which the IRO is to be told (contract section 8)."""


def warnings_of(policy: Policy) -> Iterator[str]:
    """In words, what an authority should look at; a policy that only states the law has nothing of the kind."""
    if not any(o.has_statutory_limit for o in policy.obligations):
        yield 'no law: it extends none, so no statutory limit stands; accepted: extends = "england-statutory"'
        return
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


def _is_statutory_review(obligation: Obligation) -> bool:
    rules = (obligation.rule, *obligation.limits)
    return any(rule.statutory and any("review_held" in way.answers for way in rule.ways) for rule in rules)


def _officer_reached(policy: Policy, obligation: Obligation) -> int | None:
    """Working days after due on which the IRO is first told; None where never."""
    rule = obligation.rule
    rungs = policy.ladder_of(rule).steps if rule.ladder else ()
    days = [rung.after for rung in rungs if Role.IRO in rung.to or (rung.and_owner and rule.owner is Role.IRO)]
    return min(days, default=None)
