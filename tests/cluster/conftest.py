"""The cluster that `make cluster-test` has started: where it is, its processes, and how one of them is killed."""

import json
import os
import shlex
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

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


@pytest.fixture(scope="session")
def here() -> Here:
    """The one cluster of all tests."""
    return Here(Path(os.environ["PERMANENCE_TEST_CLUSTER"]))
