"""What a source says as events, judged by a journey's own rules before any journey hears of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time

from domain.case.events import BecameLookedAfter, Event
from domain.clocks.rules import Policy
from domain.journey import Journey
from domain.refusals import Refusal, judge
from domain.study.simulation import calendar_for
from intake.sources.covered import Covered
from intake.sources.doubts import Doubt


@dataclass(frozen=True, slots=True)
class Imported:
    """What a source says, as events of the contract, and what of it is doubtful."""

    events: dict[str, list[Event]]
    """By child, in order of the days they happened. Children of whom nothing can be told are not in it."""
    children: int
    journeys: int
    """Periods of care."""
    ended: int = 0
    """Of them those that have ended, on a child's 18th birthday at the latest."""
    short_breaks_only: int = 0
    """Children who were never looked after but in short breaks (V3, V4)."""
    doubts: list[Doubt] = field(default_factory=list)
    covered: dict[str, list[Covered]] = field(default_factory=dict)
    """The days that the source speaks for, by child."""

    def without_what_it_says(self) -> "Imported":
        """Its numbers alone: nothing of it is taken."""
        return replace(self, events={}, covered={}, doubts=[])

    def data(self) -> dict[str, object]:
        """It as JSON."""
        return {
            "children": self.children,
            "journeys": self.journeys,
            "events": sum(map(len, self.events.values())),
            "doubts": [
                {name: getattr(doubt, name) for name in ("child", "rule", "table", "line", "message", "action", "key")}
                for doubt in self.doubts
            ],
        }


def acceptable(
    child: str, born: date, events: Sequence[Event], policy: Policy, policies: Collection[str], today: date
) -> tuple[list[Event], list[Refusal]]:
    """What a journey that knows nothing would take of some events, in order of the days; and what it refuses."""
    if not events:
        return [], []
    journey = Journey(child, policy, calendar_for(born, born))
    taken, refused = judge(journey, events, datetime.combine(today, time(12), UTC), policies)
    return sorted(taken, key=lambda e: (e.on, not isinstance(e, BecameLookedAfter), e.id)), refused
