"""The dated examples that stand as comments at the hard places, so that they stay true."""

from datetime import date

from domain.case.days import Span, intersect
from tests.domain.story import CHILD, Live, line_of, london, short, simulated, standing, story

PPM, LAW = "ppm-procedure", "england-statutory"
ENTRY = "2026-01-05 became_looked_after\n"
TWO_REVIEWS = ENTRY + "2026-02-02 review_held\n2026-04-27 review_held\n"


def entered() -> Live:
    live = Live(PPM)
    live.told(london("2026-01-05"), ENTRY)
    return live


def test_a_hold_voided_leaves_since_and_moves_planned() -> None:
    live = entered()
    live.sleep_until(london("2026-01-20", "09:00"))
    live.told(london("2026-01-21"), "2026-01-21 escalation_acknowledged obligation=initial-ppm until=2026-02-10 #held")
    live.sleep_until(london("2026-01-29", "09:59"))
    sent = live.told(london("2026-01-29", "10:00"), "2026-01-29 event_voided event=held #undone")
    watch = live.journey.watched["initial-ppm", 1]
    assert (watch.since, watch.planned) == (london("2026-01-05"), london("2026-01-29", "10:00"))
    assert short(sent) == ["2026-01-29 10:00 initial-ppm/1 escalation 2"]
    live.sleep_until(london("2026-02-02", "09:00"))
    assert "2026-02-02 09:00 initial-ppm/1 escalation 3" in short(map(line_of, live.sent))


def test_what_was_missed_keeps_its_time_though_an_event_comes_with_the_waking() -> None:
    live = entered()
    sent = live.told(london("2026-01-27", "10:00"), "2026-01-26 plan_overseen #note")
    assert "2026-01-26 09:00 initial-ppm/1 escalation 2" in short(sent)
    assert short(map(line_of, live.skipped)) == [
        "2026-01-12 09:00 initial-ppm/1 reminder 1",
        "2026-01-16 09:00 initial-ppm/1 reminder 2",
        "2026-01-20 09:00 initial-ppm/1 escalation 1",
    ]
    assert short(entered().told(london("2026-01-18", "10:00"))) == ["2026-01-16 09:00 initial-ppm/1 reminder 2"]


def test_a_series_goes_on_in_its_next_span() -> None:
    placed = TWO_REVIEWS + "2026-06-01 placed_for_adoption\n"
    back = placed + "2026-07-13 adoption_placement_ended\n"
    assert standing(LAW, placed, "2026-06-02", "subsequent-review") == ["3 lapsed (due 2026-10-27)"]
    assert standing(LAW, back, "2026-07-14", "subsequent-review") == ["3 upcoming (due 2026-10-27)"]
    journey = simulated(LAW, back + "2026-07-20 review_held", "2026-07-21")[CHILD].journey
    listed = [
        (o.number, o.place, str(o.previous)) for o in journey.occurrences if o.obligation.id == "subsequent-review"
    ]
    assert listed == [(3, 0, "2026-04-27"), (4, 1, "2026-07-20")]


def test_a_first_adoption_review_after_six_months_meets_two() -> None:
    order = TWO_REVIEWS + "2026-05-11 placement_order_made\n"
    late, in_time = order + "2026-11-16 review_held", order + "2026-08-10 review_held"
    assert standing(PPM, late, "2026-11-17", "adoption-review") == [
        "1 met_late on 2026-11-16 (due 2026-08-11)",
        "2 met_late on 2026-11-16 (due 2026-11-11)",
        "3 upcoming (due 2027-05-16)",
    ]
    assert standing(PPM, in_time, "2026-08-11", "adoption-review")[1:] == ["2 upcoming (due 2026-11-11)"]


def test_spans_meet() -> None:
    ordered = [Span(date(2026, 1, 1), date(2026, 3, 1)), Span(date(2026, 5, 1))]
    not_placed = [Span(date(2026, 2, 1), date(2026, 6, 1))]
    assert intersect(ordered, not_placed) == [
        Span(date(2026, 2, 1), date(2026, 3, 1)),
        Span(date(2026, 5, 1), date(2026, 6, 1)),
    ]


def test_what_is_known_late_starts_from_then() -> None:
    def first(recorded: str) -> list[str]:
        entry = f"2026-01-05 became_looked_after recorded {recorded}"
        return short(story(PPM, entry, until="2026-02-02", about="initial-ppm"))[:2]

    reminded = ["2026-01-14 12:00 initial-ppm/1 reminder 1", "2026-01-16 09:00 initial-ppm/1 reminder 2"]
    on_monday = ["2026-01-19 09:00 initial-ppm/1 reminder 2", "2026-01-20 09:00 initial-ppm/1 escalation 1"]
    too_late = ["2026-01-28 12:00 initial-ppm/1 escalation 2", "2026-02-02 09:00 initial-ppm/1 escalation 3"]
    assert [first("2026-01-14 12:00"), first("2026-01-17 12:00"), first("2026-01-28 12:00")] == [
        reminded,
        on_monday,
        too_late,
    ]


def test_a_hold_ends_with_the_highest_rung_reached() -> None:
    held = ENTRY + "2026-01-21 escalation_acknowledged obligation=initial-ppm until=2026-02-10\n"
    assert short(story(PPM, held, until="2026-02-16", about="initial-ppm", since="2026-01-20")) == [
        "2026-01-20 09:00 initial-ppm/1 escalation 1",
        "2026-02-11 09:00 initial-ppm/1 escalation 3",
        "2026-02-16 09:00 initial-ppm/1 escalation 4",
    ]


def test_of_one_day_the_ending_is_of_the_old_period() -> None:
    for ending, entry in ("az", "za"):
        day = (
            f"2026-03-09 ceased_to_be_looked_after #{ending}\n2026-03-09 became_looked_after #{entry}\n"
            "2026-03-09 review_held #m\n"
        )
        journey = simulated(PPM, ENTRY + day, "2026-03-10")[CHILD].journey
        assert [[k.event.type for k in facts.known] for facts in journey.periods] == [
            ["became_looked_after", "ceased_to_be_looked_after"],
            ["became_looked_after", "review_held"],
        ]
