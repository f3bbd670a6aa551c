"""Who may see a child: every role by every relation, under a restriction, an exclusion and cover."""

from datetime import date

import pytest

from delivery.directory import Directory, read_directory
from delivery.people import CasePeople, People
from desk.scope import SERVICE_WIDE, Viewer, Workers, relations, strongest
from desk.viewers import Viewers
from domain.case.words import Role
from record.protections import OPEN, Protection

DAY = date(2026, 3, 2)
CHILD = Workers(
    {Role.SOCIAL_WORKER: frozenset({"own"}), Role.IRO: frozenset({"reviewer"}), Role.PPM_CHAIR: frozenset({"panel"})},
    team="north",
)
PANEL = Viewer("member", teams=frozenset({"panel"}))
PEOPLE = {
    "own": Viewer("own", teams=frozenset({"north"})),
    "reviewer": Viewer("reviewer"),
    "colleague": Viewer("colleague", teams=frozenset({"north"})),
    "manager": Viewer("manager", teams=frozenset({"north"}), manages=frozenset({"north"})),
    "other-team": Viewer("other-team", teams=frozenset({"south"}), manages=frozenset({"south"})),
    "cover": Viewer("cover", teams=frozenset({"south"}), covers=(Viewer("own"),)),
    "cover-of-manager": Viewer("cover-of-manager", covers=(Viewer("manager", teams=frozenset({"north"})),)),
    "cover-of-service": Viewer("cover-of-service", covers=(Viewer("head", frozenset({Role.SERVICE_MANAGER})),)),
    "member": PANEL,
    "service": Viewer("service", roles=frozenset({Role.SERVICE_MANAGER})),
    "solicitor": Viewer("solicitor", roles=frozenset({Role.SOLICITOR})),
    "operator": Viewer("operator", operator=True),
    "nobody": Viewer("nobody"),
}
SEEN_BY = {
    "own": {"allocated", "team"},
    "reviewer": {"iro"},
    "colleague": {"team"},
    "manager": {"team"},
    "other-team": set[str](),
    "cover": {"covering"},
    "cover-of-manager": {"covering"},
    "cover-of-service": {"covering"},
    "member": {"team"},
    "service": {"service"},
    "solicitor": set[str](),
    "operator": set[str](),
    "nobody": set[str](),
}


@pytest.mark.parametrize("key", PEOPLE)
def test_a_child_is_seen_by_these_relations_and_no_others(key: str) -> None:
    assert relations(PEOPLE[key], CHILD) == SEEN_BY[key]


@pytest.mark.parametrize("role", Role)
def test_a_role_of_the_whole_authority_sees_every_child_only_if_it_stands_above_the_teams(role: Role) -> None:
    seen = relations(Viewer("somebody", roles=frozenset({role})), CHILD)

    assert seen == ({"service"} if role in SERVICE_WIDE else set())


@pytest.mark.parametrize("role", Role)
def test_whoever_holds_any_role_in_the_case_sees_the_child(role: Role) -> None:
    held = Workers({role: frozenset({"somebody"})})

    assert strongest(relations(Viewer("somebody"), held)) == ("iro" if role is Role.IRO else "allocated")


@pytest.mark.parametrize("key", PEOPLE)
def test_an_exclusion_beats_everything(key: str) -> None:
    for named in (None, frozenset({key})):
        assert relations(PEOPLE[key], CHILD, Protection(named, frozenset({key}))) == set()


@pytest.mark.parametrize("key", PEOPLE)
def test_a_restriction_leaves_the_named_people_only_whatever_they_hold(key: str) -> None:
    others = Protection(frozenset({"somebody-else"}))
    assert relations(PEOPLE[key], CHILD, others) == set()

    named = relations(PEOPLE[key], CHILD, Protection(frozenset({key})))
    assert named == (SEEN_BY[key] - {"covering"}) | {"named"}


