"""What was mended on 29 November 2026 in what is refused: the order of a batch, the court's eight weeks, approvals.

Each shown as it holds now, and once as a journey goes on that has adopted nothing since (docs/adr/0063-amended.md).
"""

from pathlib import Path

import pytest

from domain.policy.loading import Policies
from domain.study.simulation import FileRefused
from tests.domain.story import NotAmended, agenda_at, policies, refusals, simulated, standing

LAW, PPM = "england-statutory", "ppm-procedure"
BEGUN = "2026-01-05 became_looked_after\n"
AT_ONCE = "recorded 2026-04-01 12:00"
KINDS = ("detailed_assessment", "dbs_checks", "single_assessment_updated", "childs_wishes", "arrangements_suitable")
APPROVED = "return_home_approved by_role=team_manager"
NEWTOWN = """
id = "newtown"
title = "Newtown"
source = "Newtown 1"
version = "1"
effective_from = 2026-01-01
extends = ["ppm-procedure"]

[milestone.moved]
title = "Moved to other carers"
clause = "Newtown 1.1"
details = { seen_by = "date" }

[[obligation]]
id = "visit-after-move"
title = "Visit after a move"
clause = "Newtown 1.1"
owner = "social_worker"
occurs = "each"
anchor = "milestone.moved"
due = [{ weeks = 4 }]
met_by = ["care_plan_updated"]
"""


@pytest.fixture(scope="module")
def newtown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Newtown's policy."""
    folder = tmp_path_factory.mktemp("policies")
    (folder / "newtown.toml").write_text(NEWTOWN, "utf-8")
    return folder


def refused(happened: str, *, policy: str = PPM, known: Policies | None = None) -> list[str]:
    """What is refused of a story, the reasons."""
    try:
        simulated(policy, happened, "2026-12-31", known=known or policies())
    except FileRefused as problem:
        return [reason for _, reason in problem.problems]
    return []


def at_once(happened: str) -> str:
    """A story of which everything becomes known at one instant."""
    return "".join(f"{line} {AT_ONCE}\n" for line in happened.strip().splitlines())


def due(happened: str, at: str, about: str = "final-order", known: Policies | None = None) -> list[str]:
    return [str(row.due) for row in agenda_at(PPM, happened, at, about, known=known)]


# The order of a batch


ISSUED = BEGUN + "2026-01-12 care_proceedings_issued\n"
FAR_TOO_LONG = ISSUED + "2026-02-02 deadline_extended obligation=final-order until=2027-03-01\n"
EIGHT_WEEKS = "until: 2027-03-01 is more than 8 weeks on (CA89 s32(8)); accepted: up to 2026-09-07"


@pytest.mark.parametrize("heard", [FAR_TOO_LONG, at_once(FAR_TOO_LONG)], ids=["one by one", "at once"])
def test_an_issue_is_judged_before_the_extension_that_follows_it(heard: str) -> None:
    [reason] = refused(heard)
    assert EIGHT_WEEKS in reason


@pytest.mark.parametrize("known", [Policies, NotAmended])
def test_an_extension_counts_from_a_milestone_of_the_same_batch(known: type[Policies], newtown: Path) -> None:
    extended = "2026-01-19 deadline_extended obligation=visit-after-move until=2026-01-30"
    moved = BEGUN + "2026-01-12 milestone milestone=moved\n" + extended
    not_after = "until: 2026-01-30 is not after the present due date; accepted: after 2026-02-09"
    [alone] = refused(moved, policy="newtown", known=known.load(newtown))
    assert not_after in alone
    together = refused(at_once(moved), policy="newtown", known=known.load(newtown))
    assert len(together) == (known is Policies)


