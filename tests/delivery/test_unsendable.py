"""A message that cannot be sent never blocks and never misleads: bad addresses, faults of ours, odd servers."""

import asyncio
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.addresses import AddressInvalid, mail_address
from delivery.channels.channel import Parcel
from delivery.channels.registry import ChannelName
from delivery.channels.smtp import SmtpChannel, SmtpSettings
from delivery.directory import DirectoryRefused, read_directory
from delivery.message import Written
from delivery.settings import DeliverySettings
from delivery.writing import Writer
from domain.visible import visible
from tests.delivery.conftest import Office, action
from tests.delivery.letters import letter
from tests.delivery.offices import OFFICE
from tests.delivery.test_mail import SENDER, plain, smtp
from tools.faults.mailserver import MailServer

SMTP_ALONE: tuple[ChannelName, ...] = ("smtp",)
BAD = ["sw@[example.org", "a,b@example.org", "sw\x1b@example.org", "sw@example.org\r\nBcc: x@example.org"]


@pytest.fixture
def posted(office: Office, mail: MailServer) -> Office:
    office.channels = {"smtp": smtp(mail)}
    return office


@pytest.mark.parametrize("contact", BAD)
async def test_contacts_that_are_no_address_are_told_to_the_fallback(
    posted: Office, mail: MailServer, contact: str
) -> None:
    posted.child(social_worker=contact)
    posted.decide(action())

    await posted.deliver()

    assert mail.recipients == ["duty@example.org"]
    (received,) = mail.mails
    assert received["To"] == "duty@example.org"
    assert received["Bcc"] is None
    assert "what the case names for it is no mail address: social worker" in " ".join(plain(received).split())
    assert posted.told() == ["duty-desk smtp sent"]
    (row,) = posted.outbox.rows()
    assert (row.state, row.why) == ("sent", "what the case names for it is no mail address: the fallback is told")


@pytest.mark.parametrize("address", BAD)
def test_a_directory_with_such_an_address_is_refused_by_line_and_field_and_does_not_show_it(address: str) -> None:
    escaped = visible(address)
    text = f'fallback = "a"\n[people.a]\nemail = "{escaped}"\n'

    with pytest.raises(DirectoryRefused) as refused:
        read_directory(text, "people.toml")

    assert str(refused.value).startswith("people.toml, line 3: people.a.email")
    assert "accepted: one like name@example.org" in str(refused.value)
    assert escaped not in str(refused.value)


@pytest.mark.parametrize("sender", [None, "", "a,b@example.org", "P\x1b <p@example.org>", "p@[example.org"])
def test_nobody_is_the_sender_who_has_no_address(sender: str | None) -> None:
    with pytest.raises(Exception, match="PERMANENCE_SMTP_SENDER") as refused:
        SmtpChannel(SmtpSettings(sender=sender))
    assert "\x1b" not in str(refused.value)


async def test_mail_goes_to_no_domain_but_those_allowed_and_the_ledger_says_so(
    posted: Office, mail: MailServer
) -> None:
    posted.settings = DeliverySettings.model_validate({"mail_domains": "example.org"})
    posted.child("CLA-1", social_worker="sam@elsewhere.example")
    posted.child("CLA-2", social_worker="sam@north.example.org")
    posted.decide(action(), action(child="CLA-2"))

    await posted.deliver()

    assert mail.count() == {"duty@example.org": 1, "sam@north.example.org": 1}
    refused, sent = posted.attempts()
    assert (refused.outcome, refused.error) == ("refused", "elsewhere")
    assert refused.words == "mail may not go to this domain (PERMANENCE_DELIVERY_MAIL_DOMAINS)"
    assert (sent.outcome, sent.via) == ("sent", "fallback")
    with pytest.raises(DirectoryRefused, match="duty-desk has no address to which mail may go"):
        read_directory(OFFICE, channels=SMTP_ALONE, mail_domains=("county.example",))


# Faults of ours


