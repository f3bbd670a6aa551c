"""What cannot be true in a return: every rule provoked, and what is done about it."""

import re
from pathlib import Path

import pytest

from intake.returns.doubts import RULES
from intake.sources.doubts import BESIDE_OURS
from tests.intake.returns.paper import Paper, doubted, imported, told

IN_CARE = "03/06/2025 S C2 U6"
GUIDE = Path(__file__).parents[3] / "docs" / "returns.md"

CASES: dict[str, tuple[list[Paper], list[str]]] = {
    "no-child": ([Paper.of(IN_CARE).reviews("01/07/2025", child="-")], ["no-child reviews:2"]),
    "child-reference": (
        [Paper(2025).header("A/12 10/05/2019").episodes(IN_CARE, child="A/12")],
        ["child-reference episodes:2", "child-reference header:2"],
    ),
    "unreadable-date": ([Paper.of("03/06/2025 S C2 U6 31/02/2026 E4A")], ["unreadable-date episodes:2"]),
    "unknown-code": ([Paper.of("03/06/2025 S C2 Q9")], ["unknown-code episodes:2"]),
    "other-years-code": ([Paper.of("03/06/2025 S C2 U6 01/10/2025 E43")], ["other-years-code episodes:2"]),
    "ahead": ([Paper.of(IN_CARE).reviews("01/07/2027")], ["ahead reviews:2"]),
    "no-birth": ([Paper(2025).episodes(IN_CARE)], ["no-birth episodes:2"]),
    "births-differ": (
        [Paper.of(IN_CARE, year=2025), Paper.of(IN_CARE, year=2026, born="11/05/2019")],
        ["births-differ header:2"],
    ),
    "born-later": ([Paper.of("03/06/2018 S C2 U6")], ["born-later episodes:2"]),
    "no-episode": ([Paper.of()], ["no-episode header:2"]),
    "restated": (
        [Paper.of("03/06/2025 S V2 U6", year=2025), Paper.of("03/06/2025 S C1 U6", year=2026)],
        ["restated episodes:2"],
    ),
    "same-start": ([Paper.of("03/06/2025 S V2 U6\n03/06/2025 S C1 U6")], ["same-start episodes:2"]),
    "not-in-later": (
        [
            Paper.of(IN_CARE, year=2025).reviews("10/04/2026"),
            Paper.of(f"{IN_CARE} 01/09/2026 E4A", year=2026).reviews("11/04/2026"),
        ],
        ["not-in-later reviews:2"],
    ),
    "redated": (
        [Paper.of(IN_CARE, year=2025).decisions("01/07/2025"), Paper.of(IN_CARE, year=2026).decisions("03/07/2025")],
        ["redated placedadoption:2"],
    ),
    "absent-later": ([Paper.of(IN_CARE, year=2025), Paper(2026)], ["absent-later episodes:2"]),
    "not-started": ([Paper.of("03/06/2025 P C2 U6")], ["not-started episodes:2"]),
    "starts-in-care": (
        [Paper.of("03/06/2025 S C2 U6 01/09/2025 X1\n01/09/2025 S C2 U4")],
        ["starts-in-care episodes:3"],
    ),
    "restarts-unsaid": (
        [Paper.of("03/06/2025 S C2 U6 01/09/2025 E4A\n01/12/2025 P C2 U4")],
        ["restarts-unsaid episodes:3"],
    ),
    "no-status": ([Paper.of("03/06/2025 S - U6")], ["no-status episodes:2"]),
    "ends-before-start": ([Paper.of("03/06/2025 S C2 U6 01/06/2025 E4A")], ["ends-before-start episodes:2"]),
    "ceased-undated": ([Paper.of("03/06/2025 S C2 U6 - E4A")], ["ceased-undated episodes:2"]),
    "x1-undated": ([Paper.of("03/06/2025 S C2 U6 - X1")], ["x1-undated episodes:2"]),
    "rec-missing": ([Paper.of("03/06/2025 S C2 U6 01/09/2025")], ["rec-missing episodes:2"]),
    "nothing-follows": ([Paper.of("03/06/2025 S C2 U6 01/09/2025 X1")], ["nothing-follows episodes:2"]),
    "open-then-followed": ([Paper.of("03/06/2025 S C2 U6\n01/09/2025 P C2 U4")], ["open-then-followed episodes:2"]),
    "ends-and-goes-on": (
        [Paper.of("03/06/2025 S C2 U6 01/09/2025 E4A\n01/09/2025 P C2 U4")],
        ["ends-and-goes-on episodes:2"],
    ),
    "overlap": ([Paper.of("03/06/2025 S C2 U6 01/10/2025 X1\n01/09/2025 P C2 U4")], ["overlap episodes:2"]),
    "gap": ([Paper.of("03/06/2025 S C2 U6 01/08/2025 X1\n01/09/2025 P C2 U4")], ["gap episodes:2"]),
    "adult": ([Paper.of("03/06/2025 S C2 U6 01/09/2026 E12", born="08/05/2008")], ["adult episodes:2"]),
    "freeing-order": ([Paper.of("03/06/2025 S D1 U6")], ["freeing-order episodes:2"]),
    "status-against-rne": (
        [Paper.of("03/06/2025 S V2 U6 01/09/2025 X1\n01/09/2025 P C2 U4")],
        ["status-against-rne episodes:3"],
    ),
    "placed-without-order": ([Paper.of("03/06/2025 S C2 A6")], ["placed-without-order episodes:2"]),
    "review-outside-care": ([Paper.of(IN_CARE).reviews("01/06/2025")], ["review-outside-care reviews:2"]),
    "review-in-short-breaks": (
        [Paper.of("03/06/2025 S V3 U6").reviews("01/09/2025")],
        ["review-in-short-breaks reviews:2"],
    ),
    "decision-outside-care": (
        [Paper.of(IN_CARE).decisions("01/06/2025")],
        ["decision-outside-care placedadoption:2"],
    ),
    "decision-after-order": (
        [Paper.of("03/06/2025 S E1 U6").decisions("01/07/2025")],
        ["decision-after-order placedadoption:2"],
    ),
    "decision-after-placement": (
        [Paper.of("03/06/2025 S V2 A4").decisions("01/07/2025")],
        ["decision-after-placement placedadoption:2"],
    ),
    "order-without-decision": (
        [Paper.of("03/06/2025 S E1 U6").decisions("")],
        ["order-without-decision episodes:2"],
    ),
    "reversal-before-decision": (
        [Paper.of(IN_CARE).decisions("01/07/2025 01/07/2024 RD1")],
        ["reversal-before-decision placedadoption:2"],
    ),
    "decisions-overlap": (
        [Paper.of(IN_CARE).decisions("01/07/2025\n01/08/2025")],
        ["decisions-overlap placedadoption:3"],
    ),
    "left-without-reversal": (
        [Paper.of("03/06/2025 S C2 U6 01/09/2026 E4A").decisions("01/07/2025")],
        ["left-without-reversal placedadoption:2"],
    ),
    "decisions-differ": (
        [Paper.of(IN_CARE).decisions("01/07/2025").matches("02/07/2025")],
        ["decisions-differ ad1:2"],
    ),
    "match-after-placement": (
        [Paper.of("03/06/2025 S V2 A4").matches("- 01/07/2025")],
        ["match-after-placement ad1:2"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", CASES)
def test_each_rule_is_found_once_where_it_is(rule: str) -> None:
    papers, expected = CASES[rule]
    assert doubted(*papers) == expected


def test_every_rule_is_provoked_here() -> None:
    assert set(CASES) == set(RULES) - {check.id for check in BESIDE_OURS}


def test_the_guide_has_every_rule() -> None:
    table = "| rule | DfE | what is doubtful | what is done |\n| --- | --- | --- | --- |"
    rows = [f"| `{rule.id}` | {rule.dfe} | {rule.in_general} | {rule.action} |" for rule in RULES.values()]
    assert "\n".join([table, *rows]) in GUIDE.read_text("utf-8")


def test_a_message_has_no_hole_left() -> None:
    for papers, _ in CASES.values():
        for doubt in imported(*papers).doubts:
            assert not re.search(r"[{}]", doubt.message)


def test_a_doubt_repeats_no_cell_that_could_be_a_name() -> None:
    paper = Paper(2025).header("Mary/Smith 10/05/2019").episodes("soon S C2 U6", child="Mary/Smith")
    assert "Mary" not in repr(imported(paper).doubts) + repr(imported(paper).events)


def test_what_is_doubtful_starts_no_guess() -> None:
    assert told(Paper.of("03/06/2025 S C2 U6 - E4A")) == ["2025-06-03 became_looked_after C2"]
    assert told(Paper.of("03/06/2025 S - U6")) == []
    assert told(Paper(2025).episodes(IN_CARE)) == []
    goes_on = Paper.of("03/06/2025 S C2 U6 01/10/2025 E4A\n01/09/2025 S C1 U4")
    assert told(goes_on) == ["2025-06-03 became_looked_after C2", "2025-09-01 legal_status_changed C1"]
    assert imported(goes_on).journeys == 1


def test_a_child_left_out_is_counted_and_named() -> None:
    result = imported(Paper.of(IN_CARE).episodes(IN_CARE, child="102"))
    assert (result.children, result.journeys) == (2, 1)
    assert [(doubt.child, doubt.rule) for doubt in result.doubts] == [("102", "no-birth")]


def test_what_a_journey_would_refuse_is_left_out_and_doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing known leads there: the journey's own judgement stands behind the rules, should they miss something.
    monkeypatch.setattr("intake.returns.care.ReturnPeriod.holds", lambda self, day: True)
    paper = Paper.of(IN_CARE).reviews("01/06/2025 01/07/2025")
    assert doubted(paper) == ["refused reviews:2"]
    assert told(paper) == ["2025-06-03 became_looked_after C2", "2025-07-01 review_held"]


def test_a_year_in_which_no_case_was_is_a_doubt_and_ends_the_reading_of_nobody() -> None:
    said = imported(
        Paper.of("03/06/1926 S C2 U6", born="03/06/1920"),
        Paper().header("102 10/05/2019").episodes("03/06/2025 S C2 U6", "102"),
    )
    assert list(said.events) == ["102"]
    assert {doubt.rule for doubt in said.doubts if doubt.child == "101"} >= {"unreadable-date"}