@pytest.mark.parametrize("ids", ["a b", "b a"])
def test_an_extension_of_the_day_of_issue_is_judged_after_the_issue_whatever_the_ids(ids: str) -> None:
    issue, extension = ids.split()
    both = f"""
        2026-01-05 became_looked_after
        2026-01-12 care_proceedings_issued #{issue}
        2026-01-12 deadline_extended #{extension} obligation=final-order until=2027-03-01
    """
    [reason] = refused(at_once(both))
    assert EIGHT_WEEKS in reason


def test_what_a_batch_takes_back_is_gone_before_and_the_entry_comes_before_what_precedes_it() -> None:
    whole = """
        2026-01-02 care_proceedings_issued
        2026-01-05 became_looked_after
        2026-02-02 deadline_extended #wrong obligation=final-order until=2027-03-01
        2026-02-09 event_voided event=wrong
        2026-06-22 deadline_extended obligation=final-order until=2026-08-28
    """
    assert refused(at_once(whole).replace("2026-04-01", "2026-06-22")) == []


def test_a_journey_from_before_judges_the_issue_last() -> None:
    assert refused(at_once(FAR_TOO_LONG), known=NotAmended.load()) == []
    assert due(at_once(FAR_TOO_LONG), "2026-04-02", known=NotAmended.load()) == ["2027-03-01"]


# Eight weeks at a time, CA89 s32(8)


BEFORE_THE_ISSUE = """
    2026-01-05 became_looked_after
    2026-02-02 deadline_extended obligation=final-order until=2027-03-01
    2026-01-12 care_proceedings_issued recorded 2026-02-09 10:00
"""


def test_an_extension_known_before_the_issue_moves_the_final_order_by_eight_weeks_and_no_more() -> None:
    assert due(BEFORE_THE_ISSUE, "2026-02-03") == []
    assert due(BEFORE_THE_ISSUE, "2026-02-10") == ["2026-09-07"]
    again = BEFORE_THE_ISSUE + "2026-08-31 deadline_extended obligation=final-order until=2026-11-02"
    assert due(again, "2026-09-01") == ["2026-11-02"]
    assert due(BEFORE_THE_ISSUE, "2026-02-10", known=NotAmended.load()) == ["2027-03-01"]


def test_other_dates_are_put_off_to_the_day_that_was_said() -> None:
    early = "2026-01-05 became_looked_after recorded 2026-01-09 10:00\n"
    off = early + "2026-01-12 deadline_extended obligation=initial-ppm until=2026-06-01"
    assert due(off, "2026-01-13", "initial-ppm") == ["2026-06-01"]


OVERDUE = "2026-01-05 became_looked_after\n2026-01-05 care_proceedings_issued\n"


def test_the_eight_weeks_count_from_the_day_of_the_courts_order_where_the_time_had_run_out() -> None:
    granted = OVERDUE + "2026-08-03 deadline_extended obligation=final-order until={}"
    assert due(OVERDUE, "2026-08-03") == ["2026-07-06"]
    assert due(granted.format("2026-09-25"), "2026-08-04") == ["2026-09-25"]
    assert due(granted.format("2026-09-28"), "2026-08-04") == ["2026-09-28"]
    [reason] = refused(granted.format("2026-09-29"))
    assert "until: 2026-09-29 is more than 8 weeks on (CA89 s32(8)); accepted: up to 2026-09-28" in reason
    [before] = refused(granted.format("2026-09-25"), known=NotAmended.load())
    assert "accepted: up to 2026-08-31" in before


def test_granted_in_time_they_count_from_the_end_of_the_period_that_is_extended() -> None:
    granted = OVERDUE + "2026-07-01 deadline_extended obligation=final-order until={}"
    assert standing(LAW, granted.format("2026-08-31"), "2026-07-02", "final-order") == ["1 upcoming (due 2026-08-31)"]
    [reason] = refusals(LAW, granted.format("2026-09-01"))
    assert "accepted: up to 2026-08-31" in reason


# Approvals of a return home


