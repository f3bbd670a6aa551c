"""`permanence sync ssd`: the tables of a case system into journeys, and what is doubtful in them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from cli import words
from cli.errors import CommandFailed, Refused
from cli.offline import load_policies
from cli.options import Folder, Json, QuietUntil, day_given, day_past
from cli.output import print_json
from cli.progress import progress_bar
from cli.returns import write_doubts
from cli.running import settings
from cli.screen import console
from cli.sending import load_children
from cli.source_words import DoubtsListed, changes, doubts, nothing_taken, what_it_says
from domain.case.calendar import local_date
from intake.sources.doubts import Doubt, unsettled
from intake.sources.imported import Imported
from intake.sources.read import SourceRead
from intake.sources.reading_again import news_of, takings
from intake.sources.taking import Taker, Taking
from intake.ssd.doubts import RULES
from intake.ssd.periods import SOURCE
from intake.ssd.rows import SsdRefused, SsdTables
from intake.ssd.source import SsdOptions, ssd_read, tables_of
from journeys.loading import first_messages_at
from journeys.sending import Load
from record.caseload import teams_of
from record.doubts import DoubtsKept
from record.failures import RecordUnavailable
from record.store import CaseRecord
from service.locate import NoService, find_service, record_beside

GUIDE = "docs/ssd.md"


@dataclass(frozen=True, slots=True)
class SsdTaken:
    """What became of an SSD: what it says, what each journey takes of it, and what is doubtful."""

    read: SourceRead
    imported: Imported
    rows: Mapping[str, int]
    """How many each table gave."""
    own: Sequence[Taking]
    doubts: Sequence[Doubt]
    teams: Mapping[str, str]
    every: Sequence[Doubt]
    """All that is doubtful, what is settled too."""
    known: bool
    """Whether a service was asked what it knows."""

    def data(self) -> dict[str, Any]:
        """What `sync ssd --json` prints."""
        return {
            "source": self.read.where,
            "until": None if not self.read.children else self.read.until.isoformat(),
            "stale": self.read.stale or None,
            "rows": dict(self.rows),
            "children": self.read.children,
            "journeys": self.imported.journeys,
            "events": sum(map(len, self.read.events.values())),
            "doubts": [asdict(doubt) | {"team": self.teams.get(doubt.child)} for doubt in self.doubts],
            "changes": [each.data() for each in self.own if each.changes],
        }


def sync_ssd(
    *,
    url: Annotated[
        str,
        typer.Argument(
            metavar="SQLALCHEMY_URL",
            envvar="PERMANENCE_SSD_URL",
            show_envvar=False,
            help="Where the tables are; a password is safer in PERMANENCE_SSD_URL than on the command line.",
        ),
    ],
    policy: Annotated[str, typer.Option("--policy", metavar="ID", help="The policy the journeys run under.")],
    schema: Annotated[
        str | None, typer.Option("--schema", metavar="NAME", help="The schema that the tables lie in.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be taken, beside what the service knows if one runs.")
    ] = False,
    as_at: Annotated[
        str | None, typer.Option("--as-at", metavar="DATE", help="The day it was filled; absent: the latest day in it.")
    ] = None,
    even_so: Annotated[
        bool, typer.Option("--even-so", help="Take it though it seems older, or half empty, beside the last reading.")
    ] = False,
    doubts_file: Annotated[
        Path | None, typer.Option("--doubts", metavar="FILE", help="Write every doubt to a CSV file.")
    ] = None,
    quiet_until: QuietUntil = None,
    policies: Folder = None,
    as_json: Json = False,
) -> None:
    """Start journeys from a Standard Safeguarding Dataset (SSD), or bring them what it says now.

    What is new is taken, what changed is corrected, what is gone is voided. It is only ever read.
    """
    now = datetime.now(UTC)
    quiet = day_given("--quiet-until", quiet_until) if quiet_until else None
    options = SsdOptions(schema, day_past("--as-at", as_at, local_date(now)) if as_at else None, even_so)
    taker = Taker(SOURCE, load_policies(policies), policy, now)
    taker.policies.resolve(policy)
    try:
        with progress_bar("Reading") as progress:
            tables = tables_of(url, options, progress)
    except SsdRefused as unreadable:
        raise Refused(str(unreadable)) from None
    taken = asyncio.run(_beside_what_is_known(url, tables, taker, options, dry_run=dry_run))
    if taken.read.stale:
        doubts_file = None  # that of the last reading stays
    if doubts_file:
        write_doubts(doubts_file, taken.doubts, taken.teams)
    if as_json:
        print_json(taken.data())
    else:
        _show(console(), taken, doubts_file)
    if taken.read.stale:
        raise nothing_taken(taken.read.stale)
    if dry_run:
        return
    load = Load(f"sync-ssd-{local_date(now)}", first_messages_at(quiet, now), piecemeal=True)
    news = news_of(taker, taken.read.covered)
    refused = asyncio.run(load_children(settings(), taken.read.events, load, news, as_json=as_json))
    if refused:
        raise Refused("\n".join(["not everything was taken:", *refused]))


async def _beside_what_is_known(
    url: str, tables: SsdTables, taker: Taker, options: SsdOptions, *, dry_run: bool
) -> SsdTaken:
    """What journeys would take of it; unless it is a dry run, what the reading covered is kept.

    A dry run needs no service: without one, nothing is known of any child.
    """
    try:
        record = await record_beside(await find_service(settings()), settings())
    except NoService:
        if not dry_run:
            raise
        return _taken(url, tables, taker, options, None)
    except RecordUnavailable as unavailable:
        raise CommandFailed(str(unavailable)) from None
    try:
        taken = _taken(url, tables, taker, options, record)
        if not dry_run and not taken.read.stale:
            taken.read.keep(record, taker.now)
            children = {each.child for each in taken.own}
            DoubtsKept(record.engine).replace(SOURCE, children, map(asdict, taken.every), taker.now)
        return taken
    finally:
        record.close()


def _taken(url: str, tables: SsdTables, taker: Taker, options: SsdOptions, record: CaseRecord | None) -> SsdTaken:
    with progress_bar("Putting together") as progress:
        read, imported = ssd_read(
            url, tables, taker.policies, taker.default_policy, taker.now, record, progress, options
        )
    with progress_bar("Comparing") as progress:
        own = list(takings(taker, read.events, read.covered, record, progress))
    every = [*read.doubts, *(doubt for each in own for doubt in each.doubts)]
    left = unsettled(every, DoubtsKept(record.engine).settled() if record else frozenset())
    teams = teams_of(record.engine, sorted({doubt.child for doubt in left})) if record else {}
    return SsdTaken(read, imported, tables.counts(), own, left, teams, every, known=record is not None)


def _show(out: Console, taken: SsdTaken, written: Path | None) -> None:
    """Say it on the terminal: what was read, what journeys take of it, what is doubtful."""
    out.print(f"{taken.read.where}: " + ", ".join(f"{name} {rows:,}" for name, rows in taken.rows.items()))
    if taken.read.stale:
        return
    out.print(f"It speaks until {words.day(taken.read.until)}")
    what_it_says(out, taken.imported)
    changes(out, taken.own, known=taken.known)
    doubts(out, DoubtsListed(taken.doubts, RULES, taken.teams, len(taken.every) - len(taken.doubts), GUIDE), written)
