"""An authority new to the program writes its policy as one file, and no Python."""

from pathlib import Path

import pytest

from domain.policy.loading import Policies, PolicyRefused
from tests.domain.story import agenda_at, story

HEAD = """
id = "newtown"
title = "Newtown: planning for permanence"
source = "Newtown procedures, chapter 4"
version = "1"
effective_from = 2026-01-01
extends = "england-statutory"

[ladder]
rungs = [
    { after = 1, to = ["team_manager"], and_owner = true },
    { after = 3, to = ["service_manager"] },
]
repeat_after = [5]
"""
FIRST_REVIEW = """
[[obligation]]
id = "first-review"
title = "First review"
clause = "Newtown 4.1"
owner = "iro"
anchor = "became_looked_after"
due = [{ working_days = 10 }]
met_by = ["first_care_review"]
"""
PANEL = """
[[obligation]]
id = "permanence-panel"
title = "Permanence panel has seen the plan"
clause = "Newtown 4.7"
owner = "case_supervisor"
occurs = "each"
anchor = "ppm_held"
due = [{ weeks = 3, instead = [{ when = "in_care_proceedings", weeks = 1 }] }]
met_by = ["plan_overseen"]
reminders = [3]
"""
BEGUN = "2026-01-05 became_looked_after\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def newtown(folder: Path, text: str) -> Policies:
    """The policies with Newtown's file among them."""
    (folder / "newtown.toml").write_text(text, "utf-8")
    known = Policies.load(folder)
    known.resolve("newtown")
    return known


def test_a_tightened_review_under_the_ladder_of_the_authority(folder: Path) -> None:
    known = newtown(folder, HEAD + FIRST_REVIEW)
    assert story("newtown", BEGUN, until="2026-02-28", about="first-review", known=known) == [
        "2026-01-12 09:00 first-review/1 reminder 1 -> iro (due 2026-01-19)",
        "2026-01-16 09:00 first-review/1 reminder 2 -> iro (due 2026-01-19)",
        "2026-01-20 09:00 first-review/1 escalation 1 -> iro, team_manager (due 2026-01-19)",
        "2026-01-22 09:00 first-review/1 escalation 2 -> service_manager (due 2026-01-19)",
        "2026-01-29 09:00 first-review/1 escalation 3 -> service_manager (due 2026-01-19)",
    ]
    row = agenda_at("newtown", BEGUN, "2026-01-06", "first-review", known=known)[0]
    assert [(str(limit.due), limit.clause) for limit in row.limits] == [
        ("2026-01-19", "Newtown 4.1"),
        ("2026-02-02", "CPPCR reg 33(1)"),
    ]


def test_an_obligation_of_its_own(folder: Path) -> None:
    known = newtown(folder, HEAD + PANEL)
    met = BEGUN + "2026-01-12 ppm_held\n"
    assert story("newtown", met, until="2026-02-03", about="permanence-panel", known=known) == [
        "2026-01-28 09:00 permanence-panel/1 reminder 1 -> case_supervisor (due 2026-02-02)",
        "2026-02-03 09:00 permanence-panel/1 escalation 1 -> case_supervisor, team_manager (due 2026-02-02)",
    ]
    court = met + "2026-01-13 care_proceedings_issued"
    assert str(agenda_at("newtown", court, "2026-01-14", "permanence-panel", known=known)[0].due) == "2026-01-19"


def test_what_the_law_asks_stays_though_the_file_does_not_name_it(folder: Path) -> None:
    known = newtown(folder, HEAD + PANEL)
    rows = agenda_at("newtown", BEGUN, "2026-01-06", known=known)
    assert {row.obligation for row in rows} == {"first-review", "second-review"}


def test_a_local_date_later_than_the_law_loosens_nothing(folder: Path) -> None:
    known = newtown(folder, HEAD + FIRST_REVIEW.replace("working_days = 10", "working_days = 40"))
    row = agenda_at("newtown", BEGUN, "2026-01-06", "first-review", known=known)[0]
    assert (str(row.due), row.clause) == ("2026-02-02", "CPPCR reg 33(1)")


def test_a_local_limit_that_does_not_apply_sets_no_date(folder: Path) -> None:
    """Finding: where the local row does not apply, the law's limit stands alone."""
    known = newtown(folder, HEAD + FIRST_REVIEW + 'applies = ["entered_at_15_or_over"]\n')
    row = agenda_at("newtown", BEGUN, "2026-01-06", "first-review", known=known)[0]
    assert [(str(limit.due), limit.clause) for limit in row.limits] == [("2026-02-02", "CPPCR reg 33(1)")]


