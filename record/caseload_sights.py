"""Whose a child is, and who sees it, as conditions of a query on the caseload."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, and_, cast, exists, false, not_, or_, select, true

from domain.case.words import Role
from record.caseload_tables import CaseloadChild, CaseloadPerson
from record.desk_tables import ExclusionRow, RestrictionRow

CHILDREN = CaseloadChild.__table__
Child, Person = CHILDREN.c, CaseloadPerson.__table__.c
Restriction, Exclusion = RestrictionRow.__table__.c, ExclusionRow.__table__.c


@dataclass(frozen=True, slots=True)
class Holding:
    """How somebody holds a role: named by a child's events, by being in a team's row of the directory, or everywhere.

    Contacts are in small letters, teams in plain spelling; `led`: the teams that have somebody of their own for it.
    """

    role: Role
    contacts: frozenset[str]
    teams: frozenset[str] = frozenset()
    everywhere: bool = False
    led: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sight:
    """Children whom somebody sees: all, or whoever any of the rest takes in.

    `contacts`: whom the events name for any role, in small letters. `teams`: of which the child is, in plain spelling.
    `named`: whom the child's restriction names. `covering`: who is away, if it is seen in their place: then no child
    who is restricted, and none from whom they are kept.
    """

    everyone: bool = False
    contacts: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    held: Holding | None = None
    named: str | None = None
    covering: str | None = None


def holds(holding: Holding) -> ColumnElement[bool]:
    """Whether somebody holds a role of a child: whom the events name goes before the team's, that before all's."""
    # Correlated by name: else it would be taken for the people that a query itself reads.
    of_child = exists().where(Person.child == Child.child, Person.role == holding.role.value).correlate(CHILDREN)
    ways: list[ColumnElement[bool]] = [
        Child.child.in_(
            select(Person.child).where(Person.role == holding.role.value, Person.contact.in_(list(holding.contacts)))
        )
    ]
    if holding.teams:
        ways.append(and_(Child.team_plain.in_(list(holding.teams)), not_(of_child)))
    if holding.everywhere:
        others = or_(Child.team_plain.is_(None), Child.team_plain.not_in(list(holding.led)))
        ways.append(and_(others, not_(of_child)))
    return or_(*ways)


def sees(sight: Sight) -> ColumnElement[bool]:
    """Whether a child is within a sight."""
    ways: list[ColumnElement[bool]] = [true()] if sight.everyone else []
    if sight.contacts and not sight.everyone:
        ways.append(Child.child.in_(select(Person.child).where(Person.contact.in_(list(sight.contacts)))))
    if sight.teams and not sight.everyone:
        ways.append(Child.team_plain.in_(list(sight.teams)))
    if sight.held and not sight.everyone:
        ways.append(holds(sight.held))
    if sight.named is not None:
        ways.append(restricted(sight.named))
    seen = or_(false(), *ways)
    if sight.covering is None:
        return seen
    return and_(seen, not_(restricted()), not_(kept_from(sight.covering)))


def restricted(to: str | None = None) -> ColumnElement[bool]:
    """Whether a restriction stands for a child; or one that names somebody, whose key holds no character of JSON's."""
    standing = select(Restriction.child).where(Restriction.lifted_at.is_(None))
    if to is not None:
        standing = standing.where(cast(Restriction.people, Text).contains(f'"{to}"', autoescape=True))
    return Child.child.in_(standing)


def kept_from(person: str) -> ColumnElement[bool]:
    """Whether an exclusion of somebody stands for a child."""
    standing = Exclusion.person == person, Exclusion.lifted_at.is_(None)
    return Child.child.in_(select(Exclusion.child).where(*standing))
