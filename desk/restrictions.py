"""Restrictions and exclusions, set and lifted by whoever answers for the whole service."""

import re
from datetime import date
from typing import Final, NamedTuple

from fastapi import Response

from delivery.people import case_people
from desk.days import DayTyped, day_typed
from desk.desk import AT
from desk.elsewhere import as_sent, asked_for, shown_elsewhere
from desk.forms import Errors, number_in
from desk.named import people_named
from desk.needs import Need
from desk.pages import Pages
from desk.refusing import NotHere
from desk.rendering import page, to
from desk.taking import once_of
from desk.visits import Visit, Visited
from domain.case.events import CHILD_REF
from record.failures import Unreadable
from record.protections import Kind

KINDS: Final[dict[str, Kind]] = {"restriction": "restriction", "exclusion": "exclusion"}
LONGEST: Final = 500
"""Characters of a reason (ours: a sentence or two, as everywhere)."""

RESTRICT: Final = "Restrict who may see a child"
EXCLUDE: Final = "Exclude a person from a child"
pages = Pages()


class Given(NamedTuple):
    """What stands in a form before anything is typed."""

    child: str = ""
    people: str = ""


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
    kind, number = KINDS.get(visit.field("kind")), number_in(visit.field("number"))
    if kind is None or number is None:
        raise NotHere
    visit.desk.protections.lift(kind, number, visit.viewer.key, visit.now)
    return to(f"{AT}/restrictions")


@pages.show("/restrictions/restrict", Need.SERVICE_MANAGER)
def show_restricting(visit: Visited, child: str = "") -> Response:
    """The form to restrict a child; of one whose page led here, with the people who work with the child."""
    sent = as_sent(visit, asked_for(visit)[1])
    return _restricting(sent) if sent else page(visit, "restrict.html", RESTRICT, given=_given(visit, child))


@pages.take("/restrictions/restrict", Need.SERVICE_MANAGER)
def restrict(visit: Visited) -> Response:
    """Leave a child to the people named."""
    typed = _restriction(visit, Errors())
    if typed is None:
        return shown_elsewhere(visit, "mend", once_of(visit)) or _restricting(visit)
    visit.desk.protections.restrict(*typed, visit.viewer.key, visit.now)
    visit.done()
    return to(f"{AT}/restrictions")


def _restricting(visit: Visit) -> Response:
    """The form once more, with what is wrong in it."""
    errors = Errors()
    _restriction(visit, errors)
    return page(visit, "restrict.html", RESTRICT, errors=errors, given=Given())


def _restriction(visit: Visit, errors: Errors) -> tuple[str, list[str], str, date] | None:
    """The child, who may see them, why, and when that is looked at again; None where something is wrong."""
    child, reason = _child(visit, errors), _reason(visit, errors)
    typed = [one.strip() for one in re.split(r"[,;\n]", visit.field("people")) if one.strip()]
    people = list(dict.fromkeys(_person(visit, errors, "people", one) for one in typed))
    if not typed:
        errors.add("people", "Enter who may see the child, with commas between")
    review_on = _review(visit, errors)
    return None if errors or review_on is None else (child, people, reason, review_on)


@pages.show("/restrictions/exclude", Need.SERVICE_MANAGER)
def show_excluding(visit: Visited, child: str = "") -> Response:
    """The form to exclude a person."""
    sent = as_sent(visit, asked_for(visit)[1])
    return _excluding(sent) if sent else page(visit, "exclude.html", EXCLUDE, given=Given(child))


@pages.take("/restrictions/exclude", Need.SERVICE_MANAGER)
def exclude(visit: Visited) -> Response:
    """Keep a person from a child."""
    typed = _exclusion(visit, Errors())
    if typed is None:
        return shown_elsewhere(visit, "mend", once_of(visit)) or _excluding(visit)
    visit.desk.protections.exclude(*typed, visit.viewer.key, visit.now)
    visit.done()
    return to(f"{AT}/restrictions")


def _excluding(visit: Visit) -> Response:
    """The form once more, with what is wrong in it."""
    errors = Errors()
    _exclusion(visit, errors)
    return page(visit, "exclude.html", EXCLUDE, errors=errors, given=Given())


def _exclusion(visit: Visit, errors: Errors) -> tuple[str, str, str] | None:
    """The child, from whom they are kept, and why; None where something is wrong."""
    child, reason = _child(visit, errors), _reason(visit, errors)
    person = _person(visit, errors, "person", visit.field("person"))
    return None if errors else (child, person, reason)


def _child(visit: Visit, errors: Errors) -> str:
    child = visit.field("child")
    if not re.fullmatch(CHILD_REF, child) or not visit.desk.reach.record().among([child]):
        errors.add("child", "Enter the reference of a child who has a journey here, such as CLA-3017")
    return child


def _reason(visit: Visit, errors: Errors) -> str:
    reason = visit.field("reason")
    if not 0 < len(reason) <= LONGEST:
        errors.add("reason", f"Enter the reason, in up to {LONGEST} characters")
    return reason


def _given(visit: Visit, child: str) -> Given:
    """What the form begins with: of a child whom they see, everybody who holds a role for them today."""
    try:
        seen = visit.desk.find(visit.viewer, child, visit.now) if re.fullmatch(CHILD_REF, child) else None
    except Unreadable:  # whose people cannot be named for them
        seen = None
    if seen is None:
        return Given(child)
    directory, contacts = visit.desk.directory, case_people(seen.case.known, visit.today).contacts
    keys = {visit.desk.people.who_is(contact)[0] for contact in contacts.values()}
    return Given(child, ", ".join(sorted(keys & directory.people.keys())))


def _person(visit: Visit, errors: Errors, field: str, typed: str) -> str:
    """The key of somebody by it, by their mail address or by the name that they alone have."""
    people, key = visit.desk.directory.people, visit.desk.people.who_is(typed)[0]
    named = people_named(visit.desk.directory, typed)
    if key not in people and len(named) == 1:
        return named[0]
    if not typed:
        errors.add(field, "Enter who it is: by name, by mail address, or as the directory calls them")
    elif key not in people:
        why = f"{typed} may be {' or '.join(named)}" if named else f"it does not know {typed}"
        errors.add(field, f"Enter people whom the directory knows; {why}")
    return key


def _review(visit: Visit, errors: Errors) -> date | None:
    typed = day_typed(visit.field("review_on"), visit.today, ahead=True)
    if isinstance(typed, DayTyped) and typed.day > visit.today:
        return typed.day
    errors.add("review_on", typed if isinstance(typed, str) else "Enter a day after today, to look at it again")
    return None
