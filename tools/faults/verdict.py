"""What came of a run: what is wrong, each with its evidence, counted in one last line."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

Wrong = Literal[
    "events lost",
    "events doubled",
    "messages lost",
    "messages doubled",
    "journeys stuck",
    "journeys unreplayable",
    "differing",
]


@dataclass
class Verdict:
    """What was compared, and what was found wrong."""

    wrong: list[tuple[Wrong, str, str]] = field(default_factory=list)
    """What is wrong, with whom (a child, a message), and how it shows."""
    seen: Counter[str] = field(default_factory=Counter)
    """How much was compared, by what it is."""

    def add(self, what: Wrong, who: str, how: str) -> None:
        """Something is wrong; once for each child or message, whatever shows it."""
        if (what, who) not in {(w, one) for w, one, _ in self.wrong}:
            self.wrong.append((what, who, how))

    @property
    def last_line(self) -> str:
        """The line that says it all."""
        counts = Counter(what for what, _, _ in self.wrong)
        return (
            f"events lost {counts['events lost']}, doubled {counts['events doubled']}; "
            f"messages lost {counts['messages lost']}, doubled {counts['messages doubled']}; "
            f"journeys stuck {counts['journeys stuck']}, unreplayable {counts['journeys unreplayable']}; "
            f"differing {counts['differing']}"
        )
