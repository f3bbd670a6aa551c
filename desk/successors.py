"""Who may take children over, by the role they hold: those who do the same work first, and of them the same team."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from delivery.directory import Directory, is_there
from desk.named import plain_name
from desk.rendering import role_name
from desk.visits import Visit
from domain.case.words import Role
from record.caseload_reading import CaseloadReading

OTHERS = "Everybody else"
NEW = "Of the same team, with no role yet"
"""Who has just begun: whose children are handed over goes, and they come."""


class Successor(NamedTuple):
    """Somebody who works here still."""

    key: str
    text: str


def successors(visit: Visit, worker: str, roles: Sequence[Role]) -> list[tuple[str, list[Successor]]]:
    """Everybody who stays but the worker: in groups by role, the roles that are handed over first."""
    held, groups = _held(visit), dict[str, list[Successor]]()
    near = _colleagues(visit.desk.directory, worker)
    order = [*roles, *(role for role in Role if role not in roles)]
    names = {role: role_name(role.value) for role in order}
    people = visit.desk.directory.people
    stay = [key for key, person in people.items() if not person.left and key != worker]
    for key in sorted(stay, key=lambda key: (key not in near, plain_name(visit.desk.name_of(key)))):
        none = NEW if key in near and key not in held else OTHERS
        group = next((names[role] for role in order if role in held.get(key, ())), none)
        groups.setdefault(group, []).append(Successor(key, _called(visit, key, near=key in near)))
    first = [names[role] for role in roles]
    return [(name, groups[name]) for name in dict.fromkeys((*first, NEW, *names.values(), OTHERS)) if name in groups]


def _called(visit: Visit, key: str, *, near: bool) -> str:
    away = not is_there(visit.desk.directory, key, visit.today)
    said = ", ".join(word for word, holds in (("same team", near), ("away today", away)) if holds)
    return f"{visit.desk.name_of(key)} ({said})" if said else visit.desk.name_of(key)


def _held(visit: Visit) -> dict[str, set[Role]]:
    """The roles that people hold: named by children's events, or for a team or all by the directory."""
    held: dict[str, set[Role]] = {}
    for role, key in (*_named(visit), *_by_directory(visit.desk.directory)):
        held.setdefault(key, set()).add(role)
    return held


def _named(visit: Visit) -> Iterator[tuple[Role, str]]:
    reading = CaseloadReading(visit.desk.reach.record().engine, visit.now)
    for role, contact in reading.named():
        yield Role(role), visit.desk.people.who_is(contact)[0]


def _by_directory(directory: Directory) -> Iterator[tuple[Role, str]]:
    for held in (directory.roles, *(team.roles for team in directory.teams.values())):
        yield from ((role, key) for role, keys in held.items() for key in keys)


def _colleagues(directory: Directory, worker: str) -> set[str]:
    teams = (team.members for team in directory.teams.values() if worker in team.members)
    return {key for members in teams for key in members}
