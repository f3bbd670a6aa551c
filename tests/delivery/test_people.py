"""Who is told for a role: the case's own person, the team's, the authority's, and who stands in for them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.directory import Directory
from delivery.people import Audience, CasePeople, People, case_people
from domain.case.documents import parse_event
from domain.case.facts import Known
from domain.case.words import Role
from tests.delivery.offices import office
from tests.domain.story import raw_events

DAY = date(2026, 1, 14)


def known(text: str, **entry: Any) -> list[Known]:
    documents = [e | {"child": "c1"} for e in raw_events(text)]
    documents[0] |= entry
    return [Known(parse_event(document), datetime(2026, 1, 1, tzinfo=UTC)) for document in documents]


def told(audience: Audience) -> list[tuple[str, str]]:
    return [(one.key, one.via) for one in audience.recipients]


def of(role: str, contact: str, directory: Directory, day: date = DAY, team: str | None = None) -> Audience:
    contacts = {Role(role): contact} if contact else {}
    return People(directory).tell(Role(role), CasePeople(contacts, team), day)


# What the events of a case say


def test_the_latest_person_named_for_a_role_holds_it() -> None:
    events = known(
        """
        2025-12-24 became_looked_after
        2026-01-05 person_assigned role=iro contact=i-second
        2026-01-03 person_assigned role=iro contact=i-third
        2026-02-01 person_assigned role=iro contact=i-later
        """,
        people={"iro": "i-first", "social_worker": "s-worker"},
        team="North",
    )

    people = case_people(events, DAY)

    assert people == CasePeople({Role.IRO: "i-second", Role.SOCIAL_WORKER: "s-worker"}, "North")


def test_an_assignment_that_was_voided_never_was() -> None:
    events = known("""
        2025-12-24 became_looked_after
        2026-01-03 person_assigned role=iro contact=i-first
        2026-01-05 person_assigned role=iro contact=i-second #wrong
        2026-01-06 event_voided event=wrong reason=mistyped
    """)

    assert case_people(events, DAY).contacts == {Role.IRO: "i-first"}


def test_the_same_iro_goes_on_when_a_child_comes_back_into_care() -> None:
    events = known(
        """
        2024-01-08 became_looked_after
        2024-01-09 person_assigned role=iro contact=i-second
        2024-08-01 ceased_to_be_looked_after reason=E4A
        2026-01-05 became_looked_after
        """,
        people={"social_worker": "s-worker"},
    )

    assert case_people(events, DAY).contacts == {Role.IRO: "i-second", Role.SOCIAL_WORKER: "s-worker"}


# Who that is


@pytest.mark.parametrize("contact", ["s-worker", "S-Worker", " s-worker", "S-WORKER\n", " S.Worker@Example.org "])
def test_a_contact_is_read_the_same_however_it_is_typed(contact: str) -> None:
    assert told(of("social_worker", contact, office())) == [("s-worker", "holder")]


def test_an_address_of_nobody_is_written_to_as_it_is_typed_without_the_spaces() -> None:
    audience = of("social_worker", " New.Worker@Example.org ", office())
    (one,) = audience.recipients
    assert one.entry.email == ("New.Worker@Example.org",)
    assert one.key == of("social_worker", "new.worker@example.org", office()).recipients[0].key


def test_a_contact_is_a_key_or_an_address() -> None:
    assert told(of("social_worker", "s-worker", office())) == [("s-worker", "holder")]
    assert told(of("social_worker", "Sam@example.net", office())) == [("s-worker", "holder")]

    (stranger,) = of("social_worker", "somebody@agency.example", office()).recipients
    assert stranger.entry.email == ("somebody@agency.example",)
    assert "somebody" not in stranger.key


def test_the_case_comes_before_the_team_and_the_team_before_the_authority() -> None:
    directory = office('roles.iro = "m-north"\n')

    assert told(of("iro", "s-worker", directory, team="north team")) == [("s-worker", "holder")]
    assert told(of("iro", "", directory, team="north team")) == [("m-north", "holder")]
    assert told(of("iro", "", directory)) == [("i-second", "holder")]


def test_a_team_without_a_mailbox_is_told_member_by_member() -> None:
    assert told(of("adoption_service", "", office())) == [("a-patel", "team"), ("b-osei", "team")]
    assert told(of("adoption_service", "duty-desk", office())) == [("duty-desk", "team")]


def test_an_absent_persons_cover_is_told_and_the_covers_cover() -> None:
    directory = office("""
        [[people.s-worker.absent]]
        from = 2026-01-12
        until = 2026-01-16
        cover = "a-patel"

        [[people.a-patel.absent]]
        from = 2026-01-15
        until = 2026-01-30
        cover = "b-osei"
    """)

    on = {day: told(of("social_worker", "s-worker", directory, date(2026, 1, day))) for day in (11, 12, 14, 15, 16, 17)}

    assert on == {
        11: [("s-worker", "holder")],
        12: [("a-patel", "cover")],
        14: [("a-patel", "cover")],
        15: [("b-osei", "cover")],
        16: [("b-osei", "cover")],
        17: [("s-worker", "holder")],
    }


def test_a_leavers_successor_is_told_and_without_one_whoever_else_holds_the_role() -> None:
    assert told(of("iro", "i-first", office(), date(2026, 1, 9))) == [("i-first", "holder")]
    assert told(of("iro", "i-first", office(), date(2026, 1, 10))) == [("i-second", "holder")]

    directory = office('[people.gone]\nemail = "g@example.org"\nleft = 2026-01-02\nsuccessor = "a-patel"\n')
    assert told(of("iro", "gone", directory)) == [("a-patel", "successor")]


@pytest.mark.parametrize(
    ("role", "contact", "why"),
    [
        ("social_worker", "", "nobody holds the role"),
        ("social_worker", "s-wroker", "whom the case names for it is not in the directory"),
        ("social_worker", "i-first", "who holds the role is away or has left, and nobody stands in"),
    ],
)
def test_a_role_that_nobody_holds_goes_to_the_fallback_and_says_why(role: str, contact: str, why: str) -> None:
    audience = of(role, contact, office())

    assert told(audience) == [("duty-desk", "fallback")]
    assert audience.unallocated
    assert audience.why == why


@given(role=st.sampled_from(Role), contact=st.text(max_size=20), team=st.text(max_size=9) | st.none(), day=st.dates())
def test_somebody_is_always_told(role: Role, contact: str, team: str | None, day: date) -> None:
    assert People(office()).tell(role, CasePeople({role: contact}, team), day).recipients
