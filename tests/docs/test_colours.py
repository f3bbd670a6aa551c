"""The page on colours says of each obligation what the policies say, and its example comes out."""

import re
from pathlib import Path

from domain.agenda import agenda, rag
from domain.case.calendar import local_date
from domain.clocks.rules import Rule
from tests.domain.story import events, london, policies, simulated

PAGE = (Path(__file__).parents[2] / "docs" / "colours.md").read_text("utf-8")
USUAL = 5


def rules() -> dict[str, Rule]:
    """Every obligation by its id, as the policy that leads has it."""
    resolved = [policies().resolve(one) for one in policies().ids()]
    return {obligation.id: obligation.rule for policy in resolved for obligation in policy.obligations}


def test_the_first_reminders_that_are_not_the_usual_one_stand_in_the_table() -> None:
    stands = dict(re.findall(r"^\| `([a-z-]+)` \| (\d+|none)", PAGE, re.MULTILINE))
    first = {name: max(rule.reminders, default=None) for name, rule in rules().items()}
    assert stands == {name: str(days or "none") for name, days in first.items() if days != USUAL}


def test_what_is_only_reminded_of_is_named() -> None:
    [said] = re.findall(r"^Overdue and only reminded of.*: (.*)\.$", PAGE, re.MULTILINE)
    assert re.findall(r"`([a-z-]+)`", said) == sorted(name for name, rule in rules().items() if not rule.ladder)


def test_the_example_comes_out() -> None:
    entered = "2025-12-24 became_looked_after\n"
    held = entered + "2026-01-23 review_held recorded 2026-01-28 10:00\n"
    instants = [london(*said.split()) for said in ("2026-01-19 08:59", "2026-01-19 09:00", "2026-01-26 23:59")]
    instants += [london("2026-01-27", "00:00"), london("2026-01-28", "10:00")]
    colours = []
    for instant in instants:
        [one] = simulated("england-statutory", events(held), str(local_date(instant))).values()
        colours.append(rag(agenda(one.journey, instant), one.journey.policy))
    assert colours == ["green", "amber", "amber", "red", "green"]
