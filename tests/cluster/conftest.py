"""The cluster that `make cluster-test` has started: where it is, its processes, and how one of them is killed."""

import json
import os
import shlex
import signal
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from domain.case.events import LONDON
from tests.local.programs import quick

PATIENCE = 120.0
"""Seconds for a process to be back (ours: on a machine that is busy with much else)."""


@dataclass(frozen=True)
class Here:
    """The cluster under test."""

    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        """What a command in a terminal is told to work with it."""
        lines = (self.folder / "environment").read_text("utf-8").splitlines()
        pairs = (shlex.split(line.removeprefix("export "))[0].partition("=") for line in lines)
        return {name: value for name, _, value in pairs}

    @property
    def home(self) -> Path:
        return Path(self.settings["PERMANENCE_HOME"])

    @property
    def intakes(self) -> list[str]:
        """Where events can be posted."""
        return [at for name, (_, at) in self.processes().items() if name.startswith("intake")]

    def entry(self, child: str) -> dict[str, str]:
        """A child's entry into care, yesterday."""
        yesterday = (datetime.now(LONDON) - timedelta(days=1)).date()
        given = {"type": "became_looked_after", "id": f"{child}-in", "child": child, "on": str(yesterday)}
        return {**given, "date_of_birth": "2019-03-03", "legal_status": "C2", "team": "North"}

    def processes(self) -> dict[str, tuple[int, str]]:
        """Each process by name: its number, and where it listens."""
        read: dict[str, list[object]] = json.loads((self.folder / "processes.json").read_text("utf-8"))
        return {name: (int(str(pid)), str(at)) for name, (pid, at) in read.items()}

    def kill(self, name: str) -> int:
        """End a process at once, as a crash would; its number."""
        pid, _ = self.processes()[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def until_back(self, name: str, killed: int) -> None:
        """Wait until a process that was killed has been started again."""
        deadline = time.monotonic() + PATIENCE
        while self.processes()[name][0] == killed:
            assert time.monotonic() < deadline, f"{name} was not started again"
            time.sleep(0.1)


def until_listed(here: Here, *children: str) -> None:
    """Wait until the caseload has children."""
    deadline = time.monotonic() + PATIENCE
    while True:
        done = quick(here.home, "caseload", "--json", **here.settings)
        listed = {row["child"] for row in json.loads(done.out)} if done.out else set()
        if listed.issuperset(children):
            return
        assert time.monotonic() < deadline, f"{set(children) - listed} are not listed: {done.err}"
        time.sleep(0.2)


@pytest.fixture(scope="session")
def here() -> Here:
    """The one cluster of all tests."""
    return Here(Path(os.environ["PERMANENCE_TEST_CLUSTER"]))
