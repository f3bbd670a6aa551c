"""Why a date is what it is: the check values of contract section 4, what moved a date, who was told and who was not."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case.calendar import Offset, end_of
from domain.study.explain import Counted, Explanation, NothingToExplain, decided_by, explain, skipped
from tests.domain.story import CHILD, calendar, case_lines, simulated
from tests.domain.strategies import POLICIES, journeys, last_day
from tests.domain.test_properties import few

PPM, QUICK = "ppm-procedure", "quick-guide"
ENTRY = "2026-01-05 became_looked_after #in\n"


def explained(policy: str, happened: object, at: str, about: str, number: int | None = None) -> Explanation:
    one = simulated(policy, happened, at)  # type: ignore[arg-type]  # a story or events, as simulated takes them
    [child] = one.values()
    day = end_of(date.fromisoformat(at))
    return explain(child.journey, about, number, day, decided_by(child.actions, child.passed_over))


def fates(explanation: Explanation) -> list[str]:
    return [f"{step.kind} {step.rung} {step.fate}" for step in explanation.steps]


@pytest.mark.parametrize(
    ("number", "base", "due", "weekend", "holidays"),
    [
        (20, "2025-12-24", "2026-01-26", 10, ["2025-12-25", "2025-12-26", "2026-01-01"]),
        (20, "2026-03-27", "2026-04-28", 10, ["2026-04-03", "2026-04-06"]),
        (20, "2026-01-31", "2026-02-27", 7, []),
        (5, "2025-12-22", "2025-12-31", 2, ["2025-12-25", "2025-12-26"]),
        (-5, "2025-12-31", "2025-12-22", 2, ["2025-12-25", "2025-12-26"]),
    ],
)
def test_what_a_count_of_working_days_skips(
    number: int, base: str, due: str, weekend: int, holidays: list[str]
) -> None:
    offset = Offset(number=number, unit="working_days")
    start = date.fromisoformat(base)
    assert str(calendar().add(start, offset)) == due
    days, named = skipped(calendar(), start, date.fromisoformat(due), offset)
    assert (days, [str(day) for day, _ in named]) == (weekend, holidays)


def test_a_month_without_the_day_is_said_to_be_clamped() -> None:
    entered = "2025-10-31 became_looked_after"
    [limit] = explained(PPM, entered, "2025-11-30", "permanence-plan-agreed").limits
    assert (str(limit.due), limit.clamped, limit.because) == ("2026-02-28", True, "anchor")


def test_of_two_limits_the_earlier_binds_and_both_are_counted() -> None:
    happened = ENTRY + "2026-01-20 review_held #first"
    explanation = explained(QUICK, happened, "2026-01-21", "second-review")
    assert [(one.clause, str(one.base), str(one.due), one.binds) for one in explanation.limits] == [
        ("S2 Permanency planning meetings", "2026-01-05", "2026-04-27", False),
        ("CPPCR reg 33(2)", "2026-01-20", "2026-04-20", True),
    ]
    assert [event.id for event in explanation.limits[1].events] == ["first"]


def test_another_distance_in_a_named_case_and_what_brought_it() -> None:
    happened = ENTRY + "2026-01-10 care_proceedings_issued #court recorded 2026-01-12 10:00"
    explanation = explained(QUICK, happened, "2026-01-13", "second-review")
    assert (explanation.limits[0].case, explanation.limits[0].offset) == (
        "in_care_proceedings",
        Offset(number=14, unit="weeks"),
    )
    assert [(m.event.id, str(m.was), str(m.now)) for m in explanation.moves] == [
        ("in", "None", "2026-04-27"),
        ("court", "2026-04-27", "2026-04-13"),
    ]


def test_a_date_that_hangs_on_a_booking_names_the_booking_and_follows_its_voiding() -> None:
    booked = ENTRY + "2026-02-02 review_held\n2026-02-03 review_booked for=2026-04-16 #booked\n"
    explanation = explained(QUICK, booked, "2026-02-04", "ppm")
    [limit] = explanation.limits
    assert (limit.because, limit.of, [e.id for e in limit.events]) == ("booked_of", "second-review/1", ["booked"])
    assert str(limit.base) == "2026-04-16"
    explanation = explained(QUICK, booked + "2026-02-05 event_voided event=booked #undone", "2026-02-06", "ppm")
    [limit] = explanation.limits
    assert (limit.because, str(limit.base)) == ("due_of", "2026-04-27")
    assert [m.event.id for m in explanation.moves][-2:] == ["booked", "undone"]
    assert [one.due for one in limit.via if one.binds] == [limit.base], "how the date it hangs on was counted itself"


def test_a_forecast_is_said_to_be_one_and_silent() -> None:
    explanation = explained(PPM, ENTRY, "2026-01-06", "second-review")
    assert explanation.row.forecast
    assert explanation.limits[0].because == "forecast_of"
    assert {step.fate for step in explanation.steps} == {"silent"}


def test_who_was_told_when_and_what_comes_next() -> None:
    explanation = explained(PPM, ENTRY, "2026-01-21", "initial-ppm")
    assert fates(explanation)[:5] == [
        "reminder 1 decided",
        "reminder 2 decided",
        "escalation 1 decided",
        "escalation 2 planned",
        "escalation 3 planned",
    ]
    assert explanation.row.next is not None
    assert explanation.row.next.at == explanation.steps[3].at


def test_what_was_past_when_it_opened_and_what_was_never_needed() -> None:
    late = "2026-01-05 became_looked_after recorded 2026-01-20 10:00\n"
    explanation = explained(PPM, late, "2026-01-20", "initial-ppm")
    assert fates(explanation)[:3] == ["reminder 1 too_early", "reminder 2 too_early", "escalation 1 decided"]
    met = explained(PPM, late + "2026-01-21 ppm_held #met", "2026-01-30", "initial-ppm")
    assert met.ending is not None
    assert (met.ending.how, [e.id for e in met.ending.events]) == ("met", ["met"])
    assert set(fates(met)[3:]) == {f"escalation {n} not_needed" for n in range(2, 8)}


def test_what_the_18th_birthday_comes_before_is_not_needed() -> None:
    nearly = "2026-01-05 became_looked_after date_of_birth=2008-02-20\n"
    assert {step.fate for step in explained(PPM, nearly, "2026-02-15", "permanence-plan-agreed").steps} == {
        "not_needed"
    }
    assert fates(explained(PPM, nearly, "2026-02-15", "first-review"))[4:6] == [
        "escalation 3 planned",
        "escalation 4 not_needed",
    ]


def test_an_acknowledgement_holds_the_ladder_and_reasons_stand_beside() -> None:
    happened = ENTRY + (
        "2026-01-21 escalation_acknowledged obligation=initial-ppm until=2026-02-02 #seen\n"
        "2026-01-21 lateness_explained obligation=initial-ppm reason=illness #why\n"
    )
    explanation = explained(PPM, happened, "2026-01-28", "initial-ppm")
    [held] = explanation.holds
    assert (held.event.id, str(held.end.date())) == ("seen", "2026-02-03")
    assert [(late.id, late.text) for late in explanation.lateness] == [("why", "illness")]
    ahead = next(step for step in explanation.steps if step.fate == "planned")
    assert (ahead.rung, ahead.at, ahead.slot < held.end) == (3, held.end, True)
    assert fates(explanation)[3] == "escalation 2 held"


def test_an_extension_a_waiver_and_a_lapse_say_who_and_why() -> None:
    extended = (
        ENTRY + "2026-01-12 deadline_extended obligation=initial-ppm until=2026-01-30 authorised_by=manager #more"
    )
    explanation = explained(PPM, extended, "2026-01-13", "initial-ppm")
    [extension] = explanation.extensions
    assert (str(explanation.row.due), str(explanation.limits[0].due), extension.authorised_by) == (
        "2026-01-30",
        "2026-01-19",
        "manager",
    )
    assert [f"{t.action.kind} {t.action.due}" for t in explanation.earlier] == ["reminder 2026-01-19"]
    waived = explained(
        PPM, ENTRY + "2026-01-12 obligation_waived obligation=initial-ppm #off", "2026-02-01", "initial-ppm"
    )
    assert waived.ending is not None
    assert (waived.ending.how, [e.id for e in waived.ending.events]) == ("waived", ["off"])
    placed = ENTRY + "2026-01-10 placement_order_made\n2026-01-12 placed_for_adoption #placed"
    lapsed = explained(PPM, placed, "2026-01-13", "first-review")
    assert lapsed.ending is not None
    assert (lapsed.ending.how, lapsed.ending.conditions, [e.id for e in lapsed.ending.events]) == (
        "lapsed",
        ("not_placed_for_adoption",),
        ["placed"],
    )


@pytest.mark.parametrize(
    ("about", "number", "reason"),
    [
        ("initial-pmp", None, "no obligation of policy ppm-procedure; accepted: adoption-review"),
        ("final-order", None, "its clock has not started. It starts from: Each issue of care proceedings"),
        ("initial-ppm", 2, "has no occurrence 2; accepted: 1"),
    ],
)
def test_what_cannot_be_explained_says_why_it_is_not_there(about: str, number: int | None, reason: str) -> None:
    with pytest.raises(NothingToExplain, match=reason):
        explained(PPM, ENTRY, "2026-01-06", about, number)


def test_every_line_of_a_worked_journey_is_explained() -> None:
    """The worked case: whoever was told, the explanation says so, at the same instant and to the same roles."""
    one = simulated(PPM, case_lines("adoption-ppm-procedure"), "2026-06-30")["CLA-1001"]
    decided = decided_by(one.actions, one.passed_over)
    end = end_of(date(2026, 6, 30))
    counted: set[tuple[object, ...]] = set()
    for occurrence in one.journey.occurrences:
        explanation = explain(one.journey, *occurrence.key, end, decided)
        counted |= {
            (*occurrence.key, explanation.row.due, s.kind, s.rung, s.at, s.to)
            for s in explanation.steps
            if s.fate == "decided"
        }
        counted |= {
            (*occurrence.key, t.action.due, t.action.kind, t.action.rung, t.action.at, t.action.to)
            for t in explanation.earlier
            if t.sent
        }
    dated = [a for a in one.actions if a.due is not None]
    assert counted == {(a.obligation, a.occurrence, a.due, a.kind, a.rung, a.at, a.to) for a in dated}


@pytest.mark.parametrize("policy", POLICIES)
@few
@given(data=st.data())
def test_an_explanation_always_adds_up(policy: str, data: st.DataObject) -> None:
    """What is counted gives the date; the last move gives it too; what comes next is the next step ahead."""
    events = data.draw(journeys(policy=policy))
    end = end_of(last_day(events))
    one = simulated(policy, events, str(last_day(events)))[CHILD]
    for occurrence in one.journey.occurrences:
        explanation = explain(one.journey, *occurrence.key, end, decided_by(one.actions, one.passed_over))
        assert [limit.due for limit in explanation.limits] == [limit.due for limit in explanation.row.limits]
        assert all(adds_up(limit) for limit in explanation.limits)
        assert explanation.moves[-1].now == explanation.row.due
        ahead = [step.at for step in explanation.steps if step.fate == "planned" and step.at]
        assert min(ahead, default=None) == (explanation.row.next.at if explanation.row.next else None)


def adds_up(limit: Counted) -> bool:
    """Whether the count gives the day, and so does that of the date which it starts from."""
    start = min(one.due for one in limit.via) if limit.because in ("due_of", "forecast_of") else limit.base
    return (start, calendar().add(start, limit.offset)) == (limit.base, limit.due) and all(map(adds_up, limit.via))


def test_what_was_met_is_explained_by_the_other_date_as_it_stood_on_that_day() -> None:
    """The second review was foreseen for 2 December; the first, held three days later, moved it to the 4th."""
    story = """
    2025-08-04 became_looked_after
    2025-09-01 ppm_held
    2025-09-04 review_held
    """
    [limit] = explained(PPM, story, "2025-09-05", "permanence-plan-recorded").limits
    [other] = limit.via
    assert (str(limit.base), str(other.due), other.because) == ("2025-12-02", "2025-12-02", "forecast_of")
    assert adds_up(limit)


def test_a_date_counted_from_a_forecast_that_has_lapsed_is_still_explained() -> None:
    """At 18 the second review, only foreseen, is listed no more; the plan recorded before stays dated by it."""
    story = """
    2025-07-28 became_looked_after date_of_birth=2008-02-29
    2025-07-28 ppm_held primary_plan=return_home
    """
    one = simulated("ppm-procedure", story, "2026-03-02")[CHILD]
    explanation = explain(one.journey, "permanence-plan-recorded", 1, end_of(date(2026, 3, 2)), ())
    assert [limit.due for limit in explanation.limits] == [date(2025, 11, 26)]
