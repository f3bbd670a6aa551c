"""Whose children they are, by worker: from whom the events name, or else whom the directory has for the role."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final

from delivery.directory import Directory, Person, Team, stand_in
from delivery.holding import ALWAYS, CARED_FOR, NOBODY, UNKNOWN, holder
from delivery.people import People
from desk.sights import names_of, role_of_teams, spellings
from domain.case.words import Role
from domain.clocks.wording import short_date
from record.caseload_reading import CaseloadPart, CaseloadReading, ChildAhead, Tally
from record.caseload_sights import Holding

ROLE: Final = Role.SOCIAL_WORKER
"""By whom a team's work is counted."""


def by_worker(directory: Directory, tallies: Mapping[tuple[str, str], Tally]) -> dict[str, Tally]:
    """How much there is by worker, of what is counted by contact and team."""
    people, workers = People(directory), dict[str, Tally]()
    for (contact, team), tally in tallies.items():
        key = holder(people, ROLE, contact, team)
        workers.setdefault(key, Tally()).add(tally)
    return workers


def called(directory: Directory, key: str) -> str:
    """What people call a worker, or that there is none."""
    named = {NOBODY: "Nobody: no social worker", UNKNOWN: "Somebody who is not in the directory"}
    return named.get(key) or name_of(directory, key)


def worker_of(directory: Directory, child: ChildAhead) -> str:
    """Who has a child, as people call them."""
    tally = {(child.contacts.get(ROLE.value, ""), child.team or ""): Tally()}
    return called(directory, next(iter(by_worker(directory, tally))))


def held_by(directory: Directory, worker: str, tallies: Mapping[tuple[str, str], Tally]) -> list[Holding]:
    """The children who are counted so."""
    people = People(directory)
    if worker == NOBODY:
        return [nobody_holds(directory, ROLE)]
    if worker == UNKNOWN:
        unknown = frozenset(
            contact for contact, _ in tallies if contact and holder(people, ROLE, contact, "") == UNKNOWN
        )
        return [Holding(ROLE, unknown)]
    return [Holding(ROLE, names_of(directory, worker)), _first_of_teams(directory, worker)]


def nobody_holds(directory: Directory, role: Role) -> Holding:
    """The children for whom nobody holds a role: not by their events, nor for their team, nor for all."""
    led = role_of_teams(directory, role, ()).led
    return Holding(role, frozenset(), everywhere=not directory.roles.get(role), led=led)


def vacancies(directory: Directory, reading: CaseloadReading, part: CaseloadPart) -> list[tuple[Role, int]]:
    """The roles that nobody holds, not by a child's events, nor for its team, nor for all; each with its children."""
    unnamed, vacant = reading.unnamed(part), Counter[Role]()
    nobody = {role: nobody_holds(directory, role) for role, _ in unnamed}
    for (role, team), children in unnamed.items():
        if nobody[role].everywhere and team not in nobody[role].led:
            vacant[role] += children
    return sorted(vacant.items(), key=lambda one: (-one[1], one[0]))


def vacant_part(directory: Directory, role: Role, of: CaseloadPart) -> CaseloadPart:
    """The children who are counted so: nobody holds the role, though something open calls for it or all need it."""
    held = [*of.held, [nobody_holds(directory, role)]]
    stages = CARED_FOR if role is Role.IRO else of.stages
    return replace(of, held=held, stages=stages, owing=None if role in ALWAYS else role)


def about(directory: Directory, key: str, reading: CaseloadReading) -> str:
    """What a manager has to know of a worker today: away or gone, and who stands in."""
    entry = directory.people.get(key)
    if entry is None:
        return ""
    return _away(directory, key, entry, reading)


def covers_of(directory: Directory, keys: Collection[str], reading: CaseloadReading) -> Iterator[tuple[str, str]]:
    """Who of some people is away today, and who stands in."""
    for key in sorted(keys):
        if (said := about(directory, key, reading)) and key in directory.people:
            yield key, said


def _away(directory: Directory, key: str, entry: Person, reading: CaseloadReading) -> str:
    today = reading.today
    follower = stand_in(directory, key, today)
    name = name_of(directory, follower) if follower else ""
    if entry.left and entry.left <= today:
        return f"has left; {name} follows" if name else "has left, and nobody follows"
    absence = entry.away(today)
    if absence is None:
        return ""
    until = short_date(absence.until)
    return f"away until {until}; {name} covers" if name else f"away until {until}, and nobody covers"


def name_of(directory: Directory, key: str) -> str:
    """What people call somebody: the directory's name, else the key."""
    entry = directory.find(key)
    return (entry.name if entry else None) or key


def _first_of_teams(directory: Directory, worker: str) -> Holding:
    """Of several who hold the role for a team its children are counted with the first."""
    ours = [team for team, entry in directory.teams.items() if _first(entry, worker)]
    held = role_of_teams(directory, ROLE, ())
    everywhere = directory.roles.get(ROLE, ())[:1] == (worker,)
    return Holding(ROLE, frozenset(), spellings(directory, ours), everywhere, held.led)


def _first(team: Team, worker: str) -> bool:
    return team.roles.get(ROLE, ())[:1] == (worker,)
