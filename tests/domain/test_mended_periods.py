"""What was mended on 29 November 2026 about periods of care: what answers across them and within them, what not."""

from datetime import date

import pytest

from domain.case.calendar import end_of
from domain.clocks.return_home import ReturnHome, return_home
from domain.policy.loading import Policies
from domain.study.explain import explain
from tests.domain.story import CHILD, NotAmended, agenda_at, noticed, refusals, simulated, standing, story

LAW, PPM, GUIDE, IRO = "england-statutory", "ppm-procedure", "quick-guide", "iro-handbook"
KINDS = ("detailed_assessment", "dbs_checks", "single_assessment_updated", "childs_wishes", "arrangements_suitable")


@pytest.fixture(scope="module")
def before() -> Policies:
    return NotAmended.load()


# A return home that was given up is prepared anew


def evidence(day: str) -> str:
    return "".join(f"{day} return_home_evidence kind={kind}\n" for kind in KINDS)


def approved(day: str) -> str:
    return f"{day} return_home_approved by_role=team_manager\n"


PREPARED = (
    "2026-01-05 became_looked_after\n2026-01-12 ppm_held primary_plan=return_home\n"
    + evidence("2026-02-02")
    + approved("2026-02-09")
)
GIVEN_UP = PREPARED + "2026-02-16 returned_home\n2026-05-04 plan_changed primary_plan=long_term_fostering\n"
PLANNED_AGAIN = GIVEN_UP + "2027-01-11 plan_changed primary_plan=return_home\n"
HOME_AGAIN = "2027-01-25 returned_home\n"


def returns(happened: str, until: str = "2027-01-29", known: Policies | None = None) -> list[str]:
    """The returns home that nobody had approved."""
    return [
        line[:10]
        for line in story(PPM, happened, until=until, about="return-home-checks", kinds=["breach"], known=known)
    ]


def home(happened: str, at: str) -> ReturnHome | None:
    journey = simulated(PPM, happened, at)[CHILD].journey
    assert journey.facts is not None
    return return_home(journey.facts, journey.policy, date.fromisoformat(at))


def test_an_approval_answers_for_no_return_after_the_plan_to_return_was_given_up() -> None:
    assert returns(PLANNED_AGAIN + HOME_AGAIN) == ["2027-01-25"]
    assert returns(GIVEN_UP + HOME_AGAIN) == ["2027-01-25"], "planned or not"
    anew = PLANNED_AGAIN + evidence("2027-01-13") + approved("2027-01-18") + HOME_AGAIN
    assert refusals(PPM, anew) == []
    assert returns(anew) == []


def test_an_approval_after_it_asks_for_evidence_after_it() -> None:
    [refused] = refusals(PPM, PLANNED_AGAIN + approved("2027-01-18") + HOME_AGAIN)
    assert all(kind in refused for kind in KINDS)
    some = PLANNED_AGAIN + evidence("2027-01-13").replace("dbs_checks", "childs_wishes") + approved("2027-01-18")
    [refused] = refusals(PPM, some)
    assert "missing evidence: dbs_checks (" in refused


def test_a_child_who_leaves_care_to_go_home_is_asked_about_in_the_same_way() -> None:
    dropped = PREPARED + "2026-03-02 plan_changed primary_plan=adoption\n"
    assert returns(dropped + "2027-03-01 ceased_to_be_looked_after reason=E4A", "2027-03-05") == ["2027-03-01"]
    assert returns(PREPARED + "2026-03-02 ceased_to_be_looked_after reason=E4A", "2026-03-05") == []


@pytest.mark.parametrize("kept", ["return_home", "return_home contingency_plan=kinship_care"])
def test_nothing_is_used_up_while_the_plan_is_to_return(kept: str) -> None:
    assert returns(PREPARED + f"2026-02-12 plan_changed primary_plan={kept}\n2026-02-16 returned_home\n") == []


def test_nothing_is_used_up_where_the_plan_never_was_to_return() -> None:
    aside = PREPARED.replace("primary_plan=return_home", "primary_plan=adoption contingency_plan=return_home")
    changed = aside + "2026-02-12 plan_changed primary_plan=kinship_care\n2026-02-16 returned_home\n"
    assert returns(changed) == []


def test_an_approval_of_the_day_on_which_the_plan_is_given_up_stands() -> None:
    same_day = PREPARED + "2026-02-09 plan_changed primary_plan=kinship_care\n2026-02-16 returned_home\n"
    assert refusals(PPM, same_day) == []
    assert returns(same_day) == []
    home_that_day = PREPARED + "2026-02-16 plan_changed primary_plan=kinship_care\n2026-02-16 returned_home\n"
    assert returns(home_that_day) == [], "nor is what is done on that day after it"


