"""Signed posts to a case system, and cards to Teams.

Signed as Standard Webhooks has it (https://www.standardwebhooks.com): the id of a post is our idempotency key, the
same for every attempt, and a receiver that has seen it answers 2xx and does nothing. So after a doubt it is sent again.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

import httpcore
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from delivery.addresses import AddressInvalid, web_address
from delivery.channels.channel import AddressRefused, AfterDoubt, ChannelStopped, NotNow, Parcel, Unsure
from delivery.channels.targets import Outward
from delivery.channels.webhook import WebhookSettings
from delivery.message import Written

GONE: Final = frozenset({400, 401, 403, 404, 405, 410, 413, 415, 422})
"""Answers that will not change by asking again; 410 is the standard's own word for: never again."""


class WebhookChannel:
    """Posts to web addresses: `webhook` for machines, `teams` as cards for people."""

    def __init__(self, settings: WebhookSettings, name: Literal["webhook", "teams"] = "webhook") -> None:
        """Raises ChannelStopped without a usable secret to sign with."""
        self.name: str = name
        self.after_doubt: AfterDoubt = "resend"
        self._signature = _signature(settings) if name == "webhook" else None
        certificates = httpcore.default_ssl_context()
        certificates.load_default_certs()
        # No connection is kept: each ends with its exchange, and the next is looked up and checked anew.
        self._connections = httpcore.ConnectionPool(
            certificates, max_keepalive_connections=0, network_backend=Outward(settings.networks, settings.timeout)
        )

    def send(self, parcel: Parcel, before: Callable[[], None]) -> str:
        """Post it; our own key, since a receiver has none."""
        body = json.dumps(_card(parcel.written) if self.name == "teams" else _event(parcel.written))
        try:
            url = httpcore.URL(web_address(parcel.address))
        except AddressInvalid as invalid:
            raise AddressRefused("address", str(invalid)) from None
        headers = self._headers(parcel.id, body)
        before()
        _check(self._post(url, headers, body.encode()))
        return parcel.id

    def _post(self, url: httpcore.URL, headers: Mapping[bytes | str, bytes | str], body: bytes) -> int:
        """What is answered. No more than its status is read, and no redirect is followed."""
        try:
            with self._connections.stream("POST", url, headers=headers, content=body) as answer:
                return answer.status
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout) as error:
            raise NotNow(type(error).__name__, "the web address cannot be reached") from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise Unsure(type(error).__name__, "the web address gave no answer") from None

    def never_arrived(self) -> Mapping[str, str]:
        """A receiver has it when it says so."""
        return {}

    def rest(self) -> None:
        """Connections end by themselves."""

    def _headers(self, parcel_id: str, body: str) -> dict[bytes | str, bytes | str]:
        headers: dict[bytes | str, bytes | str] = {"content-type": "application/json"}
        if self._signature is None:
            return headers
        now = datetime.now(UTC)
        return headers | {
            "webhook-id": parcel_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signature.sign(parcel_id, now, body),
        }


def _signature(settings: WebhookSettings) -> Webhook:
    try:
        return Webhook(settings.secret.get_secret_value() if settings.secret else "")
    except (EmptyWebhookSecretError, RuntimeError, ValueError):
        raise ChannelStopped("no_secret", "PERMANENCE_WEBHOOK_SECRET must be a key: whsec_ and base64") from None


def _check(code: int) -> None:
    if 200 <= code < 300:
        return
    if 300 <= code < 400:
        raise AddressRefused(str(code), f"the web address leads on to another, which is not followed ({code})")
    if code in GONE:
        raise AddressRefused(str(code), f"the web address refuses it ({code})")
    raise NotNow(str(code), f"the web address says: later ({code})")


def _event(written: Written) -> dict[str, Any]:
    """What a machine gets: type, timestamp and data, as the standard's payload has it."""
    data = {**written.facts, "subject": written.subject, "text": written.text}
    return {"type": f"permanence.{written.template}", "timestamp": datetime.now(UTC).isoformat(), "data": data}


def _card(written: Written) -> dict[str, Any]:
    """What a Teams workflow takes: an adaptive card of our text, with its links to press."""
    text = [{"type": "TextBlock", "text": paragraph, "wrap": True} for paragraph in written.text.split("\n\n")]
    links = [("Open the journey", "journey_url"), ("Record", "record_url"), ("Acknowledge", "acknowledge_url")]
    actions = [
        {"type": "Action.OpenUrl", "title": title, "url": written.facts[name]}
        for title, name in links
        if written.facts.get(name)
    ]
    card = {"type": "AdaptiveCard", "version": "1.4", "body": text, "actions": actions}
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }
