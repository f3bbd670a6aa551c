"""The one registry of named functions that policy files may use: anchors, conditions, meetings, cases.

A policy is data; what it can name is here. A name is a function's own name, and its docstring is what
`permanence policy show` and an error's suggestion say of it.
"""

import difflib
from collections.abc import Callable
from typing import Generic, TypeVar

F = TypeVar("F", bound=Callable[..., object])


class UnknownName(LookupError):
    """A policy names something the registry does not have; the message suggests the nearest name."""


class Names(Generic[F]):
    """Functions of one kind, by name."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._functions: dict[str, F] = {}

    def __call__(self, function: F) -> F:
        """Register a function under its own name (a decorator)."""
        self._functions[function.__name__] = function
        return function

    def __getitem__(self, name: str) -> F:
        try:
            return self._functions[name]
        except KeyError:
            near = difflib.get_close_matches(name, self._functions, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(self._functions))}"
            raise UnknownName(f"{name!r} is no known {self.kind}; {hint}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._functions

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._functions)
