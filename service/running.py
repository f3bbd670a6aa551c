"""The whole service in one process: an embedded server (unless one is named), the worker, the case record."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from temporalio.client import Client

from domain.policy import Policies
from embedded.ports import free_port
from embedded.server import EmbeddedServer
from intake.reach import Reach
from intake.running import intake
from record.failures import RecordUnavailable
from record.store import CaseRecord
from service.connection import connect, runtime_with_metrics
from service.locate import NoService, named_address
from service.restarting import looked_over
from service.schedules import keep_schedules, schedules_for
from service.settings import Settings
from service.standing import keep_standing
from worker import build_worker, policies_of


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
    intake_url: str | None = None
    journeys: "asyncio.Task[str] | None" = None

    @property
    def ui_url(self) -> str | None:
        """Where the Temporal UI is, if the server is ours."""
        return self.server.ui_url if self.server else None


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Running]:
    """The service on its own embedded server, or on the Temporal server that the environment names.

    Raises ServerDidNotStart, NoService or DeliveryRefused in words for the user.
    """
    async with AsyncExitStack() as stack:
        named = named_address()
        settings.home.mkdir(parents=True, exist_ok=True)
        server = None if named else await stack.enter_async_context(EmbeddedServer(settings.home))
        address = named or (server.address if server else "")
        if server and settings.delivery.ui_url is None:
            delivery = settings.delivery.model_copy(update={"ui_url": server.ui_url})
            settings = settings.model_copy(update={"delivery": delivery})
        service = await _with_worker(stack, settings, address, server, settings.record_url)
        await keep_schedules(service.client, schedules_for(settings))
        await keep_standing(service.client)  # neither in the demo: nobody is to be told about synthetic children
        url = await stack.enter_async_context(intake(Reach(settings, service.client, service.record)))
        journeys = await stack.enter_async_context(looked_over(service.client, service.record))
        yield replace(service, intake_url=url, journeys=journeys)


@asynccontextmanager
async def running_demo(settings: Settings) -> AsyncIterator[Running]:
    """The service on a time-skipping server of its own in memory, with an empty case record."""
    folder = settings.demo_home
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(EmbeddedServer(folder, time_skipping=True, in_memory=True))
        record_url = f"sqlite:///{_fresh(folder / 'case-record.db')}"
        yield await _with_worker(stack, settings, server.address, server, record_url)


def _fresh(database: Path) -> Path:
    """The path of a database of an earlier demo, removed; the demo begins anew each time."""
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    return database


async def _with_worker(
    stack: AsyncExitStack, settings: Settings, address: str, server: EmbeddedServer | None, record_url: str
) -> Running:
    metrics = f"{settings.metrics_host}:{free_port(settings.metrics_port)}"
    policies = policies_of(settings)
    policies.resolve(settings.default_policy)
    try:
        client = await connect(address, runtime_with_metrics(metrics))
    except RuntimeError:
        raise NoService(f"no Temporal server answers at {address} (TEMPORAL_ADDRESS); start it, or unset it") from None
    try:
        record = CaseRecord.open(record_url)
    except RecordUnavailable as unavailable:
        raise NoService(f"{unavailable}. Mend it or move it away, or name another in PERMANENCE_DATABASE_URL") from None
    stack.callback(record.close)
    await stack.enter_async_context(build_worker(client, record, policies, settings))
    return Running(client, record, record_url, policies, address, f"http://{metrics}/metrics", server)
