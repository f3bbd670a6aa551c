"""Other programs at the case record: processes that can be killed, or that all begin in the same moment.

They are forked off a process that has imported all they need, which is started once: an interpreter that imports the
record takes longer than all that these do. Nothing of the tests' own process is in them.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from typing import Any, Final

from sqlalchemy import event

from record.chain import append
from record.engine import open_engine
from record.store import CaseRecord
from tests.record.entries import whole_entry

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


def at_once(program: Callable[..., Any], url: str, count: int) -> list[Any]:
    """What so many processes answer that begin the same work on a database in the same moment."""
    gate, answers = _context.Barrier(count), _context.SimpleQueue()
    started = [_started(_through, gate, answers, program, url) for _ in range(count)]
    assert [_ended(each) for each in started] == [0] * count
    return [answers.get() for _ in started]


def killed(program: Callable[[str], None], url: str) -> None:
    """Run work that ends by its own SIGKILL."""
    assert _ended(_started(program, url)) == -signal.SIGKILL


def _started(target: Callable[..., None], *arguments: object) -> BaseProcess:
    process = _context.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def _ended(process: BaseProcess, patience: float = 120) -> int | None:
    process.join(patience)
    return process.exitcode


def _through(gate: Any, answers: Any, program: Callable[[str], Any], url: str) -> None:
    gate.wait()
    answers.put(program(url))


def kill_oneself(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


# The work


def write(url: str) -> int:
    """How many events were new."""
    return len(CaseRecord.open(url).write(whole_entry()).events)


def write_until_the_commit(url: str) -> None:
    record = CaseRecord.open(url)
    event.listen(record.engine, "commit", kill_oneself)
    record.write(whole_entry())


def append_twenty(url: str) -> None:
    engine = open_engine(url)
    for number in range(20):
        with engine.begin() as connection:
            append(connection, "c1", "delivery", {"number": number}, at=datetime.now(UTC))


def migrate_half(url: str) -> None:
    from record.migrations import guards

    guards.refuse = kill_oneself
    open_engine(url)


LOADED: Final = """
import sys
from record.engine import open_engine
open_engine(sys.argv[1])
print("alembic" in sys.modules)
"""


def loads_alembic(url: str) -> bool:
    """Whether opening a database does, in an interpreter of its own: what others are forked off has it by then."""
    asked = subprocess.run([sys.executable, "-c", LOADED, url], check=True, capture_output=True, text=True, timeout=120)
    return asked.stdout.strip() == "True"
