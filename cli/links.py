"""`permanence acknowledge`, `explain-lateness` and `calendar link`: what links do, from the command line."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.configured import case_record
from cli.errors import CommandFailed, Refused
from cli.options import day_given
from cli.output import say
from cli.running import settings
from delivery.acknowledging import Acknowledgeable, Acknowledging, CannotAcknowledge, OfMany
from delivery.acknowledging_words import STAYS_DUE, nothing_changed, what_became, what_it_changes
from delivery.case_now import Cases
from delivery.digest_words import number
from delivery.directory import Directory, DirectoryRefused
from delivery.directory_file import DirectoryFile
from delivery.explaining import CannotExplain, Explaining
from delivery.people import Acting, CannotAct
from domain.case import events as ev
from domain.clocks.wording import in_words
from domain.policy.loading import Policies
from journeys.sending import NotTaken, Reply, send_batch
from service.links import links_of
from service.locate import NoService, find_service
from service.settings import Settings

Reference = Annotated[
    str,
    typer.Argument(
        metavar="REF", help="The reference in the message: K7QX-2MPA-V4TD. Of a digest or summary, say which line."
    ),
]
By = Annotated[
    str, typer.Option("--by", metavar="WHO", help="Who says so: as the directory calls them, or their mail address.")
]
Child = Annotated[
    str | None, typer.Option("--child", metavar="CHILD", help="Which line of a digest or summary: the child's.")
]
Named = Annotated[
    str | None, typer.Option("--obligation", metavar="ID", help="Which line of a digest or summary: what is overdue.")
]


def acknowledge(
    *,
    reference: Reference,
    by: By,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DATE", help="The last day the ladder pauses, up to 20 working days ahead."),
    ] = None,
    child: Child = None,
    obligation: Named = None,
    yes: Annotated[bool, typer.Option("--yes", help="On a terminal, do not ask before it is acknowledged.")] = False,
) -> None:
    """Say that somebody is on to something overdue: the ladder pauses, and it stays due.

    First it is said who will not hear because of it, and until when; on a terminal you are asked then.
    """
    here, last = settings(), day_given("--until", until) if until else None
    with _acknowledging(here) as finding:
        late = finding.find(reference, datetime.now(UTC), child, obligation)
        me = late.acting(by).as_a_person()
        event = late.event(me, last)
    _say_what_it_is(late)
    if event is None:
        assert late.hold is not None
        say("\n".join([nothing_changed(late, late.hold, me), *what_it_changes(late, None, me), STAYS_DUE]))
        return
    assert isinstance(event, ev.EscalationAcknowledged)
    assert event.until is not None
    say("\n".join([*what_it_changes(late, event.until, me), STAYS_DUE]))
    if _may_go(me, yes=yes):
        _send(here, event)
        say(what_became(late, late.hold, event.until, me))


def explain_lateness(
    *,
    reference: Reference,
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it is late, and what is being done.")],
    child: Child = None,
    obligation: Named = None,
) -> None:
    """Say why something is late, and what is being done: it is kept with the case, and nothing pauses."""
    here = settings()
    with _acknowledging(here) as finding:
        late = Explaining(finding).find(reference, datetime.now(UTC), child, obligation)
        me = late.acting(by).as_a_person()
        event = late.event(me, reason)
    if event is None:
        say(f"{late.child}: {me.shown} has given this reason for it already; nothing has changed.")
        return
    _send(here, event)
    say(f"{late.child}: {late.title} is explained by {me.shown}, and kept with the case. Nothing pauses by it.")


@contextmanager
def _acknowledging(here: Settings) -> Iterator[Acknowledging]:
    """What references stand for. Raises Refused for whatever cannot be said by one."""
    cases = Cases(Policies.load(*([here.policies] if here.policies else [])), here.default_policy)
    try:
        with case_record() as record:
            yield Acknowledging(record, cases, lambda: _directory(here))
    except OfMany as many:
        raise Refused(_which(many)) from None
    except (CannotAcknowledge, CannotExplain, CannotAct, DirectoryRefused) as refused:
        raise Refused(str(refused)) from None


def _directory(here: Settings) -> Directory | None:
    return DirectoryFile(here.delivery.directory).current() if here.delivery.directory else None


def _which(many: OfMany) -> str:
    """The lines of a digest or summary, each with its own reference."""
    lines = [
        f"  {line.reference}  {line.action.child}: {line.row.title} ({line.row.obligation}), "
        f"{number(line.days_late, 'day', 'days')} overdue"
        for line in many.lines
    ]
    return "\n".join(
        [f"{many} Give one of these references, or --child (and --obligation); nothing is said yet", *lines]
    )


def _say_what_it_is(late: Acknowledgeable) -> None:
    days = number(late.days_late, "day", "days")
    say(f"{late.child}: {late.row.title}, due on {in_words(late.row.due)}, is {days} overdue ({late.row.clause}).")


def _may_go(me: Acting, *, yes: bool) -> bool:
    """Whether it is to be done: a person is asked, a script has been told and goes on."""
    if yes or not at_a_terminal() or typer.confirm(f"Acknowledge it as {me.shown}?"):
        return True
    say("Nothing is acknowledged.")
    return False


def at_a_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _send(here: Settings, event: ev.Event) -> None:

    async def to_the_journey() -> Reply:
        return await send_batch(await find_service(here), event.child, [event])

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
