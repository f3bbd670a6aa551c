"""What a hold keeps from whom, as dated stories: whom a rung would tell, who hears later, and who never does.

Under S1 an initial planning meeting is due on 19 January 2026 after an entry on the 5th. Rungs: 20 January (IRO, social
worker, case supervisor), 26 January (team manager), 2 February (CLA service manager), 16 February (strategic lead),
and to the strategic lead again on 16 March, 15 April and 14 May.
"""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.case.calendar import local_date
from domain.study.hold import LadderNow, ladder_now
from tests.domain.story import Live, calendar, london

PPM = ("initial-ppm", 1)
IN_CARE = "2026-01-05 became_looked_after #in"


def live_until(day: str, at: str = "10:00", *happenings: tuple[str, str]) -> Live:
    """The journey, awake until an instant, told things at instants."""
    live = Live("ppm-procedure")
    for instant, happened in (("2026-01-05 12:00", IN_CARE), *happenings):
        live.sleep_until(london(*instant.split()))
        live.told(london(*instant.split()), happened)
    live.sleep_until(london(day, at))
    return live


def ladder(live: Live) -> LadderNow:
    ladder_ahead = ladder_now(live.journey, PPM)
    assert ladder_ahead is not None
    return ladder_ahead


def said(live: Live, now: tuple[str, str], until: str | None = None) -> list[str]:
    """Who would be told when, and hears when; and when the ladder goes on."""
    withheld = ladder(live).withheld(london(*now), date.fromisoformat(until) if until else None)
    if withheld is None:
        return []
    lines = [
        f"{one.role} {one.day:%d %b}: " + (f"hears {one.hears:%d %b}" if one.hears else "does not hear")
        for one in withheld.unheard
    ]
    then = f"then {withheld.then:%d %b} to {', '.join(withheld.then_to)}" if withheld.then else "no rung is left"
    return [f"until {withheld.until:%d %b}", *lines, then]


NOW = ("2026-01-21", "10:00")


def test_a_rung_within_the_hold_goes_to_nobody_and_the_highest_is_told_when_it_ends() -> None:
    assert said(live_until(*NOW), NOW, "2026-02-10") == [
        "until 10 Feb",
        "team_manager 26 Jan: does not hear",
        "cla_service_manager 02 Feb: hears 11 Feb",
        "then 11 Feb to cla_service_manager",
    ]


def test_what_it_says_is_what_then_happens() -> None:
    acknowledged = "2026-01-21 escalation_acknowledged obligation=initial-ppm until=2026-02-10"
    live = live_until("2026-02-16", "09:00", ("2026-01-21 10:00", acknowledged))
    rungs = [a for a in live.sent if (a.kind, a.obligation) == ("escalation", "initial-ppm")]
    assert [(f"{a.at:%d %b}", a.to[-1].value) for a in rungs] == [
        ("20 Jan", "social_worker"),
        ("11 Feb", "cla_service_manager"),
        ("16 Feb", "cla_strategic_lead"),
    ]


@settings(max_examples=25, deadline=None)
@given(first=st.integers(17, 90), until=st.integers(0, 28), second=st.integers(0, 30), further=st.integers(0, 28))
def test_what_it_says_is_what_then_happens_whenever_it_is_acknowledged(
    first: int, until: int, second: int, further: int
) -> None:
    """Once or twice, on any day, until any day: nobody hears before the end, and then it is as was said."""
    live = live_until("2026-01-05", "12:00")
    withheld = None
    for name, day, days in (("a", first, until), ("b", first + second, further)):
        now = london("2026-01-05", "10:30") + timedelta(days=day)
        last = min(now.date() + timedelta(days=days), calendar().working_days_after(now.date(), 20))
        live.sleep_until(now)
        withheld = ladder(live).withheld(now, last)
        live.told(now, f"{now.date()} escalation_acknowledged #{name} obligation=initial-ppm until={last}")
        assert withheld == ladder(live).withheld(now), "what was foreseen stands once it is said"
    assert withheld is not None
    heard = len(live.sent)
    live.sleep_until(london("2026-12-31"))
    rungs = [a for a in live.sent[heard:] if (a.kind, a.obligation) == ("escalation", "initial-ppm")]
    days_heard = {role: local_date(action.at) for action in reversed(rungs) for role in action.to}
    assert not [a for a in rungs if local_date(a.at) <= withheld.until]
    assert [(local_date(a.at), a.to) for a in rungs[:1]] == (
        [(withheld.then, withheld.then_to)] if withheld.then else []
    )
    assert [days_heard.get(one.role) for one in withheld.unheard] == [one.hears for one in withheld.unheard]


