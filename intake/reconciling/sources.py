"""Reconciling the running service with a source: what runs by Temporal, what is known by the case record."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from temporalio.client import Client

from domain.case.calendar import local_date
from domain.case.facts import Known
from domain.policy.loading import Policies
from domain.study.simulation import EventLine, by_child
from intake.configured import is_database
from intake.configured import read_source as read_configured
from intake.files import read_events
from intake.reconciling.differences import Difference, Events, Kind, differences
from intake.returns.tables import is_folder
from intake.sources.covered import Covered
from intake.sources.read import SourceRefused
from journeys.caseload import caseload, not_running
from journeys.missing import is_open
from record.failures import Unreadable
from record.pasts import past
from record.store import CaseRecord
from service.settings import Settings

Progress = Callable[[int, int], None]
BETWEEN_SIGNS_OF_LIFE = 50
REPORT = "reconciliation.json"
"""The latest nightly report, in the service's home."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a source says: its events by child, the types of event it can tell of, and until which day it tells.

    `covered`: the days it speaks for, by child; None: all.
    """

    events: Events
    carried: Collection[str] | None
    until: date
    covered: Mapping[str, Sequence[Covered]] | None = None


def read_source(setting: str, policies: Policies, policy: str, now: datetime, record: CaseRecord | None) -> Source:
    """A file of events; or a folder of returns or a database, which tell until the latest day that stands in them.

    With a record, also what earlier readings of the same children said. Raises FileUnreadable, FileRefused,
    SourceRefused, RecordUnavailable.
    """
    if not is_database(setting) and not is_folder(Path(setting)):
        return Source(_by_children(read_events(setting)), None, local_date(now))
    read = read_configured(setting, policies, policy, now, record)
    if read.stale:
        raise SourceRefused(f"{read.where}: {read.stale}")
    latest = max((event.on for own in read.events.values() for event in own), default=local_date(now))
    return Source(read.events, read.carried, min(latest, local_date(now)), read.covered)


def _by_children(lines: Iterable[EventLine]) -> Events:
    """Events by the child they are for; a joint meeting stands under each of its children."""
    return {child: [line.event for line in own] for child, own in by_child(lines).items()}


async def reconcile(
    client: Client, record: CaseRecord, source: Source, progress: Progress = lambda done, total: None
) -> list[Difference]:
    """Where the source and the service differ by the day the source tells until, the gravest first.

    Raises RecordUnavailable, and temporalio's RPCError where the server cannot be reached.
    """
    listed = {row.child for row in await caseload(client)}
    held, unreadable = await asyncio.to_thread(_held, record, sorted(source.events.keys() | listed), progress)
    unlisted = {child for child in held.keys() - listed if is_open(child, held[child])}
    running = (listed | (unlisted - await not_running(client, unlisted))).difference(unreadable)
    ours = {child: [known.event for known in own] for child, own in held.items()}
    events = {child: own for child, own in source.events.items() if child not in unreadable}
    differing = differences(events, ours, running, source.until, source.carried, source.covered)
    return [*(Difference(child, Kind.UNREADABLE, str(Unreadable(child))) for child in unreadable), *differing]


def _held(
    record: CaseRecord, children: list[str], progress: Progress
) -> tuple[Mapping[str, Sequence[Known]], list[str]]:
    """What the case record holds of each child; and of whom it cannot be read."""
    held: dict[str, list[Known]] = {}
    unreadable = []
    for done, child in enumerate(children, 1):
        try:
            held[child] = past(record, child)
        except Unreadable:
            unreadable.append(child)
        if done % BETWEEN_SIGNS_OF_LIFE == 0 or done == len(children):
            progress(done, len(children))
    return held, unreadable


async def compare_nightly(
    client: Client, record: CaseRecord, policies: Policies, settings: Settings, day: date
) -> Mapping[str, int]:
    """The configured source beside the journeys: a report is left in `home`; how many differ, by kind."""
    if settings.reconcile_source is None:
        return {}
    now = datetime.combine(day, time(12), UTC)
    configured = settings.reconcile_source, policies, settings.default_policy, now, record
    source = await asyncio.to_thread(read_source, *configured)
    differing = await reconcile(client, record, source)
    report = {"until": source.until.isoformat(), "differences": [difference.data() for difference in differing]}
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (settings.home / REPORT).write_text(json.dumps(report, indent=1), "utf-8")
    counts = Counter(difference.kind.value for difference in differing)
    return {kind.value: counts[kind.value] for kind in Kind}
