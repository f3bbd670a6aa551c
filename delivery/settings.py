"""How people are told here: PERMANENCE_DELIVERY_..., _SMTP_..., _NOTIFY_..., _WEBHOOK_... (docs/delivery.md).

The numbers are ours, each with its reason; an authority may set them otherwise.
"""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_settings import NoDecode

from delivery.addresses import mail_domain

ChannelName = Literal["smtp", "notify", "webhook", "teams"]
MAIL: Final[frozenset[ChannelName]] = frozenset({"smtp", "notify"})
"""Channels whose addresses are of mail."""


class DeliveryRefused(ValueError):
    """Settings, a directory or a template that people cannot be told by. The text says what to mend."""


def _listed(value: object) -> object:
    """A list as the environment has it: names with commas between."""
    return tuple(filter(None, (name.strip() for name in value.split(",")))) if isinstance(value, str) else value


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SmtpSettings(_Group):
    """A mail server, and who the mail is from."""

    host: str = "localhost"
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`starttls` upgrades and refuses to go on without; `tls` from the first byte (port 465); `none` for a relay on
    a network of one's own."""
    username: str | None = None
    password: SecretStr | None = None
    sender: str | None = None
    """The address the mail is from; bounces come back to it."""
    timeout: float = Field(default=30, gt=0)
    """Seconds for a connection or an answer (ours: RFC 5321 allows minutes, but a whole queue waits behind one)."""


class NotifySettings(_Group):
    """GOV.UK Notify."""

    api_key: SecretStr | None = None
    base_url: str = "https://api.notifications.service.gov.uk"
    templates: dict[str, str] = Field(default_factory=dict)
    """Notify's template ids by our names: `default` and, where they differ, `reminder`, `escalation`, `notice`,
    `breach`, `digest`. Their placeholders are listed in docs/delivery.md."""
    email_reply_to_id: str | None = None
    timeout: float = Field(default=30, gt=0)
    """Seconds for an answer: the official client's own default."""


class WebhookSettings(_Group):
    """Signed posts to a case system, or cards to Teams; the addresses stand in the directory."""

    secret: SecretStr | None = None
    """The key messages are signed with, `whsec_...`, as Standard Webhooks has it."""
    timeout: float = Field(default=15, gt=0)
    """Seconds from a connection to its answer, in all (ours: Standard Webhooks recommends 15 to 30)."""
    networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_listed)] = ()
    """Networks of one's own that web addresses may lead into, such as `10.2.0.0/16`; else only the outside world is
    reached, and never this machine (`127.0.0.0/8`)."""


class LinksSettings(_Group):
    """What the links in messages lead to, beside the journey: acknowledging, and calendars."""

    url: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")
    """Where people reach the intake service, such as `https://permanence.example`. Absent: messages have no link to
    acknowledge by, only the reference, and no calendar has an address."""
    keys: SecretStr | None = None
    """What links are signed with; several with commas between, the newest last. Absent: one made on first use, in
    the file `links.key` of the home folder. All programs of an installation must have the same."""


class DeliverySettings(_Group):
    """Who tells what, and how patiently."""

    channels: Annotated[tuple[ChannelName, ...], NoDecode, BeforeValidator(_listed)] = ()
    """The channels switched on, in order of preference. None: actions wait in the outbox, to be read there."""
    directory: Path | None = None
    """The authority's directory of people and roles, a TOML file. Wanted as soon as a channel is switched on."""
    mail_domains: Annotated[
        tuple[Annotated[str, AfterValidator(mail_domain)], ...], NoDecode, BeforeValidator(_listed)
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
