"""What `import-903` says: which files were read, what journeys take of them, and what is doubtful."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from cli import words
from cli.source_words import DoubtsListed, changes, doubts, what_it_says
from intake.returns import Returns
from intake.returns.doubts import RULES
from intake.sources.doubts import Doubt
from intake.sources.imported import Imported
from intake.sources.taking import Taking
from record.extracts import Extract


@dataclass(frozen=True, slots=True)
class ReturnsTaken:
    """What became of returns: their files, what they say, what each journey takes of it, and what is doubtful."""

    read: Returns
    stale: Sequence[Extract]
    imported: Imported
    own: Sequence[Taking]
    doubts: Sequence[Doubt]
    teams: Mapping[str, str]
    """By child, as far as the record knows them."""
    every: Sequence[Doubt]
    """All that is doubtful, what is settled too."""
    settled: int
    known: bool
    """Whether a service was asked what it knows."""
    lost: str = ""
    """Why nothing of it is taken, in words. Else empty."""

    def data(self) -> dict[str, Any]:
        """What `import-903 --json` prints."""
        imported = self.imported
        return {
            "children": imported.children,
            "journeys": imported.journeys,
            "events": sum(map(len, imported.events.values())),
            "doubts": [
                {name: getattr(doubt, name) for name in ("child", "rule", "table", "line", "message", "action", "key")}
                | {"team": self.teams.get(doubt.child)}
                for doubt in self.doubts
            ],
            "files": [
                {"file": each.name, "read_as": each.table, "why_not": each.why_not or None} for each in self.read.files
            ],
            "changes": [each.data() for each in self.own if each.changes],
        }


def show(out: Console, taken: ReturnsTaken, written: Path | None) -> None:
    """Say it on the terminal; `written`: where every doubt was written to."""
    _files(out, taken)
    if taken.lost:
        return
    what_it_says(out, taken.imported)
    changes(out, taken.own, known=taken.known)
    listed = DoubtsListed(taken.doubts, RULES, taken.teams, taken.settled, "docs/returns.md")
    doubts(out, listed, written)


def _files(out: Console, taken: ReturnsTaken) -> None:
    """Each return with its files and the days it speaks for; then what was not read, and why."""
    for year in taken.read.returns:
        if year.covered is not None:
            span = f"{words.day(year.covered.since)} to {words.day(year.covered.until)}"
            names = sorted({row.file for rows in year.tables.values() for row in rows})
            out.print(f"{year.year}/{(year.year or 0) + 1}: speaks for {span}, by {', '.join(names) or 'empty tables'}")
    for each in taken.read.files:
        if each.table is None:
            out.print(f"Not read: {each.name}: {each.why_not}")
    late = Counter((each.part, each.until) for each in taken.stale)
    for (part, until), children in sorted(late.items()):
        out.print(
            f"{part}: of {children:,} children this is an older extract; what was read before speaks until "
            f"{words.day(until)}, and counts"
        )
