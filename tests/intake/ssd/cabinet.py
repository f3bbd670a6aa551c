"""An SSD as tests have it: rows by table, written into a real database, read again as a source, and taken."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from domain.case import events as ev
from domain.case.documents import document_of
from domain.case.facts import Known, unvoided
from domain.case.life import periods_of_care
from domain.policy.loading import Policies
from intake.sources.imported import Imported
from intake.sources.taking import Taker, Taking
from intake.ssd.covering import beginning_no_earlier, covered_by, extract_of, why_not
from intake.ssd.events import events_of
from intake.ssd.mapping import BY_NAME
from intake.ssd.periods import SOURCE
from intake.ssd.rows import SsdRow, SsdTables
from record.extracts import Extract
from synthetic.ssd import COLUMNS, Line

TODAY = date(2026, 11, 25)
POLICIES = Policies.load()
POLICY = "ppm-procedure"
Drawers = dict[str, list[Line]]
"""The rows of an SSD by table."""


def drawers(**tables: Iterable[Mapping[str, Any]]) -> Drawers:
    """Tables by their names without `ssd_`; those not given are empty."""
    return {name: [dict(row) for row in tables.get(name.removeprefix("ssd_"), ())] for name in COLUMNS}


def as_read(tables: Mapping[str, Iterable[Line]]) -> SsdTables:
    """The rows as reading a database gives them, without one."""
    read = SsdTables()
    for name, lines in tables.items():
        mapped = BY_NAME[name]
        rows = read.tables.setdefault(name, {})
        for line in lines:
            cells = {column: line.get(column) for column in mapped.by_name}
            key = str(cells[mapped.key] or "")
            own = str(cells.get(mapped.child) or "") if mapped.child else key
            rows.setdefault(own, []).append(SsdRow(name, key, cells))
    return read


def imported(tables: Mapping[str, Iterable[Line]], today: date = TODAY, as_at: date | None = None) -> Imported:
    """What the tables say, as events."""
    read = as_read(tables)
    covered = covered_by(read, today, as_at)
    return events_of(read, POLICIES.resolve(POLICY), POLICIES.ids(), today, covered)


def told(said: Imported, child: str = "101") -> list[str]:
    """What is told of a child, as `day type what`, in order."""
    return [_line(event) for event in said.events.get(child, [])]


def rules(said: Imported) -> list[str]:
    """The rules of the doubts, in order."""
    return [doubt.rule for doubt in said.doubts]


def _line(event: ev.Event) -> str:
    what = {**document_of(event)}
    for name in ("type", "id", "child", "on", "policy", "date_of_birth"):
        what.pop(name, None)
    return " ".join([f"{event.on}", event.type, *(f"{value}" if not isinstance(value, list) else ",".join(value)
                                                  for value in what.values())])  # fmt: skip


@dataclass
class Cabinet:
    """All that is known, by child, and what is remembered of the last reading; `now` moves on with each."""

    known: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    before: Extract | None = None
    now: datetime = datetime(2026, 11, 25, 12, tzinfo=UTC)

    def read(self, tables: Drawers, as_at: date = TODAY) -> dict[str, Taking]:
        """Read an SSD that was filled on a day, and take what follows; nothing of an older one."""
        self.now += timedelta(minutes=1)
        read = as_read(tables)
        covered = beginning_no_earlier(covered_by(read, TODAY, as_at), self.before)
        if self.before and covered.until < self.before.until:
            assert why_not(read, covered, self.before, exactly=True)
            return {}
        said = events_of(read, POLICIES.resolve(POLICY), POLICIES.ids(), TODAY, covered)
        taker = Taker(SOURCE, POLICIES, POLICY, self.now)
        takings = {}
        for child, spans in said.covered.items():
            takings[child] = taker.taking(child, said.events.get(child, []), spans, self.known[child])
            self.take(child, takings[child].batch)
        self.before = extract_of(read, covered, self.now)
        return takings

    def take(self, child: str, events: Iterable[ev.Event]) -> None:
        """What a journey takes, from a source or from somebody."""
        self.known[child] += [Known(event, self.now) for event in events]

    def journeys(self, child: str) -> list[dict[str, object]]:
        """A child's periods of care as the facts have them."""
        return [
            {
                "entered": facts.began_on,
                "statuses": facts.legal_statuses,
                "reviews": [(review.on, review.event.participation) for review in facts.reviews],
                "orders": [e.on for e in facts.all(ev.PlacementOrderMade, ev.PlacementOrderRevoked)],
                "placed": facts.placements_for_adoption,
                "decided": [(e.on, e.should_be_placed) for e in facts.all(ev.AdmDecisionMade)],
                "matched": [e.on for e in facts.all(ev.Matched)],
                "plans": sorted({e.on for e in facts.all(ev.CarePlanUpdated)}),
                "planned": [(e.on, e.primary_plan) for e in facts.all(ev.PlanChanged)],
                "issued": [e.on for e in facts.all(ev.CareProceedingsIssued)],
                "people": [(e.on, e.role, e.contact) for e in facts.all(ev.PersonAssigned)],
                "team": facts.entry.team if facts.entry else None,
                "siblings": facts.siblings,
                "ended": (facts.ended_on, [e.type for e in facts.all(*ev.ENDING_TYPES)]),
            }
            for facts in periods_of_care(child, self.known[child], self.now)
        ]

    def standing(self, child: str = "101") -> list[str]:
        """What stands of a child, as `day type what`, in order."""
        events = (k.event for k in unvoided(self.known[child]) if not isinstance(k.event, ev.EventVoided))
        return sorted(_line(event) for event in events)


def json_of(**ticked: str) -> str:
    """A care plan's cell."""
    return json.dumps(ticked)
