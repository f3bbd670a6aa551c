"""A child's page: how far they have come, who works with them, the plan, and what is due."""

from typing import NamedTuple

from fastapi import Response

from delivery.people import case_people
from desk.needs import Need
from desk.pages import Pages
from desk.rendering import page, role_name
from desk.steps import SOON, steps_of
from desk.visits import Visit, Visited
from domain.case.plan_history import PlanEntry, plan_history
from domain.clocks.wording import in_words, spaced

pages = Pages()


class Worker(NamedTuple):
    """Somebody who holds a role in the case."""

    role: str
    who: str


@pages.show("/children/{child}", Need.CHILD)
def show_child(visit: Visited) -> Response:
    """The page."""
    steps = steps_of(visit.case, visit.today)
    late = [step for step in steps if step.group == "late"]
    return page(
        visit,
        "child.html",
        visit.child,
        facts=_facts(visit),
        workers=_workers(visit),
        plans=[_plan(one) for one in reversed(plan_history(visit.case.facts))],
        late=late,
        steps=[step for step in steps if step.group != "late" and not step.forecast],
        forecast=[step for step in steps if step.forecast],
        soon=SOON,
    )


@pages.show("/children/{child}/views", Need.CHILD_AS_MANAGER)
def show_views(visit: Visited) -> Response:
    """Who looked at this child."""
    views = visit.desk.views.of_child(visit.child)
    return page(visit, "views.html", f"Who looked at {visit.child}", views=views)


def _facts(visit: Visit) -> list[tuple[str, str]]:
    """What the case is, in a few lines."""
    facts, journey = visit.case.facts, visit.case.journey
    status = facts.legal_status()
    rows = [("Stage", spaced(journey.stage).capitalize()), ("Policy", journey.policy.id)]
    if facts.entry:
        rows.insert(0, ("Looked after since", in_words(facts.entry.on)))
    if status:
        rows.append(("Legal status", f"{spaced(status.name.lower()).capitalize()} ({status.value})"))
    if facts.ended_on:
        rows.append(("Left care", in_words(facts.ended_on)))
    return rows


def _workers(visit: Visit) -> list[Worker]:
    """Who holds which role by the case's own events: by the name that the directory has, else by the key."""
    desk, case = visit.desk, case_people(visit.case.known, visit.today)
    workers = [
        Worker(role_name(role.value), desk.name_of(desk.people.who_is(contact)[0]))
        for role, contact in case.contacts.items()
    ]
    return [*sorted(workers), *([Worker("Team", case.team)] if case.team else [])]


def _plan(entry: PlanEntry) -> tuple[str, str]:
    """A plan as a line: the day, and what it was from then on."""
    plan = spaced(entry.primary.value).capitalize()
    if entry.contingency:
        plan += f"; if not, {spaced(entry.contingency.value)}"
    return in_words(entry.on), plan + (" (final)" if entry.final else "")