def test_the_desk_shows_what_is_gathered_for_this_return() -> None:
    assert home(GIVEN_UP, "2026-06-01") is None
    anew = home(PLANNED_AGAIN + "2027-01-13 return_home_evidence kind=dbs_checks", "2027-01-13")
    assert anew is not None
    assert anew.gathered == {"dbs_checks": date(2027, 1, 13)}
    assert len(anew.missing) == 4
    assert (anew.approved_on, anew.approved_by, anew.returned_on) == (None, None, None)
    first = home(GIVEN_UP, "2026-05-04")
    assert first is not None
    assert (first.missing, first.approved_on, first.returned_on) == ((), date(2026, 2, 9), date(2026, 2, 16))


# What comes between two periods of care


FIRST = "2025-01-06 became_looked_after\n2025-03-03 ceased_to_be_looked_after\n"
ISSUED = "2026-01-02 care_proceedings_issued\n"
AGAIN = "2026-01-05 became_looked_after\n"


def test_care_proceedings_issued_before_a_second_entry_count_as_before_a_first() -> None:
    heard_of_then = ISSUED.replace("\n", "  recorded 2026-01-05 12:00\n")
    for happened in (heard_of_then + AGAIN, FIRST + heard_of_then + AGAIN, FIRST + ISSUED + AGAIN):
        assert standing(LAW, happened, "2026-03-01", "final-order") == ["1 upcoming (due 2026-07-03)"]
        assert standing(GUIDE, happened, "2026-03-01", "second-review") == ["1 upcoming (due 2026-04-13)"]


def test_proceedings_before_a_second_entry_count_when_heard_of_later_and_are_over_once_concluded() -> None:
    late = FIRST + AGAIN + "2026-01-02 care_proceedings_issued  recorded 2026-01-12 10:00\n"
    assert standing(LAW, late, "2026-01-11", "final-order") == []
    assert standing(LAW, late, "2026-01-12", "final-order") == ["1 upcoming (due 2026-07-03)"]
    concluded = FIRST + "2025-04-07 care_proceedings_issued\n2025-08-04 care_proceedings_concluded\n" + AGAIN
    assert standing(LAW, concluded, "2026-03-01", "final-order") == ["1 met on 2025-08-04 (due 2025-10-06)"]
    assert standing(GUIDE, concluded, "2026-03-01", "second-review") == ["1 upcoming (due 2026-04-27)"]


def test_proceedings_issued_after_care_change_nothing_while_no_entry_follows() -> None:
    assert standing(LAW, FIRST + ISSUED, "2026-03-01", "final-order") == []
    assert story(LAW, FIRST + ISSUED, until="2026-12-31", since="2025-03-04") == []


def test_proceedings_issued_on_the_day_care_ends_are_of_the_period_that_ended() -> None:
    that_day = FIRST + "2025-03-03 care_proceedings_issued\n" + AGAIN
    assert standing(LAW, that_day, "2026-03-01", "final-order") == []
    first, second = simulated(LAW, that_day, "2026-03-01")[CHILD].journey.periods
    assert [len(facts.known) for facts in (first, second)] == [3, 1]


def test_proceedings_wait_again_where_the_entry_they_led_to_is_voided() -> None:
    happened = FIRST + ISSUED + AGAIN.replace("\n", " #again\n") + "2026-01-07 event_voided event=again\n"
    assert standing(LAW, happened, "2026-01-06", "final-order") == ["1 upcoming (due 2026-07-03)"]
    assert standing(LAW, happened, "2026-01-07", "final-order") == []
    entered = happened + "2026-01-08 became_looked_after\n"
    assert standing(LAW, entered, "2026-01-08", "final-order") == ["1 upcoming (due 2026-07-03)"]


def test_each_event_is_of_one_period_of_care() -> None:
    happened = FIRST + ISSUED + "2026-01-03 person_assigned role=iro contact=i-2\n" + AGAIN
    periods = simulated(LAW, happened, "2026-03-01")[CHILD].journey.periods
    assert [[known.event.type for known in facts.known] for facts in periods] == [
        ["became_looked_after", "ceased_to_be_looked_after"],
        ["care_proceedings_issued", "person_assigned", "became_looked_after"],
    ]


# The reviewing officer goes on


WITH_OFFICER = FIRST.replace("\n", "\n2025-01-07 person_assigned role=iro contact=i-1\n", 1)
OFFICER_BETWEEN = "2026-01-02 person_assigned role=iro contact=i-1\n"


