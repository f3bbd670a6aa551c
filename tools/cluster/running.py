"""The whole cluster, kept going: the database, Temporal's services, our workers and intakes; ended in the other order.

Each process that ends by itself is started again on the same data and ports, as `permanence up` does with its parts.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from service.keeping import EndedByItself, Keeper, Say
from service.ports import HOST, is_free
from tools.cluster.building import Programs
from tools.cluster.database import RECORD, Database
from tools.cluster.engine import Engine
from tools.cluster.ports import Ports
from tools.faults.programs import Program, environment, module

NAMESPACE: Final = "permanence"
WORKERS, INTAKES = 3, 2
STOPS_WITHIN: Final = 20.0
"""Seconds (ours: a worker gives its activities ten)."""
READY_WITHIN: Final = 180.0
"""Seconds for all of it (ours: the first start makes every table)."""
LOOK_EVERY: Final = 0.2


class DidNotStart(RuntimeError):
    """A part of the cluster did not come up; the text names it and its log."""


class Startable(Protocol):
    """A process that can be started again."""

    @property
    def lives(self) -> bool: ...
    @property
    def status(self) -> int | None: ...
    def start(self) -> None: ...


@dataclass
class Wanted:
    """What a cluster is to be.

    `server` is told to Temporal's services beside the usual (TLS), `clients` to our programs (TLS, settings of an
    authority's own), `database` to PostgreSQL.
    """

    folder: Path
    programs: Programs
    workers: int = WORKERS
    intakes: int = INTAKES
    server: Mapping[str, str] = field(default_factory=dict)
    clients: Mapping[str, str] = field(default_factory=dict)
    database: tuple[str, ...] = ()
    ports: Ports = field(default_factory=Ports)


@dataclass
class Cluster:
    """A running one."""

    wanted: Wanted
    keeper: Keeper
    database: Database
    engine: Engine
    ours: dict[str, Program] = field(default_factory=dict)
    intakes: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """The home folder of our programs: keys, credentials, the installation's identity."""
        return self.wanted.folder / "home"

    @property
    def address(self) -> str:
        """The first frontend."""
        return self.engine.addresses[0]

    def settings(self, address: str | None = None) -> dict[str, str]:
        """What a program of ours is told to work with this cluster, commands of a terminal too."""
        return {
            "TEMPORAL_ADDRESS": address or self.address,
            "TEMPORAL_NAMESPACE": NAMESPACE,
            "PERMANENCE_HOME": str(self.home),
            "PERMANENCE_DATABASE_URL": f"postgresql+psycopg://{RECORD}@{HOST}:{self.database.port}/{RECORD}",
            "PGPASSFILE": str(self.wanted.folder / "secrets" / "pgpass"),
            **self.wanted.clients,
        }

    def processes(self) -> Iterator[tuple[str, int, str]]:
        """Each process: its name, its number, and where it listens."""
        yield "postgresql", self.database.pid, f"{HOST}:{self.database.port}"
        for name, program in self.engine.services.items():
            yield name, program.pid, f"{HOST}:{self.engine.listening[name].grpc}"
        at = iter(self.intakes)
        for name, program in self.ours.items():
            yield name, program.pid, next(at) if name.startswith("intake") else ""


@asynccontextmanager
async def running(wanted: Wanted, say: Say = lambda text: None) -> AsyncIterator[Cluster]:
    """All of it, for as long as the context lasts. From the main thread, since what is started ends with that.

    Raises DidNotStart, DatabaseDidNotStart, SchemaFailed, GaveUp or NoFreePort.
    """
    wanted.folder.mkdir(parents=True, exist_ok=True)
    wanted.folder.chmod(0o711)  # PostgreSQL, as another user, is to pass through; what lies here is closed by itself
    (wanted.folder / "home").mkdir(mode=0o700, exist_ok=True)
    keeper = Keeper(say)
    database = Database(wanted.folder / "postgresql", wanted.ports(5432), wanted.database)
    engine = Engine(wanted.programs, database, wanted.folder, wanted.server, ports=wanted.ports)
    cluster = Cluster(wanted, keeper, database, engine)
    async with AsyncExitStack() as stack:
        await _start_database(stack, cluster)
        engine.bring_schema_up()
        engine.make()
        for name, program in engine.services.items():
            stack.push_async_callback(program.stop, STOPS_WITHIN)
            await stack.enter_async_context(keeper.keeping(name, lives_of(program)))
            # The first one writes down what the cluster is; two that did so at the same moment would both fail.
            await _until(cluster, partial(_listens, engine.listening[name].grpc), name, program.log)
        _write_secrets(cluster)
        await _prepare_namespace(cluster)
        await _start_ours(stack, cluster)
        yield cluster


