"""`permanence ui`: ready addresses of lists in the Temporal UI, by urgency and somebody's own."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, NamedTuple
from urllib.parse import urlencode

import typer

from cli.errors import Refused
from cli.running import settings
from cli.screen import console
from domain.case.calendar import local_date
from journeys.stuck import FAILING, RUNNING
from service.folder import ServerFolder
from service.settings import Settings
from workflows import search_attributes as sa


class UiListing(NamedTuple):
    """A list of journeys: what it is called, and the filter that makes it."""

    name: str
    query: str


KEY: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""As the directory has keys (delivery/directory.py)."""
WEEK: Final = timedelta(weeks=1)
LONG: Final = timedelta(weeks=4)
"""Late for longer than this stands apart (ours: by then the whole ladder has been climbed)."""
STUCK: Final = UiListing("Stuck: mend these first", FAILING)
LISTS: Final = (
    STUCK,
    UiListing("Every journey", RUNNING),
    UiListing("Red: overdue", f'{RUNNING} AND {sa.RAG.name}="red"'),
    UiListing("Amber: due soon", f'{RUNNING} AND {sa.RAG.name}="amber"'),
    UiListing("Waiting for a first review", f'{RUNNING} AND {sa.STAGE.name} IN ("looked_after", "ppm")'),
    UiListing("Placement order, not placed", f'{RUNNING} AND {sa.STAGE.name}="placement_order"'),
)


def ui(
    *,
    key: Annotated[
        str | None, typer.Option("--for", metavar="KEY", help="The children of this social worker or IRO alone.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Addresses by which the UI keeps the list under its name, in that browser.")
    ] = False,
) -> None:
    """Addresses of lists in the Temporal UI: by urgency, and somebody's own.

    Lists by urgency are of today: they name dates, since the UI sorts by no attribute of ours. The desk is where people
    work.
    """
    wanted = lists(local_date(datetime.now(UTC)), key)
    where, out = _ui_url(settings()), console()
    for one in wanted:
        out.print(f"{one.name}:", style="bold")
        out.print(f"  {one.query}", soft_wrap=True, markup=False)
        out.print(f"  {address(where, one, keep=keep)}", soft_wrap=True, markup=False)


def lists(today: date, key: str | None = None) -> list[UiListing]:
    """The lists as of a day: the usual ones, or somebody's own. Raises Refused for what can be nobody's key."""
    if key is None:
        return [STUCK, *by_urgency(today, RUNNING), *LISTS[1:]]
    if not KEY.fullmatch(key):
        raise Refused("--for: accepted: a key of the directory, such as s-worker (`permanence people` has them)")
    mine = f'{RUNNING} AND ({sa.SOCIAL_WORKER.name}="{key}" OR {sa.IRO.name}="{key}")'
    return [UiListing("Mine", mine), *by_urgency(today, mine)]


def by_urgency(today: date, among: str) -> Iterator[UiListing]:
    """Journeys from the longest late to what is due within the week, each in one list only."""
    # On 27 November 2026: what was due on 29 October is four weeks and a day late, what was due on the 20th a week.
    since, passed = sa.OLDEST_OVERDUE.name, f"{sa.OLDEST_OVERDUE.name} IS NULL"
    yield UiListing("Late for more than four weeks", f'{among} AND {since} < "{_start(today - LONG)}"')
    four = f'{since} >= "{_start(today - LONG)}" AND {since} < "{_start(today - WEEK)}"'
    yield UiListing("Late for more than a week", f"{among} AND {four}")
    yield UiListing("Late for a week or less", f'{among} AND {since} >= "{_start(today - WEEK)}"')
    soon = f'{passed} AND {sa.NEXT_DUE.name} < "{_start(today + WEEK + timedelta(days=1))}"'
    yield UiListing("Due within a week", f"{among} AND {soon}")


def address(ui_url: str, one: UiListing, *, keep: bool = False, namespace: str = "default") -> str:
    """Where a list is. Opened with `keep` it is kept in that browser; each time it is opened so, once more."""
    asked = {"query": one.query} | ({"savedQuery": one.name} if keep else {})
    return f"{ui_url.rstrip('/')}/namespaces/{namespace}/workflows?{urlencode(asked)}"


def _start(day: date) -> str:
    """The first instant of a day: due dates stand at noon of theirs."""
    return f"{day:%Y-%m-%d}T00:00:00Z"


def _ui_url(here: Settings) -> str:
    for home in (here.home, here.demo_home):
        occupant = ServerFolder(home).occupant()
        if here.delivery.ui_url is None and occupant is not None and occupant.ui_url:
            return occupant.ui_url
    if here.delivery.ui_url is None:
        raise Refused("no service runs here: start one, or set PERMANENCE_DELIVERY_UI_URL to where the Temporal UI is")
    return here.delivery.ui_url
