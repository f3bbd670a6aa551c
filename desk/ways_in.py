"""How people come in here beside a provider: by a one-time link, or in the demo by choosing whom to be."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request

from service.settings import LOOPBACK

LINK_SECONDS: Final = 15 * 60
"""How long a one-time link is good (ours: from the terminal to the browser beside it)."""


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody whom the demo lets one be."""

    key: str
    title: str
    about: str


@dataclass(frozen=True, slots=True)
class WaysIn:
    """The ways that are open beside a provider. Both are for this machine only."""

    links: bool = True
    personas: Sequence[Persona] = ()


LINKS_ALONE: Final = WaysIn()
"""What is open unless something else is said."""


class OneTimeLinks:
    """Makes and reads the links, signed and for a quarter of an hour. Once: the row of the session sees to that."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._signed = URLSafeTimedSerializer(list(keys), salt="desk-link")

    def make(self, person: str) -> str:
        """What a link for somebody carries; each is another."""
        return self._signed.dumps([person, secrets.token_urlsafe(16)])

    def read(self, token: str) -> str | None:
        """Whom a link lets in; None where it is not ours or too old."""
        try:
            match self._signed.loads(token, max_age=LINK_SECONDS):
                case [str(person), str()]:
                    return person
        except BadSignature:
            pass
        return None


def from_this_machine(request: Request, public: str | None) -> bool:
    """Whether the browser is on this machine: by where it calls from, by which name, and through no proxy.

    The name matters too: a page elsewhere may have its own name lead to 127.0.0.1. Where people reach the service by
    a `public` address of another machine there is a proxy, though it may not say so, and nobody is near.
    """
    if public is not None and urlsplit(public).hostname not in LOOPBACK:
        return False
    forwarded = {"forwarded", "x-forwarded-for", "x-forwarded-host"} & {*request.headers.keys()}
    try:
        near = ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        near = False
    return near and not forwarded and request.url.hostname in LOOPBACK
