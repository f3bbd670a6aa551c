"""What commands that read a source say: what journeys take of it, and what is doubtful in it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from cli import words
from cli.errors import Refused
from cli.screen import plain_table
from intake.sources.doubts import Check, Doubt
from intake.sources.imported import Imported
from intake.sources.taking import Taking

BAR: Final = 10
# Wide enough to compare, narrow enough for a terminal of 80 columns.
SHOWN: Final = 20
"""Corrections and voidings listed in full (ours: a screen); of more there is the count, and all with --json."""


@dataclass(frozen=True, slots=True)
class DoubtsListed:
    """Doubts to be shown, with the rules of their source and the page that explains them."""

    doubts: Sequence[Doubt]
    rules: Mapping[str, Check]
    teams: Mapping[str, str]
    """By child, as far as the record knows them."""
    settled: int
    guide: str


def nothing_taken(why: str) -> Refused:
    """The refusal of a source that is older, or less, than what was read before."""
    return Refused(f"nothing is taken: {why}; accepted: a newer copy, or --even-so")


def what_it_says(out: Console, imported: Imported) -> None:
    """How many children a source speaks of, and of which periods of care."""
    running, events = imported.journeys - imported.ended, sum(map(len, imported.events.values()))
    out.print(f"\n{_children(imported.children)}, {events:,} {'event' if events == 1 else 'events'}")
    periods = "period" if imported.journeys == 1 else "periods"
    out.print(f"{imported.journeys:,} {periods} of care: {imported.ended:,} ended, {running:,} running")
    out.print(f"{_children(imported.short_breaks_only)} in short breaks only")


def _children(number: int) -> str:
    return "1 child" if number == 1 else f"{number:,} children"


def changes(out: Console, own: Sequence[Taking], *, known: bool) -> None:
    """What each journey takes; `known`: whether a service was asked what it knows."""
    starts = sum(each.starts for each in own)
    changed = [each for each in own if each.changes and not each.starts]
    beside = "" if known else " (no service runs here: as if nothing were known yet)"
    verb = "is" if starts == 1 else "are"
    out.print(f"{_children(starts)} {verb} new, of {len(changed):,} others something changes{beside}")
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


def doubts(out: Console, taken: DoubtsListed, written: Path | None) -> None:
    """The doubts by rule and by team; `written`: where every one was written to."""
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
        known = taken.rules[rule]
        bar = "█" * max(1, round(BAR * count / max(counts.values())))
        said = f"{known.in_general}: {known.action}"
        table.add_row(f"{count:,}", bar, said, f"{rule} ({known.dfe})" if known.dfe else rule)
    out.print(table)
    _by_team(out, taken)
    out.print(
        f"\nEach line with its child: {written}"
        if written
        else f"\nEach line with its child: --doubts FILE.csv, or --json. The rules: {taken.guide}"
    )


def _by_team(out: Console, taken: DoubtsListed) -> None:
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
