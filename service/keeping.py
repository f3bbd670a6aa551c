"""What should never end is begun again when it does: later each time, with a word, and given up in words at last."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import NoReturn

import structlog

from service.ports import NoFreePort

log: structlog.stdlib.BoundLogger = structlog.get_logger("keeping")

Say = Callable[[str], None]
"""Tells whoever looks at the terminal."""


class GaveUp(RuntimeError):
    """Something that should never end has ended so often in a row that a person must see to it."""


class EndedByItself(RuntimeError):
    """It has ended, and should not have; the text says how, and holds nothing personal."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often something is begun again, and how soon.

    The wait doubles from `first` to `longest` seconds. `tries` ends in a row, each sooner than `well_after` seconds
    after its beginning, and it is given up. (All ours: together about three minutes, in which a disk or a port is
    back if it comes back by itself; and a service manager starts the whole anew after that.)
    """

    first: float = 0.5
    longest: float = 30.0
    tries: int = 10
    well_after: float = 10.0

    def wait(self, ends: int) -> float:
        """Seconds to wait after so many ends in a row."""
        return float(min(self.first * 2 ** (ends - 1), self.longest))


PATIENCE = Patience()


class Keeper:
    """Keeps what should never end going. When it gives one up, all is to end."""

    def __init__(self, say: Say = lambda text: None, patience: Patience = PATIENCE) -> None:
        self._say = say
        self._patience = patience
        self._gave_up: asyncio.Future[NoReturn] = asyncio.get_running_loop().create_future()

    @asynccontextmanager
    async def keeping(
        self, name: str, run: Callable[[], Awaitable[object]], tries: int | None = None
    ) -> AsyncIterator[None]:
        """Run it, and run it again when it ends, for as long as the context lasts; then it is cancelled."""
        task = asyncio.create_task(self._keep(name, run, tries or self._patience.tries), name=name)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    @property
    def has_given_up(self) -> bool:
        """Whether one was given up."""
        return self._gave_up.done()

    async def until_given_up(self) -> NoReturn:
        """Wait for what should not happen. Raises GaveUp."""
        await asyncio.shield(self._gave_up)
        raise AssertionError("a future that only ever raises")

    async def _keep(self, name: str, run: Callable[[], Awaitable[object]], tries: int) -> None:
        ends = 0
        while True:
            began = time.monotonic()
            why = "it ended by itself"
            back = self._will_say_it_is_back(name) if ends else None
            try:
                await run()
            except asyncio.CancelledError:
                if _is_told_to_stop():
                    raise
            except Exception as error:  # noqa: BLE001 (whatever ended it, it is begun again)
                why = _in_words(error)
            finally:
                if back:
                    back.cancel()
            ends = 1 if time.monotonic() - began > self._patience.well_after else ends + 1
            if ends >= tries:
                self._give_up(name, why, ends)
                return
            wait = self._patience.wait(ends)
            log.error("ended and is started again", what=name, why=why, wait_seconds=wait, in_a_row=ends)
            self._tell(f"{name[0].upper()}{name[1:]} has ended ({why}). It is started again in {wait:g} s.")
            await asyncio.sleep(wait)

    def _tell(self, text: str) -> None:
        """Say it if it can be said: with output into a file on a full disk it cannot, and what is kept must go on."""
        with suppress(OSError):
            self._say(text)

    def _will_say_it_is_back(self, name: str) -> asyncio.TimerHandle:
        after = self._patience.well_after

        def say() -> None:
            log.warning("is back", what=name, seconds=after)
            self._tell(f"{name[0].upper()}{name[1:]} is back: it has been running for {after:g} s.")

        return asyncio.get_running_loop().call_later(after, say)

    def _give_up(self, name: str, why: str, ends: int) -> None:
        log.critical("ended and is given up", what=name, why=why, in_a_row=ends)
        if not self._gave_up.done():
            self._gave_up.set_exception(
                GaveUp(f"{name} has ended{f' {ends} times in a row' if ends > 1 else ''} and is given up: {why}")
            )
            self._gave_up.exception()  # seen, also where nobody waits any more


def _is_told_to_stop() -> bool:
    """Whether it is we who are cancelled, and not something that we waited for."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def _in_words(error: Exception) -> str:
    """Our own words as they stand; of any other error its kind, since its text may repeat what a case says."""
    return str(error) if isinstance(error, EndedByItself | NoFreePort) else type(error).__name__
