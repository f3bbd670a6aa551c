"""What a night brought is counted by what the journeys have, and a cut-off attempt's part of it is not lost."""

from typing import Any

from intake.nightly.report import counted, left_of, with_what_was_taken


def changes(new: str = "", corrected: str = "", voided: str = "", *, starts: bool = False) -> dict[str, Any]:
    return {
        "child": "CLA-1",
        "starts": starts,
        "new": [{"id": each} for each in new.split()],
        "corrected": [{"before": {"id": each}, "now": {"id": f"{each}~2"}} for each in corrected.split()],
        "voided": [{"id": each} for each in voided.split()],
        "refused": [],
    }


def test_what_is_only_proposed_is_counted_as_what_would_be() -> None:
    counts = counted({"CLA-1": changes("a b", "c", "d", starts=True)})
    assert counts == {"started": 1, "taken": 2, "corrected": 1, "voided": 1, "refused": 0}


def test_what_a_journey_does_not_have_is_not_counted_as_taken_and_is_named_with_the_reason() -> None:
    own = {"CLA-1": changes("a", "c", "d"), "CLA-2": changes("e")}
    taken = {"CLA-1": {"a", "c~2", "c"}}
    assert counted(own, taken) == {"started": 0, "taken": 1, "corrected": 1, "voided": 0, "refused": 0}
    assert left_of(own, taken, ["CLA-1: its run has ended: try again"]) == {
        "CLA-1": {"events": 1, "why": "its run has ended: try again"},
        "CLA-2": {"events": 1, "why": "its journey has not answered yet"},
    }


def test_what_an_attempt_had_brought_before_it_was_cut_off_stays_in_the_night() -> None:
    first, then = changes("a b", "c", starts=True), changes("b", "", "d")
    merged = with_what_was_taken(first, then, {"a", "c~2"})
    assert counted({"CLA-1": merged}) == {"started": 1, "taken": 2, "corrected": 1, "voided": 1, "refused": 0}
    nothing_left = with_what_was_taken(first, None, {"a"})
    assert counted({"CLA-1": nothing_left})["taken"] == 1
    assert left_of({"CLA-1": nothing_left}, {"CLA-1": {"a"}}, []) == {}
