"""Addresses that may be used: of mail, by a library made for it and without asking DNS, and of webhooks.

Checked wherever one comes in (the directory, a contact of an event, the settings) and again right before it is used.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from domain.visible import visible

if TYPE_CHECKING:
    from email_validator import ValidatedEmail

ONE_LIKE: Final = "accepted: one like name@example.org"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
DOMAIN: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


class AddressInvalid(ValueError):
    """No address that can be used. The text says what would be accepted, and never the address."""


@lru_cache(maxsize=10_000)
def mail_address(text: str) -> str:
    """A mail address as servers take it, its domain in ASCII. Raises AddressInvalid.

    One address, and nothing but it: no name, no list, no quotes, no letters beyond ASCII before the @, which many
    mail servers refuse.
    """
    try:
        valid = _validated(text)
    except ValueError:  # the library's own text may quote the address
        raise AddressInvalid(f"no mail address; {ONE_LIKE}") from None
    if valid.ascii_email is None:
        raise AddressInvalid(f"no mail address; {ONE_LIKE}")
    return valid.ascii_email


def sender_address(text: str) -> tuple[str, str]:
    """A sender's name, which may be empty, and address. Raises AddressInvalid."""
    try:
        valid = _validated(text, named=True)
    except ValueError:
        raise AddressInvalid(f"no mail address; {ONE_LIKE}, or 'Name <name@example.org>'") from None
    return valid.display_name or "", mail_address(valid.normalized)


def _validated(text: str, *, named: bool = False) -> "ValidatedEmail":
    """What the library makes of it; one of its refusals is a ValueError."""
    # Slow to load, and every command has the settings of channels, but few have an address to check.
    from email_validator import validate_email

    return validate_email(text, check_deliverability=False, allow_smtputf8=False, allow_display_name=named)


def within(address: str, domains: Collection[str]) -> bool:
    """Whether mail may go to a checked address: to any where no domain is listed, else to those and what is below."""
    domain = address.rpartition("@")[2].lower()
    return not domains or any(domain == one or domain.endswith(f".{one}") for one in domains)


def mail_domain(text: str) -> str:
    """A mail domain as a list of allowed ones has it. Raises AddressInvalid."""
    domain = text.strip().lower().removeprefix("@")
    if not DOMAIN.fullmatch(domain):
        raise AddressInvalid("no mail domain; accepted: one like example.org")
    return domain


def web_address(text: str) -> str:
    """An address that a webhook may have: https, or http to this machine alone; nothing secret in it that is shown.

    Whether what it leads to may be reached is found out when it is connected to. Raises AddressInvalid.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise AddressInvalid("no web address; accepted: one that begins with https://") from None
    if visible(text) != text or re.search(r"[\s\\]", text) or not text.isascii() or not host:
        raise AddressInvalid("no web address; accepted: one that begins with https://, in ASCII and without spaces")
    if parts.username is not None or parts.password is not None:
        raise AddressInvalid("a web address with a user or password in it; accepted: one without")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise AddressInvalid("no web address; accepted: one that begins with https://")
    return text