def test_a_hold_in_which_no_rung_falls_keeps_nothing_from_anybody() -> None:
    assert said(live_until(*NOW), NOW, "2026-01-23") == ["until 23 Jan", "then 26 Jan to team_manager"]


def test_where_a_rung_falls_on_the_morning_the_hold_ends_the_one_before_is_passed_over() -> None:
    assert said(live_until(*NOW), NOW, "2026-01-30") == [
        "until 30 Jan",
        "team_manager 26 Jan: does not hear",
        "then 02 Feb to cla_service_manager",
    ]


def test_over_a_weekend_the_last_day_is_the_one_that_was_said() -> None:
    assert said(live_until(*NOW), NOW, "2026-01-25") == ["until 25 Jan", "then 26 Jan to team_manager"]


def test_while_a_hold_stands_it_says_who_has_not_heard_already_and_by_whom_it_was_said() -> None:
    acknowledged = "2026-01-21 escalation_acknowledged obligation=initial-ppm until=2026-01-28 by=s-worker"
    live, now = live_until("2026-01-27", "10:00", ("2026-01-21 10:00", acknowledged)), ("2026-01-27", "10:00")
    hold = ladder(live).hold_at(london(*now))
    assert hold is not None
    assert (hold.said.by, str(hold.last_day)) == ("s-worker", "2026-01-28")
    assert said(live, now) == ["until 28 Jan", "team_manager 26 Jan: hears 29 Jan", "then 29 Jan to team_manager"]
    assert said(live, now, "2026-02-03")[:3] == [
        "until 03 Feb",
        "team_manager 26 Jan: does not hear",
        "cla_service_manager 02 Feb: hears 04 Feb",
    ]
    assert said(live, now, "2026-01-27")[0] == "until 28 Jan", "a shorter one does not shorten"


@pytest.mark.parametrize(
    ("happenings", "at"),
    [
        ([], NOW),
        ([("2026-01-21 10:00", "2026-01-21 escalation_acknowledged obligation=initial-ppm until=2026-01-23")],
         ("2026-01-26", "09:00")),
        ([("2026-01-21 10:00", "2026-01-21 escalation_acknowledged #a obligation=initial-ppm"),
          ("2026-01-22 10:00", "2026-01-22 event_voided event=a")], ("2026-01-22", "10:01")),
    ],
    ids=["never acknowledged", "run out", "voided"],
)  # fmt: skip
def test_without_a_hold_there_is_no_silence(happenings: list[tuple[str, str]], at: tuple[str, str]) -> None:
    live = live_until(*at, *happenings)
    assert ladder(live).hold_at(london(*at)) is None
    assert said(live, at) == []


def test_no_acknowledgement_holds_longer_than_twenty_working_days() -> None:
    acknowledged = "2026-01-21 escalation_acknowledged obligation=initial-ppm until=2026-12-24"
    live, now = live_until("2026-01-22", "10:00", ("2026-01-21 10:00", acknowledged)), ("2026-01-22", "10:00")
    assert said(live, now)[0] == "until 18 Feb"


def test_when_the_ladder_has_no_rung_left_nobody_is_kept_from_hearing() -> None:
    now = ("2026-09-01", "10:00")
    assert said(live_until(*now), now, "2026-09-11") == ["until 11 Sep", "no rung is left"]


def test_what_is_met_only_foreseen_or_has_no_ladder_is_not_held() -> None:
    met = live_until(*NOW, ("2026-01-20 12:00", "2026-01-20 ppm_held"))
    for key in (PPM, ("second-review", 1), ("no-such", 1)):
        assert ladder_now(met.journey, key) is None
