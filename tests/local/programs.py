"""The command `permanence` as other programs run it: a process with a home of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from cli.app import app
from tests.logs_kept import logs_as_before
from tests.replay.every_server import assert_all_replay_at
from tests.system.forked import Forked
from tools.faults.programs import ROOT, environment

PATIENCE = 100.0
"""Seconds for what takes two: beside eight busy processes it has taken longer than forty."""
READY = "Ctrl-C stops"


@dataclass(frozen=True)
class Ended:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def quick(home: Path, *arguments: str, text: str | None = None, **more: str) -> Ended:
    """Run a command in this process, which spares it its start."""
    unset = dict.fromkeys((k for k in os.environ if k.startswith(("PERMANENCE_", "TEMPORAL_"))), None)
    env = {**unset, "PERMANENCE_HOME": str(home), "COLUMNS": "200", **more}
    with logs_as_before():
        result = CliRunner().invoke(app, arguments, prog_name="permanence", input=text, env=env)
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


def permanence(home: Path, *arguments: str, text: str | None = None, **more: str) -> Ended:
    """Run a command to its end, as a process. None may ever show a traceback."""
    done = subprocess.run(
        command(*arguments),
        cwd=ROOT,
        env=environment(home, COLUMNS="200", **more),
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cli", *arguments]


class Up:
    """A running `permanence up` (or another command that stays).

    Forked, but where its interpreter is the subject: then it is `afresh`, in one of its own.
    """

    def __init__(self, home: Path, *arguments: str, afresh: bool = False, **more: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.out = home / f"{arguments[0]}.out"
        self.out.write_bytes(b"")
        env = environment(home, COLUMNS="200", **more)
        self.process: subprocess.Popen[bytes] | Forked
        if not afresh:
            self.process = Forked("cli", *arguments, env=env, log=self.out)
            return
        with self.out.open("ab") as out:
            self.process = subprocess.Popen(command(*arguments), cwd=ROOT, env=env, stdout=out, stderr=out)

    def said(self) -> str:
        return self.out.read_text("utf-8")

    def until_ready(self) -> str:
        """Wait until it says how to stop it; what it has said by then."""
        return self.until_said(READY)

    def until_said(self, words: str) -> str:
        """Wait until it says something; what it has said by then."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.said():
            if (status := self.process.poll()) is not None:
                raise AssertionError(f"it ended with {status}: {self.said()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"it did not say {words!r}: {self.said()}")
            time.sleep(0.05)
        return self.said()

    def address(self, of: str) -> str:
        """What it says of the UI, the server, the metrics."""
        found = re.search(rf"^{of}\s+(\S+)", self.said(), re.MULTILINE)
        assert found, self.said()
        return found[1]

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextmanager
def up(home: Path, *, afresh: bool = False, **more: str) -> Iterator[Up]:
    """`permanence up` for as long as the context lasts."""
    service = Up(home, "up", afresh=afresh, **more)
    try:
        service.until_ready()
        yield service
        if service.process.poll() is None:
            assert_all_replay_at(service.address("Temporal server"), home)
    finally:
        service.kill()
        assert "Traceback" not in service.said(), service.said()
