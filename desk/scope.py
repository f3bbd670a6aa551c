"""Who may see a child, and by which relation: one pure decision, from the record and the directory as they stand today.

Exclusion beats everything; a restriction leaves the named people only, who cannot be covered for; cover has the scope
of whoever is away, never past an exclusion of either.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from domain.case.words import Role
from record.protections import OPEN, Protection

Relation = Literal["allocated", "iro", "team", "covering", "service", "named"]
"""By what somebody may see a child: holds a role in the case; is its IRO; is of its team, or holds a role for it;
stands in for somebody who may; answers for the whole service; is named in its restriction."""

STRONGEST_FIRST: Final[tuple[Relation, ...]] = ("allocated", "iro", "team", "covering", "service", "named")

SERVICE_WIDE: Final = frozenset(
    {
        Role.SERVICE_MANAGER,
        Role.CLA_SERVICE_MANAGER,
        Role.CLA_STRATEGIC_LEAD,
        Role.HEAD_OF_CHILDREN_LOOKED_AFTER,
        Role.HEAD_OF_FAMILY_SAFEGUARDING,
        Role.ASSISTANT_DIRECTOR,
        Role.DIRECTOR_OF_CHILDRENS_SERVICES,
    }
)
"""Roles that, held for the whole authority, see every child (ours: those who stand above every team on the ladders)."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody signed in, as the directory and the provider have them today."""

    key: str
    roles: frozenset[Role] = frozenset()
    """Held for the whole authority."""
    teams: frozenset[str] = frozenset()
    """Of which they are a member, or for whose children they hold a role."""
    manages: frozenset[str] = frozenset()
    """Teams whose manager they are."""
    covers: tuple["Viewer", ...] = ()
    """Whom they stand in for today."""
    operator: bool = False
    reviews: bool = False
    """Whether they are any child's IRO today."""
    only_operates: bool = False
    """Whether they run the service and see no child today."""

    @property
    def service_wide(self) -> bool:
        """Whether they answer for the whole service."""
        return bool(self.roles & SERVICE_WIDE)

    @property
    def manager(self) -> bool:
        """Whether they manage a team, or the service; today also for somebody else."""
        return self.service_wide or bool(self.manages) or any(one.manager for one in self.covers)


@dataclass(frozen=True, slots=True)
class Workers:
    """Who works on a case, by keys of the directory: people, or teams named as if they were one."""

    by_role: Mapping[Role, frozenset[str]] = field(default_factory=dict)
    team: str | None = None


def relations(viewer: Viewer, workers: Workers, protection: Protection = OPEN) -> frozenset[Relation]:
    """Every relation by which somebody may see a child; none: for them it does not exist."""
    if viewer.key in protection.excluded:
        return frozenset()
    if protection.named is not None:
        named: frozenset[Relation] = frozenset({"named"})
        return _own(viewer, workers) | named if viewer.key in protection.named else frozenset()
    covering: frozenset[Relation] = frozenset({"covering"} if _covers(viewer, workers, protection) else ())
    return _own(viewer, workers) | covering


def strongest(by: frozenset[Relation]) -> Relation | None:
    """The relation that a view is logged by."""
    return next((one for one in STRONGEST_FIRST if one in by), None)


def _own(viewer: Viewer, workers: Workers) -> frozenset[Relation]:
    held = {role for role, keys in workers.by_role.items() if viewer.key in keys}
    of_team = workers.team in viewer.teams or any(viewer.teams & keys for keys in workers.by_role.values())
    holds: dict[Relation, bool] = {
        "allocated": bool(held - {Role.IRO}),
        "iro": Role.IRO in held,
        "team": of_team,
        "service": viewer.service_wide,
    }
    return frozenset(relation for relation, true in holds.items() if true)


def _covers(viewer: Viewer, workers: Workers, protection: Protection) -> bool:
    """Whether somebody away, who is not excluded, would see the child."""
    away = (one for one in viewer.covers if one.key not in protection.excluded)
    return any(_own(one, workers) for one in away)
