"""A source with names of its own for its rows, read again: what is told, corrected and voided, and what is left."""

from datetime import UTC, date, datetime

import pytest

from domain.case.documents import parse_event
from domain.case.events import Event
from domain.case.facts import Known, unvoided
from domain.case.words import Participation
from intake.sources.comparing import SourceCompared, compare
from intake.sources.covered import Covered
from intake.sources.matching import name_of

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ALWAYS = [Covered(date.min, date(2026, 11, 24))]


def row(slot: str, key: str, kind: str, on: str, **more: object) -> Event:
    """A row of the source as an event, by the row's own key."""
    return parse_event({"type": kind, "id": name_of("lcs", "CLA-1", slot, key), "child": "CLA-1", "on": on, **more})


ENTRY = row("entered", "7", "became_looked_after", "2026-01-05", date_of_birth="2019-05-10", legal_status="C2")


def review(key: str, on: str) -> Event:
    return row("review", key, "review_held", on)


def known(*events: Event) -> list[Known]:
    return [Known(event, NOW) for event in events]


def said(comparison: SourceCompared) -> list[str]:
    """The batch in short."""
    return [event.id.removeprefix("lcs:CLA-1:") for event in comparison.batch]


def test_what_is_new_is_told_by_its_own_name() -> None:
    assert said(compare("lcs", [ENTRY, review("a", "2026-01-30")], ALWAYS, [], NOW)) == ["entered:7", "review:a"]


@pytest.mark.parametrize("name", ["lcs:77", "lcs:", "lcs:CLA-1:a", "lcs:CLA-10:review:a"])
def test_what_somebody_else_named_alike_is_none_of_the_sources(name: str) -> None:
    """It is never touched, and stops the reading of nobody."""
    other = parse_event({"type": "review_held", "id": name, "child": "CLA-1", "on": "2026-01-30"})
    assert said(compare("lcs", [ENTRY], ALWAYS, known(ENTRY, other), NOW)) == []
    moved = compare("lcs", [ENTRY, review("a", "2026-01-29")], ALWAYS, known(ENTRY, other), NOW)
    assert (said(moved), [doubt.rule for doubt in moved.doubts]) == ([], ["elsewhere"])


def test_a_row_that_moved_far_is_the_same_by_its_key() -> None:
    before = known(ENTRY, review("a", "2026-01-30"), review("b", "2026-04-20"))
    comparison = compare("lcs", [ENTRY, review("a", "2026-01-30"), review("b", "2026-07-20")], ALWAYS, before, NOW)
    assert said(comparison) == ["review:b~2"]
    assert comparison.batch[0].corrects == "lcs:CLA-1:review:b"


def test_new_keys_for_the_same_rows_change_nothing() -> None:
    before = known(ENTRY, review("a", "2026-01-30"))
    assert said(compare("lcs", [ENTRY, review("z", "2026-01-30")], ALWAYS, before, NOW)) == []


def test_of_a_child_in_pre_proceedings_of_which_nothing_is_left_nothing_is_taken_back() -> None:
    pre = row("pre", "q", "pre_proceedings_started", "2025-10-01", date_of_birth="2019-05-10")
    adopted = row("policy", "q", "policy_adopted", "2025-10-01", policy="ppm-procedure")
    comparison = compare("lcs", [], ALWAYS, known(pre, adopted), NOW)
    assert said(comparison) == []
    assert [doubt.rule for doubt in comparison.doubts] == ["gone"]
    assert said(compare("lcs", [ENTRY], ALWAYS, known(pre, ENTRY), NOW)) == ["pre:q:void"], (
        "in care: that is what counts"
    )


def test_what_is_gone_is_voided_on_the_days_covered_only() -> None:
    before = known(ENTRY, review("a", "2026-01-30"), review("b", "2026-10-20"))
    until_june = [Covered(date(2026, 1, 1), date(2026, 6, 30))]
    comparison = compare("lcs", [ENTRY], until_june, before, NOW)
    assert said(comparison) == ["review:a:void"]
    assert [was.id for was, _ in comparison.voided] == ["lcs:CLA-1:review:a"]


