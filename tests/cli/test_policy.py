"""`policy list` and `policy show`: a policy in words, and an authority's own folder."""

import json
import re
from pathlib import Path

import pytest

from domain.policy.loading import Policies
from tests.cli.conftest import Run

OWN = """
id = "our-county"
title = "Our county's procedure"
source = "County handbook"
version = "3"
effective_from = 2025-04-01
extends = "england-statutory"

[[obligation]]
id = "life-story-begun"
title = "Life story work begun"
clause = "Handbook 4.2"
owner = "social_worker"
anchor = "{anchor}"
due = [{{ days = 10 }}]
met_by = ["plan_overseen"]
ours.due = "The handbook says soon."
"""


@pytest.fixture
def county(tmp_path: Path) -> Path:
    (tmp_path / "our-county.toml").write_text(OWN.format(anchor="became_looked_after"), "utf-8")
    return tmp_path


def plain(text: str) -> str:
    return " ".join(text.split())


def test_the_list_has_every_policy(run: Run) -> None:
    said = plain(run("policy", "list").stdout)
    assert "england-statutory England: the statutory clock" in said
    asked = len(Policies.load().resolve("ppm-procedure").obligations)
    assert f"Extends england-statutory Obligations {asked}, 14 stated by it" in said


def test_the_list_as_json(run: Run) -> None:
    listed = json.loads(run("policy", "list", "--json").stdout)
    assert [policy["id"] for policy in listed] == Policies.load().ids()


@pytest.mark.parametrize("policy", Policies.load().ids())
def test_every_policy_is_told_whole(run: Run, policy: str) -> None:
    result = run("policy", "show", policy)
    assert result.exit_code == 0
    said = plain(result.stdout)
    for obligation in Policies.load().resolve(policy).obligations:
        assert f"{obligation.id} {obligation.rule.title} Clause {obligation.rule.clause}" in said
    for row in Policies.load().file(policy).obligation:
        for reason in row.ours.values():
            assert plain(reason) in said


def test_a_rule_in_words(run: Run) -> None:
    said = plain(run("policy", "show", "ppm-procedure").stdout)
    assert (
        "plan-tracking Permanence plan tracked for drift Clause S1 §2, §3, §4 Owner PPM chair "
        "By no. 1: 4 weeks after the earlier of the first PPM and a first review that saw no prospect of "
        "reunification (2 weeks where the legal status is V2, accommodated with the parents' agreement) "
        "then: 4 weeks after the one before is held or done"
    ) in said
    assert "Rung 1 1 working day after due: case supervisor, IRO, social worker, and the owner" in said
    assert "Met by PPM decisions sent to IRO, team manager (in one or several)" in said


def test_a_further_limit_is_told_with_its_clause(run: Run) -> None:
    said = plain(run("policy", "show", "quick-guide").stdout)
    assert (
        "Also CPPCR reg 33(2) (from england-statutory); the earlier date binds: "
        "By 3 months after the first looked-after review"
    ) in said


def test_a_policy_as_json(run: Run) -> None:
    shown = json.loads(run("policy", "show", "quick-guide", "--json").stdout)
    assert shown["extends"] == "england-statutory"
    assert [rung["after"] for rung in shown["ladder"]["rungs"]] == [1, 5, 10, 30, 50, 70]
    [review] = [o for o in shown["obligations"] if o["id"] == "second-review"]
    assert (review["policy"], [limit["policy"] for limit in review["limits"]]) == (
        "quick-guide",
        ["england-statutory"],
    )


def test_an_unknown_policy_is_refused(run: Run) -> None:
    result = run("policy", "show", "ppm")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "policy 'ppm' is unknown; known: england-statutory" in result.stderr


def test_a_folder_of_the_authority_by_option_or_environment(run: Run, county: Path) -> None:
    by_option = run("policy", "show", "our-county", "--policies", str(county)).stdout
    by_environment = run("policy", "show", "our-county", env={"PERMANENCE_POLICIES": str(county)}).stdout
    assert by_option == by_environment
    assert "By 10 days after entry" in plain(by_option)
    assert "Ours by when: The handbook says soon." in plain(by_option)


def test_a_folder_that_is_none_is_refused(run: Run, county: Path) -> None:
    result = run("policy", "list", "--policies", str(county / "none"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is no folder" in result.stderr


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (OWN.format(anchor="became_looked_aftre"), "did you mean became_looked_after?"),
        (
            OWN.format(anchor="became_looked_after") + 'due_on = "x"',
            "life-story-begun: due_on: no such field; did you mean due",
        ),
        ("id = ", "bad.toml: "),
        ('id = "bad"', "title"),
    ],
)
def test_a_bad_policy_file_is_refused(run: Run, tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "bad.toml").write_text(text, "utf-8")
    result = run("policy", "show", "our-county", "--policies", str(tmp_path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert reason in result.stderr


def test_a_policy_file_that_is_no_text_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe\x00")
    result = run("policy", "list", "--policies", str(tmp_path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert re.search(r"a file of .* cannot be read", result.stderr)
