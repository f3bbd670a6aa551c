"""`permanence up` and `permanence demo`: the service in this terminal."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console
from rich.table import Table

from cli.caseload_table import show
from cli.desk import one_time_link
from cli.errors import CommandFailed
from cli.health import proved
from cli.progress import progress_bar
from cli.running import settings
from cli.screen import console
from cli.ui import LISTS, STUCK, UiListing, address
from delivery.case_now import Cases
from delivery.caseload import CaseloadKeeper, utc_now
from delivery.proofs import Proofs
from desk.desk import AT
from journeys.caseload import caseload
from journeys.overview import CaseloadRecord, Overview, overview
from local.demo import live_until_now
from local.demo_desk import demo_desk
from local.running import Running, listening, running, running_demo
from record.caseload_reading import CaseloadPart
from service.closed import in_words, mend
from service.heaps import few_heaps
from service.logs import logs_in
from service.not_settings import log_not_settings
from service.settings import Settings
from service.stopping import until_told


def demo(
    *,
    children: Annotated[int, typer.Option(min=1, max=2000, help="How many synthetic children.")] = 40,
    seed: Annotated[int, typer.Option(help="Another seed, another caseload.")] = 1,
    leave: Annotated[bool, typer.Option("--exit", help="End when the caseload is shown.")] = False,
) -> None:
    """Show a living caseload of synthetic children on a server of its own, with the UI's address."""
    asyncio.run(run_demo(settings(), children, seed, leave=leave))


def up() -> None:
    """Start the service: embedded Temporal server, web UI, worker, intake, case record. Ctrl-C stops all.

    The next `up` goes on where this one was. If TEMPORAL_ADDRESS names a server of your own, none is started.
    """
    asyncio.run(run_until_stopped(settings()))


async def run_until_stopped(settings: Settings) -> None:
    """The service until Ctrl-C. Raises GaveUp if a part of it cannot be kept going."""
    few_heaps()
    with _logs_in(settings.home, settings.log_level) as log:
        out = console()
        if mended := mend(settings.home, [settings.policies] if settings.policies else []):
            out.print(in_words(mended), markup=False)
            structlog.get_logger("closed").warning("closed to others", files=[path.name for path in mended])
        for words in log_not_settings():
            out.print(words, markup=False)
        await until_told(_serve(settings, log, out), stopping=lambda: out.print("Stopping."))


async def _serve(settings: Settings, log: Path, out: Console) -> None:
    async with running(settings, say=lambda text: out.print(text, markup=False)) as service:
        _show_addresses(service, log, out)
        _show_lists(service, out, [STUCK])
        _show_way_in(settings, service, out)
        out.print(_how_people_are_told(settings))
        out.print(proved(Proofs(service.record.engine).last()))
        out.print("Send events with `permanence send FILE`. Ctrl-C stops; the next `up` goes on from here.")
        _say_when_looked_over(service, out)
        await service.keeper.until_given_up()


async def run_demo(settings: Settings, children: int, seed: int, *, leave: bool) -> None:
    """A synthetic caseload brought up to now, shown, and kept alive until Ctrl-C (or not, with `leave`)."""
    with _logs_in(settings.demo_home, settings.log_level) as log:
        await until_told(_live(settings, children, seed, log, leave=leave))


async def _live(settings: Settings, children: int, seed: int, log: Path, *, leave: bool) -> None:
    out = console()
    async with AsyncExitStack() as stack:
        settings, listener = stack.enter_context(listening(settings))
        service = await stack.enter_async_context(running_demo(settings))
        out.print(f"Bringing {children} synthetic children up to today, by the real workflow on a real server.")
        with progress_bar("Living") as progress:
            await live_until_now(service, children, seed, progress)
        show(await _settled(service, settings.default_policy), CaseloadPart(), out)
        async with demo_desk(service, settings, listener) as url:
            _show_addresses(replace(service, intake_url=url), log, out)
            _show_lists(service, out, LISTS)
            if not leave:
                out.print("The desk asks whom you want to be. `permanence status CHILD` shows one journey.")
                out.print("Ctrl-C ends the demo.")
                await service.keeper.until_given_up()


@contextmanager
def _logs_in(folder: Path, level: str) -> Iterator[Path]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandFailed(
            f"the folder {folder} cannot be made ({error.strerror}); name another in PERMANENCE_HOME"
        ) from None
    with logs_in(folder, level) as log:
        yield log


async def _settled(service: Running, default_policy: str) -> Overview:
    """The caseload once the server's list has caught up with the journeys."""
    rows = await caseload(service.client)
    for _ in range(20):
        await asyncio.sleep(0.25)
        again = await caseload(service.client)
        if again == rows:
            break
        rows = again
    known = CaseloadRecord(
        service.record,
        lambda: CaseloadKeeper(service.record, Cases(service.policies, default_policy)),
        None,
        utc_now(),
    )
    return await overview(service.client, known, CaseloadPart())


def _show_addresses(service: Running, log: Path, out: Console) -> None:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold")
    grid.add_column(overflow="fold")
    if service.ui_url:
        grid.add_row("Temporal UI", service.ui_url)
    grid.add_row("Temporal server", service.address)
    if service.intake_url:
        grid.add_row("Intake", service.intake_url)
        grid.add_row("Desk", f"{service.intake_url}{AT}/")
    grid.add_row("Case record", service.record_url.removeprefix("sqlite:///"))
    grid.add_row("Metrics", service.metrics_url)
    grid.add_row("Log", str(log))
    out.print()
    out.print(grid)
    out.print()


def _show_way_in(settings: Settings, service: Running, out: Console) -> None:
    """A link to come in by, where no provider is set."""
    if settings.desk.issuer is None and service.intake_url:
        out.print("The desk, from a browser here, once within 15 minutes (`permanence desk link` makes another):")
        out.print(f"  {one_time_link(settings, service.intake_url)}", soft_wrap=True)


def _say_when_looked_over(service: Running, out: Console) -> None:
    """What was amiss with the journeys and was mended, on one line, once it is known."""

    def say(task: asyncio.Task[str]) -> None:
        if not task.cancelled() and not task.exception() and task.result():
            out.print(task.result())

    if service.journeys:
        service.journeys.add_done_callback(say)


def _how_people_are_told(settings: Settings) -> str:
    channels = settings.delivery.channels
    if not channels:
        return (
            "Nobody is told anything: no channel is switched on (PERMANENCE_DELIVERY_CHANNELS). "
            "What is due waits in the outbox: `permanence outbox`."
        )
    return f"People are told by {', then '.join(channels)}, as {settings.delivery.directory} has them."


def _show_lists(service: Running, out: Console, lists: Sequence[UiListing]) -> None:
    if service.ui_url is None:
        return
    for one in lists:
        out.print(f"{one.name}:", style="bold")
        out.print(f"  {address(service.ui_url, one)}", soft_wrap=True)
    out.print("More lists, by urgency and of one person: `permanence ui`")
    out.print()
