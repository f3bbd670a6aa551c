"""A journey begun anew from its case record is the journey that lived: the same is due, and the same is told next."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.agenda import agenda
from domain.case.calendar import end_of
from domain.case.facts import Known
from domain.clocks.actions import Action
from domain.journey import Journey
from domain.refusals import policy_named
from domain.study.simulation import batches
from tests.domain.story import Live, calendar, events, london
from tests.domain.strategies import POLICIES, journeys, last_day

few = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def relived(live: Live, now: datetime) -> Live:
    """Another journey, of which only the case record is left: the events, and what was told or passed over."""
    again, journey = Live(live.default, live.policies), live.journey
    again.journey = Journey(journey.child, journey.policy, journey.calendar)
    known = [Known(k.event, k.known_at) for k in journey.known.values()]
    again.journey.relive(known, [action.key for action in (*live.sent, *live.skipped)], now)
    return again


def lived(policy: str, *events_by_day: tuple[str, str]) -> Live:
    """A journey told things at instants, awake in between."""
    live = Live(policy)
    for place, (at, happened) in enumerate(events_by_day):
        instant = london(*at.split())
        live.sleep_until(instant - timedelta(microseconds=1))
        named = [
            e.model_copy(update={"id": e.id if e.id.startswith("m") else f"{place}-{e.id}"}) for e in events(happened)
        ]
        live.told(instant, named)
    return live


def lines(actions: Sequence[Action]) -> list[str]:
    return [f"{a.at:%m-%d} {a.obligation}/{a.occurrence} {a.kind} {a.rung}" for a in actions]


def both_until(day: str, *lives: Live) -> list[list[str]]:
    """What each tells from now to the end of a day."""
    sent = []
    for live in lives:
        before = len(live.sent)
        live.sleep_until(london(day, "23:59"))
        sent.append(lines(live.sent[before:]))
    return sent


@pytest.mark.parametrize("policy", POLICIES)
@few
@given(data=st.data())
def test_a_journey_relived_at_any_moment_goes_on_like_the_one_that_lived(policy: str, data: st.DataObject) -> None:
    happened = data.draw(journeys(policy=policy))
    instants = batches(happened)
    cut = data.draw(st.integers(0, len(instants) - 1))
    live = Live(policy)
    for instant, batch in instants[: cut + 1]:
        live.sleep_until(instant - timedelta(microseconds=1))
        live.told(instant, batch)
    moment = instants[cut][0] + timedelta(days=data.draw(st.integers(0, 40)), minutes=7)
    live.sleep_until(moment)
    again = relived(live, moment)

    live.told(moment)
    assert again.told(moment) == []
    assert agenda(again.journey, moment) == agenda(live.journey, moment)
    so_far = len(live.sent)
    for one in (live, again):
        for instant, batch in instants[cut + 1 :]:
            if instant > moment:
                one.sleep_until(instant - timedelta(microseconds=1))
                one.told(instant, batch)
        one.sleep_until(end_of(last_day(happened)))
    assert again.sent == live.sent[so_far:]


def test_an_acknowledgement_holds_the_ladder_of_a_journey_relived_too() -> None:
    live = lived(
        "ppm-procedure",
        ("2026-01-05 12:00", "2026-01-05 became_looked_after"),
        ("2026-01-21 12:00", "2026-01-21 escalation_acknowledged obligation=initial-ppm until=2026-02-03"),
    )
    live.sleep_until(london("2026-01-27"))
    one, other = both_until("2026-02-20", live, relived(live, london("2026-01-27")))
    assert other == one
    assert next(line for line in one if "initial-ppm" in line).startswith("02-04")


def test_of_what_was_missed_while_no_journey_ran_one_reminder_and_the_highest_rung_go_and_the_rest_is_recorded() -> (
    None
):
    live = lived("ppm-procedure", ("2026-01-05 12:00", "2026-01-05 became_looked_after"))
    live.sleep_until(london("2026-01-06", "23:59"))
    again = relived(live, london("2026-01-06"))
    again.told(london("2026-02-03", "11:00"))
    sent = [(a.obligation, a.kind, a.rung) for a in again.sent]
    assert ("initial-ppm", "escalation", 3) in sent
    assert len({one[:2] for one in sent}) == len(sent)
    assert [a.rung for a in again.skipped if (a.obligation, a.kind) == ("initial-ppm", "escalation")] == [1, 2]


def test_numbers_and_waivers_of_a_journey_relived_are_those_that_were_given() -> None:
    live = lived(
        "ppm-procedure",
        ("2026-01-05 12:00", "2026-01-05 became_looked_after"),
        ("2026-01-09 12:00", "2026-01-09 ppm_held"),
        ("2026-01-12 12:00", "2026-01-12 drift_identified #m1"),
        ("2026-01-13 12:00", "2026-01-12 drift_identified #m2"),
        ("2026-01-14 12:00", "2026-01-14 event_voided event=m1\n2026-01-14 obligation_waived obligation=plan-tracking"),
    )
    live.sleep_until(london("2026-01-15"))
    again = relived(live, london("2026-01-15"))
    again.told(london("2026-01-15"))
    assert agenda(again.journey, london("2026-01-15")) == agenda(live.journey, london("2026-01-15"))
    assert again.journey.state().numbers == live.journey.state().numbers
    assert again.journey.state().waived == live.journey.state().waived


def test_a_rung_is_not_told_after_a_higher_one_of_a_policy_adopted_since() -> None:
    """Adopted on 27 January with the date long past, the new policy told its highest rung alone, and so it stays."""
    live = lived(
        "england-statutory",
        ("2026-01-05 12:00", "2026-01-05 became_looked_after"),
        ("2026-01-27 12:00", "2026-01-27 policy_adopted policy=ppm-procedure"),
    )
    assert policy_named(live.journey.facts) == "ppm-procedure" if live.journey.facts else False
    assert "01-27 initial-ppm/1 escalation 2" in lines(live.sent) or "01-27 initial-ppm/1 escalation 3" in lines(
        live.sent
    )
    again = relived(live, london("2026-01-27"))
    assert again.told(london("2026-01-27", "12:01")) == []
    one, other = both_until("2026-03-20", live, again)
    assert other == one


def test_due_dates_stand_since_they_stood_by_the_policy_of_then() -> None:
    live = lived(
        "england-statutory",
        ("2026-01-05 12:00", "2026-01-05 became_looked_after"),
        ("2026-01-19 12:00", "2026-01-19 policy_adopted policy=ppm-procedure"),
    )
    adopted, before = london("2026-01-19"), live.policies.resolve("england-statutory")
    again = Journey("CLA-1", live.journey.policy, calendar())
    settled = [action.key for action in (*live.sent, *live.skipped)]
    again.relive(live.journey.known.values(), settled, adopted, [(adopted, before)])
    assert again.state().watched == live.journey.state().watched


def test_a_journey_that_was_held_quiet_is_relived_quiet_and_wakes_at_its_time() -> None:
    until = london("2026-12-07", "09:00")
    live = Live("ppm-procedure")
    loaded = london("2026-11-25", "14:00")
    live.journey.keep_quiet(loaded, until)
    live.told(loaded, "2026-01-05 became_looked_after\n2026-01-30 review_held")
    again = Live("ppm-procedure")
    again.journey = Journey("CLA-1", live.journey.policy, calendar())
    again.journey.keep_quiet(loaded, until)
    again.journey.relive(live.journey.known.values(), [], london("2026-11-27"))
    again.told(london("2026-11-27"))
    one, other = both_until("2027-02-01", live, again)
    assert other == one
    assert one[0].startswith("12-07")
