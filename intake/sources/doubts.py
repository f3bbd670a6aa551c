"""What is doubtful in a source: each a line of a report, known again by its key, never guessed at."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of doubt: what is doubtful, and what is done. `dfe`: the Department's rule numbers, or empty."""

    id: str
    dfe: str
    message: str
    action: str

    @property
    def in_general(self) -> str:
        """The message without what differs from line to line."""
        return re.sub(r"{[a-z]+}", "...", self.message)

    def doubt(
        self, child: str, table: str, line: int, cells: Mapping[str, str], specifics: Mapping[str, Any]
    ) -> "Doubt":
        """This doubt of a row; `specifics` are codes, days and column names, never free text of a cell."""
        said = self.message.format(**specifics)
        message = f"{said} (DfE rule {self.dfe})" if self.dfe else said
        return Doubt(
            child, self.id, table, line, message, self.action, key_of(child, self.id, {**cells, "about": said})
        )


@dataclass(frozen=True, slots=True)
class Doubt:
    """One doubtful line. `key` is the same as long as the line says the same, wherever it stands in its file."""

    child: str
    rule: str
    table: str
    line: int
    message: str
    action: str
    key: str = ""


def key_of(child: str, rule: str, says: Mapping[str, Any]) -> str:
    """By what a doubt is known again: whose it is, of which rule, and what the row says. No part of it can be read."""
    text = repr((child, rule, sorted(says.items())))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def unsettled(doubts: Iterable[Doubt], settled: frozenset[str]) -> list[Doubt]:
    """The doubts that nobody has settled yet, by their keys."""
    return [doubt for doubt in doubts if doubt.key not in settled]


BESIDE_OURS: Final = (
    Check("elsewhere", "", "recorded here as of {day}, by somebody else than the source",
          "what was recorded here stands; not taken again"),
    Check("twice", "", "taken from the source, and recorded here as of {day} too", "both stand; one may be taken back"),
    Check("taken-back", "", "somebody took back what the source still says", "it stays taken back"),
    Check("gone", "", "the source no longer says by what the child's journey began", "nothing is taken back"),
    Check("refused", "", "a journey would not take it: {reason}", "left out"),
)  # fmt: skip
"""What may be doubtful of any source, beside what is known here."""
