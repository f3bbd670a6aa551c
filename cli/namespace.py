"""`permanence namespace`: the namespace on a Temporal server of one's own."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer
from temporalio.client import Client

from cli.errors import CommandFailed
from cli.output import say
from service.connection import DEFAULT_ADDRESS, by_certificates, connect
from service.locate import NoService, named_address
from service.logs import configure_logs
from service.namespace import RETENTION, NamespaceRefused, Prepared, with_kinds
from service.namespace import prepare as made_ready
from service.waiting import NotYet, until_there

namespace = typer.Typer(
    no_args_is_help=True, help="The namespace on a Temporal server of your own: make it ready for workers."
)


@namespace.callback()
def of_a_server() -> None:
    """The namespace on a Temporal server of your own: make it ready for workers.

    TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE say which.
    """


@namespace.command()
def prepare(
    *,
    retention_days: Annotated[
        int,
        typer.Option(min=1, max=90, help="For which ended runs can be looked at in Temporal, where it is made now."),
    ] = RETENTION.days,
) -> None:
    """Make the namespace if it is not there, and register the search attributes that it lacks.

    Before the first worker of a version starts. Doing it again changes nothing. On Temporal Cloud, or without the
    right, it says what is missing and where it is added.
    """
    configure_logs("ERROR")  # what is waited for is said in words
    client, done = asyncio.run(_prepare(timedelta(days=retention_days)))
    if done.made:
        say(f"Made the namespace {client.namespace}; ended runs are kept for {retention_days} days.")
    if done.added:
        say(f"Registered {with_kinds(done.added)}.")
    say(f"The namespace {client.namespace} on {client.service_client.config.target_host} is ready for workers.")


async def _prepare(retention: timedelta) -> tuple[Client, Prepared]:
    address = named_address() or DEFAULT_ADDRESS

    def tell(text: str) -> None:
        say(text, err=True)

    async def attempt() -> Client:
        try:
            return await connect(address)
        except RuntimeError:
            raise NotYet(f"no Temporal server answers at {address}{by_certificates()} (TEMPORAL_ADDRESS)") from None

    client = await until_there("the Temporal server", attempt, tell)
    try:
        return client, await made_ready(client, retention, tell)
    except (NamespaceRefused, NoService) as refused:
        raise CommandFailed(str(refused)) from None
