"""What can be done about each step that is due: what answers it, booking it, saying why it is late, putting it off."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple
from urllib.parse import urlencode

from desk.desk import AT
from desk.effect_words import title_of
from desk.event_fields import EventField, fields_of, is_offered, own_roles
from desk.needs import may_record
from desk.steps import DueStep, steps_of
from desk.visits import Visit
from domain.agenda import AgendaRow
from domain.case import events as ev
from domain.case.booking import KEPT_BY
from domain.clocks.answers import answers
from domain.clocks.at_once import AtOnce, unexplained_breaches
from domain.clocks.due_dates import FINAL_ORDER
from domain.clocks.rules import Policy
from domain.clocks.wording import in_words

THEMES: Final[dict[str, tuple[str, ...]]] = {
    "Planning meetings": (
        "ppm_booked", "ppm_held", "specialist_discussion_held", "ppm_decisions_sent", "ppm_decisions_uploaded",
        "ppm_minutes_available", "ppm_minutes_sent", "adoption_advice_circulated",
    ),
    "Reviews": ("review_booked", "review_held", "care_plan_updated"),
    "The plan": (
        "plan_changed", "plan_implemented", "plan_tracked", "plan_overseen", "drift_identified", "drift_plan_agreed",
    ),
    "Adoption": (
        "adm_decision_booked", "adm_decision_made", "adm_decision_reversed", "placement_order_made",
        "placement_order_revoked", "placement_consent_given", "family_finding_started", "matched",
        "placed_for_adoption", "adoption_placement_ended", "adoption_unlikely", "care_plan_referred",
        "relinquishment_changed",
    ),
    "Return home": ("return_home_evidence", "return_home_approved", "returned_home"),
    "Brothers and sisters": (
        "sibling_assessment_completed", "sibling_placed_for_adoption", "siblings_decision_recorded", "siblings_changed",
    ),
    "Growing up": ("needs_assessment_completed", "pathway_plan_completed"),
    "Courts and legal status": ("legal_status_changed", "care_proceedings_issued", "care_proceedings_concluded"),
    "Formal dispute": ("dispute_opened", "dispute_stage_reached", "dispute_resolved", "cafcass_referred"),
    "Who works with the child": ("person_assigned",),
    "Leaving care": (
        "adoption_order_made", "special_guardianship_order_made", "child_arrangements_order_made",
        "ceased_to_be_looked_after",
    ),
}  # fmt: skip
"""What may be recorded, as people look for it. What is in none stands under Other."""
ABOUT_A_STEP: Final = tuple(kind for kind, model in ev.EVENT_TYPES.items() if issubclass(model, ev.ABOUT_AN_OBLIGATION))
DOING: Final = {
    "ppm_booked": "Book the PPM",
    "review_booked": "Book the review",
    "adm_decision_booked": "Book the ADM decision",
    "lateness_explained": "Say why it is late",
    "escalation_acknowledged": "I am on to it: pause the escalations",
    "deadline_extended": "Extend it",
    "obligation_waived": "Waive it",
}
BY_LAW: Final = "The law sets this date: nobody may extend or waive it. The clock runs; say why it is late."


class Choice(NamedTuple):
    """Something that may be done, and where."""

    text: str
    href: str


class ToDo(NamedTuple):
    """A step and what may be done about it."""

    step: DueStep
    answers: list[Choice]
    others: list[Choice]
    by_law: str


def to_do(visit: Visit, first: str = "") -> list[ToDo]:
    """The steps that are due, the one that was asked for first, else the most pressing."""
    steps = [step for step in steps_of(visit.case, visit.today) if not step.forecast or step.obligation == first]
    return [_of_step(visit, step) for step in sorted(steps, key=lambda step: step.obligation != first)]


def to_explain(visit: Visit) -> list[tuple[str, Choice]]:
    """What happened without what the procedure requires first, and nobody has explained: where one says why."""
    said = {one.notice.id: f"{one.notice.title}, {one.day} ({one.notice.clause})" for one in _breaches(visit)}
    choices = ((text, list(_choices(visit, ["lateness_explained"], notice))) for notice, text in said.items())
    return [(text, choice) for text, offered in choices for choice in offered]


def settled(visit: Visit, obligation: str) -> str:
    """How a step stands that somebody came for, by a link of last week, and that is not open any more; else nothing."""
    rows = [row for row in visit.case.rows if row.obligation == obligation]
    if not rows or any(row.is_open for row in rows):
        return ""
    last = max(rows, key=lambda row: row.occurrence)
    on = f" on {in_words(last.met_on)}" if last.met_on else ""
    return f"{last.title}: {last.status_in_words}{on}. Nothing more is to be done about it."


def themes(visit: Visit) -> list[tuple[str, list[Choice]]]:
    """Everything that may be recorded, by theme."""
    of_theme = {kind for kinds in THEMES.values() for kind in kinds}
    left = [kind for kind in ev.EVENT_TYPES if kind not in of_theme and kind not in ABOUT_A_STEP]
    listed = {**THEMES, "Other": tuple(left)}
    grouped = [(theme, list(_choices(visit, kinds))) for theme, kinds in listed.items()]
    return [(theme, choices) for theme, choices in grouped if choices]


def why_not(visit: Visit, kind: str, obligation: str) -> str:
    """Why something cannot be said of a step; empty where it can."""
    rows = [row for row in visit.case.rows if row.obligation == obligation and row.is_open]
    if kind == "lateness_explained" and any(one.notice.id == obligation for one in _breaches(visit)):
        return ""
    if not rows:
        return "This step is not open: nothing is to be done about it."
    if kind in ("deadline_extended", "obligation_waived") and not _may_be_loosened(visit, kind, obligation):
        return f"{rows[0].title}, due on {in_words(rows[0].due)} ({rows[0].clause}). {BY_LAW}"
    if kind == "escalation_acknowledged" and not any(_escalates(visit, row) for row in rows):
        return f"{rows[0].title} is not late, so nobody is told that it is."
    return ""


def steps_for(visit: Visit, kind: str) -> list[tuple[str, str]]:
    """The steps of which something can be said: the obligation, and how the step is called."""
    rows = sorted((row for row in visit.case.rows if row.is_open and not row.forecast), key=lambda row: row.due)
    open_rows = [row for row in rows if not why_not(visit, kind, row.obligation)]
    steps = {row.obligation: f"{row.title}, due on {in_words(row.due)}" for row in reversed(open_rows)}
    breaches = _breaches(visit) if kind == "lateness_explained" else []
    return [*list(steps.items())[::-1], *{one.notice.id: f"{one.notice.title}, {one.day}" for one in breaches}.items()]


def titles(visit: Visit) -> dict[str, str]:
    """What the obligations and milestones of the child's policy are called."""
    policy = visit.case.journey.policy
    return {one.id: one.rule.title for one in policy.obligations} | {one.id: one.title for one in policy.milestones}


