"""Signed posts and cards: what a receiver gets and can check, and what its answers mean."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from delivery.channels.channel import ChannelStopped
from delivery.channels.webhook import WebhookChannel
from delivery.settings import WebhookSettings
from embedded.ports import HOST
from tests.delivery.conftest import Office, action
from tests.delivery.offices import OFFICE

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


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
