"""What a source says of its children beside what we hold: each difference, and the events that would repair it."""

import json
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.case.documents import document_of, parse_event
from domain.case.events import Event
from intake.reconciling.differences import Difference, Kind, differences
from tests.domain.story import events

TODAY = date(2026, 6, 1)
IN_CARE = """
    2026-01-05 became_looked_after #in
    2026-01-20 review_held #r1
    2026-04-10 review_held #r2
"""


def compared(source: str, ours: str, *, running: bool = True, as_of: date = TODAY) -> list[Difference]:
    theirs, here = events(source), events(ours)
    return differences({"CLA-1": theirs} if theirs else {}, {"CLA-1": here}, {"CLA-1"} if running else set(), as_of)


def told(compared: list[Difference]) -> list[tuple[Kind, list[str]]]:
    return [(one.kind, [event.id for event in one.repair]) for one in compared]


def test_what_agrees_is_no_difference() -> None:
    assert compared(IN_CARE, IN_CARE) == []
    ended = IN_CARE + "2026-05-01 ceased_to_be_looked_after"
    assert compared(ended, ended, running=False) == []


def test_the_same_facts_under_other_ids_agree() -> None:
    assert compared(IN_CARE, IN_CARE.replace("#", "#case-system-")) == []


def test_a_child_in_care_without_a_journey_is_the_gravest_and_its_whole_history_the_repair() -> None:
    compared_now = differences(
        {"A": events(IN_CARE.replace("#", "@A #")), "B": events(IN_CARE + "2026-05-01 review_held #r3")},
        {"B": events(IN_CARE)},
        {"B"},
        TODAY,
    )
    assert [(one.child, one.kind) for one in compared_now] == [("A", Kind.MISSING), ("B", Kind.REVIEWS)]
    assert [event.id for event in compared_now[0].repair] == ["in", "r1", "r2"]
    assert "since 5 January 2026; here no journey runs" in compared_now[0].reason


def test_a_journey_that_ended_too_early_is_missing_too() -> None:
    [one] = compared(IN_CARE, IN_CARE + "2026-05-01 ceased_to_be_looked_after #out", running=False)
    assert one.kind is Kind.MISSING
    assert "here the journey ended on 1 May 2026" in one.reason


def test_a_journey_of_a_child_who_left_care_is_extra_and_the_ending_repairs_it() -> None:
    [one] = compared(IN_CARE + "2026-05-01 ceased_to_be_looked_after #out", IN_CARE)
    assert (one.kind, [e.id for e in one.repair]) == (Kind.EXTRA, ["out"])
    assert "left care on 1 May 2026" in one.reason


def test_a_journey_the_source_does_not_know_is_extra_and_nothing_is_proposed() -> None:
    [one] = compared("", IN_CARE)
    assert (one.kind, one.repair) == (Kind.EXTRA, ())


def test_reviews_are_compared_both_ways() -> None:
    comparison = compared(
        IN_CARE + "2026-05-01 review_held #r3",
        IN_CARE.replace("2026-04-10 review_held #r2", "2026-04-11 review_held #r2-here"),
    )
    assert told(comparison) == [(Kind.REVIEWS, ["r2", "r3", "reconcile-r2-here"])]
    assert "only in the source: 10 April 2026, 1 May 2026; only here: 11 April 2026" in comparison[0].reason


def test_an_event_the_source_has_corrected_in_place_comes_under_an_id_of_its_own() -> None:
    assert told(compared(IN_CARE.replace("2026-04-10", "2026-04-11"), IN_CARE)) == [
        (Kind.REVIEWS, ["r2-2026-04-11", "reconcile-r2"])
    ]


def test_two_reviews_of_a_day_are_two() -> None:
    [one] = compared(IN_CARE + "2026-04-10 review_held #again", IN_CARE)
    assert one.kind is Kind.REVIEWS


def test_stage_and_legal_status_are_repaired_by_what_is_lacking() -> None:
    later = """
        2026-05-01 legal_status_changed #e1 legal_status=E1
        2026-05-01 placement_order_made #po
    """
    assert told(compared(IN_CARE + later, IN_CARE)) == [(Kind.STAGE, ["po"]), (Kind.LEGAL_STATUS, ["e1"])]


def test_what_came_after_the_day_compared_is_left_alone() -> None:
    assert compared(IN_CARE, IN_CARE + "2026-05-20 review_held", as_of=date(2026, 4, 30)) == []


def test_of_a_source_that_cannot_tell_of_meetings_none_are_missed() -> None:
    ours = IN_CARE + "2026-01-12 ppm_held\n"
    carried = {"became_looked_after", "review_held"}
    one = differences({"CLA-1": events(IN_CARE)}, {"CLA-1": events(ours)}, {"CLA-1"}, TODAY, carried)
    assert one == []


def test_a_difference_as_json_can_be_sent() -> None:
    [one] = compared(IN_CARE + "2026-05-01 review_held #r3", IN_CARE)
    assert json.loads(json.dumps(one.data()))["repair"][0]["id"] == "r3"


LINES = [
    line for line in (IN_CARE + "2026-05-01 legal_status_changed #ls legal_status=C1").splitlines() if line.strip()
]


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(LINES[1:])), st.sets(st.sampled_from(LINES[1:])))
def test_what_is_proposed_always_repairs(theirs: set[str], here: set[str]) -> None:
    """Events taken up as proposed leave no difference."""
    source = events("\n".join([LINES[0], *sorted(theirs)]))
    held = events("\n".join([LINES[0], *sorted(here)]))
    compared_now = differences({"CLA-1": source}, {"CLA-1": held}, {"CLA-1"}, TODAY)
    proposed: dict[str, Event] = {event.id: event for one in compared_now for event in one.repair}
    repaired = [*held, *proposed.values()]
    assert differences({"CLA-1": source}, {"CLA-1": repaired}, {"CLA-1"}, TODAY) == [], [
        document_of(event) for event in proposed.values()
    ]


def test_each_voiding_has_an_id_of_its_own_however_long_and_however_often_it_was_proposed() -> None:
    long = "r" * 195
    entry = "2026-01-05 became_looked_after #in\n"
    [*_, reviews] = compared(entry, entry + f"2026-01-20 review_held #{long}1\n2026-04-10 review_held #{long}2")
    assert len({event.id for event in reviews.repair}) == 2
    assert all(len(event.id) <= 200 for event in reviews.repair)

    here = (
        *events(entry + "2026-01-20 review_held #r1"),
        *(parse_event({"type": "event_voided", "child": "CLA-1", "reason": "wrong", "on": "2026-05-01"} | more)
          for more in ({"id": "reconcile-r1", "event": "r1"}, {"id": "back", "event": "reconcile-r1"})),
    )  # fmt: skip
    again = differences({"CLA-1": events(entry)}, {"CLA-1": here}, {"CLA-1"}, TODAY)
    assert [event.id for one in again for event in one.repair] == ["reconcile-r1-2"], "the first is known, and void"
