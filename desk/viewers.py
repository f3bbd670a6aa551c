"""Who somebody is today, and who works on a case, as the directory has them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from delivery.directory import Directory, Team, is_there, stand_in
from delivery.people import CasePeople, People
from desk.scope import Viewer, Workers
from domain.case.words import Role

OPERATOR = "operator"
"""As a claim of the provider: who runs the service. The other roles are the contract's."""


class Viewers:
    """The directory on a day, asked for scope."""

    def __init__(self, directory: Directory, day: date) -> None:
        self.directory = directory
        self.day = day
        self._people = People(directory)
        self._away = _stood_in_for(directory, day)

    def viewer(self, key: str, claimed: Iterable[str] = ()) -> Viewer:
        """Somebody with the roles that the provider says they have, and what the directory knows."""
        said = frozenset(claimed)
        mine = self._viewer(key)
        return Viewer(
            key,
            mine.roles | {role for role in Role if role.value in said},
            mine.teams,
            mine.manages,
            tuple(self._viewer(away) for away in sorted(self._away[key])),
            operator=OPERATOR in said or key in self.directory.operators,
        )

    def workers(self, case: CasePeople) -> Workers:
        """Who works on a case: whom it names for a role.

        A child for whom it names no IRO has that of its team, or the authority's: they are told about it, so they
        see it.
        """
        by_role = {role: frozenset({self._people.who_is(contact)[0]}) for role, contact in case.contacts.items()}
        team = self.directory.team_called(case.team)
        if Role.IRO not in by_role:
            of_team = self.directory.teams[team].roles.get(Role.IRO, ()) if team else ()
            by_role[Role.IRO] = frozenset(of_team or self.directory.roles.get(Role.IRO, ()))
        return Workers(by_role, team)

    def _viewer(self, key: str) -> Viewer:
        teams = self.directory.teams
        member = {name for name, team in teams.items() if key in team.members}
        mine = {key, *member}
        roles = {role for role, keys in self.directory.roles.items() if mine & {*keys}}
        holds = {name for name, team in teams.items() if any(mine & {*keys} for keys in team.roles.values())}
        manages = {name for name, team in teams.items() if mine & {*team.roles.get(Role.TEAM_MANAGER, ())}}
        return Viewer(key, frozenset(roles), frozenset(member | holds), frozenset(manages))


def _stood_in_for(directory: Directory, day: date) -> defaultdict[str, set[str]]:
    """By who is there: for whom they stand in.

    Worker A is away until Friday and covered by B, who is away until Wednesday and covered by C: on Tuesday C stands
    in for both, on Thursday B for A.
    """
    away: defaultdict[str, set[str]] = defaultdict(set)
    for key in directory.people:
        seen, current = set[str](), key
        while current and current not in seen and not is_there(directory, current, day):
            seen.add(current)
            current = stand_in(directory, current, day) or ""
        if seen and current and current not in seen:
            entry = directory.find(current)
            for one in entry.members if isinstance(entry, Team) else (current,):
                away[one].add(key)
    return away
