"""How the service stands, looked at from outside: what an operator must know within minutes, in one look.

Every question is answered by one request or one short query, whatever the number of journeys. What cannot be asked is
a finding too, so nothing here raises.
"""

import asyncio
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from delivery.ledger import Ledger
from delivery.outbox import Outbox
from delivery.proofs import Proof, Proofs
from journeys.release import amiss
from journeys.silent import still_silent
from journeys.stuck import FAILING, RUNNING, Kind, overslept, pollers
from record.caseload_reading import CaseloadReading
from record.copying import UNFINISHED
from record.failures import EntryRefused, RecordUnavailable
from record.nights import Night, Nights
from record.readiness import write_a_row
from record.store import CaseRecord
from service.schedules import schedules_for
from service.settings import Settings
from service.standing import STANDING
from workflows.protocol import WORKFLOW_ID_PREFIX
from workflows.standing import standing_id

NAMED: Final = 20
"""Stuck journeys that are named (ours: enough to begin with; the UI's list has them all)."""

A_NIGHT_LATE: Final = timedelta(hours=26)
"""Since the last night came to its end (ours: a day, and two hours for one that takes longer)."""

A_DAY_LATE: Final = timedelta(hours=26)
"""Since the last proof, or backup (as the alerts ProofOld and BackupOld have it: a day, and two hours)."""

WAITED_LONG: Final = timedelta(hours=1)
"""For a message in the outbox (as the alert OutboxOld has it)."""

NEARLY_FULL: Final = 0.1
"""Of the disk free (as the alert DiskNearlyFull has it)."""

NEVER: Final = datetime.fromtimestamp(0, UTC)
"""When the newest backup was made, where there is none: so old that whatever looks at its age sees it."""

TRIED_TOO_OFTEN: Final = 5
"""Attempts of a standing process's activity after which it does not work (ours: half a minute of failures)."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """The journeys that are stuck in one way: how many, and the first of them by their references."""

    kind: Kind
    count: int
    children: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OnServer:
    """What the Temporal server says."""

    journeys: int
    workers: int
    stuck: Sequence[Stuck]
    standing: dict[str, bool]
    """Whether each standing process runs and gets on."""
    schedules: dict[str, bool]
    """Whether each schedule is there and not paused."""
    releases: str = ""
    """What is wrong with the releases as such, in words; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class InRecord:
    """What the case record says."""

    waits_since: datetime | None
    """Since when the oldest message waits; None also where no channel is switched on, and all are meant to."""
    proof: Proof | None
    left_out: Sequence[str] = ()
    """Children who are in no list, since the case record cannot be read of them."""
    night: Night | None = None
    """The latest night, where a source is read every night."""
    night_ended: datetime | None = None
    """When one last came to its end."""
    stuck_messages: tuple[str, ...] = ()
    """Messages that nobody has taken, or of which nobody knows whether they have gone: how many of each state."""
    in_trouble: tuple[str, ...] = ()
    """Channels that are switched on and by which nothing goes."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found; in the place of what cannot be asked, why."""

    at: datetime
    server: OnServer | str
    record: InRecord | str
    free: float
    """The share of home's disk that is free."""
    backup: datetime | None
    """When the newest backup was made, where a folder of backups is set; NEVER where it has none."""

    @property
    def night(self) -> str:
        """What is wrong with the nightly reading, in words; empty where nothing is, or none is configured."""
        seen = self.record
        if isinstance(seen, str) or seen.night is None:
            return ""
        if seen.night.failed is not None:
            how = "brought nothing" if seen.night.ended else "failed and is tried again"
            return f"the night of {seen.night.planned:%d %B} {how}: {seen.night.failed}"
        since = seen.night_ended or seen.night.began
        return f"none has come to its end since {since:%d %B at %H:%M} UTC" if self.at - since > A_NIGHT_LATE else ""

    @property
    def overdue(self) -> Sequence[str]:
        """What is older than it may be, or runs short: by the limits of the alerts, which not everybody has."""
        seen = self.record if isinstance(self.record, InRecord) else InRecord(None, None)
        late = {
            "outbox": seen.waits_since is not None and self.at - seen.waits_since > WAITED_LONG,
            "proof": seen.proof is not None and self.at - seen.proof.at > A_DAY_LATE,
            "backup": self.backup is not None and self.at - self.backup > A_DAY_LATE,
            "disk": self.free < NEARLY_FULL,
        }
        return [what for what, is_late in late.items() if is_late]

    @property
    def stuck(self) -> Sequence[Stuck]:
        """How many journeys are stuck in which way."""
        return () if isinstance(self.server, str) else self.server.stuck


