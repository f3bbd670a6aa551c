"""Every channel there is. A new one is a file beside this one, and a line here."""

from collections.abc import Callable
from typing import Annotated, Final

from pydantic import AfterValidator

from delivery.channels import notify, smtp, webhook
from delivery.channels.kind import ChannelKind, SettingsGroup
from delivery.problems import near

MAIL: Final = "email"
"""The field of the directory that mail goes to. A person is known by it too, and it may be kept to some domains."""

KINDS: Final[dict[str, ChannelKind]] = {
    "smtp": smtp.KIND,
    "notify": notify.KIND,
    "webhook": webhook.WEBHOOK,
    "teams": webhook.TEAMS,
}


class UnknownChannel(ValueError):
    """A channel that is not there. The text says what would be accepted."""


def kind_of(channel: str) -> ChannelKind:
    """What a channel is. Raises UnknownChannel."""
    if channel not in KINDS:
        raise UnknownChannel(f"no such channel{near(channel, KINDS)}")
    return KINDS[channel]


ChannelName = Annotated[str, AfterValidator(lambda name: kind_of(name).name)]


def address_fields() -> dict[str, Callable[[str], str]]:
    """The fields of the directory that hold addresses, and how each is checked."""
    return {kind.field: kind.check for kind in KINDS.values()}


def settings_groups() -> dict[str, type[SettingsGroup]]:
    """The settings of all channels, by their first word."""
    return {kind.group: kind.settings for kind in KINDS.values()}
