"""What was held for a digest and is not read in one: let go to whoever holds the role now, or over; never lost.

By a real mail server. A digest is of the children that its reader has on its day, not of those it was held for.
"""

from datetime import date

import pytest

from delivery.case_now import Cases
from delivery.digesting import NOTHING_LEFT, DigestsWait
from tests.delivery.conftest import Office, action
from tests.delivery.digests import (
    A_WEDNESDAY,
    ALL_DAILY,
    BREACH,
    DAILY,
    REMINDER,
    WEEKLY,
    assigned,
    away,
    chosen,
    digests,
    happened,
    held,
    morning,
    plain,
    reading_daily,
    sam_reading_daily,
)
from tests.delivery.offices import OFFICE
from tests.domain.story import london
from tools.faults.mailserver import MailServer


@pytest.fixture
def posted(office: Office, mail: MailServer) -> Office:
    return sam_reading_daily(office, mail)


# What the digest of whom it was held for does not speak of, and is still so


async def test_what_was_held_for_who_covered_goes_to_who_is_back(posted: Office, mail: MailServer) -> None:
    posted.people(reading_daily(OFFICE, "a-patel") + away("s-worker", "2026-01-05", "2026-01-08", "a-patel"))
    posted.decide(action())
    await posted.deliver()
    assert posted.told() == ["a-patel - held"]

    await morning(posted, "2026-01-09")
    await morning(posted, "2026-01-12")

    assert mail.count() == {"s.worker@example.org": 1}
    assert posted.told() == ["a-patel - released", "s-worker smtp sent"]
    assert posted.states() == {"escalation 1 social_worker": "sent"}


async def test_what_was_held_for_who_had_the_case_goes_to_who_has_it_now(posted: Office, mail: MailServer) -> None:
    chosen(posted, WEEKLY)
    await held(posted, at="2026-01-13 09:00")
    assigned(posted, "2026-01-15", "a-patel")

    await morning(posted, "2026-01-19")
    await morning(posted, "2026-01-26")

    assert mail.count() == {"a.patel@example.org": 1}
    assert posted.told() == ["s-worker - released", "a-patel smtp sent"]


async def test_it_ends_however_often_who_has_the_case_changes(posted: Office, mail: MailServer) -> None:
    """Held, let go and held again for the next: for nobody twice, so that who has it a second time is told at once."""
    turns = away("s-worker", "2026-01-05", "2026-01-08", "a-patel") + away(
        "s-worker", "2026-01-12", "2026-01-12", "a-patel"
    )
    posted.people(reading_daily(OFFICE, "s-worker", "a-patel") + turns)
    posted.decide(action())
    await posted.deliver()
    for day in ("2026-01-09", "2026-01-12", "2026-01-13", "2026-01-14", "2026-01-15"):
        await morning(posted, day)

    assert posted.told() == ["a-patel - released", "s-worker - released", "a-patel smtp sent"]
    alone = [m["To"] for m in mail.mails if "something is overdue" in m["Subject"]]
    assert alone == ["a.patel@example.org"]


async def test_what_stood_in_a_digest_that_was_refused_for_now_and_not_in_the_one_that_went_is_told(
    posted: Office, mail: MailServer
) -> None:
    chosen(posted, ALL_DAILY)
    posted.child("CLA-2", social_worker="s-worker")
    posted.decide(action())
    await posted.deliver()
    mail.replies = {"s.worker@example.org": ["452 4.2.2 Mailbox full"]}
    posted.now = london("2026-01-09", "09:00")
    with pytest.raises(DigestsWait):
        digests(posted).send()
    assigned(posted, "2026-01-09", "a-patel")

    posted.now = london("2026-01-09", "09:30")
    digests(posted).send()
    await posted.deliver()

    assert "CLA-1" not in plain(next(m for m in mail.mails if m["To"] == "s.worker@example.org"))
    assert posted.told() == ["s-worker - released", "a-patel smtp sent"]


async def test_what_is_over_by_then_goes_to_nobody(posted: Office, mail: MailServer) -> None:
    chosen(posted, WEEKLY)
    await held(posted, at="2026-01-13 09:00")
    assigned(posted, "2026-01-15", "a-patel")
    happened(posted, "2026-01-16", type="review_held", on="2026-01-16")

    await morning(posted, "2026-01-19")

    assert "a.patel@example.org" not in mail.count()
    assert [(a.outcome, a.words) for a in posted.attempts()] == [("superseded", NOTHING_LEFT)]
    assert posted.states() == {"reminder 1 social_worker": "superseded"}