def test_cover_goes_never_past_an_exclusion_of_whoever_is_away() -> None:
    assert relations(PEOPLE["cover"], CHILD, Protection(excluded=frozenset({"own"}))) == set()
    assert relations(PEOPLE["cover"], CHILD, Protection(excluded=frozenset({"another"}))) == {"covering"}


def test_a_view_is_logged_by_the_strongest_relation() -> None:
    assert strongest(frozenset({"team", "allocated", "service"})) == "allocated"
    assert strongest(frozenset()) is None
    assert Protection(None, frozenset()) == OPEN


# Who somebody is, by the directory of the day

OFFICE = """
fallback = "desk"
operators = "sysop"
[roles]
service_manager = "head"
iro = "pool"
[people.sysop]
email = "o@example.org"
[people.head]
email = "h@example.org"
[people.pool]
email = "p@example.org"
[people.a]
email = "a@example.org"
absent = [{ from = 2026-03-01, until = 2026-03-06, cover = "b" }]
[people.b]
email = "b@example.org"
absent = [{ from = 2026-03-01, until = 2026-03-03, cover = "c" }]
[people.c]
email = "c@example.org"
[people.gone]
email = "g@example.org"
left = 2026-02-01
successor = "c"
[teams.desk]
email = "d@example.org"
[teams.north]
name = "North Team"
members = ["a"]
roles.team_manager = "b"
"""


@pytest.fixture(scope="module")
def office() -> Directory:
    return read_directory(OFFICE)


def covered(viewer: Viewer) -> set[str]:
    return {one.key for one in viewer.covers}


def test_cover_is_followed_on_the_day_and_ends_with_the_absence(office: Directory) -> None:
    assert covered(Viewers(office, DAY).viewer("c")) == {"a", "b", "gone"}
    assert covered(Viewers(office, date(2026, 3, 5)).viewer("b")) == {"a"}
    assert covered(Viewers(office, date(2026, 3, 9)).viewer("b")) == set()


def test_teams_roles_and_claims_make_a_viewer(office: Directory) -> None:
    viewers = Viewers(office, DAY)

    assert viewers.viewer("b").manages == {"north"}
    assert viewers.viewer("a").teams == {"north"}
    assert not viewers.viewer("a").manager
    assert viewers.viewer("c").manager, "while she covers for who manages North"
    assert viewers.viewer("head").service_wide
    assert viewers.viewer("sysop").operator
    assert viewers.viewer("x", ["operator", "assistant_director", "made-up"]).roles == {Role.ASSISTANT_DIRECTOR}
    assert viewers.viewer("x", ["operator"]).operator


def test_the_people_of_a_case_are_known_by_key_or_address_and_its_team_however_spelt(office: Directory) -> None:
    viewers = Viewers(office, DAY)
    case = CasePeople({Role.SOCIAL_WORKER: "A@example.org"}, "north_team")

    assert viewers.workers(case) == Workers(
        {Role.SOCIAL_WORKER: frozenset({"a"}), Role.IRO: frozenset({"pool"})}, "north"
    )
    named = CasePeople({Role.IRO: "c"})
    assert viewers.workers(named).by_role[Role.IRO] == {"c"}, "the authority's where the case names none"


@pytest.mark.parametrize("contact", ["A", " a", "a\t", " A@Example.org ", "Nobody@Example.org ", "nobody"])
def test_who_works_on_a_case_and_who_is_told_are_the_same_however_a_contact_is_typed(
    office: Directory, contact: str
) -> None:
    """Until 29 November 2026 the desk said Sam for `S-Worker`, and every message went to the fallback."""
    people, day = People(office), date(2026, 2, 1)
    case = CasePeople({Role.SOCIAL_WORKER: contact})

    working = Viewers(office, day).workers(case).by_role[Role.SOCIAL_WORKER]
    audience = people.tell(Role.SOCIAL_WORKER, case, day)

    assert working == {people.who_is(contact)[0]} == {people.who_is(contact.strip().lower())[0]}
    assert audience.unallocated or {one.key for one in audience.recipients} == working
    assert audience.unallocated == (contact == "nobody")
