"""Episodes into periods of care."""

from itertools import pairwise

import pytest

from domain.case import events as ev
from domain.case.documents import document_of, parse_event
from tests.intake.returns.paper import Paper, doubted, imported, told


def test_a_period_of_care_from_start_to_order() -> None:
    paper = Paper.of("""
        03/06/2025 S V2 U6 01/07/2025 X1
        01/07/2025 L C1 U6 09/02/2026 X1
        09/02/2026 L C2 U6 20/04/2026 X1
        20/04/2026 P C2 U3 05/10/2026 E47
    """).reviews("27/06/2025 22/09/2025")
    assert told(paper) == [
        "2025-06-03 became_looked_after V2",
        "2025-06-27 review_held",
        "2025-07-01 legal_status_changed C1",
        "2025-09-22 review_held",
        "2026-02-09 legal_status_changed C2",
        "2026-10-05 special_guardianship_order_made",
    ]
    assert doubted(paper) == []


def test_the_way_to_adoption() -> None:
    paper = (
        Paper.of("""
            03/06/2025 S C1 U6 02/02/2026 X1
            02/02/2026 L E1 U6 15/06/2026 X1
            15/06/2026 P E1 A6 10/11/2026 E12
        """)
        .decisions("12/01/2026")
        .matches("12/01/2026 20/05/2026")
    )
    assert told(paper) == [
        "2025-06-03 became_looked_after C1",
        "2026-01-12 adm_decision_made true",
        "2026-02-02 placement_order_made",
        "2026-02-02 legal_status_changed E1",
        "2026-05-20 matched",
        "2026-06-15 placed_for_adoption",
        "2026-11-10 adoption_order_made",
    ]
    assert doubted(paper) == []


def test_date_placed_is_the_decision_and_not_the_move() -> None:
    paper = Paper.of("03/06/2025 S C2 U6").decisions("12/01/2026")
    assert "2026-01-12 adm_decision_made true" in told(paper)
    assert not any("placed_for_adoption" in line for line in told(paper))


def test_moving_within_an_adoptive_placement_is_one_placement() -> None:
    paper = Paper.of("""
        03/06/2025 S E1 A5 01/09/2025 X1
        01/09/2025 T E1 A6
    """)
    assert [line for line in told(paper) if "placed_for" in line] == ["2025-06-03 placed_for_adoption"]


def test_back_from_a_placement_with_consent() -> None:
    paper = Paper.of("""
        03/06/2025 S V2 U6 01/09/2025 X1
        01/09/2025 P V2 A4 01/12/2025 X1
        01/12/2025 P V2 U6
    """)
    assert told(paper)[1:] == [
        "2025-09-01 placement_consent_given",
        "2025-09-01 placed_for_adoption",
        "2025-12-01 adoption_placement_ended",
    ]


def test_leaving_e1_says_that_the_placement_order_is_no_longer_in_force() -> None:
    paper = Paper.of("""
        03/06/2025 S E1 U6 01/09/2025 X1
        01/09/2025 L C2 U6
    """)
    assert told(paper)[-2:] == ["2025-09-01 placement_order_revoked", "2025-09-01 legal_status_changed C2"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("E11", "adoption_order_made"),
        ("E12", "adoption_order_made"),
        ("E45", "special_guardianship_order_made"),
        ("E46", "special_guardianship_order_made"),
        ("E47", "special_guardianship_order_made"),
        ("E48", "special_guardianship_order_made"),
        ("E41", "child_arrangements_order_made"),
        ("E4A", "ceased_to_be_looked_after E4A"),
        ("E4B", "ceased_to_be_looked_after E4B"),
        ("E2", "ceased_to_be_looked_after E2"),
        ("E17", "ceased_to_be_looked_after E17"),
    ],
)
def test_reasons_for_ceasing(code: str, kind: str) -> None:
    assert told(Paper.of(f"03/06/2025 S C2 U6 05/10/2026 {code}"))[-1] == f"2026-10-05 {kind}"


def test_x1_ends_nothing() -> None:
    paper = Paper.of("""
        03/06/2025 S C2 U6 01/09/2025 X1
        01/09/2025 P C2 U4
    """)
    assert told(paper) == ["2025-06-03 became_looked_after C2"]
    assert doubted(paper) == []


def test_coming_back_is_a_new_journey() -> None:
    paper = Paper.of("""
        03/06/2025 S V2 U6 01/09/2025 E4B
        10/02/2026 S C2 U6
    """).reviews("27/06/2025 02/03/2026")
    assert imported(paper).journeys == 2
    assert [line for line in told(paper) if "became" in line] == [
        "2025-06-03 became_looked_after V2",
        "2026-02-10 became_looked_after C2",
    ]
    assert doubted(paper) == []


def test_short_breaks_start_no_review_clock() -> None:
    result = imported(Paper.of("03/06/2025 S V4 U6").reviews("27/08/2025"))
    assert result.short_breaks_only == 1
    assert [doubt.rule for doubt in result.doubts] == ["review-in-short-breaks"]
    assert [e.type for e in result.events["101"]] == ["became_looked_after", "review_held"]


def test_an_eighteenth_birthday_on_which_care_ends_is_no_doubt() -> None:
    paper = Paper.of("03/06/2025 S C2 U6 08/05/2026 E17", born="08/05/2008")
    assert told(paper)[-1] == "2026-05-08 ceased_to_be_looked_after E17"
    assert doubted(paper) == []


def test_the_events_are_of_the_contract_and_each_has_an_id_of_its_own() -> None:
    result = imported(Paper.of("03/06/2025 S E1 A6 05/10/2026 E12").reviews("27/06/2025").decisions("03/06/2025"))
    own = result.events["101"]
    assert len({event.id for event in own}) == len(own)
    assert all(event.id.startswith("903:101:") for event in own)
    assert all(parse_event(document_of(event)) == event for event in own)
    assert all(a.on <= b.on for a, b in pairwise(own))
    entry = own[0]
    assert isinstance(entry, ev.BecameLookedAfter)
    assert entry.policy == "ppm-procedure"


def test_no_id_tells_a_birthday() -> None:
    result = imported(Paper.of("03/06/2025 S C2 U6"))
    assert all("2019-05-10" not in event.id for event in result.events["101"])
