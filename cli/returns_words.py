"""What `import-903` says: which files were read, what journeys take of them, and what is doubtful."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from cli import words
from cli.screen import plain_table
from intake.returns import Imported, Returns
from intake.returns.doubts import RULES
from intake.sources.doubts import Doubt
from intake.sources.taking import Taking
from record.extracts import Extract

BAR: Final = 10
# Wide enough to compare, narrow enough for a terminal of 80 columns.
SHOWN: Final = 20
"""Corrections and voidings listed in full (ours: a screen); of more there is the count, and all with --json."""


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
    imported = taken.imported
    running = imported.journeys - imported.ended
    out.print(f"\n{imported.children:,} children, {sum(map(len, imported.events.values())):,} events")
    out.print(f"{imported.journeys:,} periods of care: {imported.ended:,} ended, {running:,} running")
    out.print(f"{imported.short_breaks_only:,} children in short breaks only")
    _changes(out, taken)
    _doubts(out, taken, written)


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


def _changes(out: Console, taken: ReturnsTaken) -> None:
    starts = sum(each.starts for each in taken.own)
    changed = [each for each in taken.own if each.changes and not each.starts]
    beside = "" if taken.known else " (no service runs here: as if nothing were known yet)"
    out.print(f"{starts:,} children are new, of {len(changed):,} others something changes{beside}")
    lines = [line for each in changed for line in _of_child(each)]
    for line in lines[:SHOWN]:
        out.print(line)
    if len(lines) > SHOWN:
        out.print(f"and {len(lines) - SHOWN:,} more changes: --json lists all")


def _of_child(taking: Taking) -> list[str]:
    corrected = [
        f"{taking.child}: {was.type} of {words.day(was.on)} is corrected: {now.type} of {words.day(now.on)}"
        for was, now in taking.corrected
    ]
    voided = [f"{taking.child}: {was.type} of {words.day(was.on)} is voided" for was in taking.voided]
    new = Counter(event.type for event in taking.fresh)
    said = [f"{taking.child}: new: {', '.join(f'{count} {kind}' for kind, count in new.items())}"] if new else []
    return [*corrected, *voided, *said]


def _doubts(out: Console, taken: ReturnsTaken, written: Path | None) -> None:
    if taken.settled:
        out.print(f"Settled, and left out: {taken.settled:,}")
    counts = Counter(doubt.rule for doubt in taken.doubts)
    if not counts:
        out.print("No doubts.")
        return
    out.print(f"\n{counts.total():,} lines are doubtful\n")
    table = plain_table("Lines", "", "What is doubtful: what is done", "Rule (DfE)")
    table.columns[3].no_wrap = True
    for rule, count in counts.most_common():
        known = RULES[rule]
        bar = "█" * max(1, round(BAR * count / max(counts.values())))
        said = f"{known.in_general}: {known.action}"
        table.add_row(f"{count:,}", bar, said, f"{rule} ({known.dfe})" if known.dfe else rule)
    out.print(table)
    _by_team(out, taken)
    out.print(
        f"\nEach line with its child: {written}"
        if written
        else "\nEach line with its child: --doubts FILE.csv, or --json. The rules: docs/returns.md"
    )


def _by_team(out: Console, taken: ReturnsTaken) -> None:
    """To whom the doubts may be sent back, where the record knows a team."""
    by_team: dict[str, Counter[str]] = {}
    for doubt in taken.doubts:
        by_team.setdefault(taken.teams.get(doubt.child, ""), Counter())[doubt.rule] += 1
    if not by_team.keys() - {""}:
        return
    table = plain_table("Lines", "Team", "Rules")
    for team, counts in sorted(by_team.items(), key=lambda item: (-item[1].total(), item[0])):
        rules = ", ".join(f"{rule} {count:,}" for rule, count in counts.most_common())
        table.add_row(f"{counts.total():,}", team or "no team known", rules)
    out.print()
    out.print(table)
