"""Programs as an operator starts them: `permanence up`, `python -m worker`, `permanence intake`, and a cluster's."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from local import launch
from tools.started import Started

ROOT = Path(__file__).parents[2]


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a program of ours: nothing of the caller's settings, and its files in `home`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PERMANENCE_", "TEMPORAL_"))}
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**kept, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "PERMANENCE_HOME": str(home), **more}


def module(*words: str) -> tuple[str, ...]:
    """The command that runs a module of ours."""
    return (sys.executable, "-m", *words)


class Program(Started):
    """A program that can be killed and started again, its output in a file that goes on.

    It is in a session of its own, so that Ctrl-C in our terminal reaches us alone and we end it in our order.
    """

    def __init__(
        self, name: str, command: Sequence[str], ready: str, log: Path, settings: Mapping[str, str], tree: Path = ROOT
    ) -> None:
        """`ready` is what it says once it serves; `tree` the folder of the program, where it is not this one."""
        self.name = name
        self.log = log
        self.starts = 0
        self._command = command
        self._ready = ready
        self._settings = dict(settings)
        self._tree = tree
        self._said_before = 0

    def start(self) -> None:
        """Start it, from the main thread: it ends with this process, however that ends (local/launch.py)."""
        command = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), *self._command]
        self.starts += 1
        with self.log.open("ab") as log:
            self._said_before = log.tell()
            self._process = subprocess.Popen(
                command,
                cwd=self._tree,
                env=self._settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def is_ready(self) -> bool:
        """Whether it runs and has said so since it was started last."""
        return self.lives and self._ready in self.said()

    def said(self) -> str:
        """What it has said since it was started last."""
        with self.log.open("rb") as log:
            log.seek(self._said_before)
            return log.read().decode(errors="replace")

    def family(self) -> Iterator[psutil.Process]:
        """It and what it has started, as far as they live."""
        if self._process is None:
            return
        try:
            process = psutil.Process(self._process.pid)
            yield from (process, *process.children(recursive=True))
        except psutil.NoSuchProcess:
            return

    def kill(self) -> bool:
        """End it at once, as a crash would; False if it did not run."""
        lived = self.lives
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        return lived

    async def stop(self, patience: float) -> None:
        """Ask it to end, and end it if it has not done so within so many seconds."""
        if self._process is not None and self.lives:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._process.wait, patience)
        self.kill()

    def freeze(self, *, frozen: bool) -> None:
        """Have it stand still, or go on."""
        if self._process is not None and self.lives:
            self._process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    async def until_ready(self, patience: float) -> bool:
        """Wait until it serves; False where it ended before, or took longer."""
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while not self.is_ready:
            if not self.lives or loop.time() > end:
                return False
            await asyncio.sleep(0.1)
        return True
