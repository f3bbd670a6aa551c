"""Who holds which role in a case, who is there for them today, and who will be told."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final, NamedTuple

from delivery.people import Audience, Recipient
from desk.rendering import role_name
from desk.visits import Visit
from domain.agenda import AgendaRow
from domain.case.words import Role
from domain.clocks.wording import in_words
from record.delivery_tables import Via

HOW: Final[dict[Via, str]] = {"team": "for their team", "cover": "covering", "successor": "their successor"}
"""How somebody comes to be told who does not hold the role."""


class RoleHeld(NamedTuple):
    """A role, who holds it by the case or the directory, and what is to be known of today."""

    role: str
    holder: str
    today: str


def roles_held(visit: Visit, rows: Iterable[AgendaRow]) -> list[RoleHeld]:
    """Every role that the case names, and those that own an open step or are told next of one."""
    case = visit.people
    roles = {*case.contacts}
    for row in rows:
        if row.is_open and not row.forecast:
            roles |= {row.owner, *(row.next.to if row.next else ())}
    return sorted(_held(visit, role) for role in roles)


def who_is_told(visit: Visit, role: Role, day: date) -> str:
    """The people for a role on a day, as the directory stands now, by name; who is told instead where nobody is."""
    audience = visit.desk.people.tell(role, visit.people, day)
    people = _names(visit, audience)
    return f"{people} ({audience.why})" if audience.unallocated else people


def who_are_told(visit: Visit, roles: Iterable[Role], day: date) -> str:
    """The same of several roles, each with its name."""
    return "; ".join(f"{role_name(role.value)}: {who_is_told(visit, role, day)}" for role in sorted(roles))


def _held(visit: Visit, role: Role) -> RoleHeld:
    case = visit.people
    audience = visit.desk.people.tell(role, case, visit.today)
    contact = case.contacts.get(role)
    key = visit.desk.people.who_is(contact)[0] if contact else None
    there = _names(visit, audience)
    if audience.unallocated:
        holder = visit.desk.name_of(key) if key else "Nobody"
        return RoleHeld(role_name(role.value), holder, f"{there} is told instead: {audience.why}")
    if key is None:
        return RoleHeld(role_name(role.value), there, "by the team or the authority")
    away = ", ".join(_away(visit, key, there)) if key not in {one.key for one in audience.recipients} else ""
    return RoleHeld(role_name(role.value), visit.desk.name_of(key), away)


def _names(visit: Visit, audience: Audience) -> str:
    """Who is told; nobody where an exclusion keeps the child from the fallback too."""
    return ", ".join(_named(visit, one) for one in audience.recipients) or "nobody"


def _away(visit: Visit, key: str, there: str) -> Iterator[str]:
    """Until when somebody is away, and who is there for them."""
    person = visit.desk.directory.people.get(key)
    absence = person.away(visit.today) if person else None
    if person and person.left and person.left <= visit.today:
        yield f"left on {in_words(person.left)}"
    elif absence:
        yield f"away until {in_words(absence.until)}"
    yield there


def _named(visit: Visit, one: Recipient) -> str:
    how = HOW.get(one.via)
    return visit.desk.name_of(one.key) + (f" ({how})" if how else "")
