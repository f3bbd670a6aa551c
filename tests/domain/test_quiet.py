"""A quiet journey: nothing is told before an instant; then what is still true goes, once."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clocks.actions import Action
from domain.journey import Journey
from domain.journey_state import JourneyState
from domain.waking import next_change
from tests.domain.story import calendar, events, london, policies

ENTERED_LONG_AGO = """
    2026-01-05 became_looked_after
    2026-01-30 review_held
"""
LOADED = london("2026-11-25", "14:00")
UNTIL = london("2026-12-07", "09:00")


def quiet_journey(policy: str = "ppm-procedure", happened: str = ENTERED_LONG_AGO) -> tuple[Journey, list[Action]]:
    """A journey that began with a history, and what that told."""
    journey = Journey("CLA-1", policies().resolve(policy), calendar())
    journey.keep_quiet(LOADED, UNTIL)
    return journey, list(journey.step(LOADED, events(happened)).actions)


def live(journey: Journey, now: datetime, until: datetime) -> list[Action]:
    """What is told by time alone."""
    actions: list[Action] = []
    while (change := next_change(journey, now)) is not None and change[0] <= until:
        now = change[0]
        actions += journey.step(now).actions
    return actions


def lines(actions: list[Action]) -> list[str]:
    return [f"{a.obligation} {a.kind} {a.rung}" for a in actions]


def test_how_things_stand_is_right_at_once() -> None:
    journey, sent = quiet_journey()
    assert sent == []
    assert next_change(journey, LOADED) is not None
    assert {o.obligation.id for o in journey.occurrences if o.open} >= {"initial-ppm", "second-review"}


def test_nothing_goes_before_and_then_one_of_each_at_once() -> None:
    journey, _ = quiet_journey()
    sent = live(journey, LOADED, UNTIL)
    assert {a.at for a in sent} == {UNTIL}
    once = [(a.obligation, a.occurrence, a.kind) for a in sent]
    assert len(once) == len(set(once))
    assert "initial-ppm escalation 7" in lines(sent)
    assert "second-review escalation 7" in lines(sent)
    assert "ppm-invitations notice 0" in lines(sent)


def test_the_same_as_if_it_had_been_loaded_then_but_for_the_day() -> None:
    journey, _ = quiet_journey()
    late = Journey("CLA-1", policies().resolve("ppm-procedure"), calendar())
    assert lines(live(journey, LOADED, UNTIL)) == lines(list(late.step(UNTIL, events(ENTERED_LONG_AGO)).actions))


def test_what_is_met_meanwhile_is_not_told() -> None:
    journey, _ = quiet_journey()
    met = events("2026-11-27 ppm_held #p1\n2026-11-27 review_held #r2 plan_agreed=true")
    assert journey.step(london("2026-11-27"), met).actions == ()
    sent = lines(live(journey, london("2026-11-27"), UNTIL))
    assert not any("initial-ppm" in line or "second-review" in line for line in sent)
    assert not any("ppm-invitations" in line for line in sent)
    assert any("ppm-decisions-sent" in line for line in sent)


def test_a_journey_that_ends_meanwhile_tells_nothing() -> None:
    journey, _ = quiet_journey()
    assert journey.step(london("2026-11-27"), events("2026-11-27 adoption_order_made #a1")).actions == ()
    assert live(journey, london("2026-11-27"), UNTIL) == []


def test_a_breach_of_the_history_goes_when_the_quiet_is_over() -> None:
    journey, _ = quiet_journey(happened=ENTERED_LONG_AGO + "2026-06-01 placed_for_adoption")
    assert "placed-without-authority breach 0" in lines(live(journey, LOADED, UNTIL))


def test_afterwards_all_goes_as_ever() -> None:
    journey, _ = quiet_journey()
    live(journey, LOADED, UNTIL)
    assert journey.quiet is None
    step = journey.step(london("2026-12-08"), events("2026-12-08 placed_for_adoption #p9"))
    assert "placed-without-authority breach 0" in lines(list(step.actions))


def test_it_is_woken_once() -> None:
    journey, _ = quiet_journey()
    first = journey.step(UNTIL)
    assert first.woken
    assert not journey.step(UNTIL).woken


def test_quiet_survives_the_state() -> None:
    journey, _ = quiet_journey()
    state = JourneyState.model_validate_json(journey.state().model_dump_json())
    again = Journey.restore(state, journey.policy, calendar(), LOADED)
    assert lines(live(again, LOADED, UNTIL)) == lines(live(journey, LOADED, UNTIL))


@settings(max_examples=40)
@given(st.integers(1, 700))
def test_nothing_is_told_while_quiet_and_nothing_twice_after(days_ago: int) -> None:
    """However long the history."""
    entered = LOADED.date() - timedelta(days=days_ago)
    journey, sent = quiet_journey(happened=f"{entered} became_looked_after")
    assert sent == []
    while_quiet = live(journey, LOADED, london("2026-12-07", "08:59"))
    assert while_quiet == []
    after = live(journey, london("2026-12-07", "08:59"), london("2026-12-07", "09:00"))
    keys = [action.key for action in after]
    assert len(keys) == len(set(keys))
    assert all(action.at >= UNTIL for action in after)
