"""What a procedure requires before something may be recorded: each gate refuses, saying what is missing."""

from collections.abc import Callable

from domain import events as ev
from domain.calendar import age_on
from domain.facts import Facts
from domain.registry import Names
from domain.rules import Gate
from domain.words import Evidence, LegalStatus

SIXTEEN = 16
Check = Callable[[Facts, ev.Event, Gate], str | None]
check: Names[Check] = Names("check of a gate")


@check
def return_home_evidence_and_approver(facts: Facts, event: ev.Event, gate: Gate) -> str | None:
    """All evidence is gathered, and the approver has the standing that age and legal status ask for."""
    if not isinstance(event, ev.ReturnHomeApproved):
        return None
    gathered = {e.kind for e in facts.all(ev.ReturnHomeEvidence)}
    missing = [kind for kind in Evidence if kind not in gathered]
    approvers = gate.approvers
    accommodated = facts.legal_status(event.on) is LegalStatus.SECTION_20
    if accommodated and facts.born is not None and age_on(facts.born, event.on) >= SIXTEEN:
        approvers = gate.approvers_at_16_under_section_20
    told = [f"missing evidence: {', '.join(missing)}"] * bool(missing)
    if event.by_role not in approvers:
        told.append(f"by_role: {event.by_role} may not approve; accepted: {', '.join(approvers)}")
    return "; ".join(told) or None


@check
def old_enough_to_ratify_at_a_review(facts: Facts, event: ev.Event, gate: Gate) -> str | None:
    """A long-term placement may be ratified at a review from an age."""
    if not (isinstance(event, ev.ReviewHeld) and event.long_term_placement_ratified) or gate.from_age is None:
        return None
    if facts.born is None or age_on(facts.born, event.on) >= gate.from_age:
        return None
    return (
        f"long_term_placement_ratified: the child is under {gate.from_age}; accepted: from age {gate.from_age}, "
        "or the review without it"
    )
