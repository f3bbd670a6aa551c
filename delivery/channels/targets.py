"""Where a webhook may lead: out into the world, and into a network of our own only where the settings allow it.

Whoever writes the directory could otherwise have this service ask a cloud's metadata address, or a machine that takes
orders from anyone on its network. A name is looked up when it is connected to and every address it stands for is
checked, in whatever form it was written (decimal, octal, IPv4 within IPv6); the connection goes to a checked address,
so a name that stands for something else a moment later (DNS rebinding) gains nothing.
"""

import socket
import ssl
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from time import monotonic
from typing import Any, Final

import httpcore

from delivery.channels.channel import AddressRefused, NotNow

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Options = Iterable[tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]]

AZURE: Final = IPv4Address("168.63.129.16")
"""A cloud's own service at an address that looks public (Microsoft: "What is IP address 168.63.129.16?")."""
IPV4_WITHIN: Final = (IPv6Network("::/96"), IPv6Network("64:ff9b::/96"))
"""Addresses that end in an IPv4 address: the old compatible ones, and NAT64 (RFC 6052)."""


class Outward(httpcore.NetworkBackend):
    """Connects to the outside world and to allowed networks, for `seconds` in all; then a connection is cut."""

    def __init__(self, allowed: Sequence[Network], seconds: float) -> None:
        self._allowed = tuple(allowed)
        self._seconds = seconds
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Options | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to one of the addresses of a host. Raises AddressRefused if any of them may not be reached."""
        addresses = _looked_up(host, port)
        if not all(self._may_be_reached(address) for address in addresses):
            raise AddressRefused(
                "target", "the web address leads into a network that is not allowed (PERMANENCE_WEBHOOK_NETWORKS)"
            )
        end = monotonic() + self._seconds
        for left, address in enumerate(addresses, 1 - len(addresses)):
            try:
                stream = self._network.connect_tcp(
                    str(address), port, _left(end), local_address, list(socket_options or ())
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if left == 0:
                    raise
            else:
                return _Timed(stream, end)
        raise NotNow("unknown_host", "the web address cannot be found")

    def _may_be_reached(self, address: Address) -> bool:
        meant = _meant(address)
        if any(one in network for one in (address, meant) for network in self._allowed):
            return True
        return meant.is_global and not meant.is_multicast and meant != AZURE


class _Timed(httpcore.NetworkStream):
    """A connection that ends at an instant, however little at a time the other side says."""

    def __init__(self, stream: httpcore.NetworkStream, end: float) -> None:
        self._stream = stream
        self._end = end

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._end, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._end, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._end))
        return _Timed(secured, self._end)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(end: float, late: type[Exception] = httpcore.ConnectTimeout) -> float:
    """Seconds left until an instant. Raises `late` when it is past."""
    left = end - monotonic()
    if left <= 0:
        raise late
    return left


def _looked_up(host: str, port: int) -> list[Address]:
    """Every address that a host stands for now, in the order to try them. Raises NotNow."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotNow("unknown_host", "the web address cannot be found") from None
    return list(dict.fromkeys(ip_address(str(place[4][0]).partition("%")[0]) for place in addresses))


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 address carries within it, if it carries one."""
    if isinstance(address, IPv4Address):
        return address
    if any(address in network for network in IPV4_WITHIN):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
