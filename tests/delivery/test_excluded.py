"""Somebody whom an exclusion keeps from a child is told nothing of it, by whatever way; somebody else is."""

from datetime import date

import pytest

from delivery.acknowledging import Acknowledging, CannotAcknowledge
from delivery.again import try_again
from delivery.allocation import allocation
from delivery.case_now import Cases
from delivery.people import People
from domain.case.words import Role
from record.protections import Protections
from tests.delivery.conftest import Office, action
from tests.delivery.digests import ALL_DAILY, BREACH, REMINDER, away, by_mail, chosen, held, morning, reading_daily
from tests.delivery.offices import OFFICE
from tests.delivery.offices import office as directory
from tests.delivery.test_backlog import LOADED, TEN_MINUTES, backlog, load
from tests.domain.story import policies
from tools.faults.mailserver import MailServer

EVERYBODY = ("s-worker", "i-first", "i-second", "m-north", "l-lead", "duty-desk", "b-osei")
"""But for a-patel."""
SOCIAL_WORKER = action()
"""The first rung, to the social worker."""


@pytest.fixture
def posted(office: Office, mail: MailServer) -> Office:
    """A child of s-worker, told by mail."""
    return by_mail(office, mail)


def exclude(office: Office, *keys: str, child: str = "CLA-1") -> None:
    for key in keys:
        Protections(office.record.engine).exclude(child, key, "A relative.", "l-lead", office.now)


async def loaded_without(office: Office, *keys: str) -> None:
    """A load of two children is told, of whom the first is kept from some."""
    office.now = LOADED
    load(office, "CLA-7", "CLA-8")
    exclude(office, *keys, child="CLA-7")
    office.now += TEN_MINUTES
    await backlog(office).once()
    await office.deliver()


def to(mail: MailServer) -> list[str]:
    return sorted(mail.recipients)


def read_by(mail: MailServer, address: str) -> list[str]:
    """The texts of the mails to an address, their lines joined."""
    bodies = [one.get_body(("plain",)) for one in mail.mails if one["To"] == address]
    return [" ".join(body.get_content().split()) for body in bodies if body is not None]


async def test_the_next_who_holds_the_role_is_told_in_their_place(posted: Office, mail: MailServer) -> None:
    exclude(posted, "i-first")
    posted.decide(action(to=("iro",)))

    await posted.deliver()

    assert to(mail) == ["i.second@example.org"]


async def test_where_nobody_else_holds_it_the_fallback_is_told_why(posted: Office, mail: MailServer) -> None:
    exclude(posted, "s-worker")
    posted.decide(SOCIAL_WORKER)

    await posted.deliver()

    assert to(mail) == ["duty@example.org"]
    (text,) = read_by(mail, "duty@example.org")
    assert "an exclusion keeps the child from who holds the role: social worker" in text


@pytest.mark.parametrize("excluded", ["s-worker", "a-patel"])
async def test_neither_who_covers_for_them_nor_a_cover_who_is_excluded_hears_of_it(
    posted: Office, mail: MailServer, excluded: str
) -> None:
    posted.people(OFFICE + away("s-worker", "2026-01-05", "2026-01-16", "a-patel"))
    exclude(posted, excluded)
    posted.decide(SOCIAL_WORKER)

    await posted.deliver()

    assert to(mail) == ["duty@example.org"]


async def test_a_mailbox_that_they_read_too_is_passed_over_for_the_others_of_the_team(
    posted: Office, mail: MailServer
) -> None:
    posted.people(OFFICE.replace("[teams.adoption-team]", '[teams.adoption-team]\nemail = "adoption@example.org"'))
    exclude(posted, "b-osei")
    posted.decide(action(to=("adoption_service",)))

    await posted.deliver()

    assert to(mail) == ["a.patel@example.org"]


async def test_they_get_no_copy(posted: Office, mail: MailServer) -> None:
    posted.people('copies = ["l-lead", "a-patel"]' + OFFICE)
    exclude(posted, "l-lead")
    posted.decide(SOCIAL_WORKER)

    await posted.deliver()

    assert to(mail) == ["a.patel@example.org", "s.worker@example.org"]


async def test_an_exclusion_of_the_fallback_too_leaves_a_message_failed_until_it_is_tried_again(
    posted: Office, mail: MailServer
) -> None:
    posted.people(OFFICE.replace('fallback = "duty-desk"', 'fallback = "l-lead"'))
    exclude(posted, "s-worker", "l-lead")
    posted.decide(SOCIAL_WORKER)
    await posted.deliver()

    (row,) = posted.outbox.rows()
    assert (row.state, row.why, to(mail)) == (
        "failed",
        "an exclusion keeps the child from who holds the role, and an exclusion keeps the child from the fallback",
        [],
    )

    protections = Protections(posted.record.engine)
    for one in protections.exclusions():
        protections.lift("exclusion", one.number, "m-north", posted.now)
    try_again(posted.record.engine, posted.now, child=None, by="m-north")
    await posted.deliver()
    assert to(mail) == ["s.worker@example.org"]


async def test_a_message_that_waits_does_not_go_to_somebody_excluded_meanwhile(
    posted: Office, mail: MailServer
) -> None:
    mail.replies = {"s.worker@example.org": ["451 later"], "sam@example.net": ["451 later"]}
    posted.decide(SOCIAL_WORKER)
    await posted.deliver()
    assert mail.mails == []
    exclude(posted, "s-worker")

    await posted.later(hours=1)

    assert to(mail) == ["duty@example.org"]


