"""`permanence timeline`: a child's own timeline on one page. Out of the case record, without the service."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from getpass import getuser
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.configured import case_record
from cli.directory import directory_here
from cli.errors import Refused
from cli.known import must_be_known
from cli.output import say
from cli.running import settings
from cli.screen import console, plain_table
from cli.writing import write_privately
from delivery.case_now import Cases
from desk.desk import NOBODY, called_in, contact_in
from desk.page_views import PageViews
from desk.timeline_file import timeline_page
from desk.timeline_marks import PERIODS, SORTS, ChildShown, Mark, shown_of
from desk.told import told_in
from domain.clocks.wording import short_date
from domain.policy.loading import Policies
from record.pasts import past
from record.store import CaseRecord
from service.settings import Settings

PAGE: Final = "/children/{child}/timeline"
"""As the log of views names the desk's page of it."""


def timeline(
    *,
    child: Annotated[str, typer.Argument(metavar="CHILD", help="The child's reference.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write a page (HTML) to be read and printed.")
    ] = None,
    period: Annotated[
        str,
        typer.Option("--period", help="half: 6 months back and 3 ahead; year: 12 and 6; all: a whole life in care."),
    ] = "half",
    show: Annotated[str | None, typer.Option("--show", help=f"One sort alone: {', '.join(SORTS)}.")] = None,
) -> None:
    """A child's timeline on one page, for a meeting or the court: what happened, is due, was told, was explained.

    It is the desk's timeline, and is logged as a look at it. The page is personal: give it to who may see the child.
    """
    if period not in PERIODS:
        raise Refused(f"--period: {period!r} is none; accepted: {', '.join(PERIODS)}")
    if show and show not in SORTS:
        raise Refused(f"--show: {show!r} is none; accepted: {', '.join(SORTS)}")
    here, now = settings(), datetime.now(UTC)
    with case_record() as record:
        shown = _shown(record, here, child, now)
        PageViews(record.engine).write(now, who_asks(), child, PAGE, None, allowed=True)
    if out is None:
        _print(shown_of(shown, show or "", period))
        return
    write_privately(out, timeline_page(shown, show or "", period))
    say(f"Written: {out}. Hold it as you would the child's file.")


def who_asks() -> str:
    """Whoever is at this terminal, as the machine knows them: `terminal:anna`. No key of the directory has a colon."""
    try:
        return f"terminal:{getuser()}"
    except (OSError, KeyError):  # a container's user need not have a name
        return "terminal"


def _shown(record: CaseRecord, here: Settings, child: str, now: datetime) -> ChildShown:
    """The child as the desk would show them. Raises Refused."""
    must_be_known(record, child)
    policies = Policies.load(*([here.policies] if here.policies else []))
    known = past(record, child)
    case = Cases(policies, here.default_policy).at(child, known, now)
    if case is None:
        raise Refused(f"of {child} nothing is recorded that a journey begins with, so there is no timeline")
    directory = directory_here(here) or NOBODY
    name_of = partial(called_in, directory)
    account = told_in(record.engine, child, case.journey.policy, name_of)
    return ChildShown(case, account, name_of, partial(contact_in, directory))


def _print(marks: Sequence[Mark]) -> None:
    table = plain_table("Day", "Kind", "What", "More")
    for one in marks:
        table.add_row(short_date(one.day), one.sort, one.text, one.more)
    console().print(table)
