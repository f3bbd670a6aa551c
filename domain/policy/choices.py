"""Choices of events as they stand in a rule, laid beside each other: is every event of one an event of the other?"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain.clocks.choosing import choice
from domain.clocks.vocabulary import WordRefused

SINCE: Final = ("entry", "ever", "anchor", "day_after_anchor")


@dataclass(frozen=True, slots=True)
class WrittenChoice:
    """The types of events, what is asked of their fields, and from when they count."""

    names: tuple[str, ...]
    where: Any
    since: str

    @property
    def number(self) -> int | None:
        """The place of the looked-after review that is asked for, and nothing else."""
        of_reviews = (
            self.names == ("review_held",) and isinstance(self.where, Mapping) and self.where.keys() == {"number"}
        )
        number = self.where["number"] if of_reviews else None
        return number if isinstance(number, int) and number > 0 else None


def one_choice(given: object) -> WrittenChoice:
    """A choice of events as it is written: a type's name, or a table; of what cannot be read, no event."""
    table = given if isinstance(given, Mapping) else {"event": given}
    known = {key: value for key, value in table.items() if key in ("event", "where", "since")}
    try:
        read = choice(known, places=SINCE)
    except WordRefused:
        return WrittenChoice((), None, "ever")
    return WrittenChoice(read.names, known.get("where"), read.since)


def covers(wide: WrittenChoice, narrow: WrittenChoice, *, on_the_day: bool = False) -> bool:
    """Whether every event of one choice is one of another. `on_the_day`: it is of the anchor's own day."""
    if not narrow.names or not set(narrow.names) <= set(wide.names):
        return False
    if wide.where is not None and _written(wide.where) != _written(narrow.where):
        return False
    if wide.since in ("ever", narrow.since):
        return True
    return wide.since == "anchor" and (on_the_day or narrow.since == "day_after_anchor")


def earlier_review(earlier: WrittenChoice, later: WrittenChoice) -> bool:
    """Whether of two looked-after reviews, chosen by their places, one is held before the other, or is the same."""
    if earlier.number is None or later.number is None or earlier.since != "ever":
        return False
    return earlier.number <= later.number


def _written(where: Any) -> str:
    return json.dumps(where, sort_keys=True, default=str)
