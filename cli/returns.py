"""`permanence import-903`: returns into journeys, and what is doubtful in them."""

import asyncio
import csv
import json
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from cli.errors import CommandFailed, Refused
from cli.offline import load_policies
from cli.options import Folder, Json, QuietUntil, day_given
from cli.output import print_json
from cli.running import settings
from cli.screen import console, plain_table
from cli.sending import load_children
from domain.case.calendar import local_date
from domain.case.events import document
from intake.returns import Imported, ReturnRefused, events_of_returns
from intake.returns.corrections import news
from intake.returns.doubts import RULES
from journeys.loading import first_messages_at
from journeys.sending import Load

BAR: Final = 10
# Wide enough to compare, narrow enough for a terminal of 80 columns.


def import_903(
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The tables of one or several years, as CSV files.")],
    policy: Annotated[str, typer.Option("--policy", metavar="ID", help="The policy the journeys run under.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent; needs no service.")] = False,
    doubts: Annotated[Path | None, typer.Option(metavar="FILE", help="Write every doubt to a CSV file.")] = None,
    events: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the events, one JSON object a line.")
    ] = None,
    quiet_until: QuietUntil = None,
    policies: Folder = None,
    as_json: Json = False,
) -> None:
    """Start journeys from SSDA903 returns (children looked after), or bring them what a new return adds.

    What cannot be true in a return is not guessed: each doubt names the child, the rule, the table and the line.
    """
    today = local_date(datetime.now(UTC))
    try:
        imported = events_of_returns(folder, load_policies(policies), policy, today)
    except ReturnRefused as unreadable:
        raise Refused(str(unreadable)) from None
    if doubts:
        _write_doubts(doubts, [asdict(doubt) for doubt in imported.doubts])
    if events:
        lines = [json.dumps(document(e), ensure_ascii=False) + "\n" for own in imported.events.values() for e in own]
        _write(events, "".join(lines))
    if as_json:
        print_json(imported.data())
    else:
        _show(console(), imported, doubts)
    if dry_run:
        return

    now = datetime.now(UTC)
    quiet = day_given("--quiet-until", quiet_until) if quiet_until else None
    load = Load(f"import-903-{today}", first_messages_at(quiet, now))
    refused = asyncio.run(load_children(settings(), imported.events, load, partial(news, now=now), as_json=as_json))
    if refused:
        raise Refused("\n".join(["not everything was taken:", *refused]))


def _show(out: Console, imported: Imported, written: Path | None) -> None:

    running = imported.journeys - imported.ended
    out.print(f"{imported.children:,} children, {sum(map(len, imported.events.values())):,} events")
    out.print(f"{imported.journeys:,} periods of care: {imported.ended:,} ended, {running:,} running")
    out.print(f"{imported.short_breaks_only:,} children in short breaks only")
    counts = Counter(doubt.rule for doubt in imported.doubts)
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
    out.print(
        f"\nEach line with its child: {written}"
        if written
        else "\nEach line with its child: --doubts FILE.csv, or --json. The rules: docs/returns.md"
    )


def _write_doubts(path: Path, rows: list[dict[str, object]]) -> None:
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, ["child", "rule", "table", "line", "message", "action"])
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise CommandFailed(f"{path}: it cannot be written: {error.strerror}") from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"{path}: it cannot be written: {error.strerror}") from None
