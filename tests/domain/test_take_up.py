"""What another policy would change: foreseen by the step the journey itself will take, and accounted for."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agenda import agenda
from domain.case.calendar import end_of
from domain.clocks.rules import Policy
from domain.journey import Journey
from domain.study.take_up import as_foreseen, compared, foreseen, taking_up
from domain.waking import next_change
from tests.domain.story import CHILD, Live, law, london, next_version, policies, simulated
from tests.domain.strategies import POLICIES, journeys, last_day
from tests.domain.test_properties import few

PPM, QUICK = "ppm-procedure", "quick-guide"
ENTRY = "2026-01-05 became_looked_after\n"


def newer_procedure(**changed: object) -> Policy:
    """The procedure with another count for the initial meeting, as its next version."""
    return policies().with_file(next_version(policies().file(PPM), **changed)).resolve(PPM)


def journey_at(happened: str, day: str, policy: str = PPM) -> Journey:
    return simulated(policy, happened, day)[CHILD].journey


def test_dates_that_move_and_what_becomes_overdue_and_is_sent() -> None:
    journey, now = journey_at(ENTRY, "2026-01-14"), london("2026-01-14", "23:00")
    newer = newer_procedure(due=[{"days": 7}])
    change = foreseen(journey, newer, now, taking_up(journey, newer, now, "a manager", "sooner"))
    [moved] = change.moved
    assert (str(moved.was.due), str(moved.now.due), moved.days, moved.becomes_overdue) == (
        "2026-01-19",
        "2026-01-12",
        -7,
        True,
    )
    assert [(a.obligation, a.kind, a.rung) for a in change.sent] == [("initial-ppm", "escalation", 1)]
    assert (change.open_before, change.open_after, change.gone, change.opened) == (6, 6, (), ())


def test_what_the_new_policy_does_not_ask_for_and_what_it_opens_is_named() -> None:
    journey, now = journey_at(ENTRY, "2026-01-14"), london("2026-01-14", "23:00")
    guide = policies().resolve(QUICK)
    change = foreseen(journey, guide, now, taking_up(journey, guide, now, "a manager", "the guide"))
    assert {(gone.was.obligation, gone.why) for gone in change.gone} == {
        ("initial-ppm", "not_in_policy"),
        ("permanence-plan-agreed", "not_in_policy"),
        ("plan-implemented", "not_in_policy"),
    }
    assert [row.obligation for row in change.opened] == ["ppm"]
    assert change.open_after == change.open_before - len(change.gone) + len(change.opened)
    assert not change.unexplained


def test_an_obligation_of_the_law_that_is_gone_is_not_explained() -> None:
    journey, now = journey_at(ENTRY, "2026-01-14"), london("2026-01-14", "23:00")
    before = agenda(journey, now)
    after = [row for row in before if row.obligation not in ("first-review", "initial-ppm")]
    change = compared(journey, before, journey.policy, after)
    assert {(gone.was.obligation, gone.why) for gone in change.gone} == {
        ("first-review", "unexplained"),
        ("initial-ppm", "does_not_apply"),
    }
    assert [gone.was.obligation for gone in change.unexplained] == ["first-review"]


def test_the_event_follows_from_the_journey_until_it_adopts_another() -> None:
    now = london("2026-01-14", "12:00")
    journey, newer = journey_at(ENTRY, "2026-01-14"), newer_procedure()
    event = taking_up(journey, newer, now, "a manager", "sooner")
    assert event == taking_up(journey, newer, now, "a manager", "sooner")
    assert (event.id, event.by, event.note) == (f"adopted-{CHILD}-ppm-procedure-3-1", "a manager", "sooner")
    assert event.version == f"ppm-procedure@3+{law()}"
    later = journey.with_events([event], now)
    assert taking_up(later, newer, now, "a manager", "sooner").id.endswith("-2")


@pytest.mark.parametrize("policy", POLICIES)
@few
@given(data=st.data())
def test_adopting_the_same_version_changes_nothing(policy: str, data: st.DataObject) -> None:
    events = data.draw(journeys(policy=policy))
    day = last_day(events)
    journey = simulated(policy, events, str(day))[CHILD].journey
    now = end_of(day)
    event = taking_up(journey, journey.policy, now, "a manager", "again")
    assert foreseen(journey, journey.policy, now, event).nothing
    before = (agenda(journey, now), dict(journey.watched), next_change(journey, now), dict(journey.settled))
    decision = journey.step(now, [event])
    assert (decision.actions, decision.skipped, decision.opened, decision.met) == ((), (), (), ())
    assert (agenda(journey, now), journey.watched, next_change(journey, now), journey.settled) == before


@pytest.mark.parametrize(("old", "new"), [(PPM, QUICK), (QUICK, PPM), ("england-statutory", PPM)])
@few
@given(data=st.data())
def test_what_is_foreseen_is_what_happens_and_nothing_open_is_lost(old: str, new: str, data: st.DataObject) -> None:
    events = data.draw(journeys(policy=old))
    day = last_day(events)
    journey = simulated(old, events, str(day))[CHILD].journey
    now, wanted = end_of(day) + timedelta(hours=data.draw(st.integers(0, 8))), policies().resolve(new)
    before = agenda(journey, now)
    event = taking_up(journey, wanted, now, "a manager", "as agreed")
    expected = foreseen(journey, wanted, now, event)

    was, journey.policy = journey.policy, wanted
    decision = journey.step(now, [event])

    after = agenda(journey, now)
    journey.policy = was
    assert expected.sent == decision.actions
    assert as_foreseen(expected, compared(journey, before, wanted, after))
    assert expected.open_after == expected.open_before - len(expected.gone) + len(expected.opened)
    assert expected.unexplained == ()


def test_a_version_the_service_does_not_have_is_refused_when_adopted_today_and_history_when_long_ago() -> None:
    live = Live(PPM)
    live.told(london("2026-03-01"), ENTRY)
    with pytest.raises(AssertionError, match=r"the service has .*, not ppm-procedure@9"):
        live.told(london("2026-03-02"), "2026-03-02 policy_adopted policy=ppm-procedure version=ppm-procedure@9 #new")
    live.told(london("2026-03-02"), "2026-01-09 policy_adopted policy=ppm-procedure version=ppm-procedure@0 #old")
    assert "old" in live.journey.known


def test_the_calendar_is_that_of_the_childhood() -> None:
    from domain.study.take_up import calendar_of

    calendar = calendar_of(journey_at(ENTRY, "2026-01-14"))
    assert (calendar.first_year, calendar.last_year) == (2017, 2038)
    assert calendar.bank_holidays[date(2026, 4, 3)] == "Good Friday"
