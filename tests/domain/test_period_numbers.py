"""A period of care keeps its number, whatever becomes known of another: nothing goes again for its sake.

"One action is (child, obligation, occurrence, due, kind, rung): never sent twice" (contract section 4).
"""

from datetime import date

import pytest

from domain.journey import Journey
from domain.policy.loading import Policies
from tests.domain.story import (
    NotAmended,
    agenda_at,
    all_actions,
    calendar,
    london,
    noticed,
    policies,
    short,
    simulated,
    story,
)

LAW, PPM = "england-statutory", "ppm-procedure"
NOW = "2026-01-05 became_looked_after #now\n"
IN_2024 = """
    2024-03-04 became_looked_after #then recorded 2026-02-11 10:00
    2024-06-03 ceased_to_be_looked_after #over recorded 2026-02-11 10:00
"""
ONCE = [
    "2026-01-26 09:00 first-review/1 reminder 1",
    "2026-01-30 09:00 first-review/1 reminder 2",
    "2026-02-03 09:00 first-review/1 escalation 1",
    "2026-02-09 09:00 first-review/1 escalation 2",
]


def told(happened: str, *, known: Policies | None = None, until: str = "2026-02-12") -> list[str]:
    return short(story(LAW, happened, until=until, about="first-review", since="2026-01-01", known=known))


def test_nothing_goes_again_when_an_earlier_period_becomes_known() -> None:
    assert told(NOW) == told(NOW + IN_2024) == ONCE


def test_a_journey_on_rules_from_before_goes_on_as_it_did() -> None:
    again = "2026-02-09 09:00 first-review/1 escalation 2"
    assert told(NOW + IN_2024, known=NotAmended.load()) == [*ONCE, again]


def test_nothing_goes_again_when_an_earlier_period_turns_out_to_be_an_error() -> None:
    known_in_time = "2024-03-04 became_looked_after #then\n2024-06-03 ceased_to_be_looked_after #over\n"
    error = """
        2026-02-11 event_voided event=then recorded 2026-02-11 10:00
        2026-02-11 event_voided event=over recorded 2026-02-11 10:00
    """
    assert told(known_in_time + NOW + error) == ONCE


def test_a_notice_goes_once_for_each_booking() -> None:
    booked = NOW + "2026-01-12 review_booked for=2026-02-10\n"
    assert noticed(LAW, booked + IN_2024, "2026-02-12", "booked-too-late") == ["2026-01-12 booked-too-late"]


def test_an_entry_that_stands_in_for_another_goes_by_its_number() -> None:
    right = """
        2026-02-10 event_voided event=now recorded 2026-02-10 10:00
        2026-01-05 became_looked_after legal_status=V2 #right recorded 2026-02-10 10:00
    """
    a_day_after = """
        2026-02-09 event_voided event=now recorded 2026-02-09 15:00
        2026-01-05 became_looked_after legal_status=V2 #right recorded 2026-02-10 10:00
    """
    assert told(NOW + right) == told(NOW + a_day_after) == ONCE


def test_pre_proceedings_recorded_late_begin_the_same_period() -> None:
    before = "2025-12-01 pre_proceedings_started recorded 2026-02-11 10:00\n"
    assert told(NOW + before) == ONCE


def test_a_new_period_takes_no_number_of_one_long_taken_back() -> None:
    # Care in 2024 was an error; care of 2026 ended, and the child entered again in 2027: that is number 3.
    lived = """
        2024-03-04 became_looked_after #then
        2024-06-03 ceased_to_be_looked_after #over
        2026-01-05 became_looked_after #now
        2026-02-11 event_voided event=then recorded 2026-02-11 10:00
        2026-02-11 event_voided event=over recorded 2026-02-11 10:00
        2026-03-02 ceased_to_be_looked_after
        2027-01-04 became_looked_after #again
    """
    journey = simulated(LAW, lived, "2027-01-31")["CLA-1"].journey
    assert [(facts.begun_by, journey.number_of(facts)) for facts in journey.periods] == [("now", 2), ("again", 3)]


HELD = NOW + "2026-01-12 ppm_held\n"
ERROR_OF_2024 = """
    2024-03-04 became_looked_after #then recorded 2026-02-09 10:00
    2024-06-03 ceased_to_be_looked_after #over recorded 2026-02-09 10:00
    2026-02-10 event_voided event=then recorded 2026-02-10 10:00
    2026-02-10 event_voided event=over recorded 2026-02-10 10:00
"""
AT_ONCE = """
    2026-02-11 event_voided event=now recorded 2026-02-11 10:00
    2026-01-06 became_looked_after #right recorded 2026-02-11 10:00
"""
LEFT_AND_BACK = """
    2026-02-02 ceased_to_be_looked_after #left recorded 2026-03-02 10:00
    2026-02-03 became_looked_after #again recorded 2026-03-02 10:00
"""


@pytest.mark.parametrize(
    "happened",
    [
        HELD + ERROR_OF_2024 + "2025-12-01 pre_proceedings_started recorded 2026-02-12 10:00",
        HELD + ERROR_OF_2024 + AT_ONCE,
        HELD + IN_2024 + AT_ONCE,
        HELD + IN_2024 + AT_ONCE.replace("2026-02-11 10:00", "2026-02-10 10:00", 1),
        HELD + "2026-02-09 ppm_held\n" + LEFT_AND_BACK,
        HELD
        + "2026-02-09 ppm_held\n"
        + LEFT_AND_BACK
        + "2026-03-09 event_voided event=again\n2026-03-09 event_voided event=left",
    ],
    ids=[
        "an error, then pre-proceedings recorded late",
        "an error, then the entry corrected",
        "the entry corrected, and an earlier period, at once",
        "the entry voided, an earlier period, and the right entry a day later",
        "a period parted in two",
        "and put together again",
    ],
)
def test_whatever_becomes_of_periods_no_action_goes_twice(happened: str) -> None:
    actions = all_actions(PPM, happened, "2026-03-31")
    same = [(a.obligation, a.occurrence, a.due or a.event, a.kind, a.rung) for a in actions]
    assert [one for one in same if same.count(one) > 1] == []


def test_a_journey_that_told_by_place_is_begun_anew_and_tells_nothing_again() -> None:
    # It lived on rules from before: the care of 2026 became number 2 on 11 February. Begun anew it is number 1.
    old = simulated(PPM, HELD + IN_2024, "2026-02-16", known=NotAmended.load())["CLA-1"].journey
    anew = Journey(old.child, policies().resolve(PPM), calendar())
    now = london("2026-02-17", "10:00")
    anew.relive(old.known.values(), old.settled, now)

    assert (old.number, anew.number) == (2, 1)
    assert not anew.step(now).actions


def test_an_occurrence_keeps_its_number_when_an_earlier_period_becomes_known() -> None:
    met_twice = NOW + "2026-01-12 ppm_held #error\n2026-01-19 ppm_held\n2026-01-20 event_voided event=error\n"
    for happened in (met_twice, met_twice + IN_2024):
        [row] = agenda_at(PPM, happened, "2026-02-12", "ppm-decisions-uploaded")
        assert (row.occurrence, row.due) == (2, date(2026, 1, 26))


def test_the_numbers_are_handed_on_to_the_next_run() -> None:
    journey = simulated(LAW, NOW + IN_2024, "2026-02-12")["CLA-1"].journey
    now = london("2026-02-13", "10:00")
    next_run = Journey.restore(journey.state(), policies().resolve(LAW), calendar(), now)

    assert (next_run.number, next_run.numbers) == (journey.number, {"now": 1, "then": 2}) == (1, {"now": 1, "then": 2})
    assert not next_run.step(now).actions