async def test_a_digest_has_nothing_of_the_child_and_what_was_held_for_it_goes_to_another(
    posted: Office, mail: MailServer
) -> None:
    chosen(posted, ALL_DAILY)
    posted.child("CLA-2", social_worker="s-worker")
    await held(posted, REMINDER, BREACH, action(child="CLA-2", due=date(2026, 1, 7)))
    assert mail.mails == []
    exclude(posted, "s-worker")

    await morning(posted, "2026-01-20")

    (digest,) = read_by(mail, "s.worker@example.org")
    assert "CLA-2" in digest
    assert "CLA-1" not in digest
    assert to(mail) == ["duty@example.org", "duty@example.org", "s.worker@example.org"]


async def test_what_was_held_for_a_teams_digest_goes_to_the_others_where_one_of_it_is_excluded(
    posted: Office, mail: MailServer
) -> None:
    team = '[teams.adoption-team]\nemail = "adoption@example.org"'
    posted.people(reading_daily(OFFICE.replace("[teams.adoption-team]", team), "adoption-team"))
    await held(posted, BREACH.model_copy(update={"to": (Role.ADOPTION_SERVICE,)}))
    assert mail.mails == []
    exclude(posted, "b-osei")

    await morning(posted, "2026-01-20")

    assert to(mail) == ["a.patel@example.org"]


async def test_the_summary_of_a_load_has_nothing_of_the_child(posted: Office, mail: MailServer) -> None:
    await loaded_without(posted, "s-worker")

    (of_sam,), (of_duty,) = read_by(mail, "s.worker@example.org"), read_by(mail, "duty@example.org")
    assert ("CLA-7" in of_sam, "CLA-8" in of_sam) == (False, True)
    assert of_duty.count("A permanency planning meeting is to be held") == 1


async def test_a_fallback_who_is_kept_from_one_child_of_a_load_hears_of_the_others_in_its_readers_place(
    posted: Office, mail: MailServer
) -> None:
    posted.people(OFFICE.replace('fallback = "duty-desk"', 'fallback = "b-osei"'))
    mail.replies = {"m.north@example.org": ["550 no such user"]}
    await loaded_without(posted, "b-osei")

    summaries = read_by(mail, "b.osei@example.org")  # of what nobody holds, and in the manager's place
    assert [("CLA-7" in one, "CLA-8" in one) for one in summaries] == [(False, True)] * 2
    assert [row.state for row in posted.outbox.rows("CLA-8") if row.state != "sent"] == []
    assert {row.state for row in posted.outbox.rows("CLA-7")} == {"sent", "failed"}


async def test_a_fallback_who_is_kept_from_one_child_of_a_digest_is_told_of_the_others(
    posted: Office, mail: MailServer
) -> None:
    posted.people(reading_daily(OFFICE.replace('fallback = "duty-desk"', 'fallback = "b-osei"'), "s-worker"))
    posted.child("CLA-2", social_worker="s-worker")
    await held(posted, BREACH, BREACH.model_copy(update={"child": "CLA-2"}))
    mail.replies = {one: ["550 no such user"] * 9 for one in ("s.worker@example.org", "sam@example.net")}
    exclude(posted, "b-osei", child="CLA-2")

    await morning(posted, "2026-01-20")

    told = " ".join(read_by(mail, "b.osei@example.org"))
    assert ("CLA-1" in told, "CLA-2" in told) == (True, False)
    assert {row.child: row.state for row in posted.outbox.rows()} == {"CLA-1": "sent", "CLA-2": "failed"}


async def test_what_nobody_of_a_load_may_hear_is_failed_and_not_told_as_sent(posted: Office, mail: MailServer) -> None:
    await loaded_without(posted, *EVERYBODY, "a-patel")

    assert {row.state for row in posted.outbox.rows("CLA-7")} == {"failed"}
    assert not [one for one in mail.mails if "CLA-7" in one.as_string()]


async def test_a_copy_of_what_nobody_of_a_load_may_hear_goes_once(posted: Office, mail: MailServer) -> None:
    posted.people('copies = ["a-patel"]' + OFFICE)
    await loaded_without(posted, *EVERYBODY)

    (summary,) = [text for text in read_by(mail, "a.patel@example.org") if "CLA-8" in text]
    assert "CLA-7" not in summary
    assert "CLA-7" in " ".join(read_by(mail, "a.patel@example.org"))


async def test_their_digest_of_before_leads_to_the_child_no_more(posted: Office, mail: MailServer) -> None:
    posted.people(reading_daily(OFFICE, "s-worker"))
    posted.child("CLA-2", social_worker="s-worker")
    await held(posted, SOCIAL_WORKER, action(child="CLA-2"))
    await morning(posted, "2026-01-20")
    reference = posted.ledger.last_digest("s-worker")
    assert reference is not None
    finding = Acknowledging(posted.record, Cases(policies(), "ppm-procedure"), lambda: directory())
    assert finding.find(reference.reference, posted.now, "CLA-1").child == "CLA-1"

    exclude(posted, "s-worker")

    with pytest.raises(CannotAcknowledge, match="nothing like it is overdue"):
        finding.find(reference.reference, posted.now, "CLA-1")
    assert finding.find(reference.reference, posted.now, "CLA-2").child == "CLA-2"


async def test_who_is_told_for_each_role_says_so(posted: Office) -> None:
    exclude(posted, "s-worker")
    cases = Cases(policies(), "ppm-procedure")

    roles = allocation(posted.record, cases, People(directory()), "CLA-1", posted.now)

    worker = next(one for one in roles if one.role is Role.SOCIAL_WORKER)
    assert [one.key for one in worker.audience.recipients] == ["duty-desk"]
    assert worker.audience.why == "an exclusion keeps the child from who holds the role"
