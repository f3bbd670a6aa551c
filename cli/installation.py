"""`permanence installation`: whether case record, home folder and Temporal server belong together; to say they do."""

import asyncio
from contextlib import AsyncExitStack

import typer
from temporalio.client import Client

from cli.configured import case_record
from cli.errors import CommandFailed
from cli.output import say
from cli.running import settings
from cli.screen import console, plain_table
from local.server import EmbeddedServer
from record.store import CaseRecord
from service.connection import connect
from service.folder import ServerFolder
from service.installation import Side, TwoInstallations, agreed, of_home, of_record, of_server
from service.installation import claim as take_over
from service.locate import NoService, named_address
from service.settings import Settings

installation = typer.Typer(
    invoke_without_command=True, help="Whether case record, home folder and Temporal server are of one installation."
)


@installation.callback()
def show(context: typer.Context) -> None:
    """Show which identity each of the three bears. Exit 1 if they differ."""
    if context.invoked_subcommand is not None:
        return

    with case_record(of_any_installation=True) as record:
        sides = asyncio.run(_sides(settings(), record))
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
        identity, server = asyncio.run(_claim(settings(), record))
    at = f" and the Temporal server {server}" if server else "; no server was found, and the next empty one takes it on"
    say(f"The folder {settings().home}{at} now belong to the case record's installation, {identity[:8]}.")


async def _sides(here: Settings, record: CaseRecord) -> list[Side]:

    async with AsyncExitStack() as stack:
        client = await _server(here, stack)
        return [of_record(record), of_home(here.home), *([await of_server(client)] if client else [])]


async def _claim(here: Settings, record: CaseRecord) -> tuple[str, str | None]:

    async with AsyncExitStack() as stack:
        client = await _server(here, stack)
        identity = await take_over(here.home, record, client)
        return identity, client.service_client.config.target_host if client else None


async def _server(here: Settings, stack: AsyncExitStack) -> Client | None:
    """The server named, or the folder's own: the running one, else started for as long as this takes."""
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
