"""A child's journey and what was kept of every return that was read, as an authority has them: read again and again."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from domain.case import events as ev
from domain.case.documents import parse_event
from domain.case.facts import Known, unvoided
from domain.case.life import periods_of_care
from intake.returns.care import SOURCE
from intake.returns.days import with_days
from intake.returns.events import events_of
from intake.returns.kept import beside, extracts_of, newly_said
from intake.returns.rows import Return
from intake.sources.imported import Imported
from intake.sources.taking import Taker, Taking
from record.extracts import Extract
from tests.intake.returns.paper import POLICIES, TODAY, Paper

POLICY = "ppm-procedure"


@dataclass
class Shelf:
    """All that is known, by child; `now` moves on with each reading."""

    known: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    kept: dict[str, list[Extract]] = field(default_factory=dict)
    now: datetime = datetime(2026, 11, 25, 12, tzinfo=UTC)
    imported: Imported | None = None

    def read(self, *papers: Paper, as_at: date | None = None) -> dict[str, Taking]:
        """Read papers, take what follows, and keep what they say."""
        return self.read_returns([paper.as_return() for paper in papers], as_at)

    def read_returns(self, given: list[Return], as_at: date | None = None) -> dict[str, Taking]:
        """The same of returns."""
        self.now += timedelta(minutes=1)
        returns = with_days(given, TODAY, as_at)
        together, _ = beside(returns, self.kept)
        self.imported = events_of(together, POLICIES.resolve(POLICY), POLICIES.ids(), TODAY)
        taker = Taker(SOURCE, POLICIES, POLICY, self.now)
        takings = {}
        for child, covered in self.imported.covered.items():
            said = self.imported.events.get(child, [])
            takings[child] = taker.taking(child, said, covered, self.known[child])
            self.take(child, takings[child].batch)
        for extract in newly_said(extracts_of(returns, self.now), self.kept):
            others = [each for each in self.kept.get(extract.child, ()) if each.part != extract.part]
            self.kept[extract.child] = [*others, extract]
        return takings

    def take(self, child: str, events: Iterable[ev.Event]) -> None:
        """What a journey takes, from a source or from somebody."""
        self.known[child] += [Known(event, self.now) for event in events]

    def record(self, child: str = "101", **event: str) -> None:
        """Something that somebody records on the desk."""
        self.take(child, [parse_event({"child": child, "id": f"desk-{len(self.known[child])}", **event})])

    def standing(self, child: str = "101") -> list[str]:
        """What stands of a child, as `day type what`, in order."""
        events = (k.event for k in unvoided(self.known[child]) if not isinstance(k.event, ev.EventVoided))
        return sorted(_line(event) for event in events)

    def journeys(self, child: str = "101") -> list[dict[str, object]]:
        """A child's periods of care as the facts have them."""
        return [
            {
                "entered": facts.began_on,
                "statuses": facts.legal_statuses,
                "reviews": [review.on for review in facts.reviews],
                "orders": [e.on for e in facts.all(ev.PlacementOrderMade, ev.PlacementOrderRevoked)],
                "placed": facts.placements_for_adoption,
                "decided": [(e.on, e.should_be_placed) for e in facts.all(ev.AdmDecisionMade)],
                "ended": (facts.ended_on, [e.type for e in facts.all(*ev.ENDING_TYPES)]),
            }
            for facts in periods_of_care(child, self.known[child], self.now)
        ]


def _line(event: ev.Event) -> str:
    what = getattr(event, "legal_status", None) or getattr(event, "reason", None)
    return f"{event.on} {event.type} {what.value if what else ''}".strip()


def read_once(*papers: Paper, as_at: date | None = None) -> Shelf:
    """A shelf to which returns came once, all together."""
    shelf = Shelf()
    shelf.read(*papers, as_at=as_at)
    return shelf
