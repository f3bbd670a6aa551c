"""A return as rows: the tables that are read, their columns, and a line of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from intake.sources.covered import Covered
from intake.sources.read import SourceRefused

REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "Header": ("CHILD", "DOB"),
    "Episodes": ("CHILD", "DECOM", "RNE", "LS", "PLACE", "DEC", "REC"),
    "Reviews": ("CHILD", "REVIEW"),
}
"""Tables every return has, and the columns of them that are read."""

OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    "PlacedAdoption": ("CHILD", "DATE_PLACED", "DATE_PLACED_CEASED", "REASON_PLACED_CEASED"),
    "AD1": ("CHILD", "DATE_INT", "DATE_MATCH"),
}
"""Tables that a return has only if there was such a child in the year."""

READ: Final = {**REQUIRED, **OPTIONAL}
DAYS: Final = frozenset(
    {"DOB", "DECOM", "DEC", "REVIEW", "DATE_PLACED", "DATE_PLACED_CEASED", "DATE_INT", "DATE_MATCH"}
)
"""Columns of them that hold days."""
NAMES: Final = {"placedforadoption": "PlacedAdoption"} | {name.lower(): name for name in READ}


class ReturnRefused(SourceRefused):
    """A folder that is no set of returns. Its text names the file, the column and what would be accepted."""


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """One line of a table: its cells by column, trimmed; an empty cell is an empty text."""

    file: str
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(slots=True)
class Return:
    """One year's tables. `year`: the one named by the files; without one there can be one return only.

    `covered`: the days it speaks for, once they are worked out (days.py); the year is then the one it begins in.
    """

    year: int | None
    tables: dict[str, list[ReturnRow]] = field(default_factory=dict)
    covered: Covered | None = None

    def rows(self, table: str) -> list[ReturnRow]:
        """The rows of a table; none if it was not given."""
        return self.tables.get(table, [])
