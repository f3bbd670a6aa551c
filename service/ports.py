"""Ports that are free on this machine: the usual ones, or the next that are."""

import socket
from collections.abc import Callable
from typing import TypeVar

HOST = "127.0.0.1"
GRPC, UI = 7233, 8233

_TRIES = 200


Taken = TypeVar("Taken")


class NoFreePort(RuntimeError):
    """Neither the preferred port nor any of those after it is free."""


class PortTaken(NoFreePort):
    """Another program was at the port first."""


def free_port(preferred: int, but_not: int = 0) -> int:
    """The preferred port if it is free, else the next one that is; another program may still take it before we do.

    Raises:
        NoFreePort: if all the ports tried are taken.
    """
    tried = range(preferred, min(preferred + _TRIES, 65536))
    for port in tried:
        if port != but_not and is_free(port):
            return port
    raise NoFreePort(f"All ports from {preferred} to {tried[-1]} are taken on {HOST}.")


def at_a_free_port(preferred: int, take: Callable[[int], Taken]) -> Taken:
    """What `take` makes of the preferred port, or of the next free one that no other program has before it.

    `take` raises PortTaken where one had. Raises NoFreePort if all the ports tried are taken.
    """
    port = preferred
    while port < preferred + _TRIES:
        port = free_port(port)
        try:
            return take(port)
        except PortTaken:
            port += 1
    raise NoFreePort(f"All ports from {preferred} to {port - 1} are taken.")


def own_port() -> int:
    """A port that the system gives out, which no other run on this machine takes at the same moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        # As servers do, so that connections just closed do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    # macOS binds beside a listener on all addresses, and one of the two then gets the calls.
    with socket.socket() as caller:
        return caller.connect_ex((HOST, port)) != 0
