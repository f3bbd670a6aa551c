"""`permanence record restart`: journeys begun anew from the case record. It needs the service."""

import asyncio
from typing import Annotated

import typer

from cli.errors import CommandFailed, Refused
from cli.known import must_be_known
from cli.left_out import left_out_in_words
from cli.options import Json
from cli.output import print_json
from cli.progress import progress_bar
from cli.running import settings
from cli.screen import console, plain_table
from journeys.missing import Comparison, JourneyTally
from journeys.restarting import Outcome, mend
from record.store import CaseRecord
from service.locate import find_service, record_of_service

SHOWN = 100
"""Children shown to people; `--json` has all."""

WORDS = {
    "missing": "did not run, though the case record says that it must",
    "behind": "lacks events that the case record has",
    "ahead": "knows events that the case record lacks",
    "silent": "runs and does not answer; begin it anew with --replace",
    "unreadable": "does not run, and its record cannot be read: `permanence record verify CHILD` names what is wrong",
    "ended": "has ended: nothing to start",
    "runs": "runs, and is left alone; --replace begins it anew all the same",
    "started": "goes on from the case record",
    "replaced": "the run there was is ended; a new one goes on from the case record",
    "written": "wrote what it knows into the case record",
    "waiting": "started; waits for a worker",
    "failed": "could not be begun anew",
}


def restart(
    *,
    children: Annotated[list[str] | None, typer.Argument(metavar="[CHILD ...]", help="These children only.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Look at every child of the case record.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="End the runs of the children named, and begin them anew all the same.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is amiss and change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Start every journey again that the case record knows as not ended and that does not run.

    Due dates are right at once, and nothing is told again that was told. What was missed meanwhile is told as after
    an outage: of each obligation the latest reminder, while it is not overdue, and the highest rung. A journey that
    lacks events of the record is begun anew from it; one that knows more than the record writes it there; one that
    runs and is well is left alone. With --replace, the run of each child named is ended, whatever state it is in, and
    a new one goes on from the case record: for a run that is broken. What had reached it and is not in the record is
    sent to the new one.
    """
    if bool(children) == every:
        raise Refused("name children, or give --all for every child of the case record")
    if replace and not children:
        raise Refused("--replace ends runs that may be well: name the children, it is not accepted with --all")
    named = sorted(set(children or []))
    tally, done = asyncio.run(_restart(named, replace=replace, dry_run=dry_run))
    rows = _rows(tally, done, named)
    if as_json:
        print_json({"found": tally.counts(), "children": [{"child": c, "what": w, "why": y} for c, w, y in rows]})
    else:
        _show(tally, rows, dry_run=dry_run)
    if failed := [one for one in done if one.what == "failed"]:
        raise CommandFailed(f"{len(failed)} could not be begun anew, such as {failed[0].child}: {failed[0].why}")
    if tally.unreadable:
        raise CommandFailed(left_out_in_words(tally.unreadable))


async def _restart(children: list[str], *, replace: bool, dry_run: bool) -> tuple[JourneyTally, list[Outcome]]:

    here = settings()
    client = await find_service(here)
    record = CaseRecord.open(record_of_service(here))
    try:
        must_be_known(record, *children)
        with progress_bar("Comparing") as progress:
            comparison = Comparison(client, record)
            tally = await (comparison.of(children, progress) if children else comparison.of_all(progress))
        if dry_run:
            return tally, []
        with progress_bar("Restarting") as progress:
            return tally, await mend(client, record, tally, children if replace else (), progress)
    finally:
        record.close()


def _rows(tally: JourneyTally, done: list[Outcome], named: list[str]) -> list[tuple[str, str, str]]:
    """Each child with what became of it, or how it was found; what is as it should be only where it was asked for."""
    rows: dict[str, tuple[str, str, str]] = {one.child: (one.child, one.what, one.why) for one in done}
    for what in ("missing", "behind", "ahead", "silent", "unreadable"):
        for child in getattr(tally, what):
            rows.setdefault(child, (child, what, ""))
    for child in named:
        rows.setdefault(child, (child, "ended" if child in tally.ended else "runs", ""))
    return [rows[child] for child in sorted(rows)]


def _show(tally: JourneyTally, rows: list[tuple[str, str, str]], *, dry_run: bool) -> None:

    out = console()
    if rows:
        table = plain_table("Child", "What")
        for child, what, why in rows[:SHOWN]:
            table.add_row(child, f"{WORDS[what]}{f': {why}' if why else ''}")
        out.print(table)
    if len(rows) > SHOWN:
        out.print(f"... and {len(rows) - SHOWN:,} more; --json has all")
    out.print(
        f"{tally.agree:,} run and agree with the case record"
        + (f"; {len(tally.ended):,} have ended" if tally.ended else "")
        + (". Nothing was changed." if dry_run else ".")
    )
