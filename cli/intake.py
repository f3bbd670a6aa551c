"""`permanence intake`: events over HTTP, beside a service that runs elsewhere; and who may send them."""

import asyncio
import os
import re
import sys
from contextlib import AsyncExitStack
from functools import partial
from typing import Annotated, Final

import structlog
import typer

from cli.errors import CommandFailed, Refused
from cli.output import say
from cli.running import settings
from desk.app import desk
from desk.desk import AT
from intake.credentials import NAME, ROLES, CredentialExists, Credentials, CredentialsUnreadable
from intake.reach import Reach
from intake.running import intake as serving_intake
from intake.serving import shared_port
from local import launch
from service.closed import in_words, mend
from service.connection import connect
from service.keeping import EndedByItself, GaveUp, Keeper
from service.locate import service_address
from service.logs import configure_logs
from service.not_settings import log_not_settings
from service.ports import NoFreePort
from service.settings import Settings
from service.stopping import until_told

LOOK_EVERY: Final = 0.1
"""Seconds between looks whether anybody serves yet (ours)."""

intake = typer.Typer(invoke_without_command=True, help="Take events over HTTP; `up` does so too.")


@intake.callback()
def serve(
    context: typer.Context,
    *,
    processes: Annotated[
        int, typer.Option(min=1, max=64, help="That serve at one port, for many readers of the desk: one a processor.")
    ] = 1,
) -> None:
    """Take events over HTTP until Ctrl-C, for a worker and a Temporal server that run elsewhere.

    Events are stored and answered also while Temporal is down. `permanence up` serves the intake itself.
    """
    if context.invoked_subcommand is not None:
        return

    here = settings()
    configure_logs(here.log_level)
    log_not_settings()
    if processes > 1 and sys.platform != "linux":
        raise Refused("--processes: several can serve at one port on Linux only; start several, each with its own port")
    serving = _serve(here) if processes == 1 else _serve_by_many(here, processes)
    try:
        asyncio.run(until_told(serving, stopping=_stopping))
    except (NoFreePort, GaveUp) as error:
        raise CommandFailed(str(error)) from None


@intake.command("new-credential")
def new_credential(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the caller: small letters, digits, dots and dashes.")],
    role: Annotated[
        list[str] | None, typer.Option("--role", help="What it may do: events:write (usual), inbox:read, metrics:read.")
    ] = None,
    signing: Annotated[
        bool, typer.Option("--signing", help="A secret to sign by (Standard Webhooks), instead of a bearer token.")
    ] = False,
    renew: Annotated[
        bool, typer.Option("--renew", help="One more for a caller that is known; remove the old one from the file.")
    ] = False,
) -> None:
    """Make a credential for a caller and show it, this once. It counts at once, without a restart."""
    if not re.match(NAME, name):
        raise Refused("the name has small letters, digits, dots and dashes only, 64 at most")
    wanted = role or ["events:write"]
    unknown = sorted(set(wanted) - set(ROLES))
    if unknown:
        raise Refused(f"--role: {', '.join(unknown)} is unknown; accepted: {', '.join(ROLES)}")
    path = settings().credentials_file
    try:
        secret = Credentials(path).add(name, [r for r in ROLES if r in wanted], signing=signing, renew=renew)
    except CredentialExists as exists:
        raise Refused(str(exists)) from None
    except (CredentialsUnreadable, OSError) as error:
        raise CommandFailed(str(error)) from None
    say(secret)
    kept = "It" if signing else "Its hash"
    say(f"Shown this once. {kept} is kept in {path}; give it to {name} in confidence.", err=True)


async def _serve(here: Settings) -> None:

    if mended := mend(here.home, [here.policies] if here.policies else []):
        say(in_words(mended), err=True)
    keeper = Keeper(say=lambda text: say(text, err=True))
    reach = Reach(here, await connect(service_address(here), ring=here.payloads.ring(here.home), lazy=True))
    async with serving_intake(reach, keeper, [desk()]) as url:
        structlog.get_logger("intake").info("intake started", address=url, credentials=str(here.credentials_file))
        if not here.intake.shared:  # else whoever has begun several says it once
            say(f"Intake at {url}, desk at {url}{AT}/. Ctrl-C stops.")
        await keeper.until_given_up()


async def _serve_by_many(here: Settings, processes: int) -> None:
    """Programs of this command, at one port, each begun again should it end; they end with this one."""
    keeper = Keeper(say=lambda text: say(text, err=True))
    async with AsyncExitStack() as stack:
        port = stack.enter_context(shared_port(here.intake))
        for number in range(1, processes + 1):
            await stack.enter_async_context(keeper.keeping(f"intake process {number}", partial(_process, port)))
        saying = asyncio.create_task(_say_once_served(here.intake.host, port, processes))
        stack.callback(saying.cancel)
        await keeper.until_given_up()


async def _say_once_served(host: str, port: int, processes: int) -> None:
    """Say where the intake is, once one of its processes is there."""
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(LOOK_EVERY)
        else:
            writer.close()
            break
    url = f"http://{host}:{port}"
    say(f"Intake at {url}, desk at {url}{AT}/, by {processes} processes. Ctrl-C stops.")


async def _process(port: int) -> None:
    """One of them, until it ends or is to: we stop it, and Ctrl-C in our terminal does not. Raises EndedByItself."""
    shared = {"PERMANENCE_INTAKE_PORT": str(port), "PERMANENCE_INTAKE_SHARED": "true"}
    words = (sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), sys.executable, "-m", "cli", "intake")
    program = await asyncio.create_subprocess_exec(*words, env=os.environ | shared, start_new_session=True)
    try:
        code = await program.wait()
    finally:
        if program.returncode is None:
            program.terminate()
            await program.wait()
    raise EndedByItself(f"exit code {code}")


def _stopping() -> None:

    structlog.get_logger("intake").info("intake stopping")
