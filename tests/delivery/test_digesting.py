"""Digests on their way, by a real mail server: once for each person and day, and each action accounted for once.

B. Osei of the office reads a digest too, and has no case: to her there is never anything to say.
"""

import re
from datetime import date, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from delivery.case_now import Cases
from delivery.channels.smtp import SmtpChannel, SmtpSettings
from delivery.digest import Caseloads
from delivery.digesting import NO_TIME, NOTHING_LEFT, Digests, DigestsWait
from delivery.directory_file import DirectoryFile
from delivery.links import Links
from delivery.post import Post
from delivery.references import reference_of
from delivery.tokens import Tokens
from record.entries import KnownEvent, RecordEntry
from tests.delivery.conftest import NINE, WRITER, Office, action
from tests.delivery.offices import OFFICE
from tests.delivery.test_mail import plain as mail_text
from tests.domain.story import london, policies
from tools.faults.mailserver import DIES, MailServer

DAILY = '[people.s-worker]\nreminders = "daily"'
ALL_DAILY = '[people.s-worker]\nreminders = "daily"\nescalations = "daily"'
WEEKLY = '[people.s-worker]\nreminders = "weekly"'
REMINDER = action(kind="reminder", rung=1, due=date(2026, 1, 26), obligation="first-review")
A_WEDNESDAY = REMINDER.model_copy(update={"due": date(2026, 1, 21)})
BREACH = action(kind="breach", rung=0, due=None, event="e9", message="CLA-1: No plan was made.", clause="S1 §2")


@pytest.fixture
def posted(office: Office, mail: MailServer) -> Office:
    """A child in care since 24 December, whose planning meeting was due on 7 January, and a reader of digests."""
    settings = SmtpSettings(host="127.0.0.1", port=mail.port, security="none", sender="p@county.example", timeout=5)
    office.channels = {"smtp": SmtpChannel(settings)}
    office.child(social_worker="s-worker")
    chosen(office, DAILY)
    return office


def plain(mail: EmailMessage) -> str:
    return mail_text(mail).replace("\r\n", "\n")


def chosen(office: Office, how: str, more: str = "") -> None:
    """Sam Worker chooses."""
    office.people(OFFICE.replace("[people.s-worker]", how) + more)


def reading_daily(text: str, *keys: str) -> str:
    """A directory in which some read everything daily."""
    for key in keys:
        text = re.sub(
            rf"^(\[\w+\.{key}\])$", r'\1\nreminders = "daily"\nescalations = "daily"', text, flags=re.MULTILINE
        )
    return text


def away(key: str, since: str, until: str, cover: str) -> str:
    return f'\n[[people.{key}.absent]]\nfrom = {since}\nuntil = {until}\ncover = "{cover}"\n'


async def morning(office: Office, day: str) -> None:
    """Digests go, and then what waits in the outbox."""
    office.now = london(day, "09:00")
    digests(office).send()
    await office.deliver()


def digests(office: Office) -> Digests:
    post = Post(office.settings, office.channels, DirectoryFile(office.folder / "people.toml"), WRITER)
    return post.digests(office.worker(), Cases(policies(), "ppm-procedure"))


async def test_what_was_held_is_read_in_one_digest_and_accounted_for_once(posted: Office, mail: MailServer) -> None:
    posted.now = london("2026-01-19", "15:00")
    posted.decide(REMINDER)
    await posted.deliver()
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
    posted.now = london("2026-01-13", "09:00")
    posted.decide(REMINDER)
    await posted.deliver()
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
    posted.now = london("2026-01-13", "09:00")
    posted.decide(REMINDER)
    await posted.deliver()
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


async def test_what_was_held_for_somebody_who_is_away_by_then_goes_to_the_cover(
    posted: Office, mail: MailServer
) -> None:
    posted.now = london("2026-01-08", "15:00")
    posted.decide(REMINDER)
    await posted.deliver()
    away = '\n[[people.s-worker.absent]]\nfrom = 2026-01-09\nuntil = 2026-01-30\ncover = "a-patel"\n'
    chosen(posted, DAILY, away)
    posted.now = london("2026-01-09", "09:00")
    digests(posted).send()
    await posted.deliver()
    assert [m["To"] for m in mail.mails] == ["a.patel@example.org"]
    assert posted.told() == ["s-worker - released", "a-patel smtp sent"]
    assert posted.states() == {"reminder 1 social_worker": "sent"}


async def test_who_goes_back_to_at_once_is_told_what_was_held(posted: Office, mail: MailServer) -> None:
    posted.now = london("2026-01-08", "15:00")
    posted.decide(REMINDER)
    await posted.deliver()
    chosen(posted, "[people.s-worker]")
    posted.now = london("2026-01-09", "09:00")
    assert digests(posted).send() in ("nobody reads a digest today", "0 sent, 0 sent before, 1 with nothing to say")
    await posted.deliver()
    assert [m["To"] for m in mail.mails] == ["s.worker@example.org"]
    assert posted.told() == ["s-worker - released", "s-worker smtp sent"]


def assigned(office: Office, day: str, contact: str) -> None:
    """Another social worker from a day on."""
    happened(office, day, type="person_assigned", on=day, role="social_worker", contact=contact)


def happened(office: Office, day: str, **event: str) -> None:
    event |= {"id": f"CLA-1-{event['type']}-{day}", "child": "CLA-1"}
    known = KnownEvent(known_at=london(day, "08:00"), event=event)
    office.record.write(RecordEntry(child="CLA-1", decided_at=known.known_at, events=[known]))


def test_nine_is_the_first_instant_of_a_digest() -> None:
    assert london("2026-01-08", "09:00") == NINE
