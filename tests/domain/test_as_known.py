"""What was known of a step on a day and would have been said, beside what is known now."""

from datetime import date

import pytest

from domain.case.calendar import end_of
from domain.study.as_known import AsKnown, as_known
from domain.study.explain import NothingToExplain, decided_by
from domain.study.explain_words import known_now
from tests.domain.story import CHILD, simulated

PPM = "ppm-procedure"
ENTRY = "2026-01-05 became_looked_after #in\n"


def looked_back(happened: str, known_on: str, at: str, about: str, number: int | None = None) -> AsKnown:
    then = simulated(PPM, happened, known_on).get(CHILD)
    now = simulated(PPM, happened, at)[CHILD]
    decided = decided_by(now.actions, now.passed_over)
    today = (now.journey, end_of(date.fromisoformat(at)))
    return as_known(date.fromisoformat(known_on), then.journey if then else None, today, (about, number), decided)


def said(compared: AsKnown) -> list[str]:
    return [f"{label}: {text}" for label, text in known_now(compared)]


def test_a_review_recorded_late_was_not_known_and_the_answer_of_then_stands_as_it_was() -> None:
    late = ENTRY + "2026-01-20 review_held #first recorded 2026-03-09 10:00\n"
    assert said(looked_back(late, "2026-02-10", "2026-03-20", "second-review")) == [
        "Said on Tue 10 Feb 2026: foreseen for Sat 2 May 2026 (CPPCR reg 33(2)), forecast",
        "Known now: due Mon 20 Apr 2026 (CPPCR reg 33(2)), upcoming",
        "since Mon 9 Mar 2026 10:00: moved from 2 May 2026 to 20 Apr 2026 by review held of 20 Jan 2026 (event first)",
    ]
    met = looked_back(late, "2026-02-10", "2026-03-20", "first-review")
    assert (met.differs, met.moves, [event.id for event in met.others]) == (True, (), ["first"])
    assert met.then.explained is not None
    assert met.then.explained.row.status == "overdue"
    assert {step.fate for step in met.then.explained.steps} == {"decided", "planned"}, (
        "what was told by then, and no more"
    )


def test_known_in_time_the_answer_is_the_same() -> None:
    prompt = ENTRY + "2026-01-20 review_held #first\n"
    compared = looked_back(prompt, "2026-02-10", "2026-03-20", "second-review")
    assert not compared.differs
    assert said(compared)[1] == "Known now: the same: due Mon 20 Apr 2026 (CPPCR reg 33(2)), upcoming"


def test_what_is_voided_later_still_stood_then() -> None:
    happened = ENTRY + "2026-01-12 ppm_held #meeting\n2026-02-02 event_voided event=meeting #undone\n"
    compared = looked_back(happened, "2026-01-20", "2026-02-10", "initial-ppm")
    assert compared.then.explained is not None
    assert compared.then.explained.row.status == "met"
    assert compared.now.explained is not None
    assert compared.now.explained.row.status == "overdue"
    assert compared.differs


def test_the_policy_is_the_one_adopted_by_then() -> None:
    happened = ENTRY + "2026-02-02 policy_adopted policy=quick-guide #adopted\n"
    before = looked_back(happened, "2026-01-20", "2026-02-10", "initial-ppm")
    assert before.then.explained is not None
    assert "no obligation of policy quick-guide" in before.now.nothing
    assert [event.id for event in before.others] == ["adopted"]
    after = looked_back(happened, "2026-01-20", "2026-02-10", "ppm")
    assert "no obligation of policy ppm-procedure" in after.then.nothing
    assert after.now.explained is not None


def test_of_a_day_before_all_nothing_was_known() -> None:
    compared = looked_back(ENTRY, "2026-01-04", "2026-01-10", "initial-ppm")
    assert compared.then.nothing == "nothing of this child was known by the end of 4 January 2026"
    assert [move.event.id for move in compared.moves] == ["in"]
    with pytest.raises(NothingToExplain, match="its clock has not started"):
        looked_back(ENTRY, "2026-01-04", "2026-01-10", "final-order")
