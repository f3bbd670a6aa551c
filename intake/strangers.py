"""Callers who show no good credential or link: told to wait when they try too often, logged and counted.

A good credential always passes, from wherever it comes: behind a proxy that says nothing of its callers, and behind a
council's one address, all share one, and nobody may lock out the case system by guessing beside it. What keeps a
guesser out is the size of the secret (256 bits); what is bounded here is the work and the noise they make.
"""

import ipaddress
import math
import secrets
import time
from collections.abc import Callable
from hashlib import blake2b
from http import HTTPStatus
from typing import Final, Literal

import limits
import structlog
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.requests import Request

from intake.problems import RequestRefused

Shown = Literal["nothing", "token", "signature", "link"]
"""By what somebody tried to come in."""

EVERYBODY: Final = "everybody"
UNKNOWN: Final = "unknown"
log: structlog.stdlib.BoundLogger = structlog.get_logger("intake")


class Strangers:
    """Counts failures for each network address and in all. The count is this process's own.

    Memory is bounded by the count in all: beyond it no address is added, and addresses are forgotten with their window.
    """

    def __init__(self, each: str, in_all: str, counted: Callable[[Shown, bool], None]) -> None:
        self._each = limits.parse(each)
        self._in_all = limits.parse(in_all)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._counted = counted
        self._key = secrets.token_bytes(32)

    def turn_away(self, request: Request, shown: Shown) -> None:
        """Log and count a failure. Raises RequestRefused (429) where there were too many."""
        address = address_of(request)
        wait = self._wait(EVERYBODY, self._in_all) or self._wait(address, self._each)
        self._counted(shown, bool(wait))
        log.warning(
            "authentication_failed",
            shown=shown,
            caller=self._pseudonym(address),
            network=network_of(address),
            slowed=bool(wait),
        )
        if wait:
            raise RequestRefused(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too many wrong credentials or links came from here; a good one is taken at any time",
                {"Retry-After": str(wait)},
            )

    def _wait(self, whose: str, rate: limits.RateLimitItem) -> int:
        """Seconds until another failure is heard out; 0 for now."""
        if self._limiter.hit(rate, whose):
            return 0
        return max(1, math.ceil(self._limiter.get_window_stats(rate, whose).reset_time - time.time()))

    def _pseudonym(self, address: str) -> str:
        """Lines of one address can be seen to belong together; whose it is stands in the proxy's log.

        A link is opened from home or a telephone, whose address is personal.
        """
        return blake2b(address.encode(), key=self._key, digest_size=6).hexdigest()


def address_of(request: Request) -> str:
    """Where a request came from: an IPv4 address, or the network of an IPv6 one, of which a household has one."""
    try:
        address = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return UNKNOWN
    mapped = getattr(address, "ipv4_mapped", None)
    if address.version == 4 or mapped:
        return str(mapped or address)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)


def network_of(address: str) -> str:
    """What kind of network an address is of."""
    if address == UNKNOWN:
        return UNKNOWN
    read = ipaddress.ip_address(address)
    return "loopback" if read.is_loopback else "private" if read.is_private else "public"
