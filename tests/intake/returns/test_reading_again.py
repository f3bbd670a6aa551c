"""Returns read again, later, late and out of turn: what changed is corrected, and the order does not count."""

from collections.abc import Callable
from datetime import date
from itertools import permutations, product

import pytest

from domain.case.days import Span
from tests.intake.returns.paper import Paper, doubted
from tests.intake.returns.shelf import Shelf, read_once

IN_CARE = "03/06/2025 S C2 U6"


def test_a_review_moved_by_a_day_is_one_review() -> None:
    """K3 of the faults: the 24th, then the 23rd."""
    shelf = Shelf()
    shelf.read(Paper.of("01/07/2026 S V2 U4", year=2026, born="01/01/2015").reviews("24/07/2026"))
    [taking] = shelf.read(Paper.of("01/07/2026 S V2 U4", year=2026, born="01/01/2015").reviews("23/07/2026")).values()
    assert shelf.standing() == ["2026-07-01 became_looked_after V2", "2026-07-23 review_held"]
    [(was, now)] = taking.corrected
    assert (was.on, now.on, now.corrects) == (date(2026, 7, 24), date(2026, 7, 23), was.id)
    assert len(taking.batch) == 1


START_2024 = ("27/09/2024 S C2 U4", 2024)
START_2025 = ("23/09/2024 S C2 U4 30/05/2025 E4A", 2025)


@pytest.mark.parametrize("order", [(2024, 2025), (2025, 2024), "both", "both, then both"], ids=str)
def test_a_start_corrected_in_the_next_years_return_is_one_period(order: object) -> None:
    """K4 of the faults: the ending gets through, whatever came first."""
    papers = {year: Paper.of(episodes, year=year, born="01/01/2015") for episodes, year in (START_2024, START_2025)}
    shelf = Shelf()
    if isinstance(order, tuple):
        for year in order:
            shelf.read(papers[year])
    else:
        for _ in str(order).split(","):
            shelf.read(*papers.values())
    assert shelf.standing() == ["2024-09-23 became_looked_after C2", "2025-05-30 ceased_to_be_looked_after E4A"]


HOSPITAL = """
    05/01/2025 S E1 U4 02/03/2026 X1
    02/03/2026 P E1 A6 13/04/2026 X1
    13/04/2026 T E1 {} 27/04/2026 X1
    27/04/2026 {} E1 A6
"""


@pytest.mark.parametrize(
    ("place", "back"), [*product(["T0", "T1", "T2", "T3", "T4"], ["T", "P"]), ("-", "T")], ids="".join
)
def test_a_stay_in_hospital_leaves_the_adoptive_placement_as_it_is(place: str, back: str) -> None:
    """K5 of the faults. Who is back with P after a temporary placement is back with the same family (DfE rule 383)."""
    shelf = read_once(Paper.of(HOSPITAL.format(place, back), year=2026, born="01/03/2023"))
    [period] = shelf.journeys()
    assert period["placed"] == [Span(date(2026, 3, 2), None)]
    assert not any("adoption_placement_ended" in line for line in shelf.standing())


def test_another_adoptive_family_is_a_new_placement() -> None:
    paper = Paper.of("03/06/2025 S E1 A5 01/09/2025 X1\n01/09/2025 P E1 A6 01/12/2025 X1\n01/12/2025 T E1 A6")
    assert [line for line in read_once(paper).standing() if "placed_for" in line] == [
        "2025-06-03 placed_for_adoption",
        "2025-09-01 placed_for_adoption",
    ]


def test_special_guardianship_had_other_codes_in_2017() -> None:
    paper = Paper.of("03/06/2016 S C2 U4 05/10/2017 E43", year=2017, born="01/01/2010")
    assert read_once(paper).standing()[-1] == "2017-10-05 special_guardianship_order_made"
    assert [doubt for doubt in doubted(paper) if "code" in doubt] == []


def test_rows_in_any_order_say_the_same() -> None:
    lines = ["03/06/2025 S V2 U6 01/09/2025 X1", "01/09/2025 L C1 U6 01/12/2025 X1", "01/12/2025 L C2 U6",
             "01/12/2025 L C1 U6 01/12/2025 X1"]  # fmt: skip
    ways = {tuple(read_once(Paper.of("\n".join(order))).standing()) for order in permutations(lines)}
    assert len(ways) == 1


