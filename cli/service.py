"""The commands that need the service. What they import from temporalio and the record, they import when run."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from cli.errors import CommandFailed, Refused
from cli.offline import File, Folder, Json, PolicyId, QuietUntil, day_given, load_policies, print_lines

if TYPE_CHECKING:
    from service.settings import Settings

PANEL: Final = "With the service"
RUNNING: Final = "To run the service"
T = TypeVar("T")

Until = Annotated[str, typer.Option("--until", metavar="DATE", help="Up to the end of this day, as YYYY-MM-DD.")]


def add_to(app: typer.Typer) -> None:
    """Register the service commands."""
    for operating in (up, demo, health):
        app.command(rich_help_panel=RUNNING)(operating)
    for command in (send, status, caseload, reconcile, rehearse):
        app.command(rich_help_panel=PANEL)(command)


def up() -> None:
    """Start the service: embedded Temporal server, web UI, worker, intake, case record. Ctrl-C stops all.

    The next `up` goes on where this one was. If TEMPORAL_ADDRESS names a server of your own, none is started.
    """
    from cli.hosting import run_until_stopped

    run(run_until_stopped(settings()))


def demo(
    *,
    children: Annotated[int, typer.Option(min=1, max=2000, help="How many synthetic children.")] = 40,
    seed: Annotated[int, typer.Option(help="Another seed, another caseload.")] = 1,
    leave: Annotated[bool, typer.Option("--exit", help="End when the caseload is shown.")] = False,
) -> None:
    """Show a living caseload of synthetic children on a server of its own, with the UI's address."""
    from cli.hosting import run_demo

    run(run_demo(settings(), children, seed, leave=leave))


def send(*, file: File, quiet_until: QuietUntil = None, as_json: Json = False) -> None:
    """Send events to the journeys they concern; a child's first entry starts the journey.

    Of what is overdue already when a history starts a journey, each person gets one summary.
    """
    from cli.sending import send_lines
    from intake.files import read_events

    quiet = day_given("--quiet-until", quiet_until) if quiet_until else None
    lines = read_events(file)
    refused = run(send_lines(settings(), lines, quiet, as_json=as_json))
    if refused:
        raise Refused("\n".join(["not everything was taken:", *refused]))


def status(
    *,
    child: Annotated[str, typer.Argument(metavar="CHILD", help="The child's reference.")],
    as_json: Json = False,
) -> None:
    """One child's journey as the service has it: stage, what is next, and the agenda."""
    from cli.watching import show_status

    run(show_status(settings(), child, as_json=as_json))


def caseload(
    *,
    siblings: Annotated[
        str | None, typer.Option(metavar="CHILD", help="Only this child and brothers and sisters: who lacks a plan.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Every running journey, the most urgent first; or one group of brothers and sisters."""
    from cli.family import show_family
    from cli.watching import show_caseload

    if siblings:
        run(show_family(settings(), siblings, as_json=as_json))
        return
    run(show_caseload(settings(), as_json=as_json))


def health(*, as_json: Json = False) -> None:
    """Is all well? Stuck journeys, workers, standing processes, schedules, the outbox, the daily proof, the disk.

    Ends with exit code 1 where something is not, and docs/runbook.md says what to do about it.
    """
    from cli.health import show_health

    run(show_health(settings(), as_json=as_json))


def reconcile(
    *,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="What the case system says: a file of events, or a folder of SSDA903 returns; absent: the configured.",
        ),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Compare by this day; absent: as far as it tells.")
    ] = None,
    repairs: Annotated[
        Path | None, typer.Option("--repairs", metavar="FILE", help="Write the events that would repair it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare a source's children with the running journeys, both ways. Exit 1 if they differ.

    The child without a journey comes first: nobody would be reminded.
    """
    from cli.reconciling import show_differences

    day = day_given("--as-of", as_of) if as_of else None
    if run(show_differences(settings(), source, day, repairs, as_json=as_json)):
        raise typer.Exit(1)


def rehearse(*, file: File, policy: PolicyId, until: Until, policies: Folder = None, as_json: Json = False) -> None:
    """The same as `simulate`, but lived through by the real workflow on a server whose time is skipped."""
    from cli.progress import progress_bar
    from cli.tables import console, show_actions
    from intake.files import read_events
    from local.rehearse import rehearse as live_through
    from service.logs import configure_logs

    configure_logs("ERROR")
    last, known = day_given("--until", until), load_policies(policies)
    lines = read_events(file)
    with progress_bar("Rehearsing") as progress:
        actions = run(live_through(lines, known, policy, last, progress))
    if as_json:
        print_lines(actions)
    else:
        show_actions(actions, known.titles(), last, console())


def settings() -> "Settings":
    """The settings of the environment. Raises Refused naming the variable that is wrong."""
    from pydantic import ValidationError

    from service.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        told = "; ".join(
            f"PERMANENCE_{'_'.join(map(str, e['loc'])).upper()}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        )
        raise Refused(told) from None


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a service command; what the service says in words is shown as it stands."""
    from journeys.skipping import ClockStuck
    from journeys.whole import NoJourney
    from local.driver import RehearsalStuck
    from local.server import ServerDidNotStart
    from service.keeping import GaveUp
    from service.locate import NoService

    try:
        return asyncio.run(work)
    except (GaveUp, NoService, ServerDidNotStart, ClockStuck, RehearsalStuck) as error:
        raise CommandFailed(str(error)) from None
    except NoJourney as none:
        raise Refused(str(none)) from None
