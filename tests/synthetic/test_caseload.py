import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cache
from itertools import product

import pytest

from domain.agenda import AgendaRow, agenda, rag
from domain.case.calendar import end_of, local_date
from domain.case.documents import document_of
from domain.case.stages import STAGES
from domain.policy.loading import Policies
from domain.study.simulation import EventLine, Simulated, Simulation
from synthetic.caseload import SyntheticChild, caseload, concerning
from tests.fewer import MORE

WEDNESDAY, SUNDAY, BANK_HOLIDAY = date(2026, 11, 18), date(2026, 11, 22), date(2026, 12, 28)
TODAYS = (WEDNESDAY, SUNDAY, BANK_HOLIDAY)
SEEDS = (1, 2, 3)
CASES = [*product(SEEDS, TODAYS)] if MORE else [*zip(SEEDS, TODAYS, strict=True)]
DRAWN = (2, SUNDAY)
"""Of them the one of which what is so of any is asked."""


@cache
def children(seed: int, today: date) -> list[SyntheticChild]:
    return caseload(40, seed=seed, today=today)


@cache
def lived(seed: int, today: date) -> dict[str, Simulated]:
    events = [event for child in children(seed, today) for event in child.events]
    lines = [EventLine(number, event) for number, event in enumerate(events, 1)]
    return Simulation(Policies.load(), "ppm-procedure").run(lines, until=today)


def rows_of(simulated: Simulated, today: date) -> list[AgendaRow]:
    return agenda(simulated.journey, end_of(today))


@pytest.mark.parametrize(("seed", "today"), CASES)
def test_every_stage_and_every_colour_is_there_in_believable_shares(seed: int, today: date) -> None:
    journeys = lived(seed, today)
    stages = Counter(life.journey.stage for life in journeys.values())
    colours = Counter(rag(rows_of(life, today), life.journey.policy) for life in journeys.values())
    assert set(stages) == set(STAGES)
    assert stages["left_care"] >= 2
    assert 18 <= colours["green"] <= 22
    assert 8 <= colours["amber"] <= 12
    assert 8 <= colours["red"] <= 12


@pytest.mark.parametrize(("seed", "today"), CASES)
def test_nothing_happens_or_is_recorded_on_the_day_itself_or_later(seed: int, today: date) -> None:
    events = [event for child in children(seed, today) for event in child.events]
    assert max(event.on for event in events) < today
    assert max(local_date(event.known_from) for event in events) < today
    assert all(local_date(event.known_from) >= event.on for event in events)


def test_some_of_it_is_recorded_days_and_weeks_late() -> None:
    events = [event for child in children(*DRAWN) for event in child.events]
    delays = [(local_date(event.known_from) - event.on).days for event in events]
    assert 0.1 < sum(delay > 0 for delay in delays) / len(delays) < 0.4
    assert max(delays) > 14


def test_the_same_seed_and_day_give_the_same_bytes() -> None:
    assert _bytes(caseload(40, seed=2, today=SUNDAY)) == _bytes(children(*DRAWN))
    assert _bytes(caseload(4, seed=4, today=SUNDAY)) != _bytes(caseload(4, seed=2, today=SUNDAY))


def _bytes(drawn: Sequence[SyntheticChild]) -> str:
    return "\n".join(json.dumps(document_of(event)) for child in drawn for event in child.events)


def test_statutory_reviews_are_mostly_in_time_and_the_rest_later() -> None:
    reviews, others = Counter[str](), Counter[str]()
    for seed, today in CASES:
        for life in lived(seed, today).values():
            for row in rows_of(life, today):
                (reviews if row.obligation.endswith("-review") else others)[row.status] += 1
    assert 0.91 <= _in_time(reviews) <= 0.96
    assert 0.75 <= _in_time(others) <= 0.88


def _in_time(statuses: Counter[str]) -> float:
    return statuses["met"] / (statuses["met"] + statuses["met_late"] + statuses["overdue"])


@pytest.mark.parametrize("count", [0, 1, 2, 13, 40, 97])
def test_as_many_children_as_asked_for_with_ids_of_their_own(count: int) -> None:
    drawn = caseload(count, seed=5, today=WEDNESDAY)
    ids = [event.id for child in drawn for event in child.events]
    assert [child.ref for child in drawn] == [f"CLA-{3001 + n}" for n in range(count)]
    assert len(ids) == len(set(ids))


def test_both_policies_have_their_share() -> None:
    policies = Counter(child.policy for child in children(*DRAWN))
    assert min(policies["ppm-procedure"], policies["quick-guide"]) >= 17


def test_a_caseload_may_run_under_one_policy_alone() -> None:
    drawn = caseload(40, seed=1, today=SUNDAY, policies=("quick-guide",))
    assert {child.policy for child in drawn} == {"quick-guide"}
    lines = [EventLine(n, event) for n, event in enumerate((e for c in drawn for e in c.events), 1)]
    journeys = Simulation(Policies.load(), "ppm-procedure").run(lines, until=SUNDAY)
    assert {simulated.journey.stage for simulated in journeys.values()} == set(STAGES)


def test_a_joint_meeting_stands_once_and_concerns_each_child() -> None:
    drawn = children(*DRAWN)
    joint = [e for child in drawn for e in child.events if e.type == "ppm_held" and document_of(e).get("plans")]
    assert joint
    for meeting in joint:
        for ref in document_of(meeting)["plans"]:
            assert meeting in concerning(drawn, ref)


def test_what_may_go_wrong_is_among_it() -> None:
    types = {event.type for seed, today in CASES for child in children(seed, today) for event in child.events}
    assert types >= {
        "deadline_extended",
        "drift_identified",
        "escalation_acknowledged",
        "event_voided",
        "lateness_explained",
        "obligation_waived",
        "policy_adopted",
    }


def test_whatever_a_policy_asks_for_some_child_has_done() -> None:
    """Else every child of the demo would be overdue for it."""
    asked, done = Counter[str](), set[str]()
    for seed, today in CASES:
        for row in (row for one in lived(seed, today).values() for row in rows_of(one, today)):
            asked[row.obligation] += row.due < today
            done |= {row.obligation} if row.met_on else set()
    never = [obligation for obligation, times in asked.items() if times >= 5 and obligation not in done]
    assert never == [], "synthetic/story.py writes no event that meets these"


def test_contacts_are_plainly_made_up() -> None:
    text = _bytes(children(*DRAWN))
    contacts = re.findall(r"[^\s\"]+@[^\s\"]+", text)
    assert contacts
    assert all(re.fullmatch(r"[a-z]+-\d\d@example\.org", contact) for contact in contacts)
