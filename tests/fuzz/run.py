"""A run: the real server, worker, record and intake up, and so many inputs of each class given to them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeVar

from intake.forwarding import Forwarder
from intake.inbox import Inbox
from intake.inbox_queue import InboxQueue
from tests.fuzz.journeys import SHARE, Journeys
from tests.fuzz.offline import KINDS, run_offline
from tests.fuzz.over_http import OverHttp
from tests.fuzz.tally import Tally, memory, watching_logs
from tests.intake.service import Caller, calling
from tests.workflows.house import House, house_in

OF_A_HUNDRED: Final = {"HTTP": 25, "files": 15, "policies": 15, "signals": 15, "updates": 10, "addresses": 20}
REQUESTS_AT_ONCE: Final = 8
JOURNEYS_AT_ONCE: Final = 4
CHUNK: Final = 60
"""Inputs that the other process takes at a time."""

CACHED: Final = 100
"""Journeys in memory at once (ours: few, so that memory that grows is none of theirs)."""

WARM: Final = 0.3
"""Of a run, after which memory should grow no more: by then every cache has seen every kind of input."""

SETTLING: Final = 180
"""Seconds for what was stored to reach its journeys at the end."""

T = TypeVar("T")
Done = Callable[[int], None]


@dataclass
class Warmth:
    """Memory of one process once it was warm, and at last."""

    total: int
    done: int = 0
    warm: float = 0.0
    last: float = 0.0

    def note(self, done: int, held: Callable[[], float]) -> None:
        """Some more were done."""
        before, self.done = self.done, self.done + done
        if not self.warm and self.done >= WARM * self.total:
            self.warm = held()
        if before < self.total <= self.done:
            self.last = held()

    @property
    def grown(self) -> float:
        """MB since it was warm."""
        return self.last - self.warm if self.warm and self.last else 0.0


@dataclass
class Run:
    """So many inputs with a seed, numbered from `first` on, so that a run goes on where another ended."""

    count: int
    seed: int
    first: int = 0
    done: Done = field(default=lambda number: None)

    def numbers(self, kind: str) -> range:
        """The numbers of a class's inputs."""
        return range(self._until(kind, self.first), self._until(kind, self.first + self.count))

    def _until(self, kind: str, number: int) -> int:
        return number * OF_A_HUNDRED[kind] // 100

    async def go(self, folder: Path) -> Tally:
        """Everything, and what came of it."""
        tally = Tally()
        offline = [(kind, number) for kind in KINDS for number in self.numbers(kind)]
        to_journeys = [(kind, number) for kind in ("signals", "updates") for number in self.numbers(kind)]
        shares = [to_journeys[place :: -(-len(to_journeys) // SHARE)] for place in range(-(-len(to_journeys) // SHARE))]
        warmths = Warmth(len(self.numbers("HTTP")) + len(to_journeys)), Warmth(len(offline))
        with watching_logs(tally):
            async with _everything_up(folder) as (house, caller):
                http = OverHttp(caller, self.seed, tally)
                journeys = Journeys(house, self.seed, tally)

                async def request(number: int) -> None:
                    await http.send(number)
                    self._note(1, warmths[0], memory)

                async def live(numbered: tuple[int, list[tuple[str, int]]]) -> None:
                    await journeys.live(self.first + numbered[0], numbered[1])
                    self._note(len(numbered[1]), warmths[0], memory)

                await asyncio.gather(
                    self._offline(offline, tally, warmths[1]),
                    _several(REQUESTS_AT_ONCE, self.numbers("HTTP"), request),
                    _several(JOURNEYS_AT_ONCE, list(enumerate(shares)), live),
                )
                await _settle(house, tally)
                await journeys.look_at_all()
        tally.grown = max(warmth.grown for warmth in warmths)
        return tally

    async def _offline(self, work: Sequence[tuple[str, int]], tally: Tally, warmth: Warmth) -> None:
        """In a process of its own, since it never waits."""
        mixed = [work[place :: -(-len(work) // CHUNK)] for place in range(-(-len(work) // CHUNK))]
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            for chunk in mixed:
                loop = asyncio.get_running_loop()
                findings, held = await loop.run_in_executor(pool, run_offline, self.seed, chunk)
                tally.add(findings)
                self._note(len(chunk), warmth, lambda held=held: held)  # type: ignore[misc] # a default binds it

    def _note(self, number: int, warmth: Warmth, held: Callable[[], float]) -> None:
        warmth.note(number, held)
        self.done(number)


@asynccontextmanager
async def _everything_up(folder: Path) -> AsyncIterator[tuple[House, Caller]]:
    limits = {"rate": "100000000/minute", "answer_seconds": 0.2, "failures": "1000/minute"}
    async with (
        house_in(folder, cached_journeys=CACHED) as house,
        calling(folder / "intake", house.client, house.record, **limits) as caller,
    ):
        yield house, caller


async def _several(at_once: int, work: Iterable[T], do: Callable[[T], Awaitable[None]]) -> None:
    """Do it for each, so many at a time."""
    waiting = iter(work)

    async def one_after_another() -> None:
        for each in waiting:
            await do(each)

    await asyncio.gather(*(one_after_another() for _ in range(at_once)))


async def _settle(house: House, tally: Tally) -> None:
    """What the intake stored reaches its journeys, or is refused by them."""
    deliverer = Forwarder(house.client, lambda: InboxQueue(house.record.engine))
    try:
        async with asyncio.timeout(SETTLING):
            while _on_their_way(house):
                await deliverer.sweep()
                await asyncio.sleep(0.1)
    except TimeoutError:
        tally.fault("stuck", "inbox", f"{_on_their_way(house)} deliveries are on their way for ever")


def _on_their_way(house: House) -> int:
    return Inbox(house.record.engine).depth()[0].get("received", 0)
