"""Mail, by a real mail server: delivered, greylisted, refused, gone for two days, and dying at the worst moment."""

from datetime import date, timedelta
from email.message import EmailMessage

import pytest

from delivery.channels.channel import ChannelStopped
from delivery.channels.smtp import SmtpChannel, SmtpSettings
from delivery.references import reference_of
from delivery.settings import DeliverySettings
from delivery.still import JourneyNow
from tests.delivery.conftest import NINE, Office, action
from tools.faults.mailserver import DIES, MailServer

SENDER = "Permanence <permanence@county.example>"


@pytest.fixture
def posted(office: Office, mail: MailServer) -> Office:
    """The office, with the mail server switched on."""
    office.channels = {"smtp": smtp(mail)}
    return office


def smtp(mail: MailServer, **more: object) -> SmtpChannel:
    settings = {"host": "127.0.0.1", "port": mail.port, "security": "none", "sender": SENDER, "timeout": 5, **more}
    return SmtpChannel(SmtpSettings.model_validate(settings))


def plain(mail: EmailMessage) -> str:
    """What a mail says to whoever reads plain text."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def test_a_message_reaches_who_holds_the_role(posted: Office, mail: MailServer) -> None:
    posted.child(social_worker="s-worker")
    posted.decide(action())

    await posted.deliver()

    (received,) = mail.mails
    assert received["To"] == "s.worker@example.org"
    assert received["From"] == SENDER
    assert received["Auto-Submitted"] == "auto-generated"
    reference = reference_of("CLA-1", action().key)
    assert received["Subject"] == f"Permanence: something is overdue, escalation 1 ({reference})"
    text = plain(received)
    for said in ("CLA-1", "7 January 2026", "1 day overdue", "S1 §2, §5", "What to do", "workflows/child-CLA-1"):
        assert said in text
    (attempt,) = posted.attempts()
    assert (attempt.outcome, attempt.person, attempt.via) == ("sent", "s-worker", "holder")
    assert attempt.provider == received["Message-ID"].strip()
    assert attempt.at == NINE
    assert posted.states() == {"escalation 1 social_worker": "sent"}


async def test_the_ledger_of_what_was_sent_stands_in_the_childs_chain(posted: Office) -> None:
    from sqlalchemy import select

    from record.chain_tables import ChainRow

    posted.child(social_worker="s-worker")
    posted.decide(action())
    await posted.deliver()

    with posted.record.engine.connect() as connection:
        entries = connection.execute(select(ChainRow.kind, ChainRow.content)).all()
    assert [kind for kind, _ in entries] == ["event", "action", "delivery"]
    assert entries[-1].content["outcome"] == "sent"
    assert "example.org" not in str(entries[-1].content)


async def test_whoever_holds_two_of_the_roles_is_told_once(posted: Office, mail: MailServer) -> None:
    posted.child(social_worker="s-worker", iro="sam@example.net")
    posted.decide(action(to=("iro", "social_worker")))

    await posted.deliver()

    assert mail.count() == {"s.worker@example.org": 1}
    assert posted.states() == {"escalation 1 iro": "sent", "escalation 1 social_worker": "sent"}


async def test_a_greylisted_message_goes_on_the_second_attempt(posted: Office, mail: MailServer) -> None:
    mail.replies["s.worker@example.org"] = ["451 4.7.1 Greylisted, come back later"]
    posted.child(social_worker="s-worker")
    posted.decide(action())

    await posted.deliver()
    assert posted.states() == {"escalation 1 social_worker": "pending"}
    await posted.later(seconds=30)
    assert not mail.mails
    await posted.later(seconds=31)

    assert mail.count() == {"s.worker@example.org": 1}
    assert posted.told() == ["s-worker smtp retry", "s-worker smtp sent"]
    assert posted.attempts()[0].words == "the mail server says: later (reply 451)"


async def test_a_refused_address_goes_to_the_next_and_then_to_the_fallback(posted: Office, mail: MailServer) -> None:
    refused = "550 5.1.1 No such user"
    mail.replies = {"s.worker@example.org": [refused] * 2, "sam@example.net": [refused]}
    posted.child("CLA-1", social_worker="s-worker")
    posted.child("CLA-2", social_worker="s-worker")
    posted.decide(action())
    await posted.deliver()
    posted.decide(action(child="CLA-2"))
    await posted.deliver()

    assert posted.told("CLA-1") == ["s-worker smtp refused", "s-worker smtp refused", "duty-desk smtp sent"]
    assert posted.told("CLA-2") == ["s-worker smtp refused", "s-worker smtp sent"]
    assert mail.count() == {"duty@example.org": 1, "sam@example.net": 1}
    to_duty = next(m for m in mail.mails if m["To"] == "duty@example.org")
    assert "who holds the role cannot be reached" in " ".join(plain(to_duty).split())


async def test_an_address_that_says_later_for_a_day_is_given_up(posted: Office, mail: MailServer) -> None:
    mail.replies["s.worker@example.org"] = ["452 4.2.2 Mailbox full"] * 1000
    posted.child(social_worker="s-worker")
    posted.decide(action())

    for _ in range(26 * 2):
        await posted.later(minutes=30)

    assert mail.count() == {"sam@example.net": 1}
    tried = posted.told()
    assert tried[-2:] == ["s-worker smtp gave_up", "s-worker smtp sent"]
    assert 20 < tried.count("s-worker smtp retry") < 35


async def test_nobody_can_be_reached_and_that_is_shown_until_a_person_asks_again(
    posted: Office, mail: MailServer
) -> None:
    for address in ("s.worker@example.org", "sam@example.net", "duty@example.org"):
        mail.replies[address] = ["550 5.1.1 No such user"]
    posted.child(social_worker="s-worker")
    posted.decide(action())

    await posted.deliver()
    (row,) = posted.outbox.rows(state="failed")
    assert row.why == "neither who holds the role nor the fallback can be reached"
    assert not mail.mails


# Two days without mail. The clock is the office's own: no time is waited for, and none is skipped.


async def test_after_two_days_without_mail_everybody_is_told_once_what_is_true_then(
    office: Office,
) -> None:
    mail = MailServer()
    office.channels = {"smtp": smtp(mail)}
    office.child(social_worker="s-worker", iro="i-second", team_manager="m-north")
    due = date(2026, 1, 9)
    office.decide(action(kind="reminder", rung=1, due=due))
    await office.deliver()
    await office.later(hours=4)
    office.decide(action(kind="reminder", rung=2, due=due, at=office.now))
    for _ in range(2 * 24):
        await office.later(hours=1)
    office.decide(
        action(rung=1, due=due, at=office.now, to=("iro", "social_worker")),
        action(rung=2, due=due, at=office.now + timedelta(hours=1), to=("team_manager",)),
    )

    assert {a.outcome for a in office.attempts()} == {"superseded"}
    (state,) = office.ledger.channels().values()
    assert (state.state, state.since) == ("down", NINE)
    assert state.failures > 20
    with mail:
        await office.later(minutes=11)
        await office.later(minutes=11)

    assert mail.count() == {"s.worker@example.org": 1, "i.second@example.org": 1, "m.north@example.org": 1}
    assert office.states() == {
        "reminder 1 social_worker": "superseded",
        "reminder 2 social_worker": "superseded",
        "escalation 1 iro": "sent",
        "escalation 1 social_worker": "sent",
        "escalation 2 team_manager": "sent",
    }
    assert office.ledger.channels()["smtp"].state == "up"


async def test_what_was_met_while_mail_was_down_is_not_told(office: Office) -> None:
    from tests.delivery.agendas import met

    mail = MailServer()
    office.channels = {"smtp": smtp(mail)}
    office.child(social_worker="s-worker")
    office.decide(action())
    await office.deliver()
    office.standing["CLA-1"] = JourneyNow([met("initial-ppm", due=date(2026, 1, 7))])
    with mail:
        await office.later(minutes=11)

    assert not mail.mails
    (row,) = office.outbox.rows()
    assert (row.state, row.why) == ("superseded", "it is met late by now")
    assert office.told()[-1] == "s-worker - superseded"


# Dying between the text and its answer


async def test_a_server_that_dies_before_it_answers_leaves_an_uncertain_message_and_no_second(
    posted: Office, mail: MailServer
) -> None:
    mail.at_the_text = [DIES]
    posted.child("CLA-1", social_worker="s-worker")
    posted.child("CLA-2", social_worker="s-worker")
    posted.decide(action(), action(child="CLA-2"))

    await posted.deliver()
    await posted.later(days=1)

    assert mail.count() == {"s.worker@example.org": 2}
    assert sorted(posted.told("CLA-1") + posted.told("CLA-2")) == ["s-worker smtp sent", "s-worker smtp uncertain"]
    (row,) = posted.outbox.rows(state="uncertain")
    assert row.why == "it may or may not have arrived, and nobody can be asked"


async def test_a_text_that_is_refused_is_no_doubt(posted: Office, mail: MailServer) -> None:
    mail.at_the_text = ["451 4.3.0 Try again", "554 5.7.1 Spam"]
    posted.child(social_worker="s-worker")
    posted.decide(action())

    await posted.deliver()
    await posted.later(minutes=2)

    assert posted.told() == ["s-worker smtp retry", "s-worker smtp refused", "s-worker smtp sent"]
    assert mail.count() == {"sam@example.net": 1}


# What only a person can mend


async def test_a_wrong_password_stops_the_channel_and_nothing_is_given_up(office: Office) -> None:
    with MailServer(password="right") as mail:
        office.channels = {"smtp": smtp(mail, username="permanence", password="wrong")}
        office.child(social_worker="s-worker")
        office.decide(action())
        await office.deliver()
        await office.later(minutes=59)

        state = office.ledger.channels()["smtp"]
        assert (state.state, state.failures) == ("stopped", 1)
        assert state.words == "the mail server refuses our user name or password"
        assert office.states() == {"escalation 1 social_worker": "pending"}

        office.channels = {"smtp": smtp(mail, username="permanence", password="right")}
        await office.later(minutes=2)
        assert mail.count() == {"s.worker@example.org": 1}


@pytest.mark.parametrize(
    ("greeting", "state"),
    [("451 4.3.2 Not now", "down"), ("421 4.3.2 Closing", "down"), ("550 5.7.1 Sender not allowed", "stopped")],
)
async def test_what_is_said_of_the_sender_is_about_the_channel(
    posted: Office, mail: MailServer, greeting: str, state: str
) -> None:
    mail.greeting = greeting
    posted.child(social_worker="s-worker")
    posted.decide(action())

    await posted.deliver()

    assert posted.ledger.channels()["smtp"].state == state
    assert posted.states() == {"escalation 1 social_worker": "pending"}


async def test_tls_is_never_quietly_given_up(posted: Office, mail: MailServer) -> None:
    posted.channels = {"smtp": smtp(mail, security="starttls")}
    posted.child(social_worker="s-worker")
    posted.decide(action())

    await posted.deliver()

    assert posted.ledger.channels()["smtp"].state == "stopped"
    assert not mail.mails


def test_a_sender_must_be_named() -> None:
    with pytest.raises(ChannelStopped, match="PERMANENCE_SMTP_SENDER"):
        SmtpChannel(SmtpSettings())


# Many


async def test_a_morning_of_mail_goes_by_few_connections(posted: Office, mail: MailServer) -> None:
    posted.settings = DeliverySettings(senders=3)
    for number in range(25):
        posted.child(f"CLA-{number}", social_worker="s-worker", iro="i-second")
        posted.decide(action(child=f"CLA-{number}", to=("iro", "social_worker")))

    await posted.deliver()

    assert mail.count() == {"s.worker@example.org": 25, "i.second@example.org": 25}
    assert mail.connections <= 6
    assert len({m["Message-ID"] for m in mail.mails}) == 50