async def look(
    client: Client,
    record: CaseRecord,
    settings: Settings,
    retrying: Collection[str] = (),
    schedules: dict[str, bool] | None = None,
    *,
    ask_silent: bool = False,
) -> Look:
    """Look once. `retrying`: the children whose journeys are known to wait for an activity that fails.

    `schedules`: as they were found, where they are not to be asked again. `ask_silent`: those that the last nightly
    look found without an answer are asked anew, for whoever wants to know; the watch has its figure from that look.
    """
    now = datetime.now(UTC)
    return Look(
        at=now,
        server=await _on_server(client, settings, now, retrying, schedules, ask_silent=ask_silent),
        record=await asyncio.to_thread(_in_record, record, settings),
        free=_free(settings.home),
        backup=_newest(settings.backups) if settings.backups else None,
    )


async def _on_server(
    client: Client,
    settings: Settings,
    now: datetime,
    retrying: Collection[str],
    schedules: dict[str, bool] | None,
    *,
    ask_silent: bool,
) -> OnServer | str:
    try:
        waiting = Stuck("retrying", len(retrying), tuple(sorted(retrying)[:NAMED]))
        failing, late = [await _stuck(client, "failing", FAILING), await _stuck(client, "overslept", overslept(now))]
        releases, without_workers = await amiss(client)
        left = await _stuck(client, "abandoned", without_workers) if without_workers else Stuck("abandoned", 0, ())
        workers = await pollers(client)
        known = {child for one in (failing, late, waiting, left) for child in one.children}
        mute = await still_silent(client, known) if ask_silent and workers else []
        return OnServer(
            journeys=(await client.count_workflows(RUNNING)).count,
            workers=workers,
            stuck=(failing, late, waiting, left, *([Stuck("silent", len(mute), tuple(mute))] if ask_silent else [])),
            standing={one.name: await _works(client, one.name) for one in STANDING},
            schedules=schedules or {one.name: await _active(client, one.name) for one in schedules_for(settings)},
            releases=releases,
        )
    except (RPCError, RuntimeError):
        return "the Temporal server does not answer"


async def _stuck(client: Client, kind: Kind, query: str) -> Stuck:
    """Counted, and named only where there are any. A server that does not know the attribute flags none."""
    try:
        count = (await client.count_workflows(query)).count
    except RPCError as error:
        if error.status is not RPCStatusCode.INVALID_ARGUMENT:
            raise
        return Stuck(kind, 0, ())
    named = [run.id async for run in client.list_workflows(query, limit=NAMED)] if count else []
    return Stuck(kind, count, tuple(sorted(one.removeprefix(WORKFLOW_ID_PREFIX) for one in named)))


async def _works(client: Client, name: str) -> bool:
    try:
        described = await client.get_workflow_handle(standing_id(name)).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    attempts = [pending.attempt for pending in described.raw_description.pending_activities]
    return described.status is WorkflowExecutionStatus.RUNNING and max(attempts, default=0) < TRIED_TOO_OFTEN


async def _active(client: Client, name: str) -> bool:
    try:
        return not (await client.get_schedule_handle(name).describe()).schedule.state.paused
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False


def _in_record(record: CaseRecord, settings: Settings) -> InRecord | str:
    try:
        write_a_row(record.engine)
        waits_since = Outbox(record.engine).oldest() if settings.delivery.channels else None
        nights, read = Nights(record.engine), settings.sync_source is not None
        night, ended = (nights.last(), nights.last_ended()) if read else (None, None)
        left_out = CaseloadReading(record.engine, datetime.now(UTC)).left_out()
        kept, channels = Outbox(record.engine).counts(("failed", "uncertain")), Ledger(record.engine).channels()
        stuck = tuple(f"{count} {state}" for state, count in kept.items() if count)
        down = tuple(name for name in settings.delivery.channels if name in channels and channels[name].state != "up")
        return InRecord(waits_since, Proofs(record.engine).last(), left_out, night, ended, stuck, down)
    except (RecordUnavailable, EntryRefused) as unavailable:
        return str(unavailable)


def _free(home: Path) -> float:
    usage = shutil.disk_usage(home if home.exists() else Path.cwd())
    return usage.free / usage.total


def _cut_off(file: Path) -> bool:
    return UNFINISHED in (file.suffix, file.parent.suffix)


def _newest(folder: Path) -> datetime:
    """`permanence backup` makes a folder each time; other means leave a file. What was cut off is none."""
    files = (file for depth in ("*", "*/*") for file in folder.glob(depth) if file.is_file() and not _cut_off(file))
    times = [file.stat().st_mtime for file in files]
    return datetime.fromtimestamp(max(times), UTC) if times else NEVER
