"""A caseload written as an SSD and read again: the same journeys, as far as an SSD can tell of them."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from domain.case import events as ev
from domain.case.events import Event
from domain.case.facts import Facts, Known
from domain.case.life import periods_of_care
from domain.case.words import LegalStatus, Role
from domain.policy.loading import Policies
from intake.configured import read_source
from intake.returns import events_of_returns
from intake.sources.read import SourceRead
from synthetic.caseload import SyntheticChild, caseload, concerning
from synthetic.returns import write_returns
from synthetic.ssd import ROLES, ssd_tables
from tests.fewer import MORE
from tests.intake.ssd.writing import write_ssd

TODAY = date(2026, 11, 22)
NOW = datetime.combine(TODAY, time(12), UTC)
FINAL = (LegalStatus.CARE_ORDER, LegalStatus.PLACEMENT_ORDER)


@pytest.fixture(scope="module")
def children() -> list[SyntheticChild]:
    return caseload(80 if MORE else 40, seed=3, today=TODAY)


def periods(child: str, events: list[Event]) -> list[Facts]:
    return periods_of_care(child, [Known(event, NOW) for event in events], NOW)


def what_an_ssd_tells(facts: Facts) -> dict[str, object]:
    """Of parental consent it tells no day; of several roles who holds them; of proceedings that a final order ended."""
    entry = facts.entry
    updated = {e.on for e in facts.all(ev.CarePlanUpdated)} | {e.on for e in facts.all(ev.PlanChanged)}
    return {
        "began": facts.began_on,
        "entered": entry.on if entry else None,
        "born": facts.born,
        "statuses": facts.legal_statuses,
        "reviews": [review.on for review in facts.reviews],
        "orders": [e.on for e in facts.all(ev.PlacementOrderMade, ev.PlacementOrderRevoked)],
        "placed": facts.placements_for_adoption,
        "decided": [(e.on, e.should_be_placed) for e in facts.all(ev.AdmDecisionMade)],
        "matched": [e.on for e in facts.all(ev.Matched)],
        "plans": sorted(updated),
        "planned": [(e.on, e.primary_plan) for e in facts.all(ev.PlanChanged)],
        "issued": [e.on for e in facts.all(ev.CareProceedingsIssued)],
        "siblings": set(facts.siblings[-1][1]) if facts.siblings else set(),
        "team": entry.team if entry else None,
        "ended": facts.ended_on,
        "how": [e.type for e in facts.all(*ev.ENDING_TYPES)],
    }


def people_of(facts: Facts) -> dict[Role, str]:
    """Who holds which role, by the key in the directory: the synthetic children name addresses."""
    at_entry = facts.entry.people if facts.entry else {}
    held = {role: contact.partition("@")[0] for role, contact in at_entry.items() if role in ROLES}
    return held | {e.role: e.contact for e in facts.all(ev.PersonAssigned)}


def read_again(url: str, children: list[SyntheticChild]) -> SourceRead:
    write_ssd(url, ssd_tables(children, TODAY))
    return read_source(url, Policies.load(), "ppm-procedure", NOW)


def test_the_same_journeys(children: list[SyntheticChild], empty_url: str) -> None:
    said = read_again(empty_url, children)
    assert said.doubts == []
    assert said.children == len(children)
    for child in children:
        before = periods(child.ref, concerning(children, child.ref))
        after = periods(child.ref, list(said.events.get(child.ref, [])))
        assert [what_an_ssd_tells(f) for f in after] == [what_an_ssd_tells(f) for f in before], child.ref
        assert people_of(after[-1]) == people_of(before[-1]), child.ref


def test_proceedings_end_with_the_final_order(children: list[SyntheticChild], tmp_path: Path) -> None:
    said = read_again(f"sqlite:///{tmp_path / 'ssd.db'}", children)
    concluded = 0
    for child in children:
        for facts in periods(child.ref, list(said.events.get(child.ref, []))):
            final = [day for day, status in facts.legal_statuses if status in FINAL][:1]
            expected = final if facts.all(ev.CareProceedingsIssued) else []
            assert [e.on for e in facts.all(ev.CareProceedingsConcluded)] == expected, child.ref
            concluded += len(expected)
    assert concluded > 0


def what_both_tell(facts: Facts) -> dict[str, object]:
    """A return of a live case has no match; it tells nothing of plans, proceedings, people, brothers and sisters, of
    how a child took part in a review, or of reviews in short breaks; and of the time before care."""
    adopted = facts.all(ev.AdoptionOrderMade)
    spoken = what_an_ssd_tells(facts)
    shared = ("entered", "born", "statuses", "orders", "placed", "decided", "ended", "how")
    only_short_breaks = bool(facts.short_breaks) and facts.care is None
    return {
        **{name: spoken[name] for name in shared},
        "reviews": [] if only_short_breaks else spoken["reviews"],
        "matched": spoken["matched"] if adopted else [],
        "consented": [e.on for e in facts.all(ev.PlacementConsentGiven)],
    }


def test_a_return_of_the_same_children_agrees(children: list[SyntheticChild], tmp_path: Path) -> None:
    ssd = read_again(f"sqlite:///{tmp_path / 'ssd.db'}", children)
    (tmp_path / "returns").mkdir()
    write_returns(children, tmp_path / "returns", TODAY)
    returns = events_of_returns(tmp_path / "returns", Policies.load(), "ppm-procedure", TODAY)
    for child in children:
        by_ssd, by_return = (
            [what_both_tell(f) for f in periods(child.ref, list(said.events.get(child.ref, []))) if f.entry]
            for said in (ssd, returns)
        )
        assert by_ssd == by_return, child.ref
