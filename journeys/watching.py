"""The watch: each worker looks every minute how the service stands, and says so in its metrics and its log.

A loop beside the worker and no workflow: what watches must not hang on what is watched.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from temporalio.client import Client
from temporalio.common import MetricMeter
from temporalio.runtime import Runtime

from journeys.looking import NAMED, InRecord, Look, OnServer, look
from record.store import CaseRecord
from service.retries import Retries
from service.settings import Settings

EVERY: Final = timedelta(minutes=1)
"""Between two looks (ours: a stuck journey is to be seen within minutes; a look is a dozen short requests)."""

SCHEDULES_EACH: Final = 5
"""Looks after which schedules that were well are asked again (ours: to describe one wakes its workflow, and the three
are two thirds of what a look costs the server. The alert of one that is paused comes after 15 to 20 minutes)."""

log: structlog.stdlib.BoundLogger = structlog.get_logger("watch")
Finding = tuple[int, tuple[str, ...]]


class Lookout:
    """What is said of each look, and remembered until the next: only what changes is logged."""

    def __init__(self, meter: MetricMeter) -> None:
        self._gauges = Gauges(meter)
        self._said: dict[str, Finding] = {}

    def see(self, seen: Look) -> None:
        """Tell metrics and log of a look."""
        self._gauges.set(seen)
        findings_now = findings(seen)
        for what in sorted({*findings_now, *self._said}):
            self._say(what, findings_now.get(what), self._said.get(what))
        self._said = findings_now

    def _say(self, what: str, now: Finding | None, before: Finding | None) -> None:
        if now == before:
            return
        if now is None:
            log.info("watch_well_again", what=what)
            return
        count, named = now
        log.error("watch_found", what=what, count=count, named=list(named))


def findings(seen: Look) -> dict[str, Finding]:
    """What is not as it should be: how much of it, and its first names (references, codes, reasons in words)."""
    stated: dict[str, Finding] = {}
    if isinstance(seen.record, str):
        stated["record"] = (1, (seen.record,))
    else:
        stated |= _in_record(seen.record)
    if seen.night:
        stated["night"] = (1, (seen.night,))
    stated |= dict.fromkeys(seen.overdue, (1, ()))
    if isinstance(seen.server, str):
        return stated | {"server": (1, (seen.server,))}
    stated |= {f"journeys_{one.kind}": (one.count, one.children) for one in seen.stuck if one.count}
    if not seen.server.workers:
        stated["workers"] = (1, ())
    if seen.server.releases:
        stated["releases"] = (1, (seen.server.releases,))
    for what, states in (("standing", seen.server.standing), ("schedules", seen.server.schedules)):
        missing = tuple(name for name, well in states.items() if not well)
        if missing:
            stated[what] = (len(missing), missing)
    return stated


def _in_record(seen: InRecord) -> dict[str, Finding]:
    stated: dict[str, Finding] = {}
    if seen.left_out:
        stated["left_out"] = (len(seen.left_out), tuple(seen.left_out[:NAMED]))
    if seen.stuck_messages:
        stated["messages"] = (1, seen.stuck_messages)
    if seen.in_trouble:
        stated["channels"] = (1, seen.in_trouble)
    return stated


class Gauges:
    """Our own figures on the worker's Prometheus endpoint. No child is a label."""

    def __init__(self, meter: MetricMeter) -> None:
        self._meter = meter

    def set(self, seen: Look) -> None:
        """Set them all as one look found them; what could not be asked keeps its last value, and `_up` says so."""
        self._set("permanence_watch_timestamp_seconds", "When the watch last looked", seen.at.timestamp())
        self._set("permanence_server_up", "1 while Temporal answers", not isinstance(seen.server, str))
        self._set("permanence_record_up", "1 while the case record can be written", not isinstance(seen.record, str))
        self._set("permanence_disk_free_ratio", "Free share of the disk that home is on", seen.free)
        if seen.backup:
            self._set("permanence_backup_timestamp_seconds", "When the newest backup was made", seen.backup.timestamp())
        if isinstance(seen.server, OnServer):
            self._of_server(seen.server)
        if isinstance(seen.record, InRecord):
            self._of_record(seen.record, seen.at)

    def _of_server(self, seen: OnServer) -> None:
        self._set("permanence_journeys_running", "Journeys that run", seen.journeys)
        self._set("permanence_workers_polling", "Workers that ask for work", seen.workers)
        for one in seen.stuck:
            self._set("permanence_journeys_stuck", "Journeys that stand still, by how", one.count, {"kind": one.kind})
        for name, well in seen.standing.items():
            self._set("permanence_standing_up", "1 while a standing process gets on", well, {"process": name})
        for name, well in seen.schedules.items():
            self._set("permanence_schedule_active", "1 if a schedule is there, not paused", well, {"schedule": name})

    def _of_record(self, seen: InRecord, now: datetime) -> None:
        waited = (now - seen.waits_since).total_seconds() if seen.waits_since else 0
        self._set("permanence_outbox_oldest_seconds", "How long the oldest message has waited", waited)
        self._set("permanence_children_left_out", "Children in no list: they cannot be read", len(seen.left_out))
        if seen.night:
            self._set("permanence_night_failing", "1 while the nightly reading fails", seen.night.failed is not None)
        if seen.night_ended:
            ended = seen.night_ended.timestamp()
            self._set("permanence_night_timestamp_seconds", "When a nightly reading last came to its end", ended)
        if seen.proof:
            how = {"reached": seen.proof.reached}
            at, took = seen.proof.at.timestamp(), seen.proof.took.total_seconds()
            self._set("permanence_proof_timestamp_seconds", "When the daily proof last arrived, by where", at, how)
            self._set("permanence_proof_seconds", "From the proof's timer to its arrival", took, how)

    def _set(self, name: str, about: str, value: float, labels: Mapping[str, str] | None = None) -> None:
        # The SDK refuses what is below zero, and the rest of the look would go unsaid: a message that came while the
        # look was under way has waited since after it began, and the clocks of two machines differ.
        self._meter.create_gauge_float(name, about).set(max(0.0, float(value)), dict(labels or {}))


def meter_of(client: Client) -> MetricMeter:
    """Where a client's own runtime serves metrics."""
    return (client.service_client.config.runtime or Runtime.default()).metric_meter


@asynccontextmanager
async def watching(client: Client, record: CaseRecord, settings: Settings, retries: Retries) -> AsyncIterator[None]:
    """Watch for as long as the context lasts. Whatever goes wrong in a look is logged, and the next is made."""
    task = asyncio.create_task(_watch(client, record, settings, retries))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch(client: Client, record: CaseRecord, settings: Settings, retries: Retries) -> None:
    watch = Lookout(meter_of(client))
    well: dict[str, bool] | None = None
    """The schedules, as long as none of them is paused or gone."""
    for number in itertools.count():
        try:
            asked, well = (well if number % SCHEDULES_EACH else None), None
            seen = await look(client, record, settings, retries.journeys(), asked)
            schedules = seen.server.schedules if isinstance(seen.server, OnServer) else None
            well = schedules if schedules and all(schedules.values()) else None
            watch.see(seen)
        except Exception as error:  # noqa: BLE001 (a watch that ends unseen is worse than any error)
            log.error("watch_failed", error=type(error).__name__, at=datetime.now(UTC).isoformat())
        await asyncio.sleep(EVERY.total_seconds())
