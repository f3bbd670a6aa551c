"""One meeting for several brothers and sisters: in one form a plan of their own for each (S2 "Permanency planning").

Whoever may record for the child of the page, and for a sibling, records for both. For a sibling whom they may not see
nothing is recorded here, nor for one without a journey; which of the two it is, nobody is told.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from delivery.case_now import CaseNow
from desk.event_fields import EventField, as_typed, fields_of_plan, values_of
from desk.forms import Errors
from desk.needs import may_record
from desk.scope import strongest
from desk.visits import Visit
from domain.case import events as ev
from domain.case.children import children_of
from domain.case.documents import document_of
from domain.case.siblings import siblings_of
from record.failures import Unreadable

KIND: Final = "ppm_held"
NOT_SEEN: Final = (
    "Nothing can be recorded for them here: they are not among the children you may see, or have no journey yet."
)
UNREAD: Final = "Nothing can be recorded for them here: the case record of this child cannot be read."
ONLY_SEEN: Final = "You may look at them, and not record for them."
LEFT_CARE: Final = "They have left care."


class SiblingAsked(NamedTuple):
    """A brother or sister in the form of a meeting: what is asked of their plan, or why nothing is."""

    reference: str
    label: str | None
    fields: Sequence[EventField]
    why_not: str


def siblings_asked(visit: Visit, kind: str, wrong: ev.Event | None = None) -> list[SiblingAsked]:
    """Those for whom a meeting may have planned too; of a correction also those for whom it is said to have."""
    if kind != KIND:
        return []
    planned = wrong.plans if isinstance(wrong, ev.PpmHeld) else {}
    named = dict.fromkeys((*siblings_of(visit.case.facts), *planned))
    why = {one: _why_not(visit, one, again=one in planned) for one in named if one != visit.child}
    labels = visit.labels(one for one, why_not in why.items() if why_not != NOT_SEEN)
    return [SiblingAsked(one, labels.get(one), () if said else fields_of_plan(one), said) for one, said in why.items()]


def plans_typed(visit: Visit, siblings: Sequence[SiblingAsked], errors: Errors) -> dict[str, dict[str, Any]]:
    """The plans that were entered, by child. What cannot be taken is added to the errors."""
    entered = {_child_of(name) for name, values in visit.sent.items() if name.startswith("plans.") and any(values)}
    plans = {}
    for one in siblings:
        if one.reference in entered and one.fields:
            own = Errors()
            plans[one.reference] = values_of(one.fields, visit.fields, visit.today, own)
            for wrong in own.summary:
                errors.add(wrong["href"].removeprefix("#"), f"{one.reference}: {wrong['text']}")
    for gone in sorted(entered - plans.keys()):
        errors.add("on", f"{gone}: their plan can be recorded here no more. {NOT_SEEN}")
    return plans


def plans_as_typed(event: ev.Event) -> dict[str, list[str]]:
    """The plans of a meeting as its form shows them to be changed."""
    document = document_of(event).get("plans", {})
    return {
        key: value for child, plan in document.items() for key, value in as_typed(fields_of_plan(child), plan).items()
    }


def plans_said(visit: Visit, event: ev.Event) -> Iterator[tuple[str, str]]:
    """What a meeting planned for brothers and sisters; of one whom the viewer may not see only that it did."""
    for child, plan in document_of(event).get("plans", {}).items() if isinstance(event, ev.PpmHeld) else ():
        seen = may_see(visit, child)
        values = (
            f"{field.said_as}: {field.in_words(plan[field.name])}"
            for field in fields_of_plan(child)
            if plan.get(field.name)
        )
        if child != visit.child:
            yield f"Plan of {child}", "; ".join(values) if seen else "is for those who may see them"


def may_see(visit: Visit, child: str) -> bool:
    """Whether the viewer may see a brother or sister, could the case record be read of them or not."""
    try:
        return visit.desk.find(visit.viewer, child, visit.now) is not None
    except Unreadable:
        return True


def may_record_for_all(visit: Visit, event: ev.Event) -> bool:
    """Whether the viewer may record for every child that an event is for."""
    others = children_of(event) - {visit.child}
    return all(_why_not(visit, child, again=True) == "" for child in others)


def cases_of(visit: Visit, *events: ev.Event | None) -> dict[str, CaseNow]:
    """The cases that some events are for, as their journeys have them, the child of the page first."""
    others = frozenset[str]().union(*(children_of(event) for event in events if event)) - {visit.child}
    cases = {child: visit.desk.lived(child, visit.now) for child in (visit.child, *sorted(others))}
    return {child: case for child, case in cases.items() if case is not None}


def log_views(visit: Visit, children: Iterable[str]) -> None:
    """Have it on record that the viewer reads of brothers and sisters, as they would on those children's own pages."""
    for child in children:
        seen = visit.desk.find(visit.viewer, child, visit.now)
        if seen:
            by = strongest(seen.relations)
            visit.desk.views.write(
                visit.now, visit.viewer.key, child, f"/children/{visit.child}/record", by, allowed=True
            )


def _why_not(visit: Visit, child: str, *, again: bool) -> str:
    """Why the meeting's plan for a sibling cannot be recorded; `again`: it is there already, and is corrected."""
    try:
        seen = visit.desk.find(visit.viewer, child, visit.now)
    except Unreadable:
        return UNREAD
    if seen is None:
        return NOT_SEEN
    if not may_record(KIND, visit.viewer, seen.relations):
        return ONLY_SEEN
    return LEFT_CARE if seen.case.journey.ended and not again else ""


def _child_of(name: str) -> str:
    """The child whose plan a field is of. References may hold dots, the names of fields do not."""
    return name.removeprefix("plans.").rpartition(".")[0]
