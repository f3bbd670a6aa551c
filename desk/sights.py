"""Whom somebody may see, asked of the caseload's tables: what desk/scope.py decides of one child, as a query of all.

The decision stays there: each child that is listed is put to it once more, and a test holds the two together.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final, Literal

from delivery.directory import Directory, plain_contact, spellings_of
from desk.scope import Relation, Viewer
from domain.case.words import Role
from record.caseload_sights import Holding, Sight

Whose = Literal["all", "mine", "reviewed", "covering"]
BY: Final[Mapping[Whose, frozenset[Relation]]] = {
    "all": frozenset({"allocated", "iro", "team", "covering", "service", "named"}),
    "mine": frozenset({"allocated", "iro", "named"}),
    "reviewed": frozenset({"iro"}),
    "covering": frozenset({"covering"}),
}
"""By which relations a child stands in a list."""


def sights(directory: Directory, viewer: Viewer, whose: Whose) -> list[Sight]:
    """What somebody sees of a list, but for what is hidden from them."""
    named = Sight(named=viewer.key)
    match whose:
        case "mine":
            return [_held(directory, {viewer.key}), _reviewed(directory, {viewer.key}), named]
        case "reviewed":
            names = names_of(directory, viewer.key)
            return [Sight(held=Holding(Role.IRO, names)), _reviewed(directory, {viewer.key})]
        case "covering":
            return _covered(directory, viewer)
    return [*_own(directory, viewer), named, *_covered(directory, viewer)]


def names_of(directory: Directory, key: str) -> frozenset[str]:
    """By what a case may name a person or team: their key, and the addresses that lead to them and to nobody before."""
    entry = directory.find(key)
    addresses = [plain_contact(address) for address in (entry.email if entry else ())]
    return frozenset({key, *(one for one in addresses if directory.by_address(one) == key)})


def role_of_teams(directory: Directory, role: Role, keys: Collection[str]) -> Holding:
    """The children whose events name nobody for a role, where one of these holds it for their team or for all."""
    ours = [team for team, entry in directory.teams.items() if {*keys} & {*entry.roles.get(role, ())}]
    led = [team for team, entry in directory.teams.items() if entry.roles.get(role)]
    everywhere = bool({*keys} & {*directory.roles.get(role, ())})
    return Holding(role, frozenset(), spellings(directory, ours), everywhere, spellings(directory, led))


def spellings(directory: Directory, teams: Collection[str]) -> frozenset[str]:
    """How cases may name some teams."""
    return frozenset[str]().union(*(spellings_of(team, directory.teams[team]) for team in teams))


def _own(directory: Directory, viewer: Viewer) -> list[Sight]:
    """What somebody sees without covering: the whole service; or by being named, of a team, or the IRO."""
    if viewer.service_wide:
        return [Sight(everyone=True)]
    mine = {viewer.key, *viewer.teams}
    of_teams = Sight(teams=spellings(directory, viewer.teams & directory.teams.keys()))
    return [_held(directory, mine), of_teams, _reviewed(directory, mine)]


def _held(directory: Directory, keys: Collection[str]) -> Sight:
    return Sight(contacts=frozenset[str]().union(*(names_of(directory, key) for key in keys)))


def _reviewed(directory: Directory, keys: Collection[str]) -> Sight:
    return Sight(held=role_of_teams(directory, Role.IRO, keys))


def _covered(directory: Directory, viewer: Viewer) -> list[Sight]:
    """Nobody covers for a restricted child, nor for one from whom whoever is away is kept."""
    return [replace(sight, covering=one.key) for one in viewer.covers for sight in _own(directory, one)]


def relevant(relations: Collection[Relation], whose: Whose) -> bool:
    """Whether a child seen by these relations stands in a list."""
    return bool(BY[whose] & {*relations})