async def _start_database(stack: AsyncExitStack, cluster: Cluster) -> None:
    database = cluster.database
    database.make()
    stack.push_async_callback(database.stop)
    await stack.enter_async_context(cluster.keeper.keeping("postgresql", lives_of(database)))
    await database.until_ready()
    database.prepare()


async def _start_ours(stack: AsyncExitStack, cluster: Cluster) -> None:
    """Workers and intakes, shared out over the frontends."""
    wanted, frontends = cluster.wanted, cluster.engine.addresses
    for number in range(wanted.workers):
        given = {"PERMANENCE_METRICS_PORT": str(wanted.ports(9464))}
        _add(cluster, f"worker-{number + 1}", ("worker",), frontends[number % len(frontends)], given)
    for number in range(wanted.intakes):
        port = wanted.ports(8464)
        cluster.intakes.append(f"http://{HOST}:{port}")
        given = {"PERMANENCE_INTAKE_PORT": str(port)}
        _add(cluster, f"intake-{number + 1}", ("cli", "intake"), frontends[number % len(frontends)], given)
    for name, program in cluster.ours.items():
        stack.push_async_callback(program.stop, STOPS_WITHIN)
        await stack.enter_async_context(cluster.keeper.keeping(name, lives_of(program)))
    names = ", ".join(cluster.ours)
    await _until(cluster, lambda: all(each.is_ready for each in cluster.ours.values()), names, wanted.folder)


def _add(cluster: Cluster, name: str, words: tuple[str, ...], frontend: str, given: Mapping[str, str]) -> None:
    ready = "worker started" if words == ("worker",) else "Ctrl-C stops"
    log = cluster.wanted.folder / f"{name}.log"
    settings = environment(cluster.home, **cluster.settings(frontend), **given)
    cluster.ours[name] = Program(name, module(*words), ready, log, settings)


async def _prepare_namespace(cluster: Cluster) -> None:
    """As an operator does it: by the command. It waits for the server to come up."""
    log = cluster.wanted.folder / "namespace.log"
    settings = environment(cluster.home, **cluster.settings())
    program = Program("namespace prepare", module("cli", "namespace", "prepare"), "", log, settings)
    program.start()
    try:
        await _until(cluster, lambda: not program.lives, "the namespace", log)
    finally:
        program.kill()
    if program.status:
        raise DidNotStart(f"`permanence namespace prepare` ended with {program.status}: {program.said()[-1000:]}")


def _listens(port: int) -> bool:
    return not is_free(port)


async def _until(cluster: Cluster, holds: Callable[[], bool], what: str, log: Path) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + READY_WITHIN
    while not holds():
        if cluster.keeper.has_given_up:
            await cluster.keeper.until_given_up()
        if loop.time() > deadline:
            raise DidNotStart(f"{what} did not come up within {READY_WITHIN:.0f} seconds; see {log}")
        await asyncio.sleep(LOOK_EVERY)


def lives_of(program: Startable) -> Callable[[], Awaitable[None]]:
    """How a process is kept going: each life is a start of its own."""

    async def live() -> None:
        program.start()
        while program.lives:
            await asyncio.sleep(LOOK_EVERY)
        raise EndedByItself(_how_it_ended(program.status or 0))

    return live


def _how_it_ended(status: int) -> str:
    return f"by signal {signal.Signals(-status).name}" if status < 0 else f"with exit status {status}; see its log"


def _write_secrets(cluster: Cluster) -> None:
    """The record's password as PostgreSQL's programs read it, and all settings for a terminal."""
    password = cluster.database.password(RECORD)
    _write(cluster.wanted.folder / "secrets" / "pgpass", f"{HOST}:{cluster.database.port}:*:{RECORD}:{password}\n")
    lines = [f"export {name}={value}" for name, value in cluster.settings().items()]
    _write(cluster.wanted.folder / "environment", "\n".join(lines) + "\n")


def _write(file: Path, text: str) -> None:
    file.touch(0o600)
    file.chmod(0o600)
    file.write_text(text, "utf-8")
