"""One installation under test: its folder, its programs, which somebody brings back when they end, and its mail server.

`permanence up` has the Temporal server, a worker and the intake; beside it run a second worker and a second intake, as
an authority may have them. All ports and folders are the run's own, so that runs can go side by side.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import psutil
from temporalio.client import Client
from temporalio.runtime import Runtime

from intake.credentials import Credentials
from service.connection import connect
from service.folder import ServerFolder
from service.payload_keys import keys_in
from service.ports import HOST, own_port
from tools.faults.chronicle import Chronicle
from tools.faults.mailserver import MailServer
from tools.faults.programs import Program, environment, module

POLICY = "england-statutory"
SENDER = "permanence@county.example"
DIRECTORY = 'fallback = "duty-desk"\n\n[teams.duty-desk]\nemail = "duty@example.org"\n'
READY_WITHIN = 120.0
"""Seconds (ours: on a machine that is busy with three such runs a start takes up to half a minute)."""


@dataclass
class Town:
    """Everything that runs, and what is needed to reach it."""

    must_be_up: ClassVar[tuple[str, ...]] = ("up",)
    """What must serve again before anything more is killed."""

    folder: Path
    chronicle: Chronicle
    mail: MailServer
    token: str
    server_port: int
    intake_ports: tuple[int, int]
    programs: dict[str, Program]
    paused: set[str] = field(default_factory=set)
    """Programs that nobody brings back just now."""
    restarts: int = 0
    refused_starts: list[str] = field(default_factory=list)
    """What programs said that ended by themselves."""

    @property
    def home(self) -> Path:
        """The installation's home folder."""
        return self.folder / "home"

    @property
    def record_file(self) -> Path:
        """The case record's SQLite file."""
        return self.home / "case-record.db"

    @property
    def record_url(self) -> str:
        """Where the case record is."""
        return f"sqlite:///{self.record_file}"

    @property
    def address(self) -> str:
        """Where the Temporal server is, when it runs."""
        return f"{HOST}:{self.server_port}"

    def intakes(self) -> list[str]:
        """Where events can be posted."""
        return [f"http://{HOST}:{port}" for port in self.intake_ports]

    def kill_server(self) -> bool:
        """End the Temporal server at once, as a crash would; False if it did not run."""
        occupant = ServerFolder(self.home).occupant()
        children = {process.pid for process in self.programs["up"].family()}
        if occupant is None or occupant.server_pid not in children:
            return False
        with suppress(ProcessLookupError):
            os.kill(occupant.server_pid, signal.SIGKILL)
        return True

    async def connected(self, runtime: Runtime) -> Client:
        """A client of the server."""
        return await connect(self.address, runtime, ring=keys_in(self.home))

    @asynccontextmanager
    async def kept(self, rng: Random) -> AsyncIterator[None]:
        """Begin, its first starts killed, and bring back what ends for as long as the context lasts."""
        await self._first_starts(rng)
        async with beside(*(self.keep(name, rng) for name in self.programs)):
            yield

    async def come_back(self) -> list[str]:
        """Have every program killed, and `up` come back alone; the names of those that do not."""
        self.paused |= {"worker", "intake"}
        for program in self.programs.values():
            program.kill()
        return await self.until_ready("up")

    async def _first_starts(self, rng: Random) -> None:
        """The first start of all, on an empty folder, killed while the server makes its tables, and amid our own."""
        up = self.programs["up"]
        for made in (self.home / "temporal.db", self.record_file):
            up.start()
            with suppress(TimeoutError):
                async with asyncio.timeout(60):
                    while up.lives and not made.exists():
                        await asyncio.sleep(0.005)
            await asyncio.sleep(rng.uniform(0, 0.25))
            family = list(up.family())
            if up.kill():
                for one in family:
                    with suppress(psutil.NoSuchProcess):
                        one.kill()
                self.chronicle.killed(f"up while {made.name} was made")

    async def keep(self, name: str, rng: Random) -> None:
        """Bring a program back whenever it has ended, as systemd would, a moment later."""
        program = self.programs[name]
        while True:
            if name not in self.paused and not program.lives:
                if program.status is not None and program.status != -signal.SIGKILL:
                    self._note_end(program)
                await asyncio.sleep(rng.choice((0.0, 0.2, 1.0)))
                if name not in self.paused and not program.lives:
                    self.restarts += 1
                    program.start()
                    self.chronicle.note("started", program=name)
            await asyncio.sleep(0.1)

    def _note_end(self, program: Program) -> None:
        said = " ".join(program.said()[-400:].split())
        self.chronicle.note("ended by itself", program=program.name, status=program.status, said=said)
        if "Traceback" in program.said() or (program.status or 0) < 0:
            self.refused_starts.append(f"{program.name} ended with {program.status}: {said[-200:]}")

    async def until_ready(self, *names: str, within: float = READY_WITHIN) -> list[str]:
        """Wait until programs serve, those named or all; the names of those that do not, after long enough."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        wanted = names or tuple(self.programs)
        while (missing := [name for name in wanted if not self.programs[name].is_ready]) and loop.time() < end:
            await asyncio.sleep(0.2)
        return missing


@asynccontextmanager
async def beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Work that goes on beside, until the context ends."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=10)


@asynccontextmanager
async def town_in(folder: Path, chronicle: Chronicle, kind: type[Program] = Program) -> AsyncIterator[Town]:
    """An installation in a folder of its own; nothing runs yet but the mail server. At the end all is killed."""
    token = made_ready(folder)
    with MailServer() as mail:
        server_port, ports = own_port(), (own_port(), own_port())
        town = Town(folder, chronicle, mail, token, server_port, ports, {})
        town.programs = _programs(town, _settings(town), kind)
        try:
            yield town
        finally:
            for program in town.programs.values():
                program.kill()


def made_ready(folder: Path) -> str:
    """Make the home, whom is told, and a credential for the case system; which."""
    home = folder / "home"
    home.mkdir(mode=0o700, parents=True)
    (folder / "people.toml").write_text(DIRECTORY, "utf-8")
    return Credentials(home / "credentials.toml").add("case-system", ["events:write", "inbox:read"], signing=False)


def _programs(town: Town, common: dict[str, str], kind: type[Program]) -> dict[str, Program]:
    beside = {"TEMPORAL_ADDRESS": town.address}
    first, second = map(str, town.intake_ports)
    made = (
        ("up", module("cli", "up"), "Ctrl-C stops", {"PERMANENCE_INTAKE_PORT": first}),
        ("worker", module("worker"), "worker started", beside),
        ("intake", module("cli", "intake"), "Ctrl-C stops", {**beside, "PERMANENCE_INTAKE_PORT": second}),
    )
    return {
        name: kind(
            name,
            command,
            ready,
            town.folder / f"{name}.log",
            environment(town.home, **{**common, **own, "PERMANENCE_METRICS_PORT": str(own_port())}),
        )
        for name, command, ready, own in made
    }


def _settings(town: Town) -> dict[str, str]:
    own = {"PERMANENCE_SERVER_PORT": str(town.server_port), "PERMANENCE_UI_PORT": str(own_port())}
    return {**own, **settings_of_all(town.folder, town.mail)}


def settings_of_all(folder: Path, mail: MailServer) -> dict[str, str]:
    """What every program is told. Waits are short, so that what is tried again is tried within the run."""
    return {
        "PERMANENCE_DEFAULT_POLICY": POLICY,
        "PERMANENCE_INTAKE_RATE": "6000/minute",
        "PERMANENCE_DELIVERY_CHANNELS": "smtp",
        "PERMANENCE_DELIVERY_DIRECTORY": str(folder / "people.toml"),
        "PERMANENCE_DELIVERY_LEASE": "PT5S",
        "PERMANENCE_DELIVERY_FIRST_WAIT": "PT2S",
        "PERMANENCE_DELIVERY_CHANNEL_PROBE": "PT2S",
        "PERMANENCE_DELIVERY_CHANNEL_LONGEST_PROBE": "PT5S",
        # A journey of the street decides by its own dates, months ago: that is no reason to ask it again.
        "PERMANENCE_DELIVERY_ASK_AGAIN_AFTER": "P36500D",
        "PERMANENCE_SMTP_HOST": HOST,
        "PERMANENCE_SMTP_PORT": str(mail.port),
        "PERMANENCE_SMTP_SECURITY": "none",
        "PERMANENCE_SMTP_SENDER": SENDER,
        "PERMANENCE_SMTP_TIMEOUT": "6",
        "COLUMNS": "200",
    }