async def test_what_cannot_be_written_is_tried_three_times_at_each_address_then_failed_and_shown(
    posted: Office, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted.child("CLA-1", social_worker="s-worker")
    posted.child("CLA-2", social_worker="s-worker")
    write = Writer.write

    def breaks(self: Writer, message: Any) -> Written:
        return write(self, message) if message.child == "CLA-2" else 1 / 0  # type: ignore[return-value]  # it breaks

    monkeypatch.setattr(Writer, "write", breaks)
    posted.decide(action(), action(child="CLA-2"))
    for _ in range(30):
        await posted.later(minutes=1)

    assert posted.states("CLA-2") == {"escalation 1 social_worker": "sent"}
    (row,) = posted.outbox.rows("CLA-1")
    assert (row.state, row.why) == ("failed", "neither who holds the role nor the fallback can be reached")
    per_address = ["retry", "retry", "retry", "gave_up"]
    assert [one.outcome for one in posted.attempts("CLA-1")] == per_address * 3
    assert posted.attempts("CLA-1")[0].words == "it could not be prepared or sent: an error of ours (ZeroDivisionError)"


async def test_a_template_edited_badly_gives_way_to_ours(posted: Office, mail: MailServer) -> None:
    own = posted.folder / "templates"
    own.mkdir()
    for broken in ("Subject: x\n\n{{ no_such }}", "Subject: x\n\n{{ 1 / 0 }}", "no head", "{% if %}"):
        (own / "escalation.txt").write_text(broken, "utf-8")

        written = Writer(own).surely(lambda writer: writer.write(letter(kind="escalation")))

        assert written.subject.startswith("Permanence: something is overdue")


async def test_a_fault_in_finding_people_waits_is_shown_and_fails_after_a_day(
    posted: Office, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted.child("CLA-1", social_worker="s-worker")
    posted.child("CLA-2", social_worker="s-worker")
    worker = posted.worker()
    case = type(worker.deliverer).case

    def breaks(self: Any, child: str, *rest: Any) -> Any:
        return case(self, child, *rest) if child == "CLA-2" else dict[str, str]()[child]

    monkeypatch.setattr(type(worker.deliverer), "case", breaks)
    posted.decide(action(), action(child="CLA-2"))
    await posted.deliver(worker)

    assert posted.states("CLA-2") == {"escalation 1 social_worker": "sent"}
    (row,) = posted.outbox.rows("CLA-1")
    assert (row.state, row.why) == ("pending", "nobody could be told: an error of ours (KeyError)")
    posted.now += timedelta(days=1)
    await posted.deliver(worker)
    assert posted.states("CLA-1") == {"escalation 1 social_worker": "failed"}


async def test_a_journey_that_cannot_be_asked_and_a_channel_that_answers_oddly_hold_up_nobody(
    posted: Office, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asked(_child: str) -> None:
        raise LookupError

    monkeypatch.setattr(SmtpChannel, "never_arrived", lambda _self: 1 / 0)
    posted.child(social_worker="s-worker")
    posted.decide(action())
    posted.now += timedelta(hours=1)
    worker = posted.worker()
    worker.ask_journey = asked

    await posted.deliver(worker)

    assert mail.recipients == ["s.worker@example.org"]


@pytest.mark.parametrize("reply", ["421 4.7.0 Try later, closing", "530 5.7.0 Not from here"])
async def test_what_is_said_of_one_address_holds_up_no_other(posted: Office, mail: MailServer, reply: str) -> None:
    mail.replies["s.worker@example.org"] = [reply] * 10
    posted.child("CLA-1", social_worker="s-worker")
    posted.child("CLA-2", social_worker="a-patel")
    posted.settings = DeliverySettings(senders=1)
    posted.decide(action(), action(child="CLA-2"))

    await posted.deliver()

    assert posted.states("CLA-2") == {"escalation 1 social_worker": "sent"}
    assert not any(state.state != "up" for state in posted.ledger.channels().values())


async def test_a_server_that_breaks_off_at_one_address_holds_up_no_other(
    posted: Office, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks_off(server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address == "s.worker@example.org":
            server.transport.abort()
            await asyncio.sleep(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    monkeypatch.setattr(mail, "handle_RCPT", breaks_off)
    posted.settings = DeliverySettings(senders=1)
    posted.child("CLA-1", social_worker="s-worker")
    posted.child("CLA-2", social_worker="a-patel")
    posted.decide(action(), action(child="CLA-2"))

    await posted.deliver()

    assert mail.recipients == ["a.patel@example.org"]
    assert posted.told("CLA-1") == ["s-worker smtp retry"]


async def test_a_row_that_cannot_be_read_fails_alone(posted: Office, mail: MailServer) -> None:
    posted.child("CLA-1", social_worker="s-worker")
    posted.child("CLA-2", social_worker="s-worker")
    posted.decide(action().model_copy(update={"kind": "shout"}), action(child="CLA-2"))

    for _ in range(30):
        await posted.later(minutes=1)

    assert mail.recipients == ["s.worker@example.org"]
    assert {row.child: row.state for row in posted.outbox.rows()} == {"CLA-1": "failed", "CLA-2": "sent"}


# Whatever stands in any field

HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "MIME-Version"]
ODD = st.text(
    st.one_of(st.sampled_from("\0\a\b\t\n\v\f\r\x1b\x85\x9b\u200b\u2028\u2029\u202e\u2066\ud800."), st.characters())
)


@settings(max_examples=60, deadline=None)
@given(ODD, ODD, ODD, ODD)
def test_whatever_the_data_says_a_mail_has_our_headers_and_goes_to_one_address(
    what: str, clause: str, why: str, subject: str
) -> None:
    channel = SmtpChannel(SmtpSettings(sender=SENDER))
    message = letter(what=f"Review {what}", clause=clause, why_you=why, obligation=subject or "x")
    written = Writer().write(message)

    mail = channel._mail(Parcel("permanence-1", "s.worker@example.org", written))
    read = message_from_bytes(mail.as_bytes(), policy=default)

    assert sorted(read.keys()) == sorted(HEADERS)
    assert [one.addr_spec for one in read["To"].addresses] == ["s.worker@example.org"]
    for part in ("plain", "html"):
        body = read.get_body((part,))
        assert body is not None
        said = body.get_content().replace("\r\n", "\n")
        assert visible(said, lines=True) == said


@settings(max_examples=200, deadline=None)
@given(st.one_of(ODD, ODD.map(lambda text: f"{text}@example.org"), ODD.map(lambda text: f"sw@example{text}.org")))
def test_an_address_that_is_taken_is_one_address_and_nothing_else(text: str) -> None:
    try:
        address = mail_address(text)
    except AddressInvalid:
        return
    channel = SmtpChannel(SmtpSettings(sender=SENDER))
    written = Written("notice", "Subject", "Text\n")
    read = message_from_bytes(channel._mail(Parcel("permanence-1", address, written)).as_bytes(), policy=default)
    assert [one.addr_spec for one in read["To"].addresses] == [address]
    assert address.isascii()
    assert address.count("@") == 1
