"""Signed posts and cards: what a receiver gets and can check, and what its answers mean."""

import contextlib
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from delivery.channels.channel import AddressRefused, ChannelStopped, Parcel, Unsure
from delivery.channels.webhook import WebhookSettings
from delivery.channels.webhook_client import WebhookChannel
from delivery.directory import DirectoryRefused, read_directory
from delivery.message import Written
from service.ports import HOST
from tests.delivery.conftest import Office, action
from tests.delivery.offices import OFFICE

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LETTER = Written("notice", "Subject", "Text\n")


@dataclass
class Receiver:
    """A case system that takes posts; `answers` one after the other, then 204."""

    answers: list[int] = field(default_factory=list)
    posts: list[tuple[dict[str, str], str]] = field(default_factory=list)

    def __enter__(self) -> "Receiver":
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                receiver.posts.append((dict(self.headers), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = HTTPServer((HOST, 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://{HOST}:{self._server.server_port}/hook"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as one:
        yield one


def channel(name: Any = "webhook") -> WebhookChannel:
    return WebhookChannel(
        WebhookSettings.model_validate({"secret": SECRET, "timeout": 2, "networks": "127.0.0.0/8"}), name
    )


@pytest.fixture
def posted(office: Office, receiver: Receiver) -> Office:
    """The case system is told everything besides."""
    system = f'[people.case-system]\nwebhook = "{receiver.url}"\n'
    office.people(OFFICE.replace('fallback = "duty-desk"', 'fallback = "duty-desk"\ncopies = "case-system"') + system)
    office.channels = {"webhook": channel()}
    office.child(social_worker="case-system")
    office.decide(action())
    return office


async def test_a_post_is_signed_and_says_what_is_due(posted: Office, receiver: Receiver) -> None:
    await posted.deliver()

    ((headers, body),) = receiver.posts
    said = Webhook(SECRET).verify(body, headers)
    assert said["type"] == "permanence.escalation"
    assert said["data"]["child"] == "CLA-1"
    assert said["data"]["due"] == "2026-01-07"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace("CLA-1", "CLA-2"), headers)


async def test_the_key_of_a_post_is_the_same_whenever_it_is_sent_again(posted: Office, receiver: Receiver) -> None:
    receiver.answers = [503, 500]

    await posted.deliver()
    await posted.later(minutes=1, seconds=1)
    await posted.later(minutes=2, seconds=1)

    assert len({headers["webhook-id"] for headers, _ in receiver.posts}) == 1
    assert posted.told() == ["case-system webhook retry"] * 2 + ["case-system webhook sent"]


async def test_an_address_that_is_gone_is_not_asked_again(posted: Office, receiver: Receiver) -> None:
    receiver.answers = [410]

    await posted.deliver()
    await posted.later(hours=2)

    assert len(receiver.posts) == 1
    assert posted.told() == ["case-system webhook refused"]


async def test_teams_gets_a_card_with_links_to_press(office: Office, receiver: Receiver) -> None:
    office.people(OFFICE + f'[people.t-user]\nteams = "{receiver.url}"\n')
    office.channels = {"teams": channel("teams")}
    office.child(social_worker="t-user")
    office.decide(action())

    await office.deliver()

    ((headers, body),) = receiver.posts
    card = json.loads(body)["attachments"][0]["content"]
    assert "webhook-signature" not in {name.lower() for name in headers}
    assert card["type"] == "AdaptiveCard"
    assert card["body"][0]["text"] == "Initial permanency planning meeting is 1 day overdue."
    assert [one["title"] for one in card["actions"]] == ["Open the journey"]


def test_a_secret_must_be_set() -> None:
    for secret in (None, "", "whsec_"):
        with pytest.raises(ChannelStopped, match="PERMANENCE_WEBHOOK_SECRET"):
            WebhookChannel(WebhookSettings.model_validate({"secret": secret}))


# Where a web address may lead


@pytest.fixture(scope="module")
def outward() -> WebhookChannel:
    """Webhooks as they are unless a network is allowed; made once, since certificates take a while to read."""
    return WebhookChannel(WebhookSettings.model_validate({"secret": SECRET, "timeout": 2}))


THIS_MACHINE = "127.0.0.1 2130706433 0x7f.1 0177.0.0.1 [::1] [::ffff:127.0.0.1] [::ffff:7f00:1] localhost 0.0.0.0 [::]"
OF_ITS_OWN = "10.1.2.3 192.168.0.1 100.100.100.200 169.254.169.254 168.63.129.16 224.0.0.1 [fe80::1] [fd00:ec2::254]"
WITHIN_IPV6 = "[64:ff9b::a01:203] [2002:a01:203::] [::10.1.2.3] [ff02::1]"


@pytest.mark.parametrize("host", f"{THIS_MACHINE} {OF_ITS_OWN} {WITHIN_IPV6}".split())
def test_no_address_leads_into_this_machine_or_a_network_of_its_own(host: str, outward: WebhookChannel) -> None:
    with pytest.raises(AddressRefused) as refused:
        outward.send(Parcel("permanence-1", f"https://{host}/hook", LETTER), lambda: None)

    assert refused.value.error == "target"
    assert host not in refused.value.words


def test_a_name_is_looked_up_when_it_is_connected_to_and_all_it_stands_for_is_checked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(receiver.url.rpartition(":")[2].partition("/")[0])
    stands_for = iter([["127.0.0.1"], ["127.0.0.1", "10.0.0.1"], ["127.0.0.1"]])
    asked: list[str] = []

    really = socket.getaddrinfo

    def looked_up(host: str, *rest: Any, **more: Any) -> list[Any]:
        if host != "localhost":
            return list(really(host, *rest, **more))
        asked.append(host)
        return [(0, 0, 0, "", (address, port)) for address in next(stands_for)]

    one = channel()
    parcel = Parcel("permanence-1", receiver.url.replace("127.0.0.1", "localhost"), LETTER)
    monkeypatch.setattr("delivery.channels.targets.socket.getaddrinfo", looked_up)

    one.send(parcel, lambda: None)
    with pytest.raises(AddressRefused, match="a network that is not allowed"):
        one.send(parcel, lambda: None)
    one.send(parcel, lambda: None)

    assert asked == ["localhost"] * 3
    assert [headers["Host"] for headers, _ in receiver.posts] == [f"localhost:{port}"] * 2


async def test_no_redirect_is_followed(posted: Office, receiver: Receiver) -> None:
    receiver.answers = [307]

    await posted.deliver()
    await posted.later(hours=2)

    assert len(receiver.posts) == 1
    assert posted.told() == ["case-system webhook refused"]


def test_an_answer_that_never_ends_is_cut_off() -> None:
    with socket.create_server((HOST, 0)) as server:
        Thread(target=_drip, args=(server,), daemon=True).start()
        one = WebhookChannel(
            WebhookSettings.model_validate({"secret": SECRET, "timeout": 0.5, "networks": "127.0.0.0/8"})
        )
        began = monotonic()

        with pytest.raises(Unsure):
            one.send(Parcel("permanence-1", f"http://{HOST}:{server.getsockname()[1]}/", LETTER), lambda: None)

        assert monotonic() - began < 20


def _drip(server: socket.socket) -> None:
    """A receiver that says something ten times a second and never comes to an end."""
    connection, _ = server.accept()
    with connection, contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-More: and more\r\n")
            sleep(0.1)


@pytest.mark.parametrize(
    "address",
    [
        "https://user:secret@example.org/",
        "https://user@example.org/",
        "http://example.org/",
        "ftp://example.org",
        "https://example.org/a b",
        "https://example.org\\@127.0.0.1/",
        "https://exa\x1bmple.org/",
        "https://",
        "https://a:b/",
    ],
)
def test_a_web_address_has_no_user_part_and_nothing_but_an_address(address: str, outward: WebhookChannel) -> None:
    text = f'fallback = "a"\n[people.a]\nemail = "a@b.org"\nwebhook = {json.dumps(address)}\n'

    with pytest.raises(DirectoryRefused, match=r"line 4: people\.a\.webhook") as refused:
        read_directory(text)

    assert "secret" not in str(refused.value)
    with pytest.raises(AddressRefused) as refusal:
        outward.send(Parcel("permanence-1", address, LETTER), lambda: None)
    assert refusal.value.error == "address"
