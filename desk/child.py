"""A child's page: how far they have come, who works with them, the plan, what is due, and who hears of it next."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple

from fastapi import Response

from delivery.case_now import CaseNow
from desk.desk import AT
from desk.needs import Need
from desk.pages import Pages
from desk.people import roles_held, who_is_told
from desk.recorded import lately
from desk.rendering import page, role_name, sentence
from desk.scope import Relation, Viewer
from desk.steps import DueStep, nothing_due, steps_of
from desk.told import told_of
from desk.visits import Visit, Visited
from domain.agenda import AgendaRow
from domain.case.calendar import local_date
from domain.case.facts import Facts
from domain.case.plan_history import plan_history
from domain.case.siblings import left_out, siblings_of
from domain.case.stages import STAGES, reached_on
from domain.clocks.dispute_words import disputes_in_words
from domain.clocks.wording import coded, in_words, spaced, stage_in_words
from record.failures import Unreadable

LINES: Final = 10
"""Lines of what was told that a child's page shows by itself (issue: the last ten)."""
BY_ADOPTION: Final = frozenset({"placement_order", "placed_for_adoption"})
"""Stages that only children on the way to adoption pass."""
pages = Pages()


class StagePassed(NamedTuple):
    """A stage on a child's way: in words, the day it was reached, and whether it is where they stand."""

    name: str
    reached: date | None
    here: bool


class StepOfChild(NamedTuple):
    """A step with what is to be known of it on the child's own page."""

    step: DueStep
    booked: str
    hears: tuple[str, ...]
    """Who hears of it next: the day and the action, then each role with its people."""


class SiblingShown(NamedTuple):
    """A brother or sister as this child's record names them; a link for whoever may see them too."""

    reference: str
    link: str | None
    said: str
    label: str | None = None


@pages.show("/children/{child}", Need.CHILD)
def show_child(visit: Visited, lines: str = "") -> Response:
    """The page; `lines=all` shows all of what was told."""
    case = visit.lived
    steps = _steps(visit, case)
    account = told_of(visit, case.journey.policy)
    return page(
        visit,
        "child.html",
        visit.child,
        tabs=tabs_of(visit, "child"),
        stages=_stages(case.facts, case.journey.stage),
        facts=facts_of(case),
        people=roles_held(visit, case.rows),
        restrictions=visit.desk.protections.restrictions([visit.child]) if _named(visit) else [],
        lately=lately(visit),
        plans=list(reversed(plan_history(case.facts))),
        siblings=_siblings(visit, case.facts),
        late=[one for one in steps if one.step.group == "late"],
        steps=[one for one in steps if one.step.group != "late" and not one.step.forecast],
        nothing_due=nothing_due(case.facts),
        ended=case.facts.ended_on is not None,
        forecast=[one for one in steps if one.step.forecast],
        told=account if lines == "all" else account[:LINES],
        more=0 if lines == "all" else max(0, len(account) - LINES),
    )


@pages.show("/children/{child}/views", Need.CHILD_AS_MANAGER)
def show_views(visit: Visited) -> Response:
    """Who looked at this child."""
    views = visit.desk.views.of_child(visit.child)
    title = f"Who looked at {visit.child}"
    return page(visit, "views.html", title, views=views, tabs=tabs_of(visit, "views"), page_of=page_of, how=BY_WHAT)


BY_WHAT: Final[Mapping[Relation, str]] = {
    "allocated": "Holds a role for the child",
    "iro": "Is the IRO",
    "team": "Of the team",
    "covering": "Covering",
    "service": "Answers for the service",
    "named": "Named in the restriction",
}
"""How somebody came to see a child, in words."""
CALLED: Final = {
    "": "Child",
    "timeline": "Timeline",
    "views": "Who looked",
    "why": "Why this date",
    "record": "Record",
    "recorded": "What was recorded",
}


def page_of(path: str) -> str:
    """What people call the page that a line of the log names by its path."""
    below = path.removeprefix("/children/{child}").strip("/").partition("/")[0]
    return CALLED.get(below, below)


def tabs_of(visit: Visit, shown: str) -> list[dict[str, object]]:
    """The pages of one child, and which of them is shown."""
    at = f"{AT}/children/{visit.child}"
    tabs = {"child": ("Child", at), "timeline": ("Timeline", f"{at}/timeline")}
    if _may_see_views(visit.viewer):
        tabs["views"] = ("Who looked", f"{at}/views")
    return [{"text": text, "href": href, "active": name == shown} for name, (text, href) in tabs.items()]


