"""What holds for every journey, whatever happens and however late it is recorded."""

import random
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain.agenda import AgendaRow, agenda
from domain.case import events as ev
from domain.case.calendar import end_of, midnight
from domain.clocks.actions import Action
from domain.clocks.schedule import Planned
from domain.study.simulation import Simulated, batches
from domain.waking import next_change
from tests.domain.story import CHILD, Live, calendar, policies, simulated
from tests.domain.strategies import POLICIES, journeys, last_day

few = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
each_policy = pytest.mark.parametrize("policy", POLICIES)


DATED = ("reminder", "escalation")
"""The kinds of action that hang on a due date; notices and breaches hang on what happened."""


def told(result: dict[str, Simulated]) -> list[Action]:
    return [a for one in result.values() for a in one.actions]


def a_day(data: st.DataObject, events: list[ev.Event]) -> date:
    first, last = min(e.on for e in events), last_day(events)
    return first + timedelta(data.draw(st.integers(0, (last - first).days)))


@each_policy
@few
@given(data=st.data())
def test_nothing_is_told_twice_and_the_past_never_changes(policy: str, data: st.DataObject) -> None:
    events = data.draw(journeys(policy=policy))
    day = a_day(data, events)
    whole = told(simulated(policy, events, str(last_day(events))))
    assert len({a.key for a in whole}) == len(whole)
    until_then = told(simulated(policy, events, str(day)))
    assert until_then == [a for a in whole if a.at <= end_of(day)]


@each_policy
@few
@given(data=st.data())
def test_an_open_obligation_has_a_next_action_or_a_reason_to_be_silent(policy: str, data: st.DataObject) -> None:
    events = data.draw(journeys(policy=policy))
    day = a_day(data, events)
    for one in simulated(policy, events, str(day)).values():
        journey = one.journey
        settled = {a.key for a in one.actions}
        rows = agenda(journey, end_of(day))
        assert [r for r in rows if r.is_open and not _has_reason(r, one, settled)] == []
        assert [r for r in rows if r.next is not None and (not r.is_open or r.next.at <= end_of(day))] == []


def _has_reason(row: AgendaRow, one: Simulated, settled: set[str]) -> bool:
    if row.next is not None or row.forecast:
        return True
    policy, adult = one.journey.policy, one.journey.periods[-1].eighteenth_birthday
    ahead = [
        p
        for o in one.journey.occurrences
        for p in one.journey.unsettled(o)
        if o.key == (row.obligation, row.occurrence)
    ]
    if adult is not None and ahead and all(p.at >= midnight(adult) for p in ahead):
        return True
    obligation = policy.obligation(row.obligation)
    assert obligation is not None
    if not obligation.rule.ladder:
        return True
    last = len(policy.ladder.steps)
    mine = [a for a in one.actions if (a.obligation, a.occurrence, a.due) == (row.obligation, row.occurrence, row.due)]
    return any(a.kind == "escalation" and a.rung >= last for a in mine)


@each_policy
@few
@given(data=st.data())
def test_met_waived_and_lapsed_are_silent_and_so_is_an_ended_journey(policy: str, data: st.DataObject) -> None:
    events = data.draw(journeys(policy=policy))
    live = Live(policy)
    for instant, batch in batches(events):
        live.sleep_until(instant - timedelta(microseconds=1))
        live.told(instant, batch)
        open_now = {(o.obligation.id, o.number, o.due) for o in live.journey.occurrences if o.open}
        for action in live.sent:
            if action.at == instant and action.kind in DATED:
                assert (action.obligation, action.occurrence, action.due) in open_now
        assert not (live.journey.ended and next_change(live.journey, datetime.min.replace(tzinfo=UTC)))


@each_policy
@few
@given(data=st.data())
def test_the_order_of_lines_and_lines_given_twice_change_nothing(policy: str, data: st.DataObject) -> None:
    events = data.draw(journeys(policy=policy))
    shuffled = [*events, *events]
    random.Random(data.draw(st.integers(0, 9))).shuffle(shuffled)
    until = str(last_day(events))
    plain, mixed = simulated(policy, events, until), simulated(policy, shuffled, until)
    assert told(mixed) == told(plain)
    end = end_of(last_day(events))
    assert agenda(mixed[CHILD].journey, end) == agenda(plain[CHILD].journey, end)


