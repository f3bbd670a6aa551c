"""Where the sources leave something open, the policy files say what was chosen, and what else could be."""

import pytest

from domain.policy.loading import Policies, PolicyFile, PolicyRefused, read_policy
from tests.domain.story import policies

THE_TEN = {
    "adoption-review-dates",
    "four-months-or-second-review",
    "second-meeting-is-optional",
    "booked-or-due",
    "within-at-least-five",
    "which-head-of-service",
    "approver-at-sixteen",
    "care-plan-28-days",
    "regular-basis",
    "fifteen-at-entry",
}
"""The contradictions found in the two procedures, each with a ruling."""

NEWTOWN = """
id = "newtown"
title = "Newtown"
source = "Newtown procedures"
version = "1"
effective_from = 2026-01-01
extends = "england-statutory"

[[ruling]]
id = "how-often"
question = "How often is regularly?"
chosen = "Monthly."
alternatives = ["Weekly."]
why = "As the team works."
governs = ["first-reviw"]
change = "due of first-review."
"""


def files() -> list[PolicyFile]:
    return [policies().file(one) for one in policies().ids()]


def test_every_contradiction_of_the_sources_has_a_ruling() -> None:
    listed = [ruling.id for file in files() for ruling in file.ruling]
    assert set(listed) >= THE_TEN
    assert len(listed) == len(set(listed)), "a ruling has one name"


def test_a_ruling_about_a_rule_that_is_not_there_is_refused() -> None:
    mine = read_policy("newtown.toml", NEWTOWN)
    known = Policies({file.id: file for file in [*files(), mine]})
    with pytest.raises(PolicyRefused, match="ruling how-often: governs: no rule 'first-reviw'"):
        known.resolve("newtown")


def test_a_ruling_without_an_alternative_is_none() -> None:
    with pytest.raises(PolicyRefused, match="how-often: alternatives"):
        read_policy("newtown.toml", NEWTOWN.replace('["Weekly."]', "[]"))


def test_rulings_are_no_part_of_what_a_journey_runs_on() -> None:
    assert "ruling" not in policies().resolve("ppm-procedure").model_dump_json()
