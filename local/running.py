"""The whole service in one process: an embedded server (unless one is named), the worker, the case record."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from socket import socket
from typing import Final

from temporalio.client import Client

from delivery.case_now import Cases
from delivery.caseload import CaseloadKeeper
from delivery.outbox import Outbox
from desk.app import desk
from desk.opening import PATH
from domain.policy.loading import Policies
from intake.reach import Reach
from intake.running import intake
from intake.serving import listen
from journeys.renewing import SELDOM, renewing
from journeys.restarting import looked_over
from journeys.watching import watching
from local.server import EmbeddedServer
from record.store import CaseRecord
from record.when_to_look import WhenToLook
from reporting.keeping import ReportKeeper
from service.attributes import registered
from service.connection import runtime_with_metrics
from service.installation import FILE
from service.keeping import EndedByItself, Keeper, Say
from service.locate import named_address
from service.ports import HOST
from service.retries import Retries
from service.schedules import keep_schedules, schedules_for
from service.settings import Settings
from service.standing import keep_standing
from service.waiting import record_at, server_at, settled
from synthetic.office import directory
from worker import kept_going, policies_of, say_not_raised

IN_MEMORY: Final = 100
"""Journeys that `up` keeps in memory (ours: a quarter of a megabyte each, and the look over all of them at night would
leave every one there; another replays when it wakes, in a tenth of a second)."""

REQUESTS_FOR_WORK: Final = 2
"""Requests for work of each kind that `up`'s worker has waiting at its server (ours: docs/adr/0059-idle.md)."""


@dataclass(frozen=True, slots=True)
class Running:
    """A running service."""

    client: Client
    record: CaseRecord
    record_url: str
    policies: Policies
    address: str
    metrics_url: str
    server: EmbeddedServer | None
    keeper: Keeper
    intake_url: str | None = None
    journeys: "asyncio.Task[str] | None" = None

    @property
    def ui_url(self) -> str | None:
        """Where the Temporal UI is, if the server is ours."""
        return self.server.ui_url if self.server else None


@contextmanager
def listening(settings: Settings) -> Iterator[tuple[Settings, socket]]:
    """Listen for intake and desk, with the settings that say where: the UI is told it before they are there.

    Raises NoFreePort.
    """
    with listen(settings.intake) as listener:
        intake = settings.intake.model_copy(update={"port": listener.getsockname()[1]})
        yield settings.model_copy(update={"intake": intake}), listener


def of_one_authority(settings: Settings) -> Settings:
    """The settings with as many journeys in memory, and requests for work, as one authority needs, unless they say."""
    ours = {"cached_journeys": IN_MEMORY, "requests_for_work": REQUESTS_FOR_WORK}
    return settings.model_copy(update={name: ours[name] for name in ours.keys() - settings.model_fields_set})


def opener_of(settings: Settings) -> str:
    """Where the UI on this machine has opened what is sealed."""
    return f"http://{HOST}:{settings.intake.port}{PATH}"


@asynccontextmanager
async def running(settings: Settings, say: Say = lambda text: None) -> AsyncIterator[Running]:
    """The service on its own embedded server, or on the Temporal server that the environment names.

    Each part that ends by itself is started again, with a word to `say`; `Running.keeper` tells when one is given up.
    A named server, or a record, that is not there yet is waited for. Raises ServerDidNotStart, NoService or
    DeliveryRefused in words for the user.
    """
    async with AsyncExitStack() as stack:
        named, keeper = named_address(), Keeper(say)
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings, listener = stack.enter_context(listening(of_one_authority(settings)))
        embedded = EmbeddedServer(
            settings.home, grpc_port=settings.server_port, ui_port=settings.ui_port, opener=opener_of(settings)
        )
        server = None if named else await stack.enter_async_context(embedded)
        if server:
            await stack.enter_async_context(keeper.keeping("the Temporal server", lives_of(server)))
        address = named or (server.address if server else "")
        if server and settings.delivery.ui_url is None:
            delivery = settings.delivery.model_copy(update={"ui_url": server.ui_url})
            settings = settings.model_copy(update={"delivery": delivery})
        retries = Retries()
        service = await _with_worker(stack, settings, address, server, settings.home, keeper, say, retries)
        await keep_schedules(service.client, schedules_for(settings))
        await keep_standing(service.client)  # neither in the demo: nobody is to be told about synthetic children
        await stack.enter_async_context(watching(service.client, service.record, settings, retries))
        reach = Reach(settings, service.client, service.record)
        url = await stack.enter_async_context(intake(reach, keeper, [desk()], listener))
        journeys = await stack.enter_async_context(looked_over(service.client, service.record))
        yield replace(service, intake_url=url, journeys=journeys)


