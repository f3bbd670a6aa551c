"""Who would be told what more or less often under another policy: both lives lived ahead, nothing more recorded."""

from datetime import timedelta

from domain.case.words import Role
from domain.clocks.rules import Policy
from domain.journey import Journey
from domain.study.how_often import HowOften, how_often
from tests.domain.story import CHILD, london, next_version, policies, simulated, story

PPM = "ppm-procedure"
ENTRY = "2026-01-05 became_looked_after\n"
NOW = london("2026-01-14", "23:00")


def newer_procedure(**changed: object) -> Policy:
    return policies().with_file(next_version(policies().file(PPM), **changed)).resolve(PPM)


def journey() -> Journey:
    return simulated(PPM, ENTRY, "2026-01-14")[CHILD].journey


def ahead(policy: Policy, weeks: int = 2) -> HowOften:
    return how_often(journey(), policy, NOW, NOW + timedelta(weeks=weeks))


def test_a_date_that_comes_earlier_tells_the_ladder_more_often_and_the_owner_less() -> None:
    sooner = ahead(newer_procedure(due=[{"days": 7}]))
    changed = {(role, was, now) for role, about, was, now in sooner.changed if about == "initial-ppm"}
    # By the 19th: reminder 2 on the 16th, rungs 1 and 2 on the 20th and 26th. By the 12th: rung 1 at once, 2 and 3.
    assert changed == {(Role.SOCIAL_WORKER, 2, 1), (Role.CLA_SERVICE_MANAGER, 0, 1)}


def test_under_the_same_rules_nobody_is_told_more_or_less_and_the_journey_stays_as_it_is() -> None:
    same, untouched = journey(), journey()
    often = how_often(same, policies().resolve(PPM), NOW, NOW + timedelta(weeks=8))
    assert (often.changed, often.was == often.now) == ([], True)
    assert same.state() == untouched.state()


def test_the_present_times_are_those_that_a_simulation_tells() -> None:
    often = ahead(policies().resolve(PPM), weeks=4)
    lines = story(
        PPM, ENTRY, until="2026-02-11", since="2026-01-15", kinds=("reminder", "escalation", "notice", "breach")
    )
    assert sum(often.was.values()) == sum(
        line.count(",") + 1 for line in (each.partition(" (due")[0] for each in lines)
    )
    assert sum(was for _, was, _ in often.by_role) == sum(often.was.values())


def test_those_of_many_journeys_add_up() -> None:
    one = ahead(newer_procedure(due=[{"days": 7}]))
    both = HowOften.together([one, one])
    assert {row[:2]: row[2:] for row in both.changed} == {row[:2]: (2 * row[2], 2 * row[3]) for row in one.changed}
