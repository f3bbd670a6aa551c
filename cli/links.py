"""`permanence acknowledge` and `permanence calendar link`: what the links of messages do, from the command line."""

import asyncio
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from cli.configured import case_record
from cli.errors import CommandFailed, Refused
from cli.options import day_given
from cli.output import say
from cli.running import settings
from delivery.acknowledging import Acknowledgeable, Acknowledging, CannotAcknowledge
from delivery.case_now import Cases
from delivery.directory import DirectoryRefused
from delivery.directory_file import DirectoryFile
from domain.case.events import Event
from domain.clocks.wording import in_words
from domain.policy.loading import Policies
from journeys.sending import NotTaken, Reply, send_batch
from service.links import links_of
from service.locate import NoService, find_service
from service.settings import Settings

PANEL = "With the service"


def acknowledge(
    *,
    reference: Annotated[str, typer.Argument(metavar="REF", help="The reference in the message: K7QX-2MPA-V4TD.")],
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="Who is on to it, as the directory calls them.")],
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DATE", help="The last day the ladder pauses, up to 20 working days ahead."),
    ] = None,
) -> None:
    """Say that somebody is on to something overdue: the ladder pauses, and it stays due."""
    here, last = settings(), day_given("--until", until) if until else None
    policies = Policies.load(*([here.policies] if here.policies else []))
    try:
        with case_record() as record:
            late_one = Acknowledging(record, Cases(policies, here.default_policy)).find(reference, datetime.now(UTC))
        if late_one.acknowledged_on is None:
            _send(here, late_one, late_one.event(by, last))
    except CannotAcknowledge as refused:
        raise Refused(str(refused)) from None
    when = f", as it was on {in_words(late_one.acknowledged_on)}" if late_one.acknowledged_on else ""
    pause = in_words(_last_day(late_one, last))
    say(f"{late_one.child}: {late_one.title} is acknowledged{when}. The ladder pauses until the end of {pause};")
    say(f"it was due on {in_words(late_one.due)} and stays due ({late_one.clause}).")


def _last_day(late_one: Acknowledgeable, said: date | None) -> date:
    return late_one.until if late_one.acknowledged_on or said is None else said


def _send(here: Settings, late_one: Acknowledgeable, event: Event) -> None:

    async def to_the_journey() -> Reply:
        return await send_batch(await find_service(here), late_one.child, [event])

    try:
        delivery = asyncio.run(to_the_journey())
    except (NoService, NotTaken) as error:
        raise CommandFailed(str(error)) from None
    if delivery.refusal:
        raise Refused(delivery.refusal)


def calendar_link(
    *,
    whose: Annotated[str, typer.Argument(metavar="KEY", help="A person or team, as the directory calls them.")],
) -> None:
    """Print the address of a person's or team's calendar, to subscribe to. Whoever has it can read it.

    To take it back, raise `calendar` by one in their entry of the directory.
    """
    here = settings()
    if here.links.url is None:
        raise Refused("PERMANENCE_LINKS_URL must say where people reach the intake service (docs/delivery.md)")
    if here.delivery.directory is None:
        raise Refused("PERMANENCE_DELIVERY_DIRECTORY must name the directory of people (docs/delivery.md)")
    try:
        entry = DirectoryFile(here.delivery.directory).current().find(whose)
    except DirectoryRefused as refused:
        raise Refused(str(refused)) from None
    if entry is None:
        raise Refused(f"nobody is called {whose!r} in the directory")
    say(links_of(here).calendar(whose, entry.calendar) or "")


calendar = typer.Typer(no_args_is_help=True, help="Due dates and booked meetings in people's own calendars.")
calendar.command("link")(calendar_link)
