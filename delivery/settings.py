"""How people are told here: PERMANENCE_DELIVERY_..., _LINKS_... (docs/delivery.md). Each channel has its own.

The numbers are ours, each with its reason; an authority may set them otherwise.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from delivery.addresses import mail_domain
from delivery.channels.kind import SettingsGroup, listed
from delivery.channels.registry import ChannelName


class DeliveryRefused(ValueError):
    """Settings, a directory or a template that people cannot be told by. The text says what to mend."""


class LinksSettings(SettingsGroup):
    """What the links in messages lead to, beside the journey: acknowledging, and calendars."""

    url: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")
    """Where people reach the intake service, such as `https://permanence.example`. Absent: messages have no link to
    acknowledge by, only the reference, and no calendar has an address."""
    keys: SecretStr | None = None
    """What links are signed with; several with commas between, the newest last. Absent: one made on first use, in
    the file `links.key` of the home folder. All programs of an installation must have the same."""


class DeliverySettings(SettingsGroup):
    """Who tells what, and how patiently."""

    channels: Annotated[tuple[ChannelName, ...], NoDecode, BeforeValidator(listed)] = ()
    """The channels switched on, in order of preference. None: actions wait in the outbox, to be read there."""
    directory: Path | None = None
    """The authority's directory of people and roles, a TOML file. Wanted as soon as a channel is switched on."""
    mail_domains: Annotated[
        tuple[Annotated[str, AfterValidator(mail_domain)], ...], NoDecode, BeforeValidator(listed)
    ] = ()
    """Domains that mail may go to, with what is below them. None: to any. What would go elsewhere goes to the
    fallback."""
    templates: Path | None = None
    """A folder of the authority's own text templates; those it has take the place of ours."""

    proof: str | None = None
    """Who gets the daily proof: a key of the directory, or a mail address; best a mailbox that a monitor reads.
    Absent: nobody, and what is proved every day ends in the outbox."""
    ui_url: str | None = None
    """Where people reach the Temporal UI, for links to a journey. Absent: the embedded server's own address."""

    first_wait: timedelta = timedelta(minutes=1)
    """Before the second attempt at an address that says `later`; doubled each time (ours: greylisting commonly lets
    a second attempt pass after one to five minutes)."""
    longest_wait: timedelta = timedelta(hours=1)
    """Between attempts (ours: an escalation that can go should not lie for half a day)."""
    give_up_after: timedelta = timedelta(hours=24)
    """From the first attempt on an address that keeps saying `later` until the next one is tried (ours: a full
    mailbox that is not emptied within a day is a person who is not told)."""
    channel_probe: timedelta = timedelta(seconds=30)
    """Before a channel that is down is tried again; doubled each time (ours)."""
    channel_longest_probe: timedelta = timedelta(minutes=10)
    """Between probes of a channel that is down (ours: within ten minutes of its return the queue moves)."""
    stopped_probe: timedelta = timedelta(hours=1)
    """Before a channel that a person must mend is tried again by itself (ours: a wrong password every few minutes
    locks an account)."""
    other_channel_after: timedelta = timedelta(hours=4)
    """How long a channel must be in trouble before those who can be told by another one are (ours: half a working
    day; sooner, a short failure would scatter people's messages)."""
    lease: timedelta = timedelta(seconds=60)
    """How long a worker that is not heard of keeps what it had in hand (ours)."""
    ask_again_after: timedelta = timedelta(minutes=10)
    """What has waited for longer is sent only if its journey says that it is still so (the window within which an
    action counts as on time, contract section 4)."""
    senders: int = Field(default=4, ge=1, le=32)
    """Messages under way at once (ours: one slow receiver must not hold up the rest; a mail server rarely allows
    one client more connections than ten)."""
