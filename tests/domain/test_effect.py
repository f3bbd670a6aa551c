"""What recording would change, said before it is done, is what the journey then does."""

from datetime import date

import pytest

from domain.clocks.answers import answers
from domain.policy.loading import Policies
from domain.study.effect import Effect, effect
from tests.domain.story import Live, events, line_of, london

POLICIES = Policies.load()
IN_CARE = "2026-01-05 became_looked_after #in"


def live_until(day: str, *happened: str) -> Live:
    live = Live("ppm-procedure")
    live.told(london("2026-01-05"), IN_CARE)
    for line in happened:
        live.told(london(line.split()[0]), line)
    live.sleep_until(london(day, "10:00"))
    return live


def foreseen(live: Live, day: str, happened: str) -> Effect:
    return effect(live.journey, events(happened), london(day, "10:00"), POLICIES.ids())


def test_a_late_meeting_stops_the_ladder_and_opens_what_follows() -> None:
    live = live_until("2026-01-27")
    before = live.journey.state()

    change = foreseen(live, "2026-01-27", "2026-01-26 ppm_held #held")

    [met] = change.met_late
    assert (met.was.obligation, met.days_late) == ("initial-ppm", 7)
    assert change.stopped == (0, 5), "the rungs of 2 and 16 February, and three repeats"
    assert {row.obligation for row in change.opened} >= {"ppm-decisions-sent", "plan-tracking"}
    assert live.journey.state() == before, "nothing is done by asking"
    assert live.told(london("2026-01-27", "10:00"), "2026-01-26 ppm_held #held") == [line_of(a) for a in change.sent]
    standing = {o.key for o in live.journey.occurrences if o.open}
    assert {(row.obligation, row.occurrence) for row in change.opened} <= standing
    assert ("initial-ppm", 1) not in standing


def test_what_would_be_refused_is_said_and_changes_nothing() -> None:
    live = live_until("2026-01-27")
    change = foreseen(live, "2026-01-27", "2026-01-26 obligation_waived obligation=first-review #w")

    [refusal] = change.refused
    assert "statutory limit" in refusal.reason
    assert (change.ended, change.opened, change.changed, change.sent) == ((), (), (), ())


def test_taking_a_meeting_back_opens_its_step_again() -> None:
    live = live_until("2026-01-27", "2026-01-16 ppm_held #held")
    change = foreseen(live, "2026-01-27", "2026-01-27 event_voided event=held #void")

    assert "initial-ppm" in {row.obligation for row in change.reopened}


def test_a_forecast_whose_date_is_fixed_is_new_and_not_moved() -> None:
    change = foreseen(live_until("2026-06-01"), "2026-06-01", "2026-02-02 review_held #held")

    [second] = [row for row in change.opened if row.obligation == "second-review"]
    assert (second.due, second.status) == (date(2026, 5, 2), "overdue")
    assert "second-review" not in {one.was.obligation for one in change.changed}


def test_an_extension_a_booking_and_a_pause_change_a_step_that_stays_open() -> None:
    live = live_until("2026-01-27")
    moved = foreseen(live, "2026-01-27", "2026-01-27 deadline_extended obligation=initial-ppm until=2026-02-20 #x")
    booked = foreseen(live, "2026-01-27", "2026-01-27 ppm_booked for=2026-02-03 #b")
    paused = foreseen(live, "2026-01-27", "2026-01-27 escalation_acknowledged obligation=initial-ppm #a")

    assert [str(one.now.due) for one in moved.changed if one.moved] == ["2026-02-20"]
    assert [str(one.booked) for one in booked.changed] == ["2026-02-03"]
    assert [str(one.held.at.date()) for one in paused.changed if one.held] == ["2026-02-11"]


@pytest.mark.parametrize("policy", POLICIES.ids())
def test_every_obligation_of_every_policy_names_events_that_answer_it(policy: str) -> None:
    rules = [row for one in POLICIES.resolve(policy).obligations for row in (one.rule, *one.limits)]
    assert [rule.id for rule in rules if not answers(rule)] == []


def test_a_correction_moves_what_hangs_on_it_and_says_how_it_was_met_before() -> None:
    live = live_until("2026-01-27", "2026-01-23 ppm_held #held")
    change = foreseen(live, "2026-01-27", "2026-01-16 ppm_held corrects=held #right")

    [met] = [one for one in change.altered if one.was.obligation == "initial-ppm"]
    assert (met.was.met_on, met.was.due) == (date(2026, 1, 23), date(2026, 1, 19))
    assert met.now is not None
    assert (met.now.met_on, met.days_late) == (date(2026, 1, 16), 0)
    sent = next(one for one in change.changed if one.was.obligation == "ppm-decisions-sent")
    assert (sent.was.occurrence, sent.now.occurrence) == (1, 2)
    assert sent.moved
    assert not {"ppm-decisions-sent"} & {one.was.obligation for one in change.ended}
    assert not {"ppm-decisions-sent"} & {row.obligation for row in change.opened}
    assert change.met_late == []
