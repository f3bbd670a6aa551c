"""`permanence desk`: links to come in by, who is signed in, who may not see whom, and who has looked."""

import csv
import sys
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, TextIO
from urllib.parse import urlsplit

import typer
from rich.table import Table

from cli.caseload_table import cell
from cli.configured import case_record
from cli.errors import CommandFailed, Refused
from cli.options import day_given
from cli.output import say
from cli.running import settings
from cli.screen import console, plain_table
from delivery.directory import Directory, DirectoryRefused
from delivery.directory_file import DirectoryFile
from desk.desk import AT, NOBODY
from desk.labels import Labels, LabelsUnavailable
from desk.page_views import PageView, PageViews
from desk.rendering import clock
from desk.sessions import Sessions
from desk.viewers import OPERATOR
from desk.ways_in import LINK_SECONDS, OneTimeLinks
from domain.case.calendar import midnight
from domain.case.events import LONDON
from record.protections import Protections
from service.folder import ServerFolder
from service.settings import Settings

SHOWN = 200
"""Views of a table; CSV has them all."""
TERMINAL = "terminal"
"""Who set or lifted something here."""

desk = typer.Typer(no_args_is_help=True, help="The desk: who can come in, who is signed in, who may see whom.")
Child = Annotated[str, typer.Argument(metavar="CHILD", help="The child's reference.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, with no names.")]


@desk.command("link")
def link(
    *, whom: Annotated[str, typer.Option("--as", metavar="KEY", help="A person of the directory.")] = OPERATOR
) -> None:
    """Print a link that lets one in once, from a browser on this machine; without a provider only."""
    here = settings()
    if here.desk.issuer:
        raise Refused("people sign in by PERMANENCE_DESK_ISSUER; links are for installations without a provider")
    if whom != OPERATOR:
        _somebody(here, whom)
    say(one_time_link(here, f"http://{here.intake.host}:{_port(here)}", whom))
    say(f"Good once, for {LINK_SECONDS // 60} minutes.", err=True)


def _port(here: Settings) -> int:
    """The desk's, of the service that runs in home; else the one that is set, which it steps around if it is taken."""
    occupant = ServerFolder(here.home).occupant()
    listens = urlsplit(occupant.opener).port if occupant and occupant.opener else None
    return listens or here.intake.port


def one_time_link(here: Settings, url: str, whom: str = OPERATOR) -> str:
    """A link that lets somebody in once."""
    return f"{url}{AT}/enter/{OneTimeLinks(here.link_keys).make(whom)}"


@desk.command("names")
def names() -> None:
    """Ask the authority's look-up of names for every child of the record: does it work, and for how many?"""
    here = settings()
    if not (here.desk.names_file or here.desk.names_query):
        raise Refused("no look-up is set: PERMANENCE_DESK_NAMES_FILE, or _NAMES_DATABASE with _NAMES_QUERY")
    with case_record() as record:
        children = record.children()
    try:
        labels = Labels(here.desk).look_up(children)
    except LabelsUnavailable as unavailable:
        raise CommandFailed(f"the look-up of names does not work: {unavailable}") from None
    say(f"It works: {len(labels)} of {len(children)} children have a name.")


@desk.command("sessions")
def sessions() -> None:
    """Who is signed in, the newest first."""
    table = plain_table("Person", "Since", "Last here", "By")
    with case_record() as record:
        for one in Sessions(record.engine).all():
            table.add_row(one.person, clock(one.began), clock(one.seen), one.how)
    console().print(table)


@desk.command("revoke")
def revoke(*, person: Annotated[str, typer.Argument(metavar="KEY", help="As the directory calls them.")]) -> None:
    """End every session of a person, at once."""
    with case_record() as record:
        ended = Sessions(record.engine).end("revoked", datetime.now(UTC), person=person)
    say(f"{ended} {'session' if ended == 1 else 'sessions'} of {person} ended.")


