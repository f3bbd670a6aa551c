"""Mail by GOV.UK Notify, with its official client (https://docs.notifications.service.gov.uk/python.html).

Our idempotency key is the `reference` of each notification. Notify does not refuse a reference it has seen, but can
be asked by it: so after a doubt, and only then, we ask before we send again.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import local
from typing import Any, Final

import requests
from notifications_python_client.errors import APIError, InvalidResponse
from notifications_python_client.notifications import NotificationsAPIClient

from delivery.channels.channel import AddressRefused, ChannelDown, ChannelStopped, NotSent, Parcel, Unsure
from delivery.channels.notify import NotifySettings
from delivery.message import Written

BAD_REQUEST, FORBIDDEN, TOO_MANY, SERVER_ERROR = 400, 403, 429, 500
NOT_THIS_ONE: Final = ("email_address", "team-only API key", "trial mode", "too long")
"""What Notify's answer to a bad request names where it is the recipient, or this text, that cannot be mailed."""

# The client logs what a request failed with; the ledger has it, in words that hold nothing personal.
logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL)


class NotifyChannel:
    """A service at GOV.UK Notify."""

    name: Final = "notify"
    after_doubt: Final = "resend"

    def __init__(self, settings: NotifySettings) -> None:
        """Raises ChannelStopped without a key or a template."""
        if settings.api_key is None:
            raise ChannelStopped("no_key", "PERMANENCE_NOTIFY_API_KEY must be the key of the service at Notify")
        if "default" not in settings.templates:
            raise ChannelStopped("no_template", 'PERMANENCE_NOTIFY_TEMPLATES must name one: {"default": "..."}')
        self._settings = settings
        self._key = settings.api_key.get_secret_value()
        self._own = local()

    def send(self, parcel: Parcel, before: Callable[[], None]) -> str:
        """Send one mail; Notify's id of it."""
        client = self._client()
        before()
        with _in_classes(sending=True):
            answer = client.send_email_notification(
                email_address=parcel.address,
                template_id=self._template(parcel.written),
                personalisation=_personalisation(parcel.written),
                reference=parcel.id,
                email_reply_to_id=self._settings.email_reply_to_id,
            )
            return str(_field(answer, "id"))

    def find(self, parcel_id: str) -> str | None:
        """Notify's id of the notification with our key, if it has one."""
        with _in_classes(sending=False):
            notifications = self._client().get_all_notifications(reference=parcel_id)
            return next((str(one["id"]) for one in _field(notifications, "notifications")), None)

    def never_arrived(self) -> Mapping[str, str]:
        """By Notify's ids, its states of mails it took and could not deliver; the latest 250 of them."""
        with _in_classes(sending=False):
            notifications = self._client().get_all_notifications(status="failed", template_type="email")
            return {str(one["id"]): str(one["status"]) for one in _field(notifications, "notifications")}

    def rest(self) -> None:
        """Nothing to let go of: each thread keeps one session."""

    def _client(self) -> NotificationsAPIClient:
        """This thread's client, since it is not safe to share."""
        client: NotificationsAPIClient | None = getattr(self._own, "client", None)
        if client is None:
            client = NotificationsAPIClient(self._key, base_url=self._settings.base_url, timeout=self._settings.timeout)
            self._own.client = client
        return client

    def _template(self, written: Written) -> str:
        templates = self._settings.templates
        return templates.get(written.template, templates["default"])


def _personalisation(written: Written) -> dict[str, str]:
    """What the placeholders of a template may name: `subject`, `message`, and each fact."""
    return {**written.facts, "subject": written.subject, "message": written.text}


@contextmanager
def _in_classes(*, sending: bool) -> Iterator[None]:
    """Turn what the client raises into our classes. A broken connection is a doubt only where something was sent."""
    try:
        yield
    except NotSent:
        raise
    except InvalidResponse:
        raise _doubt(sending, "no_json", "Notify gave an answer that cannot be read") from None
    except APIError as error:
        raise _class_of(error, sending=sending) from None


def _class_of(error: APIError, *, sending: bool) -> NotSent:
    if error.response is None:
        return _without_answer(error, sending=sending)
    code = error.status_code
    if code == BAD_REQUEST and any(sign in str(error.message) for sign in NOT_THIS_ONE):
        return AddressRefused(str(code), "Notify cannot mail this to this address (400)")
    if code == BAD_REQUEST:
        return ChannelStopped(
            str(code), "Notify refuses the request (400): is the template there, with our placeholders?"
        )
    if code == FORBIDDEN:
        return ChannelStopped(str(code), "Notify refuses our key, or this computer's clock is wrong (403)")
    if code == TOO_MANY:
        return ChannelDown(str(code), "Notify's limit for a minute or a day is reached (429)")
    if code >= SERVER_ERROR:
        return _doubt(sending, str(code), f"Notify failed ({code})")
    return ChannelStopped(str(code), f"Notify refuses the request ({code})")


def _without_answer(error: APIError, *, sending: bool) -> NotSent:
    cause = error.__cause__
    if isinstance(cause, requests.ConnectTimeout | requests.exceptions.SSLError) or _never_connected(cause):
        return ChannelDown(type(cause).__name__, "Notify cannot be reached")
    return _doubt(sending, type(cause).__name__, "Notify gave no answer")


def _never_connected(cause: BaseException | None) -> bool:
    """Whether a connection failed before anything was sent by it: requests has one class for both."""
    return isinstance(cause, requests.ConnectionError) and "Failed to establish a new connection" in str(cause)


def _doubt(sending: bool, error: str, words: str) -> NotSent:
    return Unsure(error, words) if sending else ChannelDown(error, words)


def _field(answer: Mapping[str, Any] | None, name: str) -> Any:
    if not answer or name not in answer:
        raise Unsure("no_json", "Notify gave an answer that cannot be read")
    return answer[name]