@each_policy
@few
@given(data=st.data())
def test_a_history_loaded_late_raises_each_ladder_once_at_its_highest_rung(policy: str, data: st.DataObject) -> None:
    events = data.draw(journeys(policy=policy, simple=True))
    loaded = max(e.known_from for e in events) + timedelta(days=data.draw(st.integers(1, 60)))
    late = [e.model_copy(update={"recorded_at": loaded}) for e in events]
    result = simulated(policy, late, str(loaded.date() + timedelta(days=3)))[CHILD]
    at_once = [a for a in result.actions if a.at == calendar().acting_instant(loaded) and a.kind in DATED]
    assert [a for a in result.actions if a.at < loaded] == []
    told_at_once = [(a.obligation, a.occurrence, a.kind) for a in at_once]
    assert len(set(told_at_once)) == len(told_at_once)
    for action in at_once:
        if action.kind == "escalation":
            assert action.rung == _reached(policy, action)


def _reached(policy: str, action: Action) -> int:
    assert action.due is not None
    ladder = policies().resolve(policy).ladder
    slots = [
        datetime.combine(calendar().working_days_after(action.due, rung.after), time(9), ev.LONDON)
        for rung in ladder.steps
    ]
    return sum(slot <= action.at for slot in slots)


@each_policy
@few
@given(data=st.data())
def test_what_is_known_counts_not_when_it_became_known(policy: str, data: st.DataObject) -> None:
    """The agenda is the same whether events were recorded as they came or all at the end (numbers aside)."""
    events = data.draw(journeys(policy=policy, simple=True))
    assume(len({e.on for e in events}) == len(events))  # of one day, what was recorded first comes first
    end = last_day(events)
    late = [e.model_copy(update={"recorded_at": end_of(end) - timedelta(hours=1)}) for e in events]
    rows = [agenda(simulated(policy, given, str(end))[CHILD].journey, end_of(end)) for given in (events, late)]
    as_it_came, at_the_end = ([_unnumbered(r) for r in ones] for ones in rows)
    assert sorted(as_it_came) == sorted(at_the_end)


def _unnumbered(row: AgendaRow) -> tuple[str, date, date, str, str]:
    return (row.obligation, row.opened_on, row.due, row.status, str(row.met_on))


@each_policy
@few
@given(data=st.data())
def test_a_journey_saved_and_restored_goes_on_as_if_nothing_had_been(policy: str, data: st.DataObject) -> None:
    events = data.draw(journeys(policy=policy))
    instants = batches(events)
    cut = data.draw(st.integers(0, len(instants) - 1))
    straight, restarted = Live(policy), Live(policy)
    for place, (instant, batch) in enumerate(instants):
        for live in (straight, restarted):
            live.sleep_until(instant - timedelta(microseconds=1))
            live.told(instant, batch)
        if place >= cut:
            restarted.restart()
    for live in (straight, restarted):
        live.sleep_until(end_of(last_day(events)))
    assert restarted.sent == straight.sent
    assert restarted.journey.state() == straight.journey.state()


@each_policy
@few
@given(data=st.data())
def test_a_service_that_slept_tells_one_reminder_and_one_rung_for_each(policy: str, data: st.DataObject) -> None:
    events = data.draw(journeys(policy=policy))
    live = Live(policy)
    for instant, batch in batches(events):
        live.told(instant, batch)
    end = end_of(last_day(events))
    journey = live.journey
    missed: dict[tuple[str, int, str], list[Planned]] = {}
    for o in journey.occurrences:
        if o.open and not o.forecast and not journey.ended:
            for planned in journey.unsettled(o):
                if planned.at <= end:
                    missed.setdefault((*o.key, planned.kind), []).append(planned)
    before = len(live.sent)
    live.told(end)
    sent = {(a.obligation, a.occurrence, a.kind): a.rung for a in live.sent[before:]}
    for key, rung in sent.items():
        assert rung == max(p.rung for p in missed[key])
    assert len(sent) == len(live.sent) - before
    if not journey.ended:
        left = [p for o in journey.occurrences if o.open for p in journey.unsettled(o) if p.at <= end]
        assert left == []
