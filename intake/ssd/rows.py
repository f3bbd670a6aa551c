"""The rows of an SSD as they were read: of each table those of each person, and what is amiss with the tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import isfinite
from typing import Any

from intake.sources.read import SourceRefused


class SsdRefused(SourceRefused):
    """A database that is no SSD, or cannot be read. Its text names what is missing, and holds no password."""


@dataclass(frozen=True, slots=True)
class SsdRow:
    """A row: its table, the key it is known by, and the cells that are read, as the database gave them."""

    table: str
    key: str
    cells: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.cells.get(column)


Rows = dict[str, list[SsdRow]]
"""By whose they are, as the database has it."""


@dataclass(slots=True)
class SsdTables:
    """All that was read in one snapshot."""

    tables: dict[str, Rows] = field(default_factory=dict)
    amiss: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)
    """Doubts about whole tables: rule, table, specifics."""

    def of(self, table: str, person: str) -> list[SsdRow]:
        """The rows of a table about a person."""
        return self.tables.get(table, {}).get(person, [])

    def counts(self) -> dict[str, int]:
        """How many rows each table gave."""
        return {name: sum(map(len, rows.values())) for name, rows in sorted(self.tables.items())}


def text_of(cell: Any) -> str:
    """A key as text: `101`, whether the database keeps it as text, a number or 101.0."""
    # By int, and not by %: of a Decimal of 29 digits or more there is no remainder.
    if isinstance(cell, float | Decimal) and isfinite(cell) and int(cell) == cell:
        cell = int(cell)
    return "" if cell is None else str(cell).strip()