@asynccontextmanager
async def running_demo(settings: Settings) -> AsyncIterator[Running]:
    """The service on a time-skipping server of its own in memory, with an empty case record.

    Its desk is to be served at the port of the settings.
    """
    folder = settings.demo_home
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            EmbeddedServer(folder, time_skipping=True, in_memory=True, opener=opener_of(settings))
        )
        _begin_anew(folder)
        people = folder / "people.toml"
        people.write_text(directory("", "", datetime.now(UTC).date()), "utf-8")
        delivery = settings.delivery.model_copy(update={"directory": people, "channels": ()})
        record = f"sqlite:///{folder / 'case-record.db'}"
        settings = settings.model_copy(update={"database_url": record, "delivery": delivery})
        # A server in memory that ends has lost its children, so that it is not started again.
        keeper = Keeper()
        await stack.enter_async_context(keeper.keeping("the demo's server", server.wait, tries=1))
        service = await _with_worker(stack, settings, server.address, server, folder, keeper)
        outbox = Outbox(service.record.engine)
        await stack.enter_async_context(keeper.keeping("that nobody is told", lambda: _nobody_is_told(outbox)))
        yield service


async def _nobody_is_told(outbox: Outbox) -> None:
    """Have whoever looks at the demo read that no channel is switched on: nothing drains its outbox."""
    seen = 0
    while True:
        seen = await asyncio.to_thread(outbox.say_no_channel, seen)
        await asyncio.sleep(1)


def lives_of(server: EmbeddedServer) -> Callable[[], Awaitable[None]]:
    """How a server is kept going: the life it has, then each time a new one on the same data and ports."""
    lives = 0

    async def live() -> None:
        nonlocal lives
        lives += 1
        if lives > 1:
            await server.start_again()
        raise EndedByItself(_how_it_ended(await server.wait()))

    return live


def _how_it_ended(status: int) -> str:
    return f"by signal {signal.Signals(-status).name}" if status < 0 else f"with exit status {status}; see temporal.log"


def _begin_anew(folder: Path) -> None:
    """Remove what an earlier demo left: each has a server in memory, and so is an installation of its own."""
    for name in (FILE, "case-record.db", "case-record.db-wal", "case-record.db-shm"):
        (folder / name).unlink(missing_ok=True)


async def _with_worker(
    stack: AsyncExitStack,
    settings: Settings,
    address: str,
    server: EmbeddedServer | None,
    home: Path,
    keeper: Keeper,
    say: Say = lambda text: None,
    retries: Retries | None = None,
) -> Running:
    policies = policies_of(settings)
    policies.resolve(settings.default_policy)
    runtime, metrics = runtime_with_metrics(settings.metrics_host, settings.metrics_port)
    client = await server_at(address, settings.payloads.ring(home), runtime, say)
    record = await record_at(settings.record_url, say)
    stack.callback(record.close)
    await settled(home, record, client, say)
    await registered(client, say)
    say_not_raised(record, policies)
    # Never a release: the next start may be another program's, and a journey pinned to this one would wait for ever.
    of_no_release = settings.model_copy(update={"build_id": None, "worker_serves": "all"})
    await stack.enter_async_context(kept_going(keeper, client, record, policies, of_no_release, retries))
    caseload = CaseloadKeeper(record, Cases(policies, settings.default_policy))
    await stack.enter_async_context(renewing(caseload, WhenToLook(record.engine).due))
    report = ReportKeeper(record, policies, settings.default_policy)
    await stack.enter_async_context(renewing(report, pause=SELDOM, begin_after=SELDOM))
    return Running(client, record, settings.record_url, policies, address, f"http://{metrics}/metrics", server, keeper)
