"""`permanence reconcile`: a source's children beside the running journeys, both ways."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.bar import Bar
from rich.console import Console
from rich.text import Text

from cli.errors import CommandFailed, Refused
from cli.offline import load_policies
from cli.options import Json, day_given
from cli.output import print_json
from cli.progress import progress_bar
from cli.running import settings
from cli.screen import console, plain_table
from domain.case.documents import document_of
from domain.clocks.wording import in_words
from intake.reconciling.differences import Difference, Kind
from intake.reconciling.sources import read_source
from intake.reconciling.sources import reconcile as compare
from intake.sources.read import SourceRefused
from record.failures import RecordUnavailable
from service.locate import find_service, record_beside
from service.settings import Settings

SHOWN = 30
"""Differences listed in full; of more there is a picture, and all of them with --json (ours: two screens)."""

REPAIRS_SHOWN = 3
BAR_WIDTH = 30
WORDS = {
    Kind.UNREADABLE: ("cannot be read here", "bold red"),
    Kind.MISSING: ("no journey runs", "bold red"),
    Kind.EXTRA: ("runs here only", "yellow"),
    Kind.STAGE: ("another stage", "yellow"),
    Kind.PERIODS: ("another beginning or end", "yellow"),
    Kind.LEGAL_STATUS: ("another legal status", "yellow"),
    Kind.PLACEMENTS: ("other placements", "yellow"),
    Kind.REVIEWS: ("other reviews", "yellow"),
}


def reconcile(
    *,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="What the case system says: a file of events, a folder of SSDA903 returns, or a database's URL; "
            "absent: the configured.",
        ),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Compare by this day; absent: as far as it tells.")
    ] = None,
    repairs: Annotated[
        Path | None, typer.Option("--repairs", metavar="FILE", help="Write the events that would repair it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare a source's children with the running journeys, both ways. Exit 1 if they differ.

    The child without a journey comes first: nobody would be reminded.
    """
    day = day_given("--as-of", as_of) if as_of else None
    if asyncio.run(show_differences(settings(), source, day, repairs, as_json=as_json)):
        raise typer.Exit(1)


async def show_differences(
    settings: Settings, path: str | None, as_of: date | None, repairs: Path | None, *, as_json: bool
) -> int:
    """Compare, show what differs and answer how many differences there are.

    Raises Refused where no source is given or configured, or it cannot be read; FileUnreadable and FileRefused of a
    file of events.
    """
    path = path or settings.reconcile_source
    if path is None:
        raise Refused("SOURCE: none is given, and none is configured (PERMANENCE_RECONCILE_SOURCE)")
    policies = load_policies(settings.policies)
    client = await find_service(settings)
    try:
        record = await record_beside(client, settings)
    except RecordUnavailable as unavailable:
        raise CommandFailed(str(unavailable)) from None
    try:
        source = read_source(path, policies, settings.default_policy, datetime.now(UTC), record)
        if as_of is not None:
            source = replace(source, until=min(as_of, source.until))
        with progress_bar("Comparing") as progress:
            differing = await compare(client, record, source, progress)
    except SourceRefused as unreadable:
        raise Refused(str(unreadable)) from None
    finally:
        record.close()
    if repairs is not None:
        _write(differing, repairs)
    if as_json:
        print_json([difference.data() for difference in differing])
    else:
        _show(differing, len(source.events), source.until, repairs, console())
    return len(differing)


def _write(differing: Sequence[Difference], path: Path) -> None:
    """The events that would repair what differs, each once, for `permanence send` after somebody has looked."""
    events = {event.id: event for difference in differing for event in difference.repair}
    lines = [json.dumps(document_of(event), ensure_ascii=False) for event in events.values()]
    try:
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    except OSError as error:
        raise CommandFailed(f"{path}: it cannot be written: {error.strerror}") from None


def _show(differing: Sequence[Difference], children: int, day: date, repairs: Path | None, out: Console) -> None:
    if not differing:
        out.print(f"No difference: {children} children of the source and the running journeys, by {in_words(day)}.")
        return
    table = plain_table("Child", "What differs", "Why, and the events that would repair it")
    for difference in differing[:SHOWN]:
        what, style = WORDS[difference.kind]
        why = Text(difference.reason)
        for event in difference.repair[:REPAIRS_SHOWN]:
            why.append(f"\n+ {event.on} {event.type} ({event.id})", style="dim")
        if len(difference.repair) > REPAIRS_SHOWN:
            why.append(f"\n+ {len(difference.repair) - REPAIRS_SHOWN} more", style="dim")
        table.add_row(difference.child, Text(what, style=style), why)
    out.print(table)
    out.print()
    out.print(_by_kind(differing))
    if len(differing) > SHOWN:
        out.print(f"The {SHOWN} gravest of {len(differing)} are listed; --json lists all.")
    if repairs is None:
        out.print("--repairs FILE writes the repairing events, to be looked at and sent with `permanence send FILE`.")
    else:
        out.print(f"The repairing events stand in {repairs}; look at them, then `permanence send {repairs}`.")


def _by_kind(differing: Sequence[Difference]) -> object:
    counts = Counter(difference.kind for difference in differing)
    table = plain_table("What differs", "", "Children")
    for kind in Kind:
        if counts[kind]:
            what, style = WORDS[kind]
            share = Bar(max(counts.values()), 0, counts[kind], width=BAR_WIDTH)
            table.add_row(Text(what, style=style), share, str(counts[kind]))
    return table
