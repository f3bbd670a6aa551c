"""Temporal's own services as processes: two of history, two frontends, one matching, one of its system workers.

Each is told by its environment what the official image is told by the same one (deploy/temporal/server.env).
"""

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from service.ports import HOST
from tools.cluster.building import Programs
from tools.cluster.database import TEMPORAL, Database
from tools.cluster.ports import Ports
from tools.faults.programs import ROOT, Program, environment

TOLD: Final = ROOT / "deploy" / "temporal" / "server.env"
DYNAMIC: Final = ROOT / "deploy" / "temporal" / "dynamic.yaml"
SCHEMA: Final = ROOT / "deploy" / "temporal" / "schema.sh"

ROLES: Final = {
    "frontend-1": "frontend",
    "frontend-2": "frontend",
    "history-1": "history",
    "history-2": "history",
    "matching": "matching",
    "system-worker": "worker",
}
"""The processes by name, and the service that each is."""
USUAL: Final = {"frontend": 7233, "history": 7234, "matching": 7235, "worker": 7239}
"""Temporal's own usual ports; membership is talked about 300 lower, HTTP ten higher."""
METRICS_FROM: Final = 9800

SHARDS: Final = 32
"""On one machine (ours: each shard reads its queues also when nothing happens, and two cores are to idle)."""


class SchemaFailed(RuntimeError):
    """The databases cannot be brought to the server's version; the text is what the tool said."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where one process listens."""

    grpc: int
    membership: int
    http: int
    metrics: int


@dataclass
class Engine:
    """The services and where they are. `more` is told to all of them beside the usual: TLS, another dynamic file."""

    programs: Programs
    database: Database
    folder: Path
    more: Mapping[str, str] = field(default_factory=dict)
    shards: int = SHARDS
    ports: Ports = field(default_factory=Ports)
    listening: dict[str, Listening] = field(default_factory=dict)
    services: dict[str, Program] = field(default_factory=dict)

    @property
    def addresses(self) -> list[str]:
        """Of the frontends."""
        return [f"{HOST}:{self.listening[name].grpc}" for name, role in ROLES.items() if role == "frontend"]

    def make(self) -> None:
        """Choose the ports and make the processes; none is started. Raises NoFreePort."""
        for name, role in ROLES.items():
            usual = USUAL[role]
            grpc, membership, http = (self.ports(port) for port in (usual, usual - 300, usual + 10))
            self.listening[name] = Listening(grpc, membership, http, self.ports(METRICS_FROM))
        for name, role in ROLES.items():
            command = (str(self.programs.server), "--allow-no-auth", "start")
            # They say nothing by which they could be known to serve: they are asked (tools/cluster/running.py).
            self.services[name] = Program(
                name, command, "", self.folder / f"{name}.log", environment(self.folder, **self._told(name, role))
            )

    def bring_schema_up(self) -> None:
        """Make Temporal's tables, or bring them to this server's version, as in containers. Raises SchemaFailed."""
        path = os.pathsep.join((str(self.programs.sql_tool.parent), os.environ["PATH"]))
        where = {"SQL_HOST": HOST, "SQL_PORT": str(self.database.port), "SQL_USER": TEMPORAL}
        here = environment(self.folder, **where, SQL_PASSWORD=self.database.password(TEMPORAL), PATH=path)
        done = subprocess.run(["/bin/sh", SCHEMA], env=here, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SchemaFailed(f"Temporal's tables: {(done.stderr + done.stdout)[-1000:]}")

    def _told(self, name: str, role: str) -> dict[str, str]:
        here = self.listening[name]
        own = {
            f"{role.upper()}_GRPC_PORT": str(here.grpc),
            f"{role.upper()}_MEMBERSHIP_PORT": str(here.membership),
            "PROMETHEUS_ENDPOINT": f"{HOST}:{here.metrics}",
            "TEMPORAL_SERVICES": role,
        }
        if role == "frontend":
            own["FRONTEND_HTTP_PORT"] = str(here.http)
        first = self.listening["frontend-1"]
        common = {
            "FRONTEND_GRPC_PORT": str(first.grpc),
            "FRONTEND_HTTP_PORT": str(first.http),
            "BIND_ON_IP": HOST,
            "TEMPORAL_BROADCAST_ADDRESS": HOST,
            "POSTGRES_SEEDS": HOST,
            "DB_PORT": str(self.database.port),
            "POSTGRES_PWD": self.database.password(TEMPORAL),
            "DYNAMIC_CONFIG_FILE_PATH": str(DYNAMIC),
        }
        return dict(_told_all()) | common | {"NUM_HISTORY_SHARDS": str(self.shards)} | dict(self.more) | own


def _told_all() -> Iterator[tuple[str, str]]:
    for line in TOLD.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield name, value
