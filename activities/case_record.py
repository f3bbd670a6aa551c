"""Writing the case record: what a journey has taken and decided outlives the engine that runs it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.models import WRITE_CASE_RECORD, NamedKeys
from delivery.allocation import named_keys, names_people
from delivery.directory import Directory
from domain.case.calendar import local_date
from domain.case.documents import parse_event
from domain.case.words import Role
from domain.clocks.actions import Action
from record.entries import KnownEvent, RecordEntry
from record.failures import EntryRefused
from record.store import CaseRecord
from record.writing import NewlyWritten

log: structlog.stdlib.BoundLogger = structlog.get_logger()
ON_TIME = timedelta(minutes=10)
Line = tuple[str, dict[str, Any]]


class CaseRecordActivities:
    """The activity that writes to a case record. Without a directory nobody has a key."""

    def __init__(self, record: CaseRecord, directory: Callable[[], Directory] | None = None) -> None:
        self._record = record
        self._directory = directory

    @activity.defn(name=WRITE_CASE_RECORD)
    def write_case_record(self, entry: RecordEntry) -> NamedKeys | None:
        """Write one wake's entry and log what it newly brought. Repeating it changes and logs nothing.

        Answers with whom the case names by now, at the first entry of a run and where an event says who works on it.

        Whatever goes wrong, Temporal retries: giving up would end the child's journey. An entry that can never be
        written stands in the UI as an activity that is being retried, until the program is mended.
        """
        try:
            written = self._record.write(entry)
        except EntryRefused as refused:
            raise ApplicationError(str(refused), type="EntryRefused") from None
        _count(entry, written)
        for event, fields in _lines(entry, written):
            log.info(event, child=entry.child, **fields)
        if self._directory and (entry.terms or any(names_people(known.event) for known in entry.events)):
            keys = named_keys(self._record, self._directory(), entry.child, local_date(entry.decided_at))
            return NamedKeys(social_worker=keys.get(Role.SOCIAL_WORKER), iro=keys.get(Role.IRO))
        return None


def _count(entry: RecordEntry, written: NewlyWritten) -> None:
    """How many actions were decided, and how many of them late (contract section 4: within ten minutes is on time)."""
    if written.actions:
        late = sum(entry.decided_at - action.at > ON_TIME for action in written.actions)
        meter = activity.metric_meter()
        meter.create_counter("permanence_actions", "Actions decided").add(len(written.actions))
        meter.create_counter("permanence_actions_late", "Actions decided over ten minutes late").add(late)


def _lines(entry: RecordEntry, written: NewlyWritten) -> Iterator[Line]:
    """What is new, as log lines: references, roles and dates, never an event's own content."""
    for known in written.events:
        yield "event_taken", _taken(known)
    for action in written.actions:
        yield "action_due", _due(action, entry.decided_at)
    for rejected in written.rejected:
        yield "event_rejected", {"at": rejected.at.isoformat()}


def _taken(known: KnownEvent) -> dict[str, Any]:
    event = parse_event(known.event)
    return {"event_id": event.id, "type": event.type, "on": event.on.isoformat()}


def _due(action: Action, decided_at: datetime) -> dict[str, Any]:
    return {
        "obligation": action.obligation,
        "occurrence": action.occurrence,
        "kind": action.kind,
        "rung": action.rung,
        "to": [role.value for role in action.to],
        "due": action.due and action.due.isoformat(),
        "at": action.at.isoformat(),
        "late_seconds": (decided_at - action.at).total_seconds(),
    }