async def test_what_is_held_of_a_case_that_cannot_be_worked_out_goes_by_itself(
    posted: Office, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted.decide(REMINDER)
    await posted.deliver()
    monkeypatch.setattr(Cases, "at", lambda *_: 1 / 0)

    await morning(posted, "2026-01-09")

    assert posted.told() == ["s-worker - released", "s-worker smtp sent"]
    assert mail.count() == {"s.worker@example.org": 1}


async def test_copies_go_at_once_since_no_digest_of_their_reader_has_them(posted: Office, mail: MailServer) -> None:
    text = OFFICE.replace('fallback = "duty-desk"', 'fallback = "duty-desk"\ncopies = ["l-lead"]')
    posted.people(reading_daily(text, "l-lead"))
    posted.decide(action(), BREACH)
    await posted.deliver()

    for day in ("2026-01-09", "2026-01-12"):
        await morning(posted, day)

    assert mail.count() == {"s.worker@example.org": 2, "l.lead@example.org": 2}
    assert {one.outcome for one in posted.attempts()} == {"sent"}


async def test_who_gets_copies_and_holds_the_role_reads_it_in_their_digest(posted: Office, mail: MailServer) -> None:
    text = OFFICE.replace('fallback = "duty-desk"', 'fallback = "duty-desk"\ncopies = ["s-worker"]')
    posted.people(reading_daily(text, "s-worker"))
    posted.decide(action())
    await posted.deliver()

    await morning(posted, "2026-01-09")

    assert posted.told() == ["s-worker - digested"]
    assert mail.count() == {"s.worker@example.org": 1}


async def test_the_fallback_is_told_at_once_of_whoever_cannot_be_reached(posted: Office, mail: MailServer) -> None:
    text = OFFICE.replace('fallback = "duty-desk"', 'fallback = "b-osei"')
    posted.people(reading_daily(text.replace('reminders = "daily"\n', ""), "b-osei"))
    mail.replies = {address: ["550 5.1.1 No such user"] for address in ("s.worker@example.org", "sam@example.net")}
    posted.decide(action())
    await posted.deliver()

    await morning(posted, "2026-01-09")

    [received] = [m for m in mail.mails if "something is overdue" in m["Subject"]]
    assert received["To"] == "b.osei@example.org"
    assert posted.told()[-1] == "b-osei smtp sent"
    assert posted.states() == {"escalation 1 social_worker": "sent"}


async def test_the_fallback_reads_in_its_digest_of_roles_that_nobody_holds(posted: Office, mail: MailServer) -> None:
    posted.people(reading_daily(OFFICE, "duty-desk"))
    posted.decide(action(to=("team_manager",)))
    await posted.deliver()
    assert posted.told() == ["duty-desk - held"]

    await morning(posted, "2026-01-09")

    assert posted.told() == ["duty-desk - digested"]
    assert mail.count()["duty@example.org"] == 1


async def test_of_two_of_a_team_one_has_read_it_and_the_other_is_gone(posted: Office, mail: MailServer) -> None:
    """The row is told once more to the team as it is now; who has read it is told nothing, and it counts as sent."""
    team = '\n[teams.pair]\nmembers = ["s-worker", "b-osei"]\n'
    posted.people(reading_daily(OFFICE.replace('reminders = "daily"\n', ""), "s-worker", "b-osei") + team)
    assigned(posted, "2026-01-08", "pair")
    posted.decide(action())
    await posted.deliver()
    assert posted.told() == ["s-worker - held", "b-osei - held"]
    gone = away("b-osei", "2026-01-09", "2026-01-30", "s-worker")
    posted.people(reading_daily(OFFICE.replace('reminders = "daily"\n', ""), "s-worker", "b-osei") + team + gone)

    await morning(posted, "2026-01-09")

    assert posted.told() == ["s-worker - digested", "b-osei - released"]
    assert posted.states() == {"escalation 1 social_worker": "sent"}
    assert mail.count() == {"s.worker@example.org": 1}


# A weekly digest that could not go


@pytest.mark.parametrize("down", ["mail", "worker"])
async def test_a_reminder_held_for_a_digest_that_never_went_goes_before_it_is_too_late(
    posted: Office, mail: MailServer, down: str
) -> None:
    chosen(posted, WEEKLY)
    posted.now = london("2026-01-16", "09:00")
    posted.decide(A_WEDNESDAY, REMINDER)
    await posted.deliver()
    assert posted.told() == ["s-worker - held", "s-worker - held"], "for Monday's"
    if down == "mail":
        mail.greeting = "421 closing"
        posted.now = london("2026-01-19", "09:00")
        with pytest.raises(DigestsWait):
            digests(posted).send()
        mail.greeting = ""

    for day in ("2026-01-20", "2026-01-21", "2026-01-22"):
        await morning(posted, day)
    assert mail.count() == {"s.worker@example.org": 1}
    assert posted.told() == ["s-worker - released", "s-worker - held", "s-worker smtp sent"], "the 26th is not too late"

    await morning(posted, "2026-01-26")
    assert posted.told() == ["s-worker - released", "s-worker - digested", "s-worker smtp sent"]


async def test_what_was_held_by_the_day_is_told_who_reads_by_the_week_now(posted: Office, mail: MailServer) -> None:
    chosen(posted, ALL_DAILY)
    posted.now = london("2026-01-13", "09:01")
    posted.decide(action(), A_WEDNESDAY.model_copy(update={"due": date(2026, 1, 15)}))
    await posted.deliver()
    chosen(posted, WEEKLY)

    await morning(posted, "2026-01-14")

    assert sorted(posted.told()) == ["s-worker - released"] * 2 + ["s-worker smtp sent"] * 2
    assert mail.count() == {"s.worker@example.org": 2}


async def test_what_was_held_for_somebody_who_is_away_by_then_goes_to_the_cover(
    posted: Office, mail: MailServer
) -> None:
    await held(posted, at="2026-01-08 15:00")
    away = '\n[[people.s-worker.absent]]\nfrom = 2026-01-09\nuntil = 2026-01-30\ncover = "a-patel"\n'
    chosen(posted, DAILY, away)
    posted.now = london("2026-01-09", "09:00")
    digests(posted).send()
    await posted.deliver()
    assert [m["To"] for m in mail.mails] == ["a.patel@example.org"]
    assert posted.told() == ["s-worker - released", "a-patel smtp sent"]
    assert posted.states() == {"reminder 1 social_worker": "sent"}


async def test_who_goes_back_to_at_once_is_told_what_was_held(posted: Office, mail: MailServer) -> None:
    await held(posted, at="2026-01-08 15:00")
    chosen(posted, "[people.s-worker]")
    posted.now = london("2026-01-09", "09:00")
    assert digests(posted).send() in ("nobody reads a digest today", "0 sent, 0 sent before, 1 with nothing to say")
    await posted.deliver()
    assert [m["To"] for m in mail.mails] == ["s.worker@example.org"]
    assert posted.told() == ["s-worker - released", "s-worker smtp sent"]
