"""Restrictions and exclusions, set and lifted by whoever answers for the whole service."""

import re
from datetime import date
from typing import Final

from fastapi import Response

from desk.days import DayTyped, day_typed
from desk.desk import AT
from desk.forms import Errors
from desk.needs import Need
from desk.pages import Pages
from desk.protections import Kind
from desk.refusing import NotHere
from desk.rendering import page, to
from desk.visits import Visit, Visited
from domain.case.events import CHILD_REF

KINDS: Final[dict[str, Kind]] = {"restriction": "restriction", "exclusion": "exclusion"}
LONGEST: Final = 500
"""Characters of a reason (ours: a sentence or two, as everywhere)."""

pages = Pages()


@pages.show("/restrictions", Need.SERVICE_MANAGER)
def show_restrictions(visit: Visited) -> Response:
    """What stands."""
    visit.desk.views.write(visit.now, visit.viewer.key, None, "/restrictions", None, allowed=True)
    return page(
        visit,
        "restrictions.html",
        "Restrictions and exclusions",
        restrictions=visit.desk.protections.restrictions(),
        exclusions=visit.desk.protections.exclusions(),
    )


@pages.take("/restrictions", Need.SERVICE_MANAGER)
def lift(visit: Visited) -> Response:
    """Lift one of them. Sent twice, nothing more happens."""
    kind, number = KINDS.get(visit.field("kind")), visit.field("number")
    if kind is None or not number.isdecimal():
        raise NotHere
    visit.desk.protections.lift(kind, int(number), visit.viewer.key, visit.now)
    return to(f"{AT}/restrictions")


@pages.show("/restrictions/restrict", Need.SERVICE_MANAGER)
def show_restricting(visit: Visited) -> Response:
    """The form to restrict a child."""
    return page(visit, "restrict.html", "Restrict who may see a child")


@pages.take("/restrictions/restrict", Need.SERVICE_MANAGER)
def restrict(visit: Visited) -> Response:
    """Leave a child to the people named."""
    errors = Errors()
    child, reason = _child(visit, errors), _reason(visit, errors)
    people = [_person(visit, errors, "people", key) for key in re.split(r"[\s,]+", visit.field("people")) if key]
    if not visit.field("people"):
        errors.add("people", "Enter who may see the child: keys of the directory, with commas between")
    review_on = _review(visit, errors)
    if errors or review_on is None:
        return page(visit, "restrict.html", "Restrict who may see a child", errors=errors)
    visit.desk.protections.restrict(child, people, reason, review_on, visit.viewer.key, visit.now)
    visit.done()
    return to(f"{AT}/restrictions")


@pages.show("/restrictions/exclude", Need.SERVICE_MANAGER)
def show_excluding(visit: Visited) -> Response:
    """The form to exclude a person."""
    return page(visit, "exclude.html", "Exclude a person from a child")


@pages.take("/restrictions/exclude", Need.SERVICE_MANAGER)
def exclude(visit: Visited) -> Response:
    """Keep a person from a child."""
    errors = Errors()
    child, reason = _child(visit, errors), _reason(visit, errors)
    person = _person(visit, errors, "person", visit.field("person"))
    if errors:
        return page(visit, "exclude.html", "Exclude a person from a child", errors=errors)
    if person not in visit.desk.protections.of(child).excluded:
        visit.desk.protections.exclude(child, person, reason, visit.viewer.key, visit.now)
    visit.done()
    return to(f"{AT}/restrictions")


def _child(visit: Visit, errors: Errors) -> str:
    child = visit.field("child")
    if not re.fullmatch(CHILD_REF, child) or not visit.desk.reach.record().history(child):
        errors.add("child", "Enter the reference of a child who has a journey here, such as CLA-3017")
    return child


def _reason(visit: Visit, errors: Errors) -> str:
    reason = visit.field("reason")
    if not 0 < len(reason) <= LONGEST:
        errors.add("reason", f"Enter the reason, in up to {LONGEST} characters")
    return reason


def _person(visit: Visit, errors: Errors, field: str, key: str) -> str:
    if key not in visit.desk.directory.people:
        errors.add(field, f"Enter keys of people whom the directory knows; it does not know {key or 'nobody'}")
    return key


def _review(visit: Visit, errors: Errors) -> date | None:
    typed = day_typed(visit.field("review_on"), visit.today, ahead=True)
    if isinstance(typed, DayTyped) and typed.day > visit.today:
        return typed.day
    errors.add("review_on", typed if isinstance(typed, str) else "Enter a day after today, to look at it again")
    return None
