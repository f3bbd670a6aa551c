"""Programs of ours as processes that can be killed, forked off one that has imported all they need.

An interpreter that imports us takes a second and a half of a processor, which most of those tests spend that kill and
start again. What is forked is a process like any other: nothing of the tests' own is in it, and nothing has run in the
one it is forked off but what makes templates and holidays ready (tests/system/warm.py).
"""

import ctypes
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.faults.programs import ROOT, Program

PR_SET_PDEATHSIG = 1
_context = multiprocessing.get_context("forkserver")
PRELOADED = [
    *("alembic.command", "cli.hosting", "worker", "intake.app"),
    *("tests.record.programs", "tests.system.warm", __name__),
]


class Forked:
    """`python -m module arguments`, its output at the end of a file; used as a `subprocess.Popen` is."""

    def __init__(self, module: str, *arguments: str, env: Mapping[str, str], log: Path) -> None:
        _context.set_forkserver_preload(PRELOADED)
        self._process = _context.Process(target=_run, args=(module, arguments, dict(env), str(log)), daemon=True)
        self._process.start()

    def poll(self) -> int | None:
        return self._process.exitcode

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired([str(self._process.pid)], timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkedProgram(Program):
    """A program of `make faults`, forked off likewise: it is started dozens of times."""

    def start(self) -> None:
        self.starts += 1
        self.log.touch()
        self._said_before = self.log.stat().st_size
        _python, _m, module, *arguments = self._command
        self._process = Forked(module, *arguments, env=self._settings, log=self.log)


def _run(module: str, arguments: tuple[str, ...], env: dict[str, str], log: str) -> None:
    os.setsid()
    _end_with_the_tests()
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(env)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for output in (1, 2):
        os.dup2(file, output)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_the_tests() -> None:
    """What it is forked off ends with the tests, however they end; and so does this (as local/launch.py)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