def gathered(day: str, *, ids: str = "") -> str:
    named = [f" #{ids}{number}" if ids else "" for number in range(len(KINDS))]
    return "".join(f"{day} return_home_evidence kind={kind}{name}\n" for kind, name in zip(KINDS, named, strict=True))


HOME_AND_BACK = (
    BEGUN
    + gathered("2026-02-02")
    + f"""2026-02-16 {APPROVED}
    2026-03-02 returned_home
    2026-03-02 ceased_to_be_looked_after reason=E4A
    2026-06-01 became_looked_after
    """
)


def test_an_approval_is_judged_by_the_period_of_care_of_its_day() -> None:
    whole = at_once(HOME_AND_BACK).replace("2026-04-01", "2026-06-02")
    assert refused(whole) == []
    late = HOME_AND_BACK.replace(APPROVED, f"{APPROVED} recorded 2026-06-08 10:00")
    assert refused(late) == []
    [before] = refused(whole, known=NotAmended.load())
    assert "missing evidence: detailed_assessment" in before


def test_evidence_of_the_period_before_does_not_count_for_another_return() -> None:
    [reason] = refused(HOME_AND_BACK + f"2026-06-08 {APPROVED}")
    assert "missing evidence: detailed_assessment" in reason
    same_day = HOME_AND_BACK.replace("2026-06-01", "2026-03-02")
    [reason] = refused(same_day + f"2026-03-02 {APPROVED} recorded 2026-03-09 10:00")
    assert "missing evidence: detailed_assessment" in reason, (
        "a day on which one ends and the next begins is the next's"
    )


def test_who_may_approve_hangs_on_the_status_in_the_period_of_the_approval() -> None:
    at_sixteen = HOME_AND_BACK.replace("after\n", "after date_of_birth=2009-12-01 legal_status=V2\n", 1)
    at_sixteen = at_sixteen.replace("06-01 became_looked_after", "06-01 became_looked_after date_of_birth=2009-12-01")
    [reason] = refused(at_once(at_sixteen).replace("2026-04-01", "2026-06-02"))
    assert "team_manager may not approve; accepted: assistant_director, director_of_childrens_services" in reason


@pytest.mark.parametrize(("approval", "evidence"), [("a", "b"), ("b", "a")])
def test_evidence_of_the_day_of_the_approval_counts_whatever_the_ids(approval: str, evidence: str) -> None:
    day = gathered("2026-02-02", ids=evidence) + f"2026-02-02 {APPROVED} #{approval}1x\n"
    assert refused(at_once(BEGUN + day)) == []
    missing = at_once(BEGUN + day).replace(
        "02-02 return_home_evidence kind=childs", "02-03 return_home_evidence kind=childs"
    )
    [reason] = refused(missing)
    assert "missing evidence: childs_wishes" in reason
    assert len(refused(at_once(BEGUN + day), known=NotAmended.load())) == (approval < evidence)


# Dates that a milestone carries


@pytest.mark.parametrize("day", ["20260120", "2026-W04-2", "2026W042", "2026-1-20", "2026-02-30"])
def test_a_date_of_a_milestone_is_spelled_one_way(day: str, newtown: Path) -> None:
    moved = BEGUN + '2026-01-12 milestone milestone=moved details={{"seen_by":"{}"}}'
    assert refused(moved.format("2026-01-20"), policy="newtown", known=Policies.load(newtown)) == []
    [reason] = refused(moved.format(day), policy="newtown", known=Policies.load(newtown))
    assert "details.seen_by: the value is not accepted; accepted: a date as YYYY-MM-DD" in reason


@pytest.mark.parametrize("day", ["20260120", "2026-W04-2"])
def test_a_journey_from_before_takes_a_date_spelled_otherwise(day: str, newtown: Path) -> None:
    moved = BEGUN + f'2026-01-12 milestone milestone=moved details={{"seen_by":"{day}"}}'
    assert refused(moved, policy="newtown", known=NotAmended.load(newtown)) == []