def test_a_local_condition_that_ends_does_not_end_the_laws_obligation(folder: Path) -> None:
    """Finding: a local rule can tighten the law, never loosen it: the statutory row goes on."""
    second = FIRST_REVIEW.replace("first-review", "second-review").replace("first_care", "second_care")
    known = newtown(
        folder, HEAD + second.replace("working_days = 10", "weeks = 10") + 'applies = ["before_permanence"]\n'
    )
    settled = BEGUN + "2026-01-20 review_held long_term_placement_ratified=true"
    row = agenda_at("newtown", settled, "2026-01-21", "second-review", known=known)[0]
    assert (row.status, str(row.due)) == ("upcoming", "2026-04-20")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('anchor = "became_looked_after"', 'anchor = "became_loked_after"', "did you mean became_looked_after?"),
        ('"first_care_review"', '"first_care_revew"', "did you mean first_care_review?"),
        ('owner = "iro"', 'owner = "boss"', "owner: "),
        ("working_days = 10", "workdays = 10", "due.0"),
        ("working_days = 10", "working_days = 10, weeks = 2", "give exactly one of"),
        ("working_days = 10", 'working_days = 10, counted_from = "panel.due"', "counted_from: no obligation 'panel'"),
        ("working_days = 10", 'working_days = 10, instead = [{ applies = "in_court", weeks = 2 }]', "no known"),
        ("working_days = 10", 'working_days = 10, counted_from = "second-review.due"', "in a circle"),
        ('clause = "Newtown 4.1"', "", "clause: missing"),
        ('owner = "iro"', 'owner = "iro"\nremindrs = [5]', "remindrs"),
        ('owner = "iro"', 'owner = "iro"\napplies = ["not_placed_for_adption"]', "mean not_placed_for_adoption?"),
    ],
)  # fmt: skip
def test_a_slip_in_a_rule_is_named_with_policy_rule_and_remedy(folder: Path, right: str, wrong: str, said: str) -> None:
    with pytest.raises(PolicyRefused) as raised:
        newtown(folder, HEAD + FIRST_REVIEW.replace(right, wrong))
    assert "newtown" in str(raised.value)
    assert "first-review" in str(raised.value)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("working_days = 10", 'working_days = 10, counted_from = "yesterday"'),
        ("working_days = 10", 'working_days = 10, counted_from = "final-order.dew"'),
        ("{ working_days = 10 }", ""),
        ('met_by = ["first_care_review"]', "met_by = []"),
        ('owner = "iro"', 'owner = "iro"\nreminders = [-5]'),
        ('owner = "iro"', 'owner = "iro"\nforecast_from = "nothing"'),
        ('owner = "iro"', 'owner = "iro"\nmet_before = { days = 14, anchors = ["plan_chnged"] }'),
        ('owner = "iro"', 'owner = "iro"\ncovers = ["iro"]'),
    ],
)
def test_a_slip_that_would_silence_a_rule_is_refused_too(folder: Path, right: str, wrong: str) -> None:
    """Finding: these are taken, and the rule then never opens, is never met, or counts from elsewhere."""
    with pytest.raises(PolicyRefused):
        newtown(folder, HEAD + FIRST_REVIEW.replace(right, wrong))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"england-statutory"', '"england"'),
        ('"england-statutory"', '"newtown"'),
        ('title = "', 'titel = "'),
        ("effective_from = 2026-01-01", 'effective_from = "soon"'),
        ('to = ["team_manager"]', 'to = ["tm"]'),
        ("{ after = 1", "{ aftr = 1"),
        ("rungs = [", "rung = ["),
        ("after = 3", "after = 1"),
        ("repeat_after = [5]", 'repeat_after = ["x"]'),
        ('source = "', 'source = '),
    ],
)  # fmt: skip
def test_a_slip_in_the_head_or_the_ladder_is_refused_naming_the_file(folder: Path, right: str, wrong: str) -> None:
    """Finding: slips in the ladder end in pydantic's ValidationError or a KeyError."""
    with pytest.raises(PolicyRefused) as raised:
        newtown(folder, HEAD.replace(right, wrong) + FIRST_REVIEW)
    assert "newtown" in str(raised.value)


def test_a_rule_stated_twice_in_one_file_is_refused(folder: Path) -> None:
    """Finding: the second row is taken as a further limit of a policy extended."""
    with pytest.raises(PolicyRefused):
        newtown(folder, HEAD + FIRST_REVIEW + FIRST_REVIEW)


def test_a_file_may_not_take_the_id_of_a_policy_of_the_project(folder: Path) -> None:
    """Finding: it replaces that policy in silence, the law's own among them."""
    (folder / "mine.toml").write_text(HEAD.replace('"newtown"', '"quick-guide"'), "utf-8")
    with pytest.raises(PolicyRefused):
        Policies.load(folder)


def test_a_folder_that_is_not_there_is_said(folder: Path) -> None:
    """Finding: a misspelt folder is read as an empty one."""
    with pytest.raises(PolicyRefused):
        Policies.load(folder / "polices")
