"""What the rest of delivery knows of a channel before it is switched on: delivery/channels/registry.py lists them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from delivery.channels.channel import Channel


class SettingsGroup(BaseModel):
    """Settings that share the first word of their names: `PERMANENCE_SMTP_HOST` is `host` of the group `smtp`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def listed(value: object) -> object:
    """A list as the environment has it: names with commas between."""
    return tuple(filter(None, (name.strip() for name in value.split(",")))) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """A channel there could be."""

    name: str
    """What it is called in PERMANENCE_DELIVERY_CHANNELS, in the directory and in the ledger."""
    group: str
    """Its settings are PERMANENCE_<GROUP>_...; channels may share them."""
    settings: type[SettingsGroup]
    field: str
    """Where the directory has the addresses it goes to; channels may share it, as those of mail share `email`."""
    check: Callable[[str], str]
    """An address as it is used. Raises AddressInvalid."""
    open: Callable[[Any], Channel]
    """The channel by its settings. Raises ChannelStopped. What is slow to load is loaded here."""
    answered_by_receiver: bool = False
    """Whether it is the receiver's own system that answers, so that what it has taken is delivered and not only sent.
    """
