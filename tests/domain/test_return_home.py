"""Return home: the evidence gathered one by one, who may approve, and a return that nobody had approved."""

from datetime import date

import pytest

from domain.clocks.at_once import unexplained_breaches
from domain.clocks.return_home import ReturnHome, return_home
from tests.domain.story import CHILD, refusals, simulated, story

PPM = "ppm-procedure"
GOING_HOME = "2026-01-05 became_looked_after\n2026-01-12 ppm_held primary_plan=return_home\n"
AT_SIXTEEN = GOING_HOME.replace("looked_after", "looked_after date_of_birth=2009-12-01 legal_status=V2", 1)
KINDS = ("detailed_assessment", "dbs_checks", "single_assessment_updated", "childs_wishes", "arrangements_suitable")
EVIDENCE = "".join(f"2026-02-0{day} return_home_evidence kind={kind}\n" for day, kind in enumerate(KINDS, 2))
RETURNED = GOING_HOME + "2026-02-10 returned_home\n"


def home(happened: str, at: str, policy: str = PPM) -> ReturnHome | None:
    journey = simulated(policy, happened, at)[CHILD].journey
    assert journey.facts is not None
    return return_home(journey.facts, journey.policy, date.fromisoformat(at))


def standing(happened: str, at: str) -> list[str]:
    journey = simulated(PPM, happened, at)[CHILD].journey
    assert journey.facts is not None
    return [
        f"{each.notice.id} {each.event.on}"
        for each in unexplained_breaches(journey.policy, journey.facts, journey.calendar)
    ]


def test_it_says_what_is_there_and_what_is_missing() -> None:
    some = home(GOING_HOME + "2026-02-02 return_home_evidence kind=dbs_checks", "2026-02-02")
    assert some is not None
    assert some.gathered == {"dbs_checks": date(2026, 2, 2)}
    assert some.missing == (
        "detailed_assessment",
        "single_assessment_updated",
        "childs_wishes",
        "arrangements_suitable",
    )
    all_of_it = home(GOING_HOME + EVIDENCE, "2026-02-06")
    assert all_of_it is not None
    assert all_of_it.missing == ()
    assert all_of_it.approved_on is None


def test_it_says_who_may_approve_by_age_and_legal_status() -> None:
    younger, older = home(GOING_HOME, "2026-02-02"), home(AT_SIXTEEN, "2026-02-02")
    assert younger is not None
    assert older is not None
    assert "team_manager" in younger.approvers
    assert older.approvers == ("assistant_director", "director_of_childrens_services")
    in_care = home(AT_SIXTEEN + "2026-02-03 legal_status_changed legal_status=C2", "2026-02-03")
    assert in_care is not None
    assert "team_manager" in in_care.approvers


def test_nothing_is_shown_where_no_return_is_planned_or_the_policy_asks_for_no_approval() -> None:
    assert home("2026-01-05 became_looked_after\n2026-01-12 ppm_held primary_plan=adoption", "2026-01-12") is None
    assert home(GOING_HOME, "2026-01-12", "quick-guide") is None


def test_an_approval_is_refused_naming_what_is_missing() -> None:
    [early] = refusals(PPM, GOING_HOME + "2026-02-02 return_home_approved by_role=team_manager")
    assert all(kind in early for kind in KINDS)
    [too_low] = refusals(PPM, AT_SIXTEEN + EVIDENCE + "2026-02-09 return_home_approved by_role=team_manager")
    assert "accepted: assistant_director, director_of_childrens_services" in too_low
    assert refusals(PPM, AT_SIXTEEN + EVIDENCE + "2026-02-09 return_home_approved by_role=assistant_director") == []


def test_a_return_without_approval_is_a_breach_and_stands_until_explained() -> None:
    assert story(PPM, RETURNED, until="2026-02-10", kinds=("breach",)) == [
        "2026-02-10 12:00 return-home-checks/1 breach 0 -> assistant_director, iro, team_manager (due None)"
    ]
    assert standing(RETURNED, "2026-06-01") == ["return-home-checks 2026-02-10"]
    explained = RETURNED + "2026-02-12 lateness_explained obligation=return-home-checks\n"
    assert standing(explained, "2026-02-12") == []
    again = explained + "2026-03-01 returned_home"
    assert standing(again, "2026-03-01") == ["return-home-checks 2026-03-01"], "each return is to be explained"


def test_a_return_with_approval_is_no_breach() -> None:
    approved = GOING_HOME + EVIDENCE + "2026-02-09 return_home_approved by_role=team_manager\n2026-02-10 returned_home"
    assert standing(approved, "2026-02-10") == []
    assert story(PPM, approved, until="2026-02-10", kinds=("breach",)) == []


@pytest.mark.parametrize("what", ["obligation_waived", "deadline_extended until=2026-06-01", "escalation_acknowledged"])
def test_a_breach_is_explained_and_nothing_else(what: str) -> None:
    [refused] = refusals(PPM, RETURNED + f"2026-02-12 {what} obligation=return-home-checks")
    assert "'return-home-checks' is not in policy ppm-procedure" in refused
