"""Return home: what has been gathered, what is still missing, and who may approve (S1 section 3, CPPCR reg 39)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from domain.case import events as ev
from domain.case.calendar import age_on
from domain.case.facts import Facts
from domain.case.plan_history import given_up_on
from domain.case.words import Evidence, LegalStatus, Plan, Role
from domain.clocks.rules import Gate, Policy

SIXTEEN = 16
"""S1 section 3 and CPPCR reg 39(5): at 16 and 17, accommodated under section 20, a higher approver is asked for."""


@dataclass(frozen=True, slots=True)
class ReturnHome:
    """How far a return home has come. `approvers`: the roles that may approve at this age and legal status."""

    gathered: Mapping[Evidence, date]
    missing: tuple[Evidence, ...]
    approvers: tuple[Role, ...]
    approved_on: date | None
    approved_by: Role | None
    returned_on: date | None
    clause: str


def return_home(facts: Facts, policy: Policy, today: date) -> ReturnHome | None:
    """How a return home stands; None where none is planned, prepared or done, or the policy asks for no approval."""
    gate = next((gate for gate in policy.gates if gate.event == "return_home_approved"), None)
    since = given_up_on(facts, Plan.RETURN_HOME, today)
    returned = next((e for e in facts.all(ev.ReturnedHome) if e.on > since), None)
    approved = next((e for e in facts.all(ev.ReturnHomeApproved) if e.on >= since), None)
    gathered = gathered_evidence(facts, since)
    plan = facts.plan()
    planned = plan is not None and Plan.RETURN_HOME in (plan.primary, plan.contingency)
    if gate is None or not (planned or gathered or approved or returned):
        return None
    return ReturnHome(
        gathered=gathered,
        missing=missing_evidence(facts, today),
        approvers=approvers(facts, gate, today),
        approved_on=approved.on if approved else None,
        approved_by=approved.by_role if approved else None,
        returned_on=returned.on if returned else None,
        clause=gate.clause,
    )


def gathered_evidence(facts: Facts, since: date) -> dict[Evidence, date]:
    """Each kind of evidence there is since a day, and the day it was first there."""
    gathered: dict[Evidence, date] = {}
    for event in facts.all(ev.ReturnHomeEvidence):
        if event.on >= since:
            gathered.setdefault(event.kind, event.on)
    return gathered


def missing_evidence(facts: Facts, by: date) -> tuple[Evidence, ...]:
    """The kinds of evidence that were not there by a day, in the order of the procedure.

    What was gathered for a return that had been given up before that day is there for no other.
    """
    gathered = gathered_evidence(facts, given_up_on(facts, Plan.RETURN_HOME, by))
    return tuple(kind for kind in Evidence if gathered.get(kind, date.max) > by)


def approvers(facts: Facts, gate: Gate, on: date) -> tuple[Role, ...]:
    """Who may approve on a day, by the child's age and legal status then."""
    accommodated = facts.legal_status(on) is LegalStatus.SECTION_20
    if accommodated and facts.born is not None and age_on(facts.born, on) >= SIXTEEN:
        return gate.approvers_at_16_under_section_20
    return gate.approvers
