"""Synthetic children in a case record, as a service would have written them: each event when it became known, each
action when it was due."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby

from domain.case import events as ev
from domain.case.calendar import end_of
from domain.case.documents import document_of
from domain.policy.loading import Policies
from domain.study.simulation import EventLine, Simulation
from record.entries import KnownEvent, RecordEntry
from record.store import CaseRecord
from reporting.keeping import ReportKeeper
from synthetic.caseload import caseload

POLICY = "ppm-procedure"
POLICIES = Policies.load()
TODAY = date(2026, 11, 18)
NOW = end_of(TODAY)
SINCE = date(2025, 12, 1)
"""The first day of a report of TODAY: twelve months, whole ones."""


def keeper(record: CaseRecord) -> ReportKeeper:
    """What works lines out, at the end of TODAY."""
    return ReportKeeper(record, POLICIES, POLICY, lambda: NOW)


def live(record: CaseRecord, events: Sequence[ev.Event], until: date, policies: Policies) -> None:
    """Have some children lived up to a day."""
    lines = [EventLine(number, event) for number, event in enumerate(events, 1)]
    for child, lived in Simulation(policies, POLICY).run(lines, until).items():
        at: dict[datetime, RecordEntry] = {}
        for known_at, batch in groupby(lived.journey.known.values(), key=lambda one: one.known_at):
            known = [KnownEvent(known_at=known_at, event=document_of(one.event)) for one in batch]
            at.setdefault(known_at, RecordEntry(child=child, decided_at=known_at)).events.extend(known)
        for action in lived.actions:
            at.setdefault(action.at, RecordEntry(child=child, decided_at=action.at)).actions.append(action)
        for instant in sorted(at):
            record.write(at[instant])


def live_caseload(record: CaseRecord, count: int, today: date, seed: int = 16) -> list[ev.Event]:
    """A synthetic caseload, lived up to the evening before; its events."""
    children = caseload(count, seed=seed, today=today)
    events = [event for child in children for event in child.events if event.known_from <= end_of(today)]
    live(record, events, today, Policies.load())
    return events
