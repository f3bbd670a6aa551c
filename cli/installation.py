"""`permanence installation`: whether case record, home folder and Temporal server belong together; to say they do."""

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import typer

from cli.configured import case_record
from cli.errors import CommandFailed
from cli.output import say
from cli.service import RUNNING, run, settings

if TYPE_CHECKING:
    from temporalio.client import Client

    from record.store import CaseRecord
    from service.installation import Side
    from service.settings import Settings

installation = typer.Typer(
    invoke_without_command=True, help="Whether case record, home folder and Temporal server are of one installation."
)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(installation, name="installation", rich_help_panel=RUNNING)


@installation.callback()
def show(context: typer.Context) -> None:
    """Show which identity each of the three bears. Exit 1 if they differ."""
    if context.invoked_subcommand is not None:
        return
    from cli.tables import console, plain_table
    from service.installation import TwoInstallations, agreed

    with case_record(of_any_installation=True) as record:
        sides = run(_sides(settings(), record))
    table = plain_table("What", "Installation")
    for side in sides:
        table.add_row(side.what, side.identity or "none yet")
    console().print(table)
    try:
        agreed(sides)
    except TwoInstallations as two:
        raise CommandFailed(str(two)) from None


@installation.command()
def claim() -> None:
    """Say that the three belong together from now on: folder and server take the identity of the case record.

    For a restored or moved record, folder or server. Make sure that no other service uses them.
    """
    with case_record(of_any_installation=True) as record:
        identity, server = run(_claim(settings(), record))
    at = f" and the Temporal server {server}" if server else "; no server was found, and the next empty one takes it on"
    say(f"The folder {settings().home}{at} now belong to the case record's installation, {identity[:8]}.")


async def _sides(here: "Settings", record: "CaseRecord") -> "list[Side]":
    from service.installation import of_home, of_record, of_server

    async with AsyncExitStack() as stack:
        client = await _server(here, stack)
        return [of_record(record), of_home(here.home), *([await of_server(client)] if client else [])]


async def _claim(here: "Settings", record: "CaseRecord") -> tuple[str, str | None]:
    from service.installation import claim as take_over

    async with AsyncExitStack() as stack:
        client = await _server(here, stack)
        identity = await take_over(here.home, record, client)
        return identity, client.service_client.config.target_host if client else None


async def _server(here: "Settings", stack: AsyncExitStack) -> "Client | None":
    """The server named, or the folder's own: the running one, else started for as long as this takes."""
    from local.server import EmbeddedServer
    from service.connection import connect
    from service.folder import ServerFolder
    from service.locate import NoService, named_address

    folder = ServerFolder(here.home)
    occupant = folder.occupant()
    address = named_address() or (occupant.address if occupant else None)
    if address is None and not folder.database.exists():
        return None
    if address is None:
        address = (await stack.enter_async_context(EmbeddedServer(here.home, ui=False))).address
    try:
        return await connect(address)
    except RuntimeError:
        raise NoService(f"no Temporal server answers at {address}") from None
