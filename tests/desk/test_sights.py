"""What a list asks the database for is what the decision about each child says: every role by every relation."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import Any, get_args

import pytest
from sqlalchemy import insert

from delivery.directory import Directory, plain_team, read_directory
from delivery.people import CasePeople
from desk.lists import Lists
from desk.scope import Relation, Viewer, relations
from desk.sights import BY, Whose
from desk.viewers import Viewers
from domain.case.words import Role
from record.caseload_reading import CaseloadReading
from record.caseload_tables import CaseloadChild, CaseloadPerson
from record.desk_tables import ExclusionRow, RestrictionRow
from record.protections import OPEN, Protection, Protections
from record.store import CaseRecord
from tests.databases import PostgreSQL

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
OFFICE = """
fallback = "duty"
[roles]
service_manager = "head"
iro = ["pool", "reviewers"]
team_manager = "duty"
[people.a]
email = ["a@example.org", "shared@example.org"]
[people.b]
email = "B@example.org"
absent = [{ from = 2026-03-01, until = 2026-03-06, cover = "c" }]
[people.c]
email = "c@example.org"
[people.d]
email = "d@example.org"
[people.head]
email = "head@example.org"
absent = [{ from = 2026-03-01, until = 2026-03-06, cover = "d" }]
[people.gone]
email = "gone@example.org"
left = 2026-02-01
successor = "a"
[people.pool]
email = "pool@example.org"
[teams.duty]
email = ["duty@example.org", "shared@example.org"]
[teams.reviewers]
members = ["c"]
[teams.north]
name = "North Team"
members = ["a", "gone"]
roles.team_manager = "b"
[teams.south]
members = ["c"]
roles.iro = ["b", "duty"]
"""
CONTACTS = ("a", "a@example.org", "b@example.org", "gone", "duty", "north", "shared@example.org", "reviewers", "else")
TEAMS = (None, "North Team", "north", "SOUTH", "elsewhere")
PROTECTIONS = {
    "": OPEN,
    "restricted": Protection(frozenset({"a", "d"})),
    "excluded": Protection(excluded=frozenset({"b", "head"})),
    "both": Protection(frozenset({"a", "b"}), frozenset({"a"})),
}
CASES = {
    f"{role.value}-{number}-{protection}": (CasePeople({role: contact} if contact else {}, team), protection)
    for role in Role
    for number, (contact, team) in enumerate(itertools.product((None, *CONTACTS), TEAMS))
    for protection in (PROTECTIONS if number % 3 == 0 else [""])
}
STANDING = {child: PROTECTIONS[name] for child, (_, name) in CASES.items() if name}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def record(request: pytest.FixtureRequest) -> Iterator[CaseRecord]:
    with ExitStack() as stack:
        url = "sqlite://"
        if request.param == "postgresql":
            server: PostgreSQL = request.getfixturevalue("postgresql")
            url = stack.enter_context(server.database(server.migrated))
        record = CaseRecord.open(url)
        stack.callback(record.close)
        fill(record)
        yield record


def fill(record: CaseRecord) -> None:
    """The children, and what stands or stood for them."""
    with record.engine.begin() as connection:
        of_child = {"written": 1, "derived": 1, "stage": "entry", "earliest": date.max, "escalating": date.max}
        rows = [
            {"child": child, "team": case.team, "team_plain": plain_team(case.team) if case.team else None} | of_child
            for child, (case, _) in CASES.items()
        ]
        connection.execute(insert(CaseloadChild), rows)
        people = [
            {"child": child, "role": role.value, "contact": contact}
            for child, (case, _) in CASES.items()
            for role, contact in case.contacts.items()
        ]
        connection.execute(insert(CaseloadPerson), people)
        restrictions, exclusions = protected()
        connection.execute(insert(RestrictionRow), restrictions)
        connection.execute(insert(ExclusionRow), exclusions)
    assert Protections(record.engine).of_all() == STANDING


def protected() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Restrictions and exclusions: what stands, and of each seventh other child what is lifted and counts no more."""
    common = {"reason": "why", "set_by": "head", "set_at": NOW, "lifted_by": None, "lifted_at": None}
    lifted = common | {"lifted_by": "head", "lifted_at": NOW}
    once = [child for child in CASES if child not in STANDING][::7]
    restrictions = [
        common | {"child": child, "people": sorted(standing.named)}
        for child, standing in STANDING.items()
        if standing.named is not None
    ]
    exclusions = [
        common | {"child": child, "person": person}
        for child, standing in STANDING.items()
        for person in sorted(standing.excluded)
    ]
    restrictions += [lifted | {"child": child, "people": ["nobody"]} for child in once]
    exclusions += [lifted | {"child": child, "person": "a"} for child in once]
    return [one | {"review_on": NOW.date()} for one in restrictions], exclusions


@pytest.fixture(scope="module")
def office() -> Directory:
    return read_directory(OFFICE)


def decided(office: Directory, viewer: Viewer) -> dict[str, frozenset[Relation]]:
    viewers = Viewers(office, NOW.date())
    return {
        child: relations(viewer, viewers.workers(case), STANDING.get(child, OPEN)) for child, (case, _) in CASES.items()
    }


@pytest.mark.parametrize("key", ["a", "b", "c", "d", "gone", "head", "pool", "nobody"])
def test_a_list_has_exactly_the_children_of_whom_it_is_decided_so(
    record: CaseRecord, office: Directory, key: str
) -> None:
    viewers = Viewers(office, NOW.date())
    viewer = viewers.viewer(key)
    lists = Lists(CaseloadReading(record.engine, NOW), viewers, viewer, Protections(record.engine))
    by = decided(office, viewer)
    for whose in get_args(Whose):
        wanted = {child for child, held in by.items() if held & BY[whose]}

        assert {one.child.child for one in lists.children(whose, limit=None)} == wanted, whose
        assert lists.count(whose) == len(wanted), f"{whose}: numbers are made of the same"
        assert lists.any_of(whose) == bool(wanted)


def test_every_relation_and_every_way_of_hiding_a_child_is_among_them(office: Directory) -> None:
    viewers = Viewers(office, NOW.date())
    seen = {key: decided(office, viewers.viewer(key)) for key in ("a", "b", "c", "d", "head", "pool")}

    assert {one for by in seen.values() for held in by.values() for one in held} == {*get_args(Relation)}
    for name in (name for name in PROTECTIONS if name):
        assert any(not seen["a"][child] or not seen["b"][child] for child in STANDING if child.endswith(name)), name