Change = tuple[Paper, Paper, list[str]]
CHANGES: dict[str, Callable[[], Change]] = {
    "a status retyped": lambda: (
        Paper.of("03/06/2025 S V2 U6 01/09/2025 X1\n01/09/2025 L C1 U6"),
        Paper.of("03/06/2025 S V2 U6 01/09/2025 X1\n01/09/2025 L C2 U6"),
        ["2025-06-03 became_looked_after V2", "2025-09-01 legal_status_changed C2"],
    ),
    "an ending of another kind": lambda: (
        Paper.of(f"{IN_CARE} 01/09/2026 E4A", year=2026),
        Paper.of(f"{IN_CARE} 02/09/2026 E12", year=2026),
        ["2025-06-03 became_looked_after C2", "2026-09-02 adoption_order_made"],
    ),
    "an ending withdrawn": lambda: (
        Paper.of(f"{IN_CARE} 01/09/2026 E4A", year=2026),
        Paper.of(f"{IN_CARE}", year=2026).reviews("02/09/2026"),
        ["2025-06-03 became_looked_after C2", "2026-09-02 review_held"],
    ),
    "a child who died": lambda: (
        Paper.of(IN_CARE),
        Paper.of(f"{IN_CARE} 20/09/2025 E2").reviews("27/06/2025 01/01/2026"),
        ["2025-06-03 became_looked_after C2", "2025-06-27 review_held", "2025-09-20 ceased_to_be_looked_after E2"],
    ),
    "a review that was none": lambda: (
        Paper.of(IN_CARE).reviews("27/06/2025 20/09/2025"),
        Paper.of(IN_CARE).reviews("20/09/2025"),
        ["2025-06-03 became_looked_after C2", "2025-09-20 review_held"],
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_the_case_system_says_now_is_what_stands(change: str) -> None:
    first, then, expected = CHANGES[change]()
    shelf = Shelf()
    shelf.read(first)
    shelf.read(then)
    assert shelf.standing() == expected
    assert shelf.journeys() == read_once(then).journeys()
    assert not any(taking.batch for taking in shelf.read(then).values()), "read again it is no news"


def test_there_and_back_again() -> None:
    shelf, first, then = Shelf(), Paper.of(IN_CARE).reviews("24/07/2025"), Paper.of(IN_CARE).reviews("23/07/2025")
    for paper in (first, then, first, then):
        shelf.read(paper)
    assert shelf.journeys() == read_once(then).journeys()


def test_an_older_extract_of_the_same_year_takes_nothing_back() -> None:
    june = Paper.of(IN_CARE).reviews("27/06/2025")
    december = Paper.of(IN_CARE).reviews("26/06/2025 20/09/2025 15/12/2025")
    shelf = Shelf()
    for paper in (june, december, june):
        shelf.read(paper)
    assert shelf.journeys() == read_once(december).journeys()


def test_the_day_it_was_drawn_can_be_said() -> None:
    shelf = Shelf()
    shelf.read(Paper.of(IN_CARE).reviews("27/06/2025 20/09/2025"))
    shelf.read(Paper.of(IN_CARE).reviews("27/06/2025"), as_at=date(2025, 10, 31))
    assert "2025-09-20 review_held" not in shelf.standing()


def test_a_table_that_is_lacking_takes_nothing_back() -> None:
    shelf = Shelf()
    shelf.read(Paper.of(IN_CARE).decisions("01/07/2025"))
    shelf.read(Paper.of(IN_CARE).reviews("02/07/2025"))
    assert "2025-07-01 adm_decision_made" in shelf.standing()


def test_a_decision_that_the_next_years_return_dates_anew_is_corrected() -> None:
    shelf = Shelf()
    shelf.read(Paper.of("03/06/2024 S C2 U6", year=2024).decisions("10/08/2024"))
    [taking] = shelf.read(Paper.of("03/06/2024 S C2 U6", year=2025).decisions("12/08/2024")).values()
    assert [event.corrects for event in taking.batch] == ["903:101:decision:2024-08-10"]
    assert shelf.standing() == ["2024-06-03 became_looked_after C2", "2024-08-12 adm_decision_made"]


def test_a_child_who_is_not_in_it_stays_as_it_is() -> None:
    shelf = Shelf()
    shelf.read(Paper.of(IN_CARE).header("102 10/05/2019").episodes(IN_CARE, child="102"))
    shelf.read(Paper.of(f"{IN_CARE} 01/03/2026 E4A"))
    assert shelf.standing("102") == ["2025-06-03 became_looked_after C2"]


def test_what_the_desk_recorded_is_never_touched() -> None:
    shelf = Shelf()
    shelf.read(Paper.of(IN_CARE).reviews("27/06/2025"))
    shelf.record(type="review_held", on="2025-09-20")
    shelf.record(type="ppm_booked", on="2025-09-21", **{"for": "2025-10-01"})
    takings = shelf.read(Paper.of(IN_CARE).reviews("27/06/2025 22/09/2025"))
    assert [doubt.rule for doubt in takings["101"].doubts] == ["elsewhere"]
    assert takings["101"].batch == ()
    assert "2025-09-20 review_held" in shelf.standing()


def test_what_agrees_with_the_desk_is_no_doubt() -> None:
    shelf = Shelf()
    shelf.read(Paper.of(IN_CARE))
    shelf.record(type="review_held", on="2025-09-20")
    [taking] = shelf.read(Paper.of(IN_CARE).reviews("20/09/2025")).values()
    assert (taking.batch, taking.doubts) == ((), [])


def test_what_somebody_took_back_stays_taken_back() -> None:
    shelf, paper = Shelf(), Paper.of(IN_CARE).reviews("27/06/2025")
    shelf.read(paper)
    shelf.record(type="event_voided", on="2026-01-05", event="903:101:review:2025-06-27", reason="it was a visit")
    [taking] = shelf.read(paper).values()
    assert [doubt.rule for doubt in taking.doubts] == ["taken-back"]
    assert shelf.standing() == ["2025-06-03 became_looked_after C2"]
    shelf.read(Paper.of(IN_CARE).reviews("30/06/2025"))
    assert "2025-06-30 review_held" in shelf.standing(), "another day is another word"


def test_a_child_without_an_episode_now_is_a_doubt_and_nothing_is_taken_back() -> None:
    shelf = Shelf()
    shelf.read(Paper.of(IN_CARE).reviews("27/06/2025"))
    [taking] = shelf.read(Paper.of().reviews("27/06/2025")).values()
    assert ([doubt.rule for doubt in taking.doubts], taking.batch) == (["gone"], ())


def test_an_ending_gets_through_whatever_else_is_refused() -> None:
    shelf = Shelf()
    shelf.record(type="became_looked_after", on="2025-06-10", date_of_birth="2019-05-10", legal_status="C2")
    [taking] = shelf.read(Paper.of(f"{IN_CARE} 01/03/2026 E2").reviews("05/06/2025 27/06/2025")).values()
    assert [event.type for event in taking.batch] == ["review_held", "ceased_to_be_looked_after"]
    assert [refusal.event.on for refusal in taking.refused] == [date(2025, 6, 5)]
    assert sorted(doubt.rule for doubt in taking.doubts) == ["elsewhere", "refused"]
    assert shelf.standing()[-1] == "2026-03-01 ceased_to_be_looked_after E2"


def test_what_was_corrected_and_then_is_gone_leaves_nothing_standing() -> None:
    """Voided alone, the 23rd would leave the 24th, which it had stood in for, to stand again for a day."""
    shelf = Shelf()
    for reviews in ("24/07/2025", "23/07/2025", "22/07/2025", ""):
        paper = Paper.of(IN_CARE)
        shelf.read(paper.reviews(reviews) if reviews else paper, as_at=date(2025, 9, 30))
    assert shelf.standing() == ["2025-06-03 became_looked_after C2"]
    shelf.read(Paper.of(IN_CARE).reviews("24/07/2025"), as_at=date(2025, 9, 30))
    assert shelf.standing() == ["2025-06-03 became_looked_after C2", "2025-07-24 review_held"]
