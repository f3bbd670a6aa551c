"""What is done to the service: one small class each. Everything they break they mend again, so that a run can end.

`seconds` is how long a mishap lasts. What is true of all: it is done from outside, as the world does it.
"""

import asyncio
import resource
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import ClassVar, NamedTuple

import psutil

from tools.faults.mailserver import DIES, DROPS
from tools.faults.town import Town

NO_LIMIT = resource.RLIM_INFINITY


class Mishap(ABC):
    """Something that goes wrong."""

    lasts: ClassVar[tuple[float, float]] = (0.0, 0.0)
    """From how many seconds to how many."""
    kills: ClassVar[bool] = False
    """Whether it ends programs."""

    @abstractmethod
    async def happen(self, town: Town, seconds: float) -> None:
        """Go wrong, and be mended."""


class Kill(Mishap):
    """SIGKILL of a program, which is brought back."""

    program: ClassVar[str]
    kills = True

    async def happen(self, town: Town, seconds: float) -> None:
        if town.programs[self.program].kill():
            town.chronicle.killed(self.program)


class KillUp(Kill):
    """The Temporal server, a worker and the intake at one stroke."""

    program = "up"


class KillWorker(Kill):
    """The worker beside."""

    program = "worker"


class KillIntake(Kill):
    """The intake beside."""

    program = "intake"


class KillServer(Mishap):
    """The Temporal server alone, under `up`."""

    kills = True

    async def happen(self, town: Town, seconds: float) -> None:
        if town.kill_server():
            town.chronicle.killed("server")


class KillAll(Mishap):
    """Everything in the same moment, as when the power goes."""

    kills = True

    async def happen(self, town: Town, seconds: float) -> None:
        killed = [name for name, program in town.programs.items() if program.kill()]
        for name in killed:
            town.chronicle.killed(name, amid="power cut")


class KillAtStart(Mishap):
    """`up` killed, and killed again while it starts: before it serves, in its migrations, in its first work."""

    lasts = (0.3, 5.0)
    kills = True

    async def happen(self, town: Town, seconds: float) -> None:
        up = town.programs["up"]
        before = up.starts
        if up.kill():
            town.chronicle.killed("up")
        async with asyncio.timeout(60):
            while up.starts == before or not up.lives:
                await asyncio.sleep(0.02)
        await asyncio.sleep(seconds)
        if not up.is_ready and up.kill():
            town.chronicle.killed("up at its start", after=round(seconds, 2))


class FreezeWorker(Mishap):
    """A worker that stands still for longer than its leases last, and then goes on as if nothing had been."""

    lasts = (4.0, 15.0)
    program: ClassVar[str] = "worker"

    async def happen(self, town: Town, seconds: float) -> None:
        worker = town.programs[self.program]
        town.chronicle.fault(f"{self.program} stands still", seconds=round(seconds, 1))
        worker.freeze(frozen=True)
        try:
            await asyncio.sleep(seconds)
        finally:
            worker.freeze(frozen=False)


class LockRecord(Mishap):
    """Another program holds the case record: a backup, somebody with a shell."""

    lasts = (2.0, 25.0)

    async def happen(self, town: Town, seconds: float) -> None:
        with closing(sqlite3.connect(town.record_file, timeout=5, isolation_level=None)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return  # so it is locked already
            town.chronicle.fault("record locked", seconds=round(seconds, 1))
            await asyncio.sleep(seconds)
            other.execute("ROLLBACK")


class Unwritable(Mishap):
    """No file takes another byte, of the programs that write the case record: a file system gone read-only.

    By a limit on the size of files, which needs no rights and holds for files that are open already; changed modes
    would say nothing to those, nor to root.
    """

    lasts = (3.0, 15.0)
    name_in_chronicle: ClassVar[str] = "record unwritable"

    async def happen(self, town: Town, seconds: float) -> None:
        with limited(self._processes(town), self._limit(town)):
            town.chronicle.fault(self.name_in_chronicle, seconds=round(seconds, 1))
            await asyncio.sleep(seconds)

    def _processes(self, town: Town) -> list[psutil.Process]:
        server = [child.pid for child in next(iter(list(_families(town)[:1])), [])[1:]]
        return [one for family in _families(town) for one in family if one.pid not in server]

    def _limit(self, town: Town) -> int:
        del town
        return 0


class Full(Unwritable):
    """Files can be written where they are and cannot grow: the disk is full. Of the Temporal server's too."""

    name_in_chronicle = "disk full"

    def _processes(self, town: Town) -> list[psutil.Process]:
        return [one for family in _families(town) for one in family]

    def _limit(self, town: Town) -> int:
        return town.record_file.stat().st_size if town.record_file.exists() else 0


def _families(town: Town) -> list[list[psutil.Process]]:
    return [list(program.family()) for program in town.programs.values()]


@contextmanager
def limited(processes: list[psutil.Process], size: int) -> Iterator[None]:
    """No file of these processes may grow beyond a size. Those they start meanwhile inherit it, and are let off too."""
    for process in processes:
        _limit(process.pid, size)
    try:
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                for each in (process, *process.children(recursive=True)):
                    _limit(each.pid, NO_LIMIT)


def _limit(pid: int, size: int) -> None:
    with suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, NO_LIMIT))


class MailDead(Mishap):
    """Nobody listens at the mail server's port."""

    lasts = (2.0, 20.0)

    async def happen(self, town: Town, seconds: float) -> None:
        town.chronicle.fault("mail dead", seconds=round(seconds, 1))
        await asyncio.to_thread(town.mail.stop)
        try:
            await asyncio.sleep(seconds)
        finally:
            await asyncio.to_thread(town.mail.start)


class MailSlow(Mishap):
    """The mail server takes its time for each text; some of the times longer than a sender waits."""

    lasts = (3.0, 20.0)

    async def happen(self, town: Town, seconds: float) -> None:
        town.chronicle.fault("mail slow", seconds=round(seconds, 1))
        town.mail.slowness = 2.0 if seconds < 12 else 8.0
        await asyncio.sleep(seconds)
        town.mail.slowness = 0.0


class MailDies(Mishap):
    """The mail server dies between the text and its answer: of one mail it was taken, of another not."""

    async def happen(self, town: Town, seconds: float) -> None:
        town.chronicle.fault("mail dies amid the text")
        town.mail.at_the_text += [DIES, DROPS]


class Kinds(NamedTuple):
    """The kinds of mishaps that there are somewhere; one named twice comes twice as often."""

    kills: tuple[type[Mishap], ...]
    others: tuple[type[Mishap], ...]


ON_ONE_MACHINE = Kinds(
    (KillUp, KillWorker, KillWorker, KillIntake, KillServer, KillAll, KillAtStart),
    (LockRecord, LockRecord, Unwritable, Full, MailDead, MailSlow, MailDies, FreezeWorker),
)