@desk.command("restrict")
def restrict(
    *,
    child: Child,
    only: Annotated[list[str], typer.Option("--only", metavar="KEY", help="Who may see the child; may be repeated.")],
    reason: Reason,
    review: Annotated[str, typer.Option("--review", metavar="DATE", help="When to look at it again.")],
) -> None:
    """Leave a child to the people named, whatever others hold."""
    here, day = settings(), day_given("--review", review)
    for key in only:
        _somebody(here, key)
    with case_record() as record:
        Protections(record.engine).restrict(child, only, reason, day, TERMINAL, datetime.now(UTC))
    say(f"{child}: only {', '.join(only)}, to be looked at again on {day}.")


@desk.command("exclude")
def exclude(*, child: Child, person: Annotated[str, typer.Option("--person", metavar="KEY")], reason: Reason) -> None:
    """Keep a person from a child, whatever else holds."""
    _somebody(settings(), person)
    with case_record() as record:
        Protections(record.engine).exclude(child, person, reason, TERMINAL, datetime.now(UTC))
    say(f"{child}: {person} is excluded, and told nothing of the child; give their role to somebody else.")


@desk.command("lift")
def lift(*, child: Child) -> None:
    """Lift every restriction and exclusion of a child."""
    now = datetime.now(UTC)
    with case_record() as record:
        protections = Protections(record.engine)
        lifted = sum(
            protections.lift("restriction", one.number, TERMINAL, now) for one in protections.restrictions([child])
        ) + sum(protections.lift("exclusion", one.number, TERMINAL, now) for one in protections.exclusions([child]))
    say(f"{child}: {lifted} lifted.")


@desk.command("views")
def views(
    *,
    child: Annotated[str | None, typer.Argument(metavar="CHILD", help="The child's reference.")] = None,
    person: Annotated[
        str | None,
        typer.Option("--person", metavar="KEY", help="What this person looked at, by their key."),
    ] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="From this day on.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Up to this day, included.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="All of them as CSV, for an audit or whoever asks.")] = False,
) -> None:
    """Who looked at a child on the desk, or was not let, the latest first; or what a person looked at.

    The table has the latest 200, CSV all. A list of children is a line without a child.
    """
    if child is None and person is None:
        raise Refused("name a child, or --person with a key of the directory")
    between = _days_between(since, until)
    with case_record() as record:
        seen = PageViews(record.engine).find(None if as_csv else SHOWN, child=child, person=person, between=between)
        if as_csv:
            write_csv(seen, sys.stdout)
        else:
            console().print(_views_table(seen))


def _days_between(since: str | None, until: str | None) -> tuple[datetime, datetime] | None:
    """From the start of one day to the end of another, in London."""
    if since is None and until is None:
        return None
    first = day_given("--since", since) if since else date(1970, 1, 1)
    last = day_given("--until", until) if until else date(9000, 1, 1)
    return midnight(first), midnight(last + timedelta(days=1))


def write_csv(seen: Iterable[PageView], out: TextIO) -> None:
    """The views as CSV, a heading first, as they are read: a worker's years are many. No cell is a formula."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(field.name for field in fields(PageView))
    for one in seen:
        at = one.at.astimezone(LONDON).isoformat(timespec="seconds")
        writer.writerow(map(cell, (at, one.person, one.child or "", one.page, one.relation or "", one.allowed)))


def _views_table(seen: Iterable[PageView]) -> Table:
    table = plain_table("When", "Who", "Child", "Page", "By", "")
    for one in seen:
        let = "" if one.allowed else "not let"
        table.add_row(clock(one.at), one.person, one.child or "", one.page, one.relation or "", let)
    return table


def _somebody(here: Settings, key: str) -> None:
    """Refuse a key that the directory does not have."""
    try:
        path = here.delivery.directory
        directory: Directory = DirectoryFile(path).current() if path else NOBODY
    except DirectoryRefused as refused:
        raise Refused(str(refused)) from None
    if key not in directory.people:
        raise Refused(f"nobody is called {key!r} in the directory")