def called_in_event(visit: Visit, event: ev.Event) -> dict[str, str]:
    """What people call what an event names: obligations, milestones, and whom the directory knows."""
    key = visit.desk.people.who_is(event.contact)[0] if isinstance(event, ev.PersonAssigned) else ""
    entry = visit.desk.directory.find(key) if key else None
    named = {event.contact: entry.name} if isinstance(event, ev.PersonAssigned) and entry and entry.name else {}
    return {**titles(visit), **named}


def fields_for(visit: Visit, model: type[ev.Event]) -> list[EventField]:
    """What is asked of an event under the child's policy: which of its milestones, and roles of its own too."""
    return [_under(visit.case.journey.policy, field) for field in fields_of(model)]


def _under(policy: Policy, field: EventField) -> EventField:
    if field.name == "milestone":
        return replace(field, shape="one", options=tuple((one.id, one.title) for one in policy.milestones))
    return replace(field, options=(*field.options, *own_roles(policy.roles).items())) if field.names_roles else field


def form_at(visit: Visit, kind: str, obligation: str = "") -> str:
    """The form of a type of event; of a step, if one is named."""
    step = f"?{urlencode({'step': obligation})}" if obligation else ""
    return f"{AT}/children/{visit.child}/record/{kind}{step}"


def _of_step(visit: Visit, step: DueStep) -> ToDo:
    row = next(r for r in visit.case.rows if (r.obligation, r.occurrence) == (step.obligation, step.occurrence))
    kinds = answers(visit.case.occurrence(row).rule)
    bookings = [get_type(booked) for booked, kept in KEPT_BY.items() if get_type(kept) in kinds]
    said = [kind for kind in ABOUT_A_STEP if _fits(visit, kind, step, row)]
    others = [*_choices(visit, bookings, step.obligation), *_choices(visit, said, step.obligation)]
    law = _obligation_has_law(visit, step.obligation) and step.days_late > 0
    return ToDo(step, list(_choices(visit, kinds, step.obligation)), others, BY_LAW if law else "")


def _breaches(visit: Visit) -> list[AtOnce]:
    journey = visit.case.journey
    return unexplained_breaches(journey.policy, visit.case.facts, journey.calendar)


def _choices(visit: Visit, kinds: Iterable[str], step: str = "") -> Iterator[Choice]:
    assert visit.scope is not None
    for kind in kinds:
        if is_offered(kind) and _has(visit, kind) and may_record(kind, visit.viewer, visit.scope.relations):
            text = DOING.get(kind) if step else None
            yield Choice(text or title_of(kind), form_at(visit, kind, step))


def _has(visit: Visit, kind: str) -> bool:
    """Whether the child's policy has such an event; milestones are its own."""
    return kind != "milestone" or bool(visit.case.journey.policy.milestones)


def _fits(visit: Visit, kind: str, step: DueStep, row: AgendaRow) -> bool:
    if kind == "lateness_explained":
        return step.days_late > 0
    return not row.forecast and not why_not(visit, kind, step.obligation)


def _may_be_loosened(visit: Visit, kind: str, obligation: str) -> bool:
    return not _obligation_has_law(visit, obligation) or (kind == "deadline_extended" and obligation == FINAL_ORDER)


def _obligation_has_law(visit: Visit, obligation: str) -> bool:
    rule = visit.case.journey.policy.obligation(obligation)
    return rule is not None and rule.has_statutory_limit


def _escalates(visit: Visit, row: AgendaRow) -> bool:
    rule = visit.case.journey.policy.obligation(row.obligation)
    return row.status == "overdue" and rule is not None and bool(rule.rule.ladder)


def get_type(model: type[ev.Event]) -> str:
    """The type that a model's events have."""
    return next(kind for kind, one in ev.EVENT_TYPES.items() if one is model)
