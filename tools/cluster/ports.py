"""Ports for many programs on one machine, each given once."""

from collections.abc import Callable
from dataclasses import dataclass, field

from service.ports import free_port, own_port


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
    """Ports that the system gives out."""
    return Ports(near=lambda _: own_port())