def _may_see_views(viewer: Viewer) -> bool:
    return viewer.manager


def _named(visit: Visit) -> bool:
    """Whether the child is restricted: to people of whom the viewer is one, or they would not be here."""
    return visit.scope is not None and "named" in visit.scope.relations


def _stages(facts: Facts, stands: str) -> list[StagePassed]:
    """The stages in order. Those of adoption, and of before entry, only where the child has passed one."""
    reached = reached_on(facts)
    adopted = bool(BY_ADOPTION & {*reached}) or ((plan := facts.plan()) is not None and plan.holds_adoption)
    shown = [
        stage
        for stage in STAGES
        if stage in reached or (stage != STAGES[0] and (adopted or stage not in BY_ADOPTION) and stage != STAGES[-1])
    ]
    return [StagePassed(sentence(stage_in_words(one)), reached.get(one), one == stands) for one in shown]


def facts_of(case: CaseNow) -> list[tuple[str, str]]:
    """What the case is, in a few lines."""
    facts = case.facts
    status = facts.legal_status()
    rows = [("Policy", case.journey.policy.id)]
    if facts.entry:
        rows.insert(0, ("Looked after since", in_words(facts.entry.on)))
    if before := _before(case.journey.periods[:-1]):
        rows.insert(1 if facts.entry else 0, ("In care before", before))
    if status:
        rows.append(("Legal status", sentence(coded(status))))
    rows += list(disputes_in_words(facts))
    if facts.ended_on:
        rows.append(("Left care", in_words(facts.ended_on)))
    return rows


def _before(periods: Iterable[Facts]) -> str:
    """From when to when a child was in care before the present period; empty for whoever never was."""
    # Back in care since 20 October 2026 a child had a page, on 29 November, as if they had never been there before.
    spans = ((one.entry.on, one.ended_on) for one in periods if one.entry and one.ended_on)
    return "; ".join(f"{in_words(first)} to {in_words(last)}" for first, last in spans)


def _steps(visit: Visit, case: CaseNow) -> list[StepOfChild]:
    rows = {(row.obligation, row.occurrence): row for row in case.rows}
    return [_step(visit, step, rows[step.obligation, step.occurrence]) for step in steps_of(case, visit.today)]


def _step(visit: Visit, step: DueStep, row: AgendaRow) -> StepOfChild:
    return StepOfChild(step, sentence(step.booked), tuple(_hears(visit, row)))


def _hears(visit: Visit, row: AgendaRow) -> Iterable[str]:
    if row.next is None:
        yield "Nobody until its date is fixed" if row.forecast else f"Nobody more: {_why_nobody(visit, row)}"
        return
    day = local_date(row.next.at)
    yield f"{in_words(day)}: {row.next.kind} {row.next.rung}"
    for role in sorted(row.next.to):
        yield f"{role_name(role.value)}: {who_is_told(visit, role, day)}"


def _why_nobody(visit: Visit, row: AgendaRow) -> str:
    journey = visit.lived.journey
    if any(journey.unsettled(one) for one in journey.occurrences if one.key == (row.obligation, row.occurrence)):
        return "the child is 18 by then"
    rule = journey.policy.obligation(row.obligation)
    if rule is None or not rule.rule.ladder:
        return "it is reminded only, and its reminders are over"
    return "its ladder has come to its end"


def _siblings(visit: Visit, facts: Facts) -> list[SiblingShown]:
    """Brothers and sisters whom this child's own events name.

    Their references stand in this child's record, so whoever sees it reads them; whether there is more to see of one,
    and whether they have a plan, is for those who may see that child too.
    """
    missed = {*left_out(facts)}
    shown = [_sibling(visit, one, missed=one in missed) for one in siblings_of(facts)]
    labels = visit.labels(one.reference for one in shown if one.link)
    return [one._replace(label=labels.get(one.reference)) for one in shown]


def _sibling(visit: Visit, reference: str, *, missed: bool) -> SiblingShown:
    said = "no plan of their own from the joint meeting" if missed else ""
    try:
        seen = visit.desk.find(visit.viewer, reference, visit.now)
    except Unreadable:
        return SiblingShown(reference, None, said or "the case record of this child cannot be read")
    if seen is None:
        return SiblingShown(reference, None, said)
    plan = seen.case.facts.plan()
    own = f"plan: {spaced(plan.primary.value)}" if plan else "has no plan yet"
    return SiblingShown(reference, f"{AT}/children/{reference}", said or own)