@pytest.mark.parametrize(
    "named",
    [
        WITH_OFFICER,
        FIRST.replace("looked_after", 'looked_after people={"iro":"i-1"}', 1),
        FIRST + OFFICER_BETWEEN,
        WITH_OFFICER + "2025-05-05 became_looked_after\n2025-06-02 ceased_to_be_looked_after\n",
    ],
)
def test_the_officer_of_an_earlier_period_of_care_is_the_officer_still(named: str) -> None:
    happened = named + AGAIN
    assert standing(IRO, happened, "2026-01-20", "iro-named") == ["1 met on 2026-01-05 (due 2026-01-12)"]
    assert story(IRO, happened, until="2026-02-20", since="2026-01-01", about="iro-named") == []


def test_where_nobody_was_ever_the_officer_one_is_to_be_named() -> None:
    other = WITH_OFFICER.replace("role=iro", "role=social_worker") + AGAIN
    assert standing(IRO, other, "2026-01-20", "iro-named") == ["1 overdue (due 2026-01-12)"]


def test_an_officer_who_goes_on_is_explained_by_the_day_of_entry() -> None:
    journey = simulated(IRO, FIRST + OFFICER_BETWEEN + AGAIN, "2026-01-20")[CHILD].journey
    why = explain(journey, "iro-named", None, end_of(date(2026, 1, 20)))
    assert why.ending is not None
    assert (why.ending.how, str(why.ending.on)) == ("met", "2026-01-05")


# A joint meeting that is voided before a sister enters


JOINT = """
2026-01-05 became_looked_after @B-1
2026-01-12 ppm_held @B-1 #m primary_plan=adoption plans={"S-1":{"primary_plan":"kinship_care"}}
"""
VOIDED = JOINT + "2026-01-14 event_voided @B-1 #v event=m\n"
SISTER = "2026-01-20 became_looked_after @S-1\n"


def test_the_voiding_of_a_joint_meeting_waits_with_the_meeting() -> None:
    assert refusals(PPM, VOIDED) == []
    assert list(simulated(PPM, VOIDED, "2026-02-10")) == ["B-1"]
    happened = VOIDED + SISTER
    assert refusals(PPM, happened) == []
    for child, due in (("B-1", "2026-01-19"), ("S-1", "2026-02-03")):
        assert standing(PPM, happened, "2026-02-10", "initial-ppm", child=child) == [f"1 overdue (due {due})"]


def test_a_voiding_of_that_voiding_waits_too_and_so_does_a_correction() -> None:
    after_all = VOIDED + "2026-01-15 event_voided @B-1 event=v\n" + SISTER
    assert refusals(PPM, after_all) == []
    assert standing(PPM, after_all, "2026-01-21", "initial-ppm", child="B-1") == [
        "1 met on 2026-01-12 (due 2026-01-19)"
    ]
    corrected = JOINT + "2026-01-12 specialist_discussion_held @B-1 corrects=m  recorded 2026-01-14 10:00\n"
    assert refusals(PPM, corrected) == refusals(PPM, corrected + SISTER) == []


def test_a_voiding_that_is_said_of_a_child_without_a_journey_is_refused_still() -> None:
    *_, refused = refusals(PPM, JOINT + "2026-01-14 event_voided @S-1 event=m\n")
    assert refused.startswith("line 3: event e3 (event_voided): type: the child has no journey yet")


# What was held under short breaks answers for nothing of care


SHORT_BREAKS = "2026-01-05 became_looked_after legal_status=V4\n"
LEFT = "2026-03-02 legal_status_changed legal_status=C2\n"
SECOND_REVIEW = "2026-03-20 review_held\n2026-06-12 review_held\n"
BOOKED = "2026-03-20 adm_decision_booked for=2026-04-20\n"
CHANGED = "2026-03-04 plan_changed primary_plan=kinship_care\n"


def test_a_plan_agreed_under_short_breaks_is_none_agreed_in_care() -> None:
    rule = "second-review-without-agreement"
    agreed = SHORT_BREAKS + "2026-02-02 review_held plan_agreed=true\n" + LEFT + SECOND_REVIEW
    assert noticed(PPM, agreed, "2026-07-30", rule) == [f"2026-06-12 {rule}"]
    in_care = agreed.replace("2026-03-20 review_held", "2026-03-20 review_held plan_agreed=true")
    assert noticed(PPM, in_care, "2026-07-30", rule) == []


