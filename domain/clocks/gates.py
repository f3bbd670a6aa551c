"""What a procedure requires before something may be recorded: each gate refuses, saying what is missing."""

from collections.abc import Callable
from datetime import date

from domain.case import events as ev
from domain.case.calendar import age_on
from domain.case.facts import Facts
from domain.clocks.registry import Names
from domain.clocks.return_home import approvers, missing_evidence
from domain.clocks.rules import Gate

Look = Callable[[], Facts]
"""The facts as they stand before the event; worked out only where a check needs them, since that takes a while."""

Check = Callable[[Look, ev.Event, Gate], str | None]
check: Names[Check] = Names("check of a gate")


@check
def return_home_evidence_and_approver(look: Look, event: ev.Event, gate: Gate) -> str | None:
    """All evidence is gathered, and the approver has the standing that age and legal status ask for."""
    if not isinstance(event, ev.ReturnHomeApproved):
        return None
    facts = look()
    missing = missing_evidence(facts, event.on if facts.to_the_letter else date.max)
    accepted = approvers(facts, gate, event.on)
    lacking = [f"missing evidence: {', '.join(missing)}"] * bool(missing)
    if event.by_role not in accepted:
        lacking.append(f"by_role: {event.by_role} may not approve; accepted: {', '.join(accepted)}")
    return "; ".join(lacking) or None


@check
def old_enough_to_ratify_at_a_review(look: Look, event: ev.Event, gate: Gate) -> str | None:
    """A long-term placement may be ratified at a review from an age."""
    if not (isinstance(event, ev.ReviewHeld) and event.long_term_placement_ratified) or gate.from_age is None:
        return None
    born = look().born
    if born is None or age_on(born, event.on) >= gate.from_age:
        return None
    return (
        f"long_term_placement_ratified: the child is under {gate.from_age}; accepted: from age {gate.from_age}, "
        "or the review without it"
    )
