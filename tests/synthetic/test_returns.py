"""A caseload written as returns and read again: the same journeys, as far as a return can tell of them."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from domain.case import events as ev
from domain.case.events import Event
from domain.case.facts import Facts, Known
from domain.case.life import periods_of_care
from domain.case.words import SHORT_BREAKS
from domain.policy.loading import Policies
from intake.returns import events_of_returns
from synthetic.caseload import SyntheticChild, caseload, concerning
from synthetic.returns import write_returns

TODAY = date(2026, 11, 22)
NOW = datetime.combine(TODAY, time(12), UTC)


@pytest.fixture(scope="module")
def children() -> list[SyntheticChild]:
    return caseload(40, seed=3, today=TODAY)


def periods(child: str, events: list[Event]) -> list[Facts]:
    """The periods of care but for what came before entry."""
    periods = periods_of_care(child, [Known(event, NOW) for event in events], NOW)
    return [facts for facts in periods if facts.entry is not None]


def what_a_return_tells(facts: Facts) -> dict[str, object]:
    """Of parental consent it tells no day; of a match only once the child is adopted."""
    assert facts.entry is not None
    short_breaks = all(status in SHORT_BREAKS for _, status in facts.legal_statuses)
    adopted = facts.all(ev.AdoptionOrderMade)
    return {
        "entered": facts.entry.on,
        "born": facts.born,
        "status": facts.legal_status(),
        "reviews": [] if short_breaks else [review.on for review in facts.reviews],
        "orders": [e.on for e in facts.all(ev.PlacementOrderMade, ev.PlacementOrderRevoked)],
        "placed": facts.placements_for_adoption,
        "decided": [(e.on, e.should_be_placed) for e in facts.all(ev.AdmDecisionMade)],
        "matched": [e.on for e in facts.all(ev.Matched)] if adopted else [],
        "ended": facts.ended_on,
        "how": [e.type for e in facts.all(*ev.ENDING_TYPES)],
    }


def test_the_same_journeys(children: list[SyntheticChild], tmp_path: Path) -> None:
    write_returns(children, tmp_path, TODAY)
    events = events_of_returns(tmp_path, Policies.load(), "ppm-procedure", TODAY)
    assert events.doubts == []
    for child in children:
        before = [what_a_return_tells(facts) for facts in periods(child.ref, concerning(children, child.ref))]
        after = [what_a_return_tells(facts) for facts in periods(child.ref, events.events.get(child.ref, []))]
        assert after == before, child.ref
