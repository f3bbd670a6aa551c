"""`make faults ARGS=--cluster`: the same street and the same judge on a real cluster, any process of which is killed.

Every process is brought back half a second after it has ended, as its service manager would; the database by itself.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import ClassVar, Final

from temporalio.client import Client
from temporalio.runtime import Runtime

from service.connection import connect
from service.logs import configure_logs
from service.payload_keys import keys_in
from service.ports import is_free
from tools.cluster.building import built
from tools.cluster.engine import ROLES
from tools.cluster.ports import anywhere
from tools.cluster.running import Cluster, Wanted, running
from tools.faults.chronicle import Chronicle
from tools.faults.mailserver import MailServer
from tools.faults.mishaps import FreezeWorker, Kill, Kinds, MailDead, MailDies, MailSlow, Mishap
from tools.faults.town import READY_WITHIN, Town, made_ready, settings_of_all

DATABASE: Final = "postgresql"
OURS: Final = ("worker-1", "worker-2", "worker-3", "intake-1", "intake-2")
"""As many of ours as a cluster has by itself (tools/cluster/running.py)."""


@dataclass
class ClusterTown(Town):
    """A cluster with the mail server of the run."""

    must_be_up: ClassVar[tuple[str, ...]] = (DATABASE, *ROLES, *OURS)
    cluster: Cluster | None = None

    @property
    def running(self) -> Cluster:
        """The cluster, which runs."""
        assert self.cluster is not None
        return self.cluster

    @property
    def record_url(self) -> str:
        """Where the case record is; its password in the file that the cluster's own programs are told."""
        settings = self.running.settings()
        return f"{settings['PERMANENCE_DATABASE_URL']}?passfile={settings['PGPASSFILE']}"

    def intakes(self) -> list[str]:
        """Where events can be posted."""
        return self.running.intakes

    async def connected(self, runtime: Runtime) -> Client:
        """A client of the first frontend."""
        settings = self.running.settings()
        return await connect(self.running.address, runtime, ring=keys_in(self.home), environment=settings)

    @asynccontextmanager
    async def kept(self, rng: Random) -> AsyncIterator[None]:
        """The cluster keeps its processes itself."""
        del rng
        yield

    async def come_back(self) -> list[str]:
        """Have every process killed at one stroke, and all come back; the names of those that do not."""
        await PowerCut().happen(self, 0.0)
        return await self.until_ready()

    async def until_ready(self, *names: str, within: float = READY_WITHIN) -> list[str]:
        """Wait until processes serve, those named or all; the names of those that do not, after long enough."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while (missing := [name for name in names or self.must_be_up if not self._serves(name)]) and loop.time() < end:
            await asyncio.sleep(0.2)
        return missing

    def _serves(self, name: str) -> bool:
        if name == DATABASE:
            return self.running.database.lives and not is_free(self.running.database.port)
        listening = self.running.engine.listening.get(name)
        return self.programs[name].is_ready and (listening is None or not is_free(listening.grpc))

    def kill(self, name: str) -> bool:
        """End a process at once; False if it did not run."""
        process = self.running.database if name == DATABASE else self.programs[name]
        return process.kill()


class KillOne(Kill):
    """SIGKILL of one process of the cluster."""

    async def happen(self, town: Town, seconds: float) -> None:
        if of_cluster(town).kill(self.program):
            town.chronicle.killed(self.program)


class RestartDatabase(Mishap):
    """The database is stopped in order, as for an upgrade of its own, and comes back."""

    kills = True

    async def happen(self, town: Town, seconds: float) -> None:
        await of_cluster(town).running.database.stop()
        town.chronicle.killed("database, restarted")


class PowerCut(Mishap):
    """Every process of the cluster in the same moment, as when the power goes."""

    kills = True

    async def happen(self, town: Town, seconds: float) -> None:
        cluster = of_cluster(town)
        for name in [name for name in cluster.must_be_up if cluster.kill(name)]:
            town.chronicle.killed(name, amid="power cut")


def of_cluster(town: Town) -> ClusterTown:
    """The town, which is one."""
    assert isinstance(town, ClusterTown)
    return town


def _killing(name: str) -> type[Mishap]:
    return type(f"Kill_{name}", (KillOne,), {"program": name})


def _freezing(name: str) -> type[Mishap]:
    return type(f"Freeze_{name}", (FreezeWorker,), {"program": name})


ON_A_CLUSTER: Final = Kinds(
    (*map(_killing, ClusterTown.must_be_up), RestartDatabase, PowerCut),
    (MailDead, MailSlow, MailDies, *map(_freezing, ("worker-2", "history-1", "frontend-2", "matching"))),
)
"""Each process by itself, all at once, and the database in order; and what stands still for a while."""


@asynccontextmanager
async def cluster_in(folder: Path, chronicle: Chronicle) -> AsyncIterator[Town]:
    """A cluster in a folder of its own, with everything up."""
    configure_logs("CRITICAL")  # what ends and begins stands in the chronicle
    token = made_ready(folder)
    with MailServer() as mail:
        town = ClusterTown(folder, chronicle, mail, token, 0, (0, 0), {})

        def noted(text: str) -> None:
            town.restarts += "started again" in text
            chronicle.note(text)

        clients = settings_of_all(folder, mail)
        wanted = Wanted(folder, built(noted), clients=clients, ports=anywhere())
        async with running(wanted, noted) as cluster:
            town.cluster = cluster
            town.programs = {**cluster.engine.services, **cluster.ours}
            yield town
