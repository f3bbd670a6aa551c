"""Digests on their way, by a real mail server: once for each person and day, and each action accounted for once.

B. Osei of the office reads a digest too, and has no case: to her there is never anything to say.
"""

import re
from datetime import date, timedelta
from typing import Any

import pytest

from delivery.case_now import Cases
from delivery.digest import Caseloads
from delivery.digesting import NO_TIME, NOTHING_LEFT, Digests, DigestsWait
from delivery.links import Links
from delivery.references import reference_of
from delivery.referring import Referring
from delivery.tokens import Tokens
from tests.delivery.conftest import NINE, Office, action
from tests.delivery.digests import (
    ALL_DAILY,
    BREACH,
    REMINDER,
    WEEKLY,
    chosen,
    digests,
    held,
    plain,
    sam_reading_daily,
)
from tests.domain.story import london, policies
from tools.faults.mailserver import DIES, MailServer


@pytest.fixture
def posted(office: Office, mail: MailServer) -> Office:
    return sam_reading_daily(office, mail)


async def test_what_was_held_is_read_in_one_digest_and_accounted_for_once(posted: Office, mail: MailServer) -> None:
    await held(posted)
    assert mail.mails == []
    assert posted.states() == {"reminder 1 social_worker": "held"}

    posted.now = london("2026-01-20", "09:00")
    assert digests(posted).send() == "1 sent, 0 sent before, 1 with nothing to say"

    (received,) = mail.mails
    assert received["To"] == "s.worker@example.org"
    assert "CLA-1" not in received["Subject"]
    assert "13 days overdue, was due 7 Jan 2026\n  Initial permanency planning meeting (S1 §2, §5)" in plain(received)
    assert received.get_body(("html",)) is not None
    assert posted.told() == ["s-worker - digested"]
    assert posted.states() == {"reminder 1 social_worker": "sent"}


async def test_a_child_may_be_called_digest(posted: Office, mail: MailServer) -> None:
    """What the ledger calls their messages begins as what it calls a digest."""
    posted.child("digest", social_worker="s-worker")
    posted.now, told = london("2026-01-20", "08:30"), action(child="digest", at=london("2026-01-20", "08:30"))
    posted.decide(told)
    await posted.deliver()
    posted.now = london("2026-01-20", "09:00")

    assert digests(posted).send() == "1 sent, 0 sent before, 1 with nothing to say"
    about = Referring(posted.record, Cases(policies(), "ppm-procedure")).about(reference_of("digest", told.key))
    assert about == told


async def test_what_was_held_and_is_not_in_the_digest_is_not_said_to_have_been_read_there(
    posted: Office, mail: MailServer
) -> None:
    posted.decide(REMINDER.model_copy(update={"due": date(2026, 1, 28)}))  # its date has moved since, to the 26th
    await posted.deliver()
    posted.now = london("2026-01-09", "09:00")
    digests(posted).send()
    assert len(mail.mails) == 1
    assert [(a.outcome, a.words) for a in posted.attempts()] == [("superseded", NOTHING_LEFT)]
    assert posted.states() == {"reminder 1 social_worker": "superseded"}


async def test_each_overdue_line_carries_the_readers_own_link(posted: Office, mail: MailServer) -> None:
    posted.links = Links(intake_url="https://permanence.example", tokens=Tokens(["key"]))
    posted.decide(action())
    await posted.deliver()
    posted.now = london("2026-01-09", "09:00")
    digests(posted).send()
    digest = mail.mails[-1]
    [link] = re.findall(r"https://permanence\.example/acknowledge/(\S+)", plain(digest))
    reference = reference_of("CLA-1", action().key)
    assert Tokens(["key"]).read_acknowledging(link) == (reference, "s-worker")
    assert f"Reference {reference}.\nhttps://permanence.example/acknowledge/{link}" in plain(digest)
    html = digest.get_body(("html",))
    assert html is not None
    assert f'<a href="https://permanence.example/acknowledge/{link}">Acknowledge or explain' in html.get_content()


async def test_it_goes_once_a_day_however_often_it_is_run(posted: Office, mail: MailServer) -> None:
    posted.now = london("2026-01-09", "09:00")
    for _ in range(3):
        digests(posted).send()
        posted.now += timedelta(hours=2)
    assert len(mail.mails) == 1
    posted.now = london("2026-01-12", "09:00")
    digests(posted).send()
    assert len(mail.mails) == 2