def test_a_meeting_under_short_breaks_considered_no_adoption() -> None:
    rule = "ppm-before-adm"
    meeting = "2026-02-02 ppm_held primary_plan=adoption\n"
    assert noticed(PPM, SHORT_BREAKS + meeting + LEFT + BOOKED, "2026-03-30", rule) == [f"2026-03-20 {rule}"]
    in_care = SHORT_BREAKS + LEFT + "2026-03-09 ppm_held primary_plan=adoption\n" + BOOKED
    assert noticed(PPM, in_care, "2026-03-30", rule) == []


def test_a_meeting_under_short_breaks_answers_for_no_changed_plan() -> None:
    happened = SHORT_BREAKS + "2026-02-25 ppm_held primary_plan=adoption\n" + LEFT + CHANGED
    assert standing(PPM, happened, "2026-03-05", "further-ppm") == ["1 upcoming (due 2026-03-18)"]
    in_care = SHORT_BREAKS + LEFT + "2026-03-03 ppm_held primary_plan=adoption\n" + CHANGED
    assert standing(PPM, in_care, "2026-03-05", "further-ppm") == ["1 met on 2026-03-04 (due 2026-03-18)"]


def test_care_before_short_breaks_was_another_care() -> None:
    rule = "ppm-before-adm"
    happened = (
        "2026-01-05 became_looked_after\n2026-01-12 ppm_held primary_plan=adoption\n"
        "2026-02-02 legal_status_changed legal_status=V4\n" + LEFT + BOOKED
    )
    assert noticed(PPM, happened, "2026-03-30", rule) == [f"2026-03-20 {rule}"]


def test_a_meeting_in_pre_proceedings_counts_as_it_did() -> None:
    considered = (
        "2026-01-01 pre_proceedings_started\n2026-01-20 ppm_held primary_plan=adoption\n"
        "2026-01-26 became_looked_after\n"
    )
    assert noticed(PPM, considered + BOOKED, "2026-03-30", "ppm-before-adm") == []
    changed = considered + "2026-01-28 plan_changed primary_plan=kinship_care\n"
    assert standing(PPM, changed, "2026-01-29", "further-ppm") == ["1 met on 2026-01-28 (due 2026-02-11)"]


# The old way


def test_a_journey_on_rules_from_before_goes_on_as_it_did(before: Policies) -> None:
    def rows(policy: str, happened: str, at: str, about: str) -> list[str]:
        return [f"{row.status} {row.due}" for row in agenda_at(policy, happened, at, about, known=before)]

    def told(happened: str, about: str) -> list[str]:
        return story(PPM, happened, until="2026-07-30", about=about, kinds=["breach"], known=before)

    assert returns(PLANNED_AGAIN + approved("2027-01-18") + HOME_AGAIN, known=before) == []
    assert returns(PLANNED_AGAIN + HOME_AGAIN, known=before) == []
    assert rows(LAW, FIRST + ISSUED + AGAIN, "2026-03-01", "final-order") == []
    assert rows(GUIDE, FIRST + ISSUED + AGAIN, "2026-03-01", "second-review") == ["upcoming 2026-04-27"]
    assert rows(IRO, WITH_OFFICER + AGAIN, "2026-01-20", "iro-named") == ["overdue 2026-01-12"]
    agreed = SHORT_BREAKS + "2026-02-02 review_held plan_agreed=true\n" + LEFT + SECOND_REVIEW
    assert told(agreed, "second-review-without-agreement") == []
    met = SHORT_BREAKS + "2026-02-25 ppm_held primary_plan=adoption\n" + LEFT + CHANGED
    assert told(met + BOOKED, "ppm-before-adm") == []
    assert rows(PPM, met, "2026-03-05", "further-ppm") == ["met 2026-03-18"]


# A changed plan that has been reviewed since


@pytest.mark.parametrize(
    ("review", "goes"),
    [
        ("2026-02-10 review_held recorded 2026-02-10 12:00", ["2026-02-10 plan-changed-unreviewed"]),
        ("2026-02-10 review_held recorded 2026-02-10 10:00", []),
    ],
    ids=["told before the review is known", "known together"],
)
def test_a_changed_plan_that_has_been_reviewed_calls_for_nothing(review: str, goes: list[str]) -> None:
    changed = """
        2026-01-05 became_looked_after
        2026-01-12 ppm_held primary_plan=long_term_fostering
        2026-02-02 plan_changed primary_plan=kinship_care recorded 2026-02-10 10:00
    """
    assert noticed(LAW, changed + review, "2026-02-12", "plan-changed-unreviewed") == goes
