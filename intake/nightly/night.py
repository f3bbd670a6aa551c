"""One night: the source is read, compared with what is known, applied or only proposed, and reported.

Begun again after a kill it goes on: what the journeys have is not told again, and stays in the night's report.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

import structlog
from temporalio.client import Client

from activities.syncing import NightFailed
from domain.case.calendar import local_date
from domain.policy.loading import Policies, PolicyRefused
from intake.configured import is_database, read_source
from intake.nightly.brake import why_braked, why_stale
from intake.nightly.report import Changes, counted, left_of, with_what_was_taken
from intake.returns import SOURCE as RETURNS
from intake.sources.read import Progress, SourceRead, SourceRefused
from intake.sources.reading_again import news_of, takings
from intake.sources.taking import Taker, Taking
from journeys.loading import Loaded, first_messages_at, load_histories
from journeys.missing import is_open
from journeys.sending import Load
from record.doubts import DoubtsKept
from record.failures import RecordUnavailable
from record.nights import Nights
from record.pasts import pasts
from record.store import CaseRecord
from service.settings import Settings

AT_ONCE: Final = 200
"""Children whose ids or histories are read in one query (ours, as in reading_again.py)."""

DATABASE: Final = "ssd"
"""How the nights call a source that is a database, before it is read."""

log: structlog.stdlib.BoundLogger = structlog.get_logger("night")


@dataclass(frozen=True)
class OneNight:
    """A night of an installation. `planned` names it: begun again it is the same night."""

    client: Client
    record: CaseRecord
    policies: Policies
    settings: Settings
    planned: datetime
    now: datetime
    progress: Progress = lambda done, total: None

    @property
    def applies(self) -> bool:
        """Whether what is read is sent to the journeys."""
        return self.settings.sync == "apply"

    async def run(self) -> dict[str, int]:
        """Live it through; how many of what. Raises NightFailed, and temporalio's RPCError where the server is gone."""
        source, nights = self._source(), Nights(self.record.engine)
        try:
            return await self._lived(source, nights)
        except (SourceRefused, PolicyRefused, RecordUnavailable) as error:
            await asyncio.to_thread(_note_failure, nights, self.planned, str(error))
            raise NightFailed(str(error)) from None
        except Exception as error:
            # Its own text may repeat what a row says.
            await asyncio.to_thread(_note_failure, nights, self.planned, type(error).__name__)
            raise

    def _source(self) -> str:
        assert self.settings.sync_source is not None  # else there is no schedule
        return self.settings.sync_source.get_secret_value()

    async def _lived(self, source: str, nights: Nights) -> dict[str, int]:
        kind, how = DATABASE if is_database(source) else RETURNS, self.settings.sync
        attempt = await asyncio.to_thread(nights.begin, self.planned, kind, how, self.now)
        log.info("night_began", source=kind, how=how, attempt=attempt)
        policy = self.settings.sync_policy or self.settings.default_policy
        read = await asyncio.to_thread(read_source, source, self.policies, policy, self.now, self.record, self.progress)
        await asyncio.to_thread(nights.read, self.planned, read.said)
        if read.stale:
            await asyncio.to_thread(nights.end, self.planned, {}, datetime.now(UTC), why_stale(read.stale))
            return {}
        taker = Taker(read.source, self.policies, policy, self.now)
        takings_now = await asyncio.to_thread(self._compared, taker, read)
        doubted = await asyncio.to_thread(self._doubts, read, takings_now)
        await asyncio.to_thread(self._planned, nights, takings_now)
        gone = await asyncio.to_thread(self._only_here, nights, _spoken_of(read))
        brake = why_braked(takings_now, gone) if self.applies else ""
        applies = self.applies and not brake
        loaded = await self._applied(taker, read, takings_now) if applies else None
        return await asyncio.to_thread(self._ended, nights, read, loaded, doubted, brake)

    # Reading and comparing

    def _compared(self, taker: Taker, read: SourceRead) -> list[Taking]:
        return list(takings(taker, read.events, read.covered, self.record, self.progress))

    def _doubts(self, read: SourceRead, own: Iterable[Taking]) -> dict[str, int]:
        """Keep what is doubtful, for the desk's page; how much of it nobody has settled, and how much was not there."""
        doubts, kept = [*read.doubts, *(doubt for each in own for doubt in each.doubts)], DoubtsKept(self.record.engine)
        before = {doubt.key for doubt in kept.open()}
        kept.replace(read.source, _spoken_of(read), map(asdict, doubts), self.now)
        settled = kept.settled()
        left = [doubt.key for doubt in doubts if doubt.key not in settled]
        fresh = sum(key not in before for key in left)
        return {"doubted": len(left), "new_doubts": fresh, "settled": len(doubts) - len(left)}

    def _planned(self, nights: Nights, own: Iterable[Taking]) -> None:
        """Put down what is to change, before anything is sent: what a killed attempt had brought is not lost so."""
        earlier = nights.children(self.planned, "changes")
        changes = {each.child: each.data() for each in own if each.changes}
        for child, ids in self._ids_of(sorted(earlier)).items():
            changes[child] = with_what_was_taken(earlier[child], changes.get(child), ids)
        nights.put(self.planned, "changes", changes)

    def _only_here(self, nights: Nights, spoken_of: Collection[str]) -> int:
        """Put down who is in care by what is known here, and of whom the source says nothing at all; how many."""
        unspoken = sorted(set(self.record.children()) - set(spoken_of))
        here = [
            child
            for some in _parts(unspoken)
            for child, known in pasts(self.record, some).known.items()
            if is_open(child, known)
        ]
        nights.put(self.planned, "only_here", {child: {} for child in here})
        return len(here)

    # Applying

    async def _applied(self, taker: Taker, read: SourceRead, own: Sequence[Taking]) -> Loaded:
        """Keep what the source said, and send each child what changes, as one batch."""
        await asyncio.to_thread(read.keep, self.record, self.now)
        children = {each.child: read.events.get(each.child, ()) for each in own if each.batch}
        # Nobody is to be told of it at four in the morning.
        quiet = first_messages_at(local_date(self.now), self.now)
        load = Load(f"night-{local_date(self.planned)}", quiet, piecemeal=True)
        news = news_of(taker, read.covered)
        return await load_histories(self.client, self.record, children, load, news, self.progress)

    # Reporting

    def _ended(
        self, nights: Nights, read: SourceRead, loaded: Loaded | None, doubted: Mapping[str, int], brake: str
    ) -> dict[str, int]:
        """Count and keep what came of it. `loaded`: None where nothing was sent, and what would be is counted."""
        changes: Mapping[str, Changes] = nights.children(self.planned, "changes")
        spoken_of = _spoken_of(read)
        here, there = nights.children(self.planned, "only_here"), sorted(spoken_of - set(self.record.children()))
        counts = {"children": len(spoken_of)}
        taken = self._ids_of(sorted(changes)) if loaded else None
        counts |= counted(changes, taken)
        left = left_of(changes, taken, loaded.refusals) if loaded and taken is not None else {}
        counts |= {**doubted, "not_taken": len(left), "only_here": len(here), "only_there": len(there)}
        nights.put(self.planned, "only_there", {child: {} for child in there})
        nights.put(self.planned, "not_taken", left)
        nights.end(self.planned, counts, datetime.now(UTC), brake or None)
        log.info("night_ended", source=read.source, how=self.settings.sync, **counts)
        return counts

    def _ids_of(self, children: Sequence[str]) -> dict[str, set[str]]:
        return {child: ids for some in _parts(children) for child, ids in self.record.ids_of(some).items()}


def _spoken_of(read: SourceRead) -> set[str]:
    """Every child whom a source names, those of whom nothing can be taken among them."""
    return {*read.covered, *read.events}


def _note_failure(nights: Nights, planned: datetime, why: str) -> None:
    """In the record too, where that can be: the desk and `permanence health` say it."""
    log.error("night_failed", why=why)
    try:
        nights.fail(planned, why)
    except RecordUnavailable:
        log.error("night_failure_not_kept")


def _parts(children: Sequence[str]) -> Iterable[Sequence[str]]:
    return (children[start : start + AT_ONCE] for start in range(0, len(children), AT_ONCE))


async def live_night(
    client: Client, record: CaseRecord, policies: Policies, settings: Settings, planned: datetime, progress: Progress
) -> dict[str, int]:
    """Live a night through now."""
    return await OneNight(client, record, policies, settings, planned, datetime.now(UTC), progress).run()
