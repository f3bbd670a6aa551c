"""The channels `webhook`, signed posts to a case system, and `teams`, cards for people."""

from functools import partial
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from delivery.addresses import web_address
from delivery.channels.channel import Channel
from delivery.channels.kind import ChannelKind, SettingsGroup, listed


class WebhookSettings(SettingsGroup):
    """Signed posts to a case system, or cards to Teams; the addresses stand in the directory."""

    secret: SecretStr | None = None
    """The key messages are signed with, `whsec_...`, as Standard Webhooks has it."""
    timeout: float = Field(default=15, gt=0)
    """Seconds from a connection to its answer, in all (ours: Standard Webhooks recommends 15 to 30)."""
    networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(listed)] = ()
    """Networks of one's own that web addresses may lead into, such as `10.2.0.0/16`; else only the outside world is
    reached, and never this machine (`127.0.0.0/8`)."""


def _open(settings: WebhookSettings, name: Literal["webhook", "teams"]) -> Channel:
    from delivery.channels.webhook_client import WebhookChannel  # slow to load: only where one is switched on

    return WebhookChannel(settings, name)


WEBHOOK: Final = ChannelKind(
    "webhook",
    "webhook",
    WebhookSettings,
    "webhook",
    web_address,
    partial(_open, name="webhook"),
    answered_by_receiver=True,
)
TEAMS: Final = ChannelKind("teams", "webhook", WebhookSettings, "teams", web_address, partial(_open, name="teams"))
