"""The days that a source speaks for: what it leaves out within them is not so; of other days it says nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Covered:
    """A span of days, both ends included. A return of 2025/26 drawn in September speaks for 1 April to 30 September."""

    since: date
    until: date

    def holds(self, day: date) -> bool:
        """Whether a day is one of them."""
        return self.since <= day <= self.until


def speaks_for(covered: Iterable[Covered], day: date) -> bool:
    """Whether any of several spans holds a day."""
    return any(span.holds(day) for span in covered)
