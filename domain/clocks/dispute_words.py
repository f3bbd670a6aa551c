"""How a formal dispute stands, in words: the same in `status`, `explain`, the page in Temporal's UI and the desk."""

from collections.abc import Iterator

from domain.case.dispute import Dispute, disputes, referred_without_dispute
from domain.case.facts import Facts
from domain.clocks.wording import in_words, spaced


def dispute_in_words(dispute: Dispute) -> str:
    """When it was opened, each level it has reached, whether it went to Cafcass, and whether it is resolved."""
    said = [f"opened {in_words(dispute.opened_on)}"]
    said += [f"with the {spaced(stage.to)} since {in_words(stage.on)}" for stage in dispute.stages]
    said += [f"referred to Cafcass {in_words(day)}" for day in dispute.referred_on]
    said.append(f"resolved {in_words(dispute.resolved_on)}" if dispute.resolved_on else "not resolved")
    return "; ".join(said)


def disputes_in_words(facts: Facts) -> Iterator[tuple[str, str]]:
    """Every dispute and every other referral to Cafcass of a period of care, as a label and what is said."""
    yield from (("Formal dispute", dispute_in_words(one)) for one in disputes(facts))
    days = [in_words(day) for day in referred_without_dispute(facts)]
    if days:
        yield "Referred to Cafcass", ", ".join(days)
