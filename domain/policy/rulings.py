"""Rulings: where the sources leave something open or contradict one another, what was chosen and what else could be.

They stand in the policy files for people. Nothing decides by them: they are no part of the policy a journey runs on.
"""

from collections.abc import Collection, Iterable

from pydantic import Field

from domain.case import events as ev
from domain.clocks.rules import Data

LADDER = "ladder"
"""What a ruling governs beside rules: the ladder of its policy."""


class Ruling(Data):
    """One question that the sources leave open, and its answer. `governs`: the ids of the rules it shaped."""

    id: ev.ObligationId
    question: str = Field(min_length=1)
    chosen: str = Field(min_length=1)
    alternatives: tuple[str, ...] = Field(min_length=1)
    why: str = Field(min_length=1)
    governs: tuple[str, ...] = Field(min_length=1)
    change: str = Field(min_length=1)
    """Which field of which rule to edit for another answer."""


def ungoverned(rulings: Iterable[Ruling], rules: Collection[str]) -> list[str]:
    """In words, each ruling that names a rule its policy does not have."""
    known = {*rules, LADDER}
    return [f"ruling {r.id}: governs: no rule {name!r}" for r in rulings for name in r.governs if name not in known]
