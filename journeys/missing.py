"""The case record beside the engine: which journeys must run and do not, and which of them know less, or more.

The engine's store may be lost, or restored older than the record; a run may have been ended by somebody, or be broken.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError

from domain.case.facts import Known
from domain.case.life import periods_of_care
from journeys.bounded import Progress, bounded, silently
from journeys.caseload import not_running
from journeys.stuck import RUNNING
from record.pasts import pasts
from record.store import CaseRecord
from workflows.child_journey import ChildJourney
from workflows.protocol import WORKFLOW_ID_PREFIX, workflow_id

PATIENCE: Final = timedelta(seconds=10)
"""How long a journey may take to answer (ours: one that is not in memory replays in well under a second)."""

TOGETHER: Final = 100
"""Children compared together; of those changed last so many in a row that agree show that the engine is as new as the
record (ours: what a restored store lacks is all that came after it was copied)."""


@dataclass(slots=True)
class JourneyTally:
    """Children by how their journey stands beside the case record. `agree` counts those that were asked and do."""

    missing: list[str] = field(default_factory=list)
    """The period of care is open, and no journey runs."""
    behind: list[str] = field(default_factory=list)
    """It runs, and does not know all events of the record."""
    ahead: list[str] = field(default_factory=list)
    """It runs, and knows events that the record lacks."""
    silent: list[str] = field(default_factory=list)
    """It runs, and does not answer: no worker is there, or it is broken."""
    unreadable: list[str] = field(default_factory=list)
    """No journey runs, and whether one must cannot be said: the case record of the child cannot be read."""
    ended: list[str] = field(default_factory=list)
    """The period of care is over, and no journey runs: as it should be."""
    running: int = 0
    agree: int = 0

    def counts(self) -> dict[str, int]:
        """How many children there are of each kind."""
        return {
            one.name: len(value) if isinstance(value, list) else value
            for one in fields(self)
            for value in [getattr(self, one.name)]
        }


class Comparison:
    """The case record and a server, compared."""

    def __init__(self, client: Client, record: CaseRecord) -> None:
        self.client = client
        self.record = record
        self.tally = JourneyTally()

    async def of(self, children: Collection[str], progress: Progress = silently) -> JourneyTally:
        """How some children's journeys stand."""
        running = await self._running(children)
        await self._compare(sorted(running & set(children)), progress)
        await self._not_running(sorted(set(children) - running))
        return self.tally

    async def of_all(self, progress: Progress = silently) -> JourneyTally:
        """How all journeys stand, each of them asked."""
        running = await self._running()
        await self._not_running(sorted(set(await asyncio.to_thread(self.record.children)) - running))
        await self._compare(sorted(running), progress)
        return self.tally

    async def at_start(self) -> JourneyTally:
        """The journeys that do not run; and, those first that changed last, whether the others are as the record is.

        It ends with the first hundred that agree, so that it costs little where all is well.
        """
        running = await self._running()
        latest = await asyncio.to_thread(self.record.latest_events)
        await self._not_running(sorted(latest.keys() - running))
        asked = sorted(running, key=lambda child: -latest.get(child, 0))
        for start in range(0, len(asked), TOGETHER):
            before = self.tally.agree
            together = asked[start : start + TOGETHER]
            await self._compare(together, silently)
            if self.tally.agree - before == len(together):
                break
        return self.tally

    async def _running(self, children: Collection[str] = ()) -> set[str]:
        which = RUNNING
        if 0 < len(children) <= TOGETHER:
            which += f" AND WorkflowId IN ({', '.join(repr(workflow_id(child)) for child in sorted(children))})"
        running = {run.id.removeprefix(WORKFLOW_ID_PREFIX) async for run in self.client.list_workflows(which)}
        self.tally.running = len(running)
        return running

    async def _not_running(self, children: Sequence[str]) -> None:
        for together in _parts(children):
            read = await asyncio.to_thread(pasts, self.record, together)
            unlisted = {child for child, known in read.known.items() if is_open(child, known)}
            missing = await not_running(self.client, unlisted)
            self.tally.missing += sorted(missing)
            self.tally.ended += [child for child, known in read.known.items() if known and child not in unlisted]
            self.tally.unreadable += read.unreadable
            await self._compare(sorted(unlisted - missing), silently)

    async def _compare(self, children: Sequence[str], progress: Progress) -> None:
        for done, together in enumerate(_parts(children)):
            # The record first: a journey knows an event before it writes it there.
            recorded = await asyncio.to_thread(self.record.ids_of, together)
            answers = await bounded([partial(known_events, self.client, child) for child in together], silently)
            for child, answer in zip(together, answers, strict=True):
                self._note(child, recorded[child], answer)
            progress(done * TOGETHER + len(together), len(children))

    def _note(self, child: str, recorded: set[str], answer: "set[str] | Silence") -> None:
        tally = self.tally
        if isinstance(answer, Silence):
            if answer.broken:
                tally.silent.append(child)
            return
        if answer - recorded:
            tally.ahead.append(child)
        if recorded - answer:
            tally.behind.append(child)
        tally.agree += answer == recorded


@dataclass(frozen=True, slots=True)
class Silence:
    """A journey that says nothing of what it knows: it has only just been started, or it is `broken`."""

    broken: bool


async def known_events(client: Client, child: str) -> set[str] | Silence:
    """The ids of the events that a child's journey knows, running or ended."""
    journey = client.get_workflow_handle_for(ChildJourney.run, workflow_id(child))
    try:
        known = await journey.query(ChildJourney.known_events, rpc_timeout=PATIENCE)
    except (RPCError, WorkflowQueryFailedError):
        return Silence(broken=True)
    return Silence(broken=False) if known is None else set(known)


def is_open(child: str, known: Iterable[Known]) -> bool:
    """Whether by what is known of a child a journey must run."""
    periods = periods_of_care(child, known, datetime.now(UTC))
    return bool(periods) and periods[-1].ended_on is None


def _parts(children: Sequence[str]) -> Iterable[Sequence[str]]:
    return (children[start : start + TOGETHER] for start in range(0, len(children), TOGETHER))
