"""The twin-track plan over time: primary and contingency, who changed what, when and why.

S1 section 2: a plan may be twin-tracked, and a changed primary plan may need a further meeting; so it must be seen
when a plan does not hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from domain.case import events as ev
from domain.case.calendar import months_after
from domain.case.facts import Facts
from domain.case.words import Plan

CHURN_MONTHS = 6
CHANGES_TO_CHURN = 2
"""Ours: two changes within six calendar months, the longest time between reviews, mean a plan that does not hold."""


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """The plan from a day on, by which event, recorded by whom, for what reasons.

    `changed`: the primary plan is another than before, or one contingency plan has taken the place of another. A
    contingency plan added, or dropped when the plan is final, changes nothing in where the child is going.
    """

    on: date
    primary: Plan
    contingency: Plan | None
    final: bool
    changed: bool
    event: str
    type: str
    by: str | None
    reasons: str | None


def plan_history(facts: Facts) -> list[PlanEntry]:
    """Every plan of the period of care, in the child's own version, in order of the day it was made."""
    entries: list[PlanEntry] = []
    for step in facts.plans:
        before = entries[-1] if entries else None
        event = step.event
        entries.append(
            PlanEntry(
                on=step.on,
                primary=step.primary,
                contingency=step.contingency,
                final=step.final,
                changed=before is not None and _differs(before, step.primary, step.contingency),
                event=event.id,
                type=event.type,
                by=event.by,
                reasons=event.reasons if isinstance(event, ev.PlanChanged) else event.note,
            )
        )
    return entries


def _differs(before: PlanEntry, primary: Plan, contingency: Plan | None) -> bool:
    replaced = before.contingency is not None and contingency is not None and before.contingency != contingency
    return before.primary != primary or replaced


def churn(history: Sequence[PlanEntry], today: date) -> list[PlanEntry]:
    """The changes of the last six calendar months, if they are two or more; else nothing."""
    since = months_after(today, -CHURN_MONTHS)
    recent = [entry for entry in history if entry.changed and since < entry.on <= today]
    return recent if len(recent) >= CHANGES_TO_CHURN else []


def given_up_on(facts: Facts, plan: Plan, before: date) -> date:
    """The last day, before another day, on which a primary plan was changed to a different one; else date.min."""
    # Home on 16 February 2026; on 4 May the return has broken down, and fostering is the plan. From 11 January 2027 it
    # is to return home again: what was gathered and approved by 3 May answered for the return of February alone.
    given_up = date.min
    for was, then in pairwise(facts.plans if facts.amended else ()):
        if was.primary is plan and then.primary is not plan and then.on < before:
            given_up = then.on
    return given_up
