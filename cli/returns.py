"""`permanence import-903`: returns into journeys, and what is doubtful in them."""

import asyncio
import csv
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.errors import CommandFailed, Refused
from cli.offline import load_policies
from cli.options import Folder, Json, QuietUntil, day_given, day_past
from cli.output import print_json
from cli.progress import progress_bar
from cli.returns_words import ReturnsTaken, show
from cli.running import settings
from cli.screen import console
from cli.sending import load_children
from cli.source_words import nothing_taken
from domain.case.calendar import local_date
from domain.case.documents import document_of
from domain.case.events import Event
from intake.returns import SOURCE, ReturnRefused, Returns, returns_in
from intake.sources.doubts import Doubt, unsettled
from intake.sources.reading_again import news_of, takings
from intake.sources.taking import Taker
from journeys.loading import first_messages_at
from journeys.sending import Load
from record.caseload import teams_of
from record.doubts import DoubtsKept
from record.failures import RecordUnavailable
from record.store import CaseRecord
from service.locate import NoService, find_service, record_beside
from service.settings import Settings

SettledLine = tuple[str, str, str]
"""Key, child and rule of a doubt that a file says is settled."""
BY_FILE: Final = "import-903"
"""Who settled what a file of `--settled` has: whoever gave it to the command."""
COLUMNS = ("child", "rule", "table", "line", "message", "action", "key", "team")


def import_903(
    *,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The tables of one or several years, as CSV files, or XML.")
    ],
    policy: Annotated[str, typer.Option("--policy", metavar="ID", help="The policy the journeys run under.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be taken, beside what the service knows if one runs.")
    ] = False,
    as_at: Annotated[
        str | None, typer.Option("--as-at", metavar="DATE", help="The day the return was drawn; absent: by its dates.")
    ] = None,
    doubts: Annotated[Path | None, typer.Option(metavar="FILE", help="Write every doubt to a CSV file.")] = None,
    settled: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Leave out the doubts in this CSV file: somebody settled them.")
    ] = None,
    events: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the events, one JSON object a line.")
    ] = None,
    even_so: Annotated[
        bool, typer.Option("--even-so", help="Take it though a table lost most of its rows since the last reading.")
    ] = False,
    quiet_until: QuietUntil = None,
    policies: Folder = None,
    as_json: Json = False,
) -> None:
    """Start journeys from SSDA903 returns (children looked after), or bring them what a return says now.

    What is new is taken, what changed is corrected, what is gone is voided. What cannot be true in a return is not
    guessed: each doubt names the child, the rule, the table and the line.
    """
    now = datetime.now(UTC)
    drawn = day_past("--as-at", as_at, local_date(now)) if as_at else None
    quiet = day_given("--quiet-until", quiet_until) if quiet_until else None
    passed_over = _settled_in(settled) if settled else []
    try:
        read = returns_in(folder, local_date(now), drawn)
    except ReturnRefused as unreadable:
        raise Refused(str(unreadable)) from None
    taker = Taker(SOURCE, load_policies(policies), policy, now)
    beside = _beside_what_is_known(settings(), read, taker, passed_over, dry_run=dry_run, even_so=even_so)
    taken = asyncio.run(beside)
    if taken.lost:
        doubts = events = None  # the files of the last reading stay
    if doubts:
        write_doubts(doubts, taken.doubts, taken.teams)
    if events:
        own = taken.imported.events.values()
        _write(events, "".join(json.dumps(document_of(e), ensure_ascii=False) + "\n" for each in own for e in each))
    if as_json:
        print_json(taken.data())
    else:
        show(console(), taken, doubts)
    if taken.lost:
        raise nothing_taken(taken.lost)
    if dry_run:
        return
    load = Load(f"import-903-{local_date(now)}", first_messages_at(quiet, now), piecemeal=True)
    news = news_of(taker, taken.imported.covered)
    refused = asyncio.run(load_children(settings(), _to_send(taken), load, news, as_json=as_json))
    if refused:
        raise Refused("\n".join(["not everything was taken:", *refused]))


def _to_send(taken: ReturnsTaken) -> dict[str, Sequence[Event]]:
    """What the returns say of each child, and of those of whom they say nothing now whose journeys still learn it."""
    events = taken.imported.events
    return {each.child: events.get(each.child, ()) for each in taken.own if each.batch or each.child in events}


async def _beside_what_is_known(
    settings: Settings,
    read: Returns,
    taker: Taker,
    settled: Collection[SettledLine],
    *,
    dry_run: bool,
    even_so: bool,
) -> ReturnsTaken:
    """What journeys would take of returns; unless it is a dry run, what they say is kept, and what is doubtful in them.

    A dry run needs no service: without one, nothing is known of any child.
    """
    passed_over = frozenset(key for key, *_ in settled)
    try:
        record = await record_beside(await find_service(settings), settings)
    except NoService:
        if not dry_run:
            raise
        return _taken(read, read, taker, None, passed_over)
    except RecordUnavailable as unavailable:
        raise CommandFailed(str(unavailable)) from None
    try:
        together = read.beside(record, even_so=even_so)
        taken = _taken(read, together, taker, record, passed_over | DoubtsKept(record.engine).settled())
        if not dry_run and not taken.lost:
            read.keep(record, taker.now)
            _keep_doubts(record, taken, settled, taker.now)
        return taken
    finally:
        record.close()


def _taken(
    read: Returns, together: Returns, taker: Taker, record: CaseRecord | None, passed_over: frozenset[str]
) -> ReturnsTaken:
    today = local_date(taker.now)
    with progress_bar("Reading") as progress:
        imported = together.imported(taker.policies, taker.default_policy, today, progress)
    with progress_bar("Comparing") as progress:
        own = list(takings(taker, imported.events, imported.covered, record, progress))
    every = [*imported.doubts, *(doubt for each in own for doubt in each.doubts)]
    left = unsettled(every, passed_over)
    teams = teams_of(record.engine, sorted({doubt.child for doubt in left})) if record else {}
    return ReturnsTaken(
        read,
        together.stale,
        imported,
        own,
        left,
        teams,
        every,
        settled=len(every) - len(left),
        known=record is not None,
        lost=together.lost,
    )


def _keep_doubts(record: CaseRecord, taken: ReturnsTaken, settled: Collection[SettledLine], now: datetime) -> None:
    """For the desk's page of doubts; and what a file says is settled is settled for every later reading."""
    kept = DoubtsKept(record.engine)
    children = {each.child for each in taken.own}
    kept.replace(SOURCE, children, (asdict(doubt) for doubt in taken.every), now)
    kept.settle(settled, BY_FILE, "a file of settled doubts was given", now)


def _settled_in(path: Path) -> list[SettledLine]:
    """Key, child and rule of the doubts in a file as `--doubts` writes it. Raises Refused."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            lines = [(row.get("key") or "", row.get("child") or "", row.get("rule") or "") for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no CSV file in UTF-8"
        raise Refused(f"--settled {path}: it cannot be read: {reason}") from None
    if "key" not in (reader.fieldnames or ()):
        raise Refused(f"--settled {path}: it has no column key; accepted: lines of a file that --doubts wrote")
    return [line for line in lines if line[0]]


def write_doubts(path: Path, doubts: Collection[Doubt], teams: Mapping[str, str]) -> None:
    """Write every doubt as a line of CSV. Raises CommandFailed."""
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(asdict(doubt) | {"team": teams.get(doubt.child, "")} for doubt in doubts)
    except OSError as error:
        raise CommandFailed(f"{path}: it cannot be written: {error.strerror}") from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"{path}: it cannot be written: {error.strerror}") from None
