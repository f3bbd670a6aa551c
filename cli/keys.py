"""`permanence keys`: what Temporal's payloads are sealed with; a new key, and one that is lost for good."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CommandFailed, Refused
from cli.output import say
from cli.running import settings
from cli.screen import console, plain_table
from service.connection import connect
from service.keys_used import mark, used_on
from service.locate import NoService, find_service, service_address
from service.payload_keys import KEY_FILE, name_of_text, new_key, prepare_key, take_in_key
from service.settings import Settings

keys = typer.Typer(
    invoke_without_command=True, help="What Temporal's payloads are sealed with: a new key, and one that is lost."
)


@keys.callback()
def show(context: typer.Context) -> None:
    """Show the keys by name: which seals, which only open. A name says nothing of its key."""
    if context.invoked_subcommand is not None:
        return

    here = settings()
    ring = here.payloads.ring_if_any(here.home)
    if ring is None:
        say(f"No key yet: the service makes one in {here.home / KEY_FILE} when it first starts.")
        return
    table = plain_table("Key", "What it does")
    for name in ring.names:
        table.add_row(name, "seals, and opens" if name == ring.names[-1] else "opens what it sealed")
    console().print(table)
    say(f"They stand in {ring.where}. Keep a copy of it apart from the backups of Temporal's data.")


@keys.command()
def new() -> None:
    """Make a key and show it, this once; nothing uses it yet. For PERMANENCE_PAYLOADS_KEYS and files of your own."""
    key = new_key()
    say(key)
    say(f"Its name is {name_of_text(key)}. Every worker gets it first; then it goes last (docs/sealing.md).", err=True)


@keys.command()
def rotate() -> None:
    """Make a new key that seals from now on. The others go on opening what they sealed; nothing restarts.

    For a file of keys that every program of the installation reads. What is open goes on; a journey takes the new key
    with whatever it writes next.
    """
    here = settings()
    if here.payloads.keys is not None:
        raise Refused(
            "the keys stand in PERMANENCE_PAYLOADS_KEYS: make one with `permanence keys new` and put it there, in "
            "front of the others first, and last when every program has it (docs/sealing.md)"
        )
    here.payloads.ring(here.home)  # begun where there was none
    name = asyncio.run(_rotate(here))
    say(f"The key {name} seals from now on. Copy {_file_of(here)} to where its copy is kept: without it nothing opens.")


@keys.command()
def lost(*, name: Annotated[str, typer.Argument(metavar="NAME", help="As `permanence keys` shows it.")]) -> None:
    """Say that a key is lost for good, so that the service starts without it.

    What it sealed is never read again. The journeys that need it fail, and `permanence health` names them; each begins
    anew from the case record with `permanence record restart --replace CHILD`.
    """
    here = settings()
    ring = here.payloads.ring_if_any(here.home)
    if ring is not None and name in ring.names:
        raise Refused(f"{ring.where} holds the key {name}: it is not lost")
    asyncio.run(_lost(here, name))
    say(f"The key {name} is not asked for any more. Start the service, then see `permanence health`.")


async def _rotate(here: Settings) -> str:
    """The new key is on the disk before the server is marked with it: else a full one would leave a mark of no key."""
    path = _file_of(here)
    name = prepare_key(path)
    with suppress(NoService):  # the next start marks the server with it
        client = await find_service(here)
        await mark(client, {*await used_on(client), name})
    take_in_key(path)
    return name


async def _lost(here: Settings, name: str) -> None:
    try:
        client = await connect(service_address(here))
    except RuntimeError:
        raise CommandFailed(f"no Temporal server answers at {service_address(here)}") from None
    used = await used_on(client)
    if name not in used:
        raise Refused(f"the server was never sealed with a key {name}; accepted: {', '.join(sorted(used)) or 'none'}")
    await mark(client, used - {name})


def _file_of(here: Settings) -> Path:
    return here.payloads.keys_file or here.home / KEY_FILE
