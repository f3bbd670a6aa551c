"""The channel `notify`: mail by GOV.UK Notify."""

from typing import Final

from pydantic import Field, SecretStr

from delivery.addresses import mail_address
from delivery.channels.channel import Channel
from delivery.channels.kind import ChannelKind, SettingsGroup


class NotifySettings(SettingsGroup):
    """GOV.UK Notify."""

    api_key: SecretStr | None = None
    base_url: str = "https://api.notifications.service.gov.uk"
    templates: dict[str, str] = Field(default_factory=dict)
    """Notify's template ids by our names: `default` and, where they differ, `reminder`, `escalation`, `notice`,
    `breach`, `digest`. Their placeholders are listed in docs/delivery.md."""
    email_reply_to_id: str | None = None
    timeout: float = Field(default=30, gt=0)
    """Seconds for an answer: the official client's own default."""


def _open(settings: NotifySettings) -> Channel:
    from delivery.channels.notify_client import NotifyChannel  # half a second to load: only where it is switched on

    return NotifyChannel(settings)


KIND: Final = ChannelKind("notify", "notify", NotifySettings, "email", mail_address, _open)
