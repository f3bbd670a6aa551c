"""Ports for many programs on one machine, each given once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from service.ports import free_port


@dataclass
class Ports:
    """Gives ports that are free and were not given before.

    `near` finds one from a usual one on. In tests any will do, so that runs can go side by side.
    """

    near: Callable[[int], int] = free_port
    given: set[int] = field(default_factory=set)

    def __call__(self, usual: int) -> int:
        """The usual port, or the next that is free. Raises NoFreePort."""
        port = self.near(usual)
        while port in self.given:
            port = self.near(port + 1)
        self.given.add(port)
        return port


def anywhere() -> Ports:
    """Ports that no other run on this machine is likely to look for.

    Below 32,768: Temporal's table of members has no room for more, and such a process ends at its start.
    """
    begin = Random().randrange(10_000, 30_000)
    return Ports(near=lambda wanted: free_port(wanted if wanted > begin else begin))
