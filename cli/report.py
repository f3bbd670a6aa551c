"""`permanence report`: is the service keeping its promises? Out of the case record, without the service."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.configured import case_record
from cli.directory import directory_here
from cli.errors import CommandFailed, Refused
from cli.left_out import left_out_in_words
from cli.options import day_given
from cli.output import print_json, say
from cli.progress import progress_bar
from cli.running import settings
from cli.screen import console, plain_table
from cli.what_if import show_in_short, what_if_report
from cli.writing import write_privately
from delivery.case_now import Cases
from delivery.caseload import CaseloadKeeper
from domain.case.calendar import local_date
from domain.policy.loading import Policies
from record.caseload_reading import CaseloadReading
from record.store import CaseRecord
from reporting.ahead import ahead
from reporting.csv_files import files_of
from reporting.falls_due import with_what_falls_due
from reporting.keeping import ReportKeeper
from reporting.kept import ReportSpan, span_of
from reporting.rendering import page
from reporting.report import Report, ReportOf
from service.logs import configure_logs
from service.settings import Settings


def report(
    *,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write a page (HTML) to be read and printed.")
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="DIR", help="Write every table as CSV into a folder, and the children of each."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="The first day; absent: twelve months, whole ones.")
    ] = None,
    day: Annotated[
        str | None, typer.Option("--day", metavar="DATE", help="The last day, and as it stands on it; absent: today.")
    ] = None,
    known_on: Annotated[
        str | None,
        typer.Option("--known-on", metavar="DATE", help="As it would have read at the end of this day: known then."),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy",
            metavar="NEW",
            help="What if NEW were adopted today: a policy's id, or a policy file (*.toml). Changes nothing.",
        ),
    ] = None,
    replacing: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="OLD",
            help="With --policy: journeys on OLD adopt it; may be repeated. Absent: those on NEW or what it builds on.",
        ),
    ] = None,
    numbers_only: Annotated[
        bool, typer.Option("--numbers-only", help="Leave the children behind the numbers out of the page.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON, for a program to read.")] = False,
) -> None:
    """Is the service keeping its promises? Reviews and meetings in time, drift, escalations; with every definition.

    Its files hold references of children: give them to those who may see the children.
    """
    here, now = settings(), datetime.now(UTC)
    today = local_date(now)
    known = day_given("--known-on", known_on) if known_on else None
    last = day_given("--day", day) if day else min(known or today, today)
    first = day_given("--since", since) if since else None
    if first and first > last:
        raise Refused(f"--since: {first} is after the last day, {last}; give an earlier day")
    if policy and (since or day or known_on):
        raise Refused("--policy looks ahead from today: leave out --since, --day and --known-on")
    if replacing and not policy:
        raise Refused("--from goes with --policy NEW, the policy that would be adopted")
    configure_logs("ERROR")  # to stderr: what is printed is for a program
    with case_record() as record:
        made = (
            what_if_report(record, here, now, policy, replacing or [])
            if policy
            else _made(record, here, now, span_of(last, first, now, known))
        )
    if out:
        _write(out, page(made, numbers_only))
    if csv:
        for name, text in files_of(made):
            _write(csv / name, text, folder=csv)
    if as_json:
        print_json(as_plain(made))
    elif not (out or csv):
        (show_in_short if policy else _show)(made)
    else:
        say(f"Written: {', '.join(str(one) for one in (out, csv) if one)}. Hold it as you would the children's files.")
    if made.left_out:
        raise CommandFailed(left_out_in_words(made.left_out))


def _made(record: CaseRecord, here: Settings, now: datetime, span: ReportSpan) -> Report:
    policies = Policies.load(*([here.policies] if here.policies else []))
    caseload = CaseloadKeeper(record, Cases(policies, here.default_policy))
    caseload.follow_the_record()
    keeper = ReportKeeper(record, policies, here.default_policy)
    with progress_bar("Working out") as progress:
        while caseload.renew_outdated():
            pass
        keeper.renew_all(progress)
    made = ReportOf(record, policies).report(span, now, waiting=keeper.waiting())
    made = replace(made, left_out=keeper.left_out())
    today = local_date(now)
    if not span.is_of(today, now):
        return made
    under_way = CaseloadReading(record.engine, now).under_way()
    return with_what_falls_due(made, ahead(record, policies, directory_here(here), today, under_way))


def as_plain(made: Report) -> dict[str, object]:
    """The numbers by table, row and column."""
    return {
        "since": made.span.since.isoformat(),
        "day": made.span.day.isoformat(),
        "known_at": made.span.known_at.isoformat(),
        "children": made.children,
        "waiting": made.waiting,
        "left_out": list(made.left_out),
        "tables": {
            table.key: {
                row.key: {column.key: row.cell(column.key).text for column in table.columns} for row in table.rows
            }
            for table in made.tables
        },
    }


def _show(made: Report) -> None:
    """The totals, for who only wants to look; `-o` has the rest."""
    table = plain_table("Table", "", "All")
    for one in made.tables:
        for row in (row for row in one.rows if row.total):
            for column in one.columns:
                named = f"{column.group}: {column.title}" if column.group else column.title
                table.add_row(one.title, named, row.cell(column.key).text)
    console().print(table)


def _write(file: Path, text: str, folder: Path | None = None) -> None:
    """Write what only its owner may read."""
    try:
        if folder:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"{file}: it cannot be written: {error.strerror}") from None
    write_privately(file, text)
