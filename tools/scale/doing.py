"""What a cluster is given to do at each size: a load, a 09:00, a policy adopted by all, a night's comparison."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from temporalio.client import Client

from domain.case.documents import document_of
from journeys.loading import load_histories
from journeys.sending import Load
from journeys.starting import start_journey
from record.store import CaseRecord
from tools.bench.even_load import NINE, an_entry
from tools.bench.figures import Tell
from tools.bench.ground import BenchFailed, at_once
from tools.bench.loading import Histories, histories_named, patterns, whole
from tools.cluster.database import RECORD
from tools.cluster.running import Cluster
from tools.faults.programs import environment, module
from tools.scale.points import Point
from tools.scale.spending import databases, memory, spending
from workflows.protocol import JourneyOptions

AT_NINE: Final = 8
"""One in so many children is told of at the 09:00 that is measured (ours: a busy Monday; 1,000 of 8,000)."""
POLICIES: Final = ("quick-guide", "ppm-procedure")
"""Adopted by turns."""
LEAD: Final = timedelta(seconds=20)
LOOK_EVERY: Final = 0.1
PATIENCE: Final = 900.0


@dataclass
class Caseload:
    """The children there are by now."""

    cluster: Cluster
    client: Client
    record: CaseRecord
    tell: Tell
    histories: Histories = field(default_factory=dict)
    at_nine: int = 0
    adopted: int = 0

    @property
    def running(self) -> int:
        """Journeys: the children with histories, and those of each 09:00."""
        return len(self.histories) + self.at_nine

    async def measured(self, children: int) -> AsyncIterator[Point]:
        """All that is measured with so many children."""
        yield await self.load(children)
        yield self.memory()
        for do in (self.reconcile, self.nine_oclock, self.adopt):
            yield await do()

    async def load(self, children: int) -> Point:
        """Load histories until there are so many children; bytes are what the databases have grown by."""
        more = histories_named(_alone(), f"UP-TO-{children}", children - len(self.histories))
        before = databases(self.cluster)
        said = [0.0]

        def progress(done: int, total: int) -> None:
            if time.monotonic() - said[0] > 10:
                said[0] = time.monotonic()
                self.tell(f"{children:,} children: {done:,} of {total:,} more loaded")

        with spending(self.cluster) as spent:
            loaded = await load_histories(self.client, self.record, more, Load("scale"), whole, progress)
        if loaded.started != len(more) or loaded.refusals:
            raise BenchFailed(f"of {len(more)} children {loaded.started} were loaded: {loaded.refusals[:1]}")
        self.histories |= more
        grown = {name: size - before[name] for name, size in databases(self.cluster).items()}
        return Point(what="load", size=len(more), clock=spent.clock, processor=spent.processor, counts=grown)

    def memory(self) -> Point:
        """Memory of each process with so many children."""
        return Point(what="memory", size=len(self.histories), counts=memory(self.cluster))

    async def nine_oclock(self) -> Point:
        """Reminders of one instant, nothing spread: by when the first and the last stand in the outbox."""
        count = len(self.histories) // AT_NINE
        prefix = f"NINE-{len(self.histories)}"
        began = time.monotonic()
        await self._start(f"{prefix}-TRY", count // 10 or 1, NINE - timedelta(days=1) - datetime.now(UTC))
        each = (time.monotonic() - began) / (count // 10 or 1)
        nine = datetime.now(UTC) + LEAD + timedelta(seconds=1.5 * each * count)
        self.tell(f"{len(self.histories):,} children: {count:,} reminders for one 09:00, in {each * count * 1.5:.0f} s")
        await self._start(prefix, count, NINE - nine)
        if (left := (nine - datetime.now(UTC)).total_seconds()) < 1:
            raise BenchFailed("the journeys were not all started before their 09:00: the machine is too busy")
        await asyncio.sleep(left - 1)
        with spending(self.cluster) as spent:
            seen = await self._told(f"{prefix}-0%", count)
        first, last = (at - nine.timestamp() for at in (seen[0], seen[-1]))
        half = seen[len(seen) // 2] - nine.timestamp()
        counts = {"first told s": first, "half told s": half, "last told s": last}
        return Point(what="nine", size=count, of="reminders", clock=last, processor=spent.processor, counts=counts)

    async def _start(self, prefix: str, count: int, offset: timedelta) -> None:
        options = JourneyOptions(policy="england-statutory", clock_offset=offset)
        children = [f"{prefix}-{number:06}" for number in range(count)]
        start = partial(start_journey, self.client)
        limit = 8
        await at_once([partial(start, child, [an_entry(child)], options) for child in children], limit)
        deadline = time.monotonic() + PATIENCE
        while len(await asyncio.to_thread(self.record.among, children)) < count:
            if time.monotonic() > deadline:
                raise BenchFailed(f"{count} journeys were not all begun within {PATIENCE:.0f} s")
            await asyncio.sleep(LOOK_EVERY)
        self.at_nine += count

    async def _told(self, children: str, count: int) -> list[float]:
        """The instants at which each message was first seen, in order."""
        seen: list[float] = []
        deadline = time.monotonic() + PATIENCE
        query = "SELECT count(DISTINCT child) FROM outbox WHERE child LIKE %s"
        while len(seen) < count:
            [(there,)] = await asyncio.to_thread(partial(self.cluster.database.rows, query, children, database=RECORD))
            seen += [time.time()] * (there - len(seen))
            if time.monotonic() > deadline:
                raise BenchFailed(f"{len(seen)} of {count} reminders were out after {PATIENCE:.0f} s")
            await asyncio.sleep(LOOK_EVERY)
        return seen

    async def adopt(self) -> Point:
        """Have every journey adopt another policy, by the command."""
        policy = POLICIES[self.adopted % len(POLICIES)]
        self.adopted += 1
        self.tell(f"{len(self.histories):,} children: {policy} adopted by {self.running:,} journeys")
        words = ("policy", "adopt", policy, "--all", "--by", "the bench", "--reason", "to measure it", "--json")
        with spending(self.cluster) as spent:
            done = json.loads(await self._command(words, ok=(0, 1)))
        refused = sum(1 for one in done if one.get("refusal") or one.get("left"))
        counts = {"journeys answered": float(len(done)), "journeys left": float(refused)}
        return Point(
            what="adopt", size=self.running, of="journeys", clock=spent.clock, processor=spent.processor, counts=counts
        )

    async def reconcile(self) -> Point:
        """Compare every journey with a file of all events, by the command of the night."""
        self.tell(f"{len(self.histories):,} children: compared with their source")
        file = self.cluster.wanted.folder / "source.jsonl"
        events = [document_of(event) for own in self.histories.values() for event in own]
        file.write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")
        with spending(self.cluster) as spent:
            await self._command(("reconcile", str(file), "--json"), ok=(0, 1))
        return Point(what="reconcile", size=len(self.histories), clock=spent.clock, processor=spent.processor)

    async def _command(self, words: Sequence[str], ok: tuple[int, ...]) -> str:
        """What a command of an operator prints."""
        folder = self.cluster.wanted.folder
        settings = environment(self.cluster.home, **self.cluster.settings())
        with (folder / "command.log").open("ab") as log:
            running = await asyncio.create_subprocess_exec(
                *module("cli", *words), env=settings, stdout=asyncio.subprocess.PIPE, stderr=log
            )
            said, _ = await running.communicate()
        if running.returncode not in ok:
            raise BenchFailed(f"permanence {words[0]} ended with {running.returncode}; see {folder / 'command.log'}")
        return said.decode()


def _alone() -> list[tuple[str, str]]:
    """Histories without what a brother's or sister's brought: such an event keeps its id under every name."""
    known = patterns()
    return [(ref, text) for ref, text in known if all(raw["id"].startswith(ref) for raw in json.loads(text))]
