"""A journey worked out once more by the rules alone, from what the case record says became known and was decided when.

Each entry of the record is one wake of the journey: at its instant the rules take the same events, and must decide the
same. What would have been due in between and is not there was decided late, together with the next, as contract
section 4 has it of a service that was down.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby

from sqlalchemy import select

from domain.case.documents import parse_event
from domain.case.events import Event
from domain.journey import Journey
from domain.refusals import policy_after
from domain.waking import next_change
from record.chain_tables import ChainRow
from record.engine import snapshot
from record.entries import Terms
from record.store import CaseRecord
from record.tables import EventRow
from tools.faults.lives import calendar, policies

EARLY = timedelta(seconds=1)
"""How much before its nominal instant a timer may fire (ours: a server counts in milliseconds)."""


@dataclass
class Wake:
    """What one wake wrote: events, and the keys of the actions told or passed over."""

    decided_at: datetime
    known_at: datetime | None = None
    events: list[Event] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    quiet: tuple[datetime, datetime] | None = None
    """From when until when the journey was to tell nothing, where this wake says so."""


@dataclass
class Relived:
    """A journey at the end, and where what the record has differs from what the rules decide."""

    journey: Journey
    now: datetime
    missing: Counter[str] = field(default_factory=Counter)
    """Actions that the rules decide and the record lacks."""
    beyond: Counter[str] = field(default_factory=Counter)
    """Actions that the record has and the rules do not decide then."""


def wakes(record: CaseRecord, child: str) -> list[Wake]:
    """What each wake of a journey wrote, in order: the chain knows what was written together."""
    with snapshot(record.engine) as connection:
        rows = connection.execute(
            select(ChainRow.kind, ChainRow.ref, ChainRow.at, ChainRow.content)
            .where(ChainRow.child == child, ChainRow.kind.in_(("event", "decision", "action", "terms")))
            .order_by(ChainRow.position)
        ).all()
        known = {
            row.event_id: row
            for row in connection.execute(
                select(EventRow.event_id, EventRow.known_at, EventRow.document).where(EventRow.child == child)
            )
        }
    seen: list[Wake] = []
    for at, group in groupby(rows, key=lambda row: row.at):
        seen.append(Wake(at))
        for row in group:
            if row.kind == "action":
                seen[-1].actions.append(row.ref)
            elif row.kind == "terms":
                seen[-1].quiet = Terms.model_validate(row.content).quiet
            elif row.ref in known:
                seen[-1].events.append(parse_event(known[row.ref].document))
                seen[-1].known_at = known[row.ref].known_at
    return seen


def relive(child: str, lived: Iterable[Wake], default_policy: str) -> Relived:
    """Take a journey through its wakes by the rules."""
    journey = Journey(child, policies().resolve(default_policy), calendar())
    relived = Relived(journey, datetime.min.replace(tzinfo=UTC))
    for wake in lived:
        relived.now = max(relived.now, _instant(journey, relived.now, wake))
        named = policy_after(journey, wake.events, relived.now, policies().ids())
        journey.policy = policies().resolve(named or default_policy)
        if wake.quiet and wake.quiet[0] == wake.known_at:  # a history that came on a Saturday waits for the Monday
            journey.keep_quiet(*wake.quiet)
        decision = journey.step(relived.now, wake.events)
        decided = Counter(action.key for action in (*decision.actions, *decision.skipped))
        written = Counter(wake.actions)
        relived.missing += decided - written
        relived.beyond += written - decided
    return relived


def _instant(journey: Journey, before: datetime, wake: Wake) -> datetime:
    """The instant at which a wake decided: when its events became known, or its timer's, should that fire early."""
    if wake.known_at is not None:
        return wake.known_at
    change = next_change(journey, before)
    early = change is not None and timedelta() < change[0] - wake.decided_at < EARLY
    return change[0] if change and early else wake.decided_at


def written_twice(record: CaseRecord, child: str) -> Iterator[tuple[str, str]]:
    """Kind and reference of what the chain says was written more than once: events, and actions."""
    with snapshot(record.engine) as connection:
        query = select(ChainRow.kind, ChainRow.ref).where(
            ChainRow.child == child, ChainRow.kind.in_(("event", "decision", "action"))
        )
        counted = Counter((row.kind, row.ref) for row in connection.execute(query))
    return (one for one, count in counted.items() if count > 1)
