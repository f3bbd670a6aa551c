"""`permanence rehearse`: a file lived through by the real workflow."""

import asyncio
from typing import Annotated

import typer

from cli.offline import load_policies, print_lines
from cli.options import File, Folder, Json, PolicyId, day_given
from cli.progress import progress_bar
from cli.screen import console
from cli.tables import show_actions
from intake.files import read_events
from local.rehearse import rehearse as live_through
from service.logs import configure_logs

Until = Annotated[str, typer.Option("--until", metavar="DATE", help="Up to the end of this day, as YYYY-MM-DD.")]


def rehearse(*, file: File, policy: PolicyId, until: Until, policies: Folder = None, as_json: Json = False) -> None:
    """The same as `simulate`, but lived through by the real workflow on a server whose time is skipped."""
    configure_logs("ERROR")
    last, known = day_given("--until", until), load_policies(policies)
    lines = read_events(file)
    with progress_bar("Rehearsing") as progress:
        actions = asyncio.run(live_through(lines, known, policy, last, progress))
    if as_json:
        print_lines(actions)
    else:
        show_actions(actions, known.titles(), last, console())