async def test_a_worker_killed_after_the_mail_went_sends_no_second_one(
    posted: Office, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted.decide(REMINDER)
    await posted.deliver()
    posted.now = london("2026-01-20", "09:00")

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(Digests, "_close", dies)
        with pytest.raises(KeyboardInterrupt):
            digests(posted).send()
    assert len(mail.mails) == 1
    assert posted.told() == ["s-worker - held"]

    assert digests(posted).send() == "0 sent, 1 sent before, 1 with nothing to say"
    assert len(mail.mails) == 1
    assert posted.told() == ["s-worker - digested"]


async def test_a_digest_that_cannot_be_made_keeps_nobody_elses_and_what_was_held_goes_by_itself(
    posted: Office, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted.child("CLA-2", social_worker="b-osei")
    posted.decide(REMINDER)
    await posted.deliver()
    posted.now = london("2026-01-09", "09:00")
    lines_of = Caseloads.lines_of

    def breaks(self: Caseloads, person: str, *rest: Any) -> Any:
        return lines_of(self, person, *rest) if person != "s-worker" else 1 / 0

    monkeypatch.setattr(Caseloads, "lines_of", breaks)
    assert digests(posted).send() == "1 sent, 0 sent before, 0 with nothing to say, 1 failed"
    await posted.deliver()

    assert mail.count()["b.osei@example.org"] == 1
    assert posted.told() == ["s-worker - released", "s-worker smtp sent"]


async def test_a_case_that_cannot_be_worked_out_keeps_no_other_from_the_digest(
    posted: Office, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted.child("CLA-2", social_worker="s-worker")
    posted.now = london("2026-01-09", "09:00")
    at = Cases.at

    def breaks(self: Cases, child: str, *rest: Any) -> Any:
        return at(self, child, *rest) if child != "CLA-1" else 1 / 0

    monkeypatch.setattr(Cases, "at", breaks)
    digests(posted).send()

    (received,) = mail.mails
    assert "CLA-2" in plain(received)


async def test_a_mail_server_that_dies_with_it_leaves_it_uncertain_and_sends_no_second_one(
    posted: Office, mail: MailServer
) -> None:
    mail.at_the_text = [DIES]
    posted.now = london("2026-01-09", "09:00")
    digests(posted).send()
    digests(posted).send()
    assert len(mail.mails) == 1
    assert [a.outcome for a in posted.ledger.of_person("s-worker", "uncertain")] == ["uncertain"]


async def test_while_the_mail_server_is_down_it_waits_and_then_says_what_is_true_then(
    posted: Office, mail: MailServer
) -> None:
    mail.greeting = "421 closing"
    posted.now = london("2026-01-08", "09:00")
    with pytest.raises(DigestsWait) as waits:
        digests(posted).send()
    assert waits.value.until > posted.now
    mail.greeting = ""
    posted.now = london("2026-01-09", "11:00")
    digests(posted).send()
    (received,) = mail.mails
    assert "2 days overdue" in plain(received)


@pytest.mark.parametrize("now", [("2026-01-10", "09:00"), ("2026-04-03", "09:00"), ("2026-01-09", "08:59")])
async def test_none_goes_on_weekends_and_bank_holidays_or_before_nine(
    posted: Office, mail: MailServer, now: tuple[str, str]
) -> None:
    posted.now = london(*now)
    assert digests(posted).send() == NO_TIME
    assert mail.mails == []


async def test_where_there_is_nothing_to_say_none_comes(posted: Office, mail: MailServer) -> None:
    posted.now = london("2025-12-29", "09:00")
    assert digests(posted).send() == "0 sent, 0 sent before, 2 with nothing to say"
    assert mail.mails == []


async def test_a_weekly_one_comes_on_the_first_working_day_of_the_week(posted: Office, mail: MailServer) -> None:
    chosen(posted, WEEKLY)
    sent = []
    for day in ("2026-01-08", "2026-01-09", "2026-01-12", "2026-01-13", "2026-01-19"):
        posted.now = london(day, "09:00")
        digests(posted).send()
        sent.append(len(mail.mails))
    assert sent == [0, 0, 1, 1, 2]
    assert "Your weekly digest" in plain(mail.mails[0])


async def test_who_wants_everything_daily_reads_breaches_there(posted: Office, mail: MailServer) -> None:
    chosen(posted, ALL_DAILY)
    posted.decide(action(), BREACH)
    await posted.deliver()
    assert mail.mails == []
    posted.now = london("2026-01-09", "09:00")
    digests(posted).send()
    (received,) = mail.mails
    assert "you need to know\n  No plan was made. (S1 §2)" in plain(received)
    assert "2 days overdue" in plain(received)
    assert sorted(posted.told()) == ["s-worker - digested", "s-worker - digested"]


async def test_escalations_still_go_at_once_to_who_reads_reminders_in_a_digest(
    posted: Office, mail: MailServer
) -> None:
    posted.decide(action())
    await posted.deliver()
    assert [m["Subject"].split(" (")[0] for m in mail.mails] == ["Permanence: something is overdue, escalation 1"]


def test_nine_is_the_first_instant_of_a_digest() -> None:
    assert london("2026-01-08", "09:00") == NINE