def test_what_was_corrected_and_then_is_gone_is_gone_as_it_was_first_too() -> None:
    before = known(ENTRY, review("a", "2026-01-30"))
    moved = compare("lcs", [ENTRY, review("a", "2026-01-29")], ALWAYS, before, NOW)
    before += known(*moved.batch)
    comparison = compare("lcs", [ENTRY], ALWAYS, before, NOW)
    assert [was.id for was, _ in comparison.voided] == ["lcs:CLA-1:review:a~2"]
    before += known(*comparison.batch)
    assert [k.event.id for k in unvoided(before) if k.event.type == "review_held"] == []
    assert said(compare("lcs", [ENTRY], ALWAYS, before, NOW)) == []


def test_what_nobody_contradicts_is_the_same_thing_however_much_each_says() -> None:
    desk = parse_event(
        {"type": "review_held", "id": "desk-1", "child": "CLA-1", "on": "2026-01-30", "plan_agreed": True}
    )
    said_more = review("a", "2026-01-30").model_copy(update={"participation": Participation.SPOKE})
    comparison = compare("lcs", [ENTRY, said_more], ALWAYS, known(ENTRY, desk), NOW)
    assert (said(comparison), comparison.doubts) == ([], ())


def test_what_comes_back_after_it_was_voided_is_told_anew() -> None:
    before = known(ENTRY, review("a", "2026-01-30"))
    voiding = compare("lcs", [ENTRY], ALWAYS, before, NOW).batch
    again = compare("lcs", [ENTRY, review("a", "2026-01-30")], ALWAYS, [*before, *known(*voiding)], NOW)
    assert said(again) == ["review:a~2"]
    assert again.batch[0].corrects is None


def test_a_correction_leaves_the_policy_the_child_came_under() -> None:
    under = ENTRY.model_copy(update={"policy": "ppm-procedure"})
    now = row("entered", "7", "became_looked_after", "2026-01-06", date_of_birth="2019-05-10", legal_status="C2",
              policy="quick-guide")  # fmt: skip
    [correction] = compare("lcs", [now], ALWAYS, known(under), NOW).batch
    assert getattr(correction, "policy", None) == "ppm-procedure"


def test_a_correction_that_somebody_voided_leaves_what_stands_again() -> None:
    first, moved = review("a", "2026-01-30"), review("a", "2026-01-29")
    correction = compare("lcs", [ENTRY, moved], ALWAYS, known(ENTRY, first), NOW).batch
    voiding = parse_event(
        {"type": "event_voided", "id": "desk-1", "child": "CLA-1", "on": "2026-02-01", "event": correction[0].id,
         "reason": "it was the 30th"}
    )  # fmt: skip
    comparison = compare("lcs", [ENTRY, moved], ALWAYS, known(ENTRY, first, *correction, voiding), NOW)
    assert (said(comparison), [doubt.rule for doubt in comparison.doubts]) == ([], ["taken-back"])


def test_an_entry_recorded_by_somebody_else_a_day_apart_is_a_doubt() -> None:
    theirs = parse_event(
        {"type": "became_looked_after", "id": "http-1", "child": "CLA-1", "on": "2026-01-04", "legal_status": "C2",
         "date_of_birth": "2019-05-10", "team": "North"}
    )  # fmt: skip
    comparison = compare("lcs", [ENTRY, review("a", "2026-01-30")], ALWAYS, known(theirs), NOW)
    assert said(comparison) == ["review:a"]
    assert [doubt.rule for doubt in comparison.doubts] == ["elsewhere"]
    same_day = compare("lcs", [ENTRY], ALWAYS, known(theirs.model_copy(update={"on": ENTRY.on})), NOW)
    assert (same_day.batch, same_day.doubts) == ([], ()), "the same, with more beside it"


def test_both_having_told_it_is_a_doubt_each_time() -> None:
    theirs = parse_event({"type": "review_held", "id": "desk-9", "child": "CLA-1", "on": "2026-01-31"})
    held = [ENTRY, review("a", "2026-01-30")]
    comparison = compare("lcs", held, ALWAYS, known(*held, theirs), NOW)
    assert (comparison.batch, [doubt.rule for doubt in comparison.doubts]) == ([], ["twice"])
    again = compare("lcs", held, ALWAYS, known(*held, theirs), NOW)
    assert [doubt.key for doubt in again.doubts] == [doubt.key for doubt in comparison.doubts]
