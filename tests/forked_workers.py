"""Workers of pytest-xdist are forked off one process that has imported what all of them need (tests/imported.py).

Each would spend three of its five seconds of processor before its first test on the same imports, and once more for
the programs that it forks off. PYTEST_DONT_REWRITE: it is imported before pytest is.
"""

import atexit
import multiprocessing
import os
import sys
from multiprocessing import forkserver
from multiprocessing.connection import Connection

import pytest
from execnet import gateway_io
from execnet.gateway_base import ExecModel, Popen2IO
from execnet.xspec import XSpec

_context = multiprocessing.get_context("forkserver")


class ForkedWorker(Popen2IO):
    """A process that execnet speaks with by its input and output, as with an interpreter that it started itself."""

    def __init__(self, execmodel: ExecModel) -> None:
        (asked, ask), (hear, answers) = _context.Pipe(duplex=False), _context.Pipe(duplex=False)
        self._process = _context.Process(target=_serve, args=(asked, answers))
        self._process.start()
        super().__init__(os.fdopen(os.dup(ask.fileno()), "wb"), os.fdopen(os.dup(hear.fileno()), "rb"), execmodel)
        for end in (asked, ask, hear, answers):
            end.close()

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()


def _serve(asked: Connection, answers: Connection) -> None:
    """Run what the first line of the input says, as the interpreters do that execnet starts."""
    os.dup2(asked.fileno(), 0)
    os.dup2(answers.fileno(), 1)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    if sys.version_info < (3, 14):  # from then on it takes no one but who started it
        # Programs are forked off the same process, in place of one of this worker's own.
        pytest.MonkeyPatch().setattr(forkserver._forkserver, "ensure_running", _is_running)
    try:
        exec(eval(sys.stdin.readline()), {})
    finally:
        atexit._run_exitfuncs()


def _is_running() -> None:
    """What workers are forked off ends after them."""


def _forked(_spec: XSpec, execmodel: ExecModel) -> ForkedWorker:
    return ForkedWorker(execmodel)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(specs: list[XSpec]) -> None:
    if sys.platform == "linux" and all(spec.popen for spec in specs):  # elsewhere what is imported may have threads
        _context.set_forkserver_preload(["tests.imported"])
        pytest.MonkeyPatch().setattr(gateway_io, "create_io", _forked)
