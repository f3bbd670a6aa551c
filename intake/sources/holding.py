"""How much a source held, and whether it has lost so much since that it is no word of its own. Pure.

A table that is being filled anew, emptied, or saved as its heading alone says of nobody that something is not so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

HALF: Final = 2
MANY: Final = 20
"""Cells from which on a column that loses most of them is broken (ours: of fewer, somebody may take back most)."""


@dataclass(frozen=True, slots=True)
class SourceHolding:
    """The rows of each table, and of each column the cells that say something that can be read."""

    rows: Mapping[str, int] = field(default_factory=dict)
    cells: Mapping[str, int] = field(default_factory=dict)

    def less_than(self, before: "SourceHolding", read_at: datetime, *, few: int = 0) -> str:
        """Which tables, or columns, lost more than half of what they held when read then, in words; else empty.

        A table may lose a `few` rows though they are most of it.
        """
        many = {name: count for name, count in before.cells.items() if count >= MANY}
        lost = _lost(self.rows, before.rows, few) or _lost(self.cells, many)
        return f"{', '.join(lost)} held more than twice as much when read on {read_at:%Y-%m-%d}" if lost else ""


def _lost(now: Mapping[str, int], before: Mapping[str, int], few: int = 0) -> list[str]:
    """What has less than half of what it had, and by more than a few."""
    left = {name: now.get(name, 0) for name in before}
    return [name for name, had in before.items() if left[name] * HALF < had and had - left[name] > few]
