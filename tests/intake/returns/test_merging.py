"""Several years as one."""

from tests.intake.returns.paper import Paper, doubted, imported, told


def test_an_episode_over_the_years_end_is_one() -> None:
    papers = Paper.of("03/06/2025 S C2 U6"), Paper.of("03/06/2025 S C2 U6 01/09/2026 E4A", year=2026)
    assert told(*papers) == ["2025-06-03 became_looked_after C2", "2026-09-01 ceased_to_be_looked_after E4A"]
    assert doubted(*papers) == []


def test_a_review_in_two_returns_is_one() -> None:
    papers = [Paper.of("03/06/2025 S C2 U6", year=year).reviews("27/06/2025") for year in (2025, 2026)]
    assert len(told(*papers)) == 2
    assert doubted(*papers) == []


def test_the_later_return_is_believed() -> None:
    papers = (
        Paper.of("03/06/2025 S V2 U6 01/09/2025 E4A"),
        Paper.of("03/06/2025 S C1 U6 08/09/2025 E4B", year=2026),
    )
    assert told(*papers) == ["2025-06-03 became_looked_after C1", "2025-09-08 ceased_to_be_looked_after E4B"]
    [doubt] = imported(*papers).doubts
    assert doubt.message == "a later return gives this episode another LS, DEC, REC"
