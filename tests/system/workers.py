"""Worker processes of the real program, started and killed by tests."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from service.ports import own_port
from tests.system.forked import Forked
from tools.faults.programs import ROOT, environment

STARTED = "worker started"


class WorkerProcess:
    """`python -m worker` against a server of the test, its log in a file of `home`.

    Forked, but where its start is the subject: then it is `afresh`, in an interpreter of its own.
    """

    def __init__(self, address: str, home: Path, name: str = "worker", *, afresh: bool = False, **more: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._afresh = afresh
        self.log = home / f"{name}.log"
        self.metrics = own_port()  # not the usual one: another run of the tests may take that at the same moment
        self._environment = environment(
            home,
            TEMPORAL_ADDRESS=address,
            PERMANENCE_METRICS_PORT=str(self.metrics),
            PERMANENCE_DEFAULT_POLICY="ppm-procedure",
            **more,
        )
        self._process: subprocess.Popen[bytes] | Forked | None = None

    @property
    def process(self) -> subprocess.Popen[bytes] | Forked:
        assert self._process is not None
        return self._process

    def start(self) -> None:
        if not self._afresh:
            self._process = Forked("worker", env=self._environment, log=self.log)
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "worker"], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self, number: int = signal.SIGTERM, patience: float = 60) -> int:
        """Ask it to end; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(patience)

    async def until_started(self, times: int = 1) -> None:
        """Wait until it has said so often, over all its starts, that it has started."""
        async with asyncio.timeout(90):  # on a machine that is busy with other tests
            while self.said().count(STARTED) < times:
                if self._process is not None and self._process.poll() is not None:
                    raise AssertionError(f"the worker ended: {self.said()[-2000:]}")
                await asyncio.sleep(0.05)

    def said(self) -> str:
        return self.log.read_text("utf-8") if self.log.exists() else ""

    def lines(self) -> list[dict[str, Any]]:
        """Its log lines; one that a kill cut off is left out."""
        lines = []
        for line in self.said().splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                continue
        return lines


@contextmanager
def worker_process(address: str, home: Path, *, afresh: bool = False, **more: str) -> Iterator[WorkerProcess]:
    """A worker for as long as the context lasts."""
    worker = WorkerProcess(address, home, afresh=afresh, **more)
    worker.start()
    try:
        yield worker
    finally:
        worker.kill()
