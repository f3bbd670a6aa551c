"""Whose a child is: the way from a person of the directory to their children, and from a child's role to a person.

The directory may change at any time and without any event, so nothing of it is kept with the caseload: who is meant by
what a case names is worked out when a list is read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Final

from delivery.directory import Directory, Person, Team, is_there, plain_contact, plain_team, spellings_of, stand_in
from delivery.people import CasePeople, People
from domain.case.stages import STAGES
from domain.case.words import Role
from record.caseload_list import ListedChild
from record.caseload_reading import ChildAhead
from record.caseload_sights import Holding

NOBODY: Final = "-nobody"
UNKNOWN: Final = "-unknown"
"""In the place of a key of the directory, which begins with a letter or a number: nobody holds the role; or the events
name somebody whom the directory does not know."""

ALWAYS: Final = (Role.SOCIAL_WORKER, Role.IRO)
"""Needed by every child, whatever is due; the IRO by those who are looked after (Children Act 1989, section 25A)."""
CARED_FOR: Final = STAGES[1:]
"""From entry on: before it a child has no IRO, and none is missed."""


class NobodyCalledSo(ValueError):
    """Somebody was asked for whom the directory does not know. The text names who is near."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Who is to do something: a role, and the keys of those who hold it on the day.

    `why` says why nobody does; then whoever is told instead stands in `keys`.
    """

    role: Role
    keys: tuple[str, ...]
    why: str = ""


def whose(child: ChildAhead | ListedChild, role: Role, people: People | None, day: date) -> Whose:
    """Who holds a role of a child on a day. Without a directory whom the events name, as they name them."""
    if people is None:
        named = child.contacts.get(role.value)
        return Whose(role, (named,) if named else (), "" if named else "the case names nobody for it")
    contacts = {Role(name): contact for name, contact in child.contacts.items()}
    audience = people.tell(role, CasePeople(contacts, child.team), day)
    return Whose(role, tuple(_shown(one.key, contacts.get(role, "")) for one in audience.recipients), audience.why)


def _shown(key: str, contact: str) -> str:
    """A key of the directory; the address itself of somebody who has none."""
    return contact if key.startswith("address-") and "@" in contact else key


def called_for(stage: str | None, owners: Iterable[Role]) -> set[Role]:
    """The roles that a child needs somebody for: of what is open, by whom it is to be done, and those all need."""
    always = ALWAYS if stage in CARED_FOR else (Role.SOCIAL_WORKER,)
    return {*owners} - {*ALWAYS} | {*always}


def holder(people: People, role: Role, contact: str, team: str) -> str:
    """The one by whom a child's work in a role is counted: the same every day, also while they are away.

    Whom the events name by `contact`, or else the first of the child's team, or of all; NOBODY or UNKNOWN.
    """
    directory = people.directory
    if contact:
        key, entry = people.who_is(contact)
        return key if entry is not None and directory.find(key) else UNKNOWN
    called = directory.team_called(team)
    of_team = directory.teams[called].roles.get(role, ()) if called else ()
    return next(iter(of_team or directory.roles.get(role, ())), NOBODY)


def key_of(directory: Directory | None, named: str) -> str:
    """The key of somebody named by key, name or address. Without a directory: as named. Raises NobodyCalledSo."""
    wanted = plain_contact(named)
    if directory is None:
        return wanted
    if directory.find(wanted):
        return wanted
    entries: list[tuple[str, Person | Team]] = [*directory.people.items(), *directory.teams.items()]
    by_name = [key for key, entry in entries if entry.name and entry.name.strip().lower() == wanted]
    if len(by_name) > 1:
        raise NobodyCalledSo(f"{named!r} is the name of several: {', '.join(sorted(by_name))}; give a key")
    key = by_name[0] if by_name else directory.by_address(wanted)
    if key is None and "@" not in wanted:  # a case may name an address that the directory does not know
        near = get_close_matches(wanted, [key for key, _ in entries], n=3, cutoff=0.5)
        raise NobodyCalledSo(
            f"nobody of the directory is called {named!r}" + (f"; near: {', '.join(near)}" if near else "")
        )
    return key or wanted


def holding(directory: Directory | None, key: str, role: Role, day: date) -> Holding:
    """How somebody holds a role: for whom they are named, or would be found, themselves or as a leaver's successor."""
    if directory is None or directory.find(key) is None:
        return Holding(role, frozenset({key}))
    return _holding(directory, [key, *_followed(directory, key, day)], role, day)


def covering(directory: Directory | None, key: str, role: Role, day: date) -> Holding | None:
    """The same for those who are away that day and whom somebody covers; None where there are none."""
    away = list(_covered(directory, key, day)) if directory else []
    return _holding(directory, away, role, day) if directory and away else None


def teams_called(directory: Directory | None, named: str) -> set[str]:
    """A team in every plain spelling by which a case may name it."""
    wanted = plain_team(named)
    teams = directory.teams.items() if directory else ()
    same = [spellings_of(key, team) for key, team in teams if wanted in spellings_of(key, team)]
    return {wanted}.union(*same)


def _holding(directory: Directory, keys: Iterable[str], role: Role, day: date) -> Holding:
    mine = set(keys)
    led = {key: team for key, team in directory.teams.items() if team.roles.get(role)}
    ours = [spellings_of(key, team) for key, team in led.items() if _first(directory, team.roles[role], day) in mine]
    return Holding(
        role,
        frozenset(contact for key in mine for contact in _contacts(directory, key)),
        frozenset[str]().union(*ours),
        everywhere=_first(directory, directory.roles.get(role, ()), day) in mine,
        led=frozenset[str]().union(*(spellings_of(key, team) for key, team in led.items())),
    )


def _first(directory: Directory, keys: Iterable[str], day: date) -> str | None:
    """Whose it is of several: the first who is there, or else the first."""
    listed = list(keys)
    return next((key for key in listed if is_there(directory, key, day)), listed[0] if listed else None)


def _contacts(directory: Directory, key: str) -> Iterator[str]:
    """By what a case may name somebody: key and addresses, and those of the teams they are of."""
    teams = [name for name, team in directory.teams.items() if key in team.members]
    for name in (key, *teams):
        entry = directory.find(name)
        yield name
        yield from (plain_contact(address) for address in (entry.email if entry else ()))


def _followed(directory: Directory, key: str, day: date) -> Iterator[str]:
    """Those who have left, and whose successor somebody is."""
    gone = [name for name, person in directory.people.items() if person.left and person.left <= day]
    return (name for name in gone if stands_in(directory, name, day) == key)


def _covered(directory: Directory, key: str, day: date) -> Iterator[str]:
    away = [name for name, person in directory.people.items() if not person.left and person.away(day)]
    return (name for name in away if stands_in(directory, name, day) == key)


def stands_in(directory: Directory, key: str, day: date) -> str | None:
    """Who is there instead of somebody, by way of as many others as it takes; the directory knows no circles."""
    seen: str | None = key
    while seen is not None and not is_there(directory, seen, day):
        seen = stand_in(directory, seen, day)
    return seen
