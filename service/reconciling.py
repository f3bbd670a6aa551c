"""Reconciling the running service with a source: what runs by Temporal, what is known by the case record."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from temporalio.client import Client

from domain import events as ev
from domain.simulation import Line, by_child
from intake.files import read_events
from intake.reconcile import Difference, Events, differences
from record.store import CaseRecord
from service.caseload import caseload

Progress = Callable[[int, int], None]
BETWEEN_SIGNS_OF_LIFE = 50


def events_of(source: Path | str) -> Events:
    """The events of a source by the child they are for. Raises FileUnreadable or FileRefused."""
    return by_children(read_events(str(source)))


def by_children(lines: Iterable[Line]) -> Events:
    """Events by the child they are for; a joint meeting stands under each of its children."""
    return {child: [line.event for line in own] for child, own in by_child(lines).items()}


async def reconcile(
    client: Client, record: CaseRecord, source: Events, as_of: date, progress: Progress = lambda done, total: None
) -> list[Difference]:
    """Where the source and the service differ by the end of a day, the gravest first.

    Raises RecordUnavailable, and temporalio's RPCError where the server cannot be reached.
    """
    running = {row.child for row in await caseload(client)}
    ours = await asyncio.to_thread(_held, record, sorted(source.keys() | running), progress)
    return differences(source, ours, running, as_of)


def _held(record: CaseRecord, children: list[str], progress: Progress) -> Events:
    """What the case record holds of each child."""
    found = {}
    for done, child in enumerate(children, 1):
        found[child] = [ev.parse_event(known.event) for known in record.history(child)]
        if done % BETWEEN_SIGNS_OF_LIFE == 0 or done == len(children):
            progress(done, len(children))
    return found
