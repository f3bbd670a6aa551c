"""The pack of the IRO Handbook: an officer named, what follows each review; a procedure that extends it."""

import pytest

from domain.clocks.rules import Policy
from domain.policy.loading import Policies, PolicyRefused, read_policy
from domain.study.simulation import FileRefused
from tests.domain.story import agenda_at, policies, refusals, short, simulated, standing, story

PACK, GUIDE = "iro-handbook", "quick-guide"
BEGUN = "2026-01-05 became_looked_after\n"
HELD = BEGUN + "2026-02-02 review_held #review\n"
NEWTOWN = """
id = "newtown"
title = "Newtown"
source = "Newtown 1"
version = "1"
effective_from = 2026-01-01
extends = ["quick-guide", "iro-handbook"]

[milestone.carers-told]
title = "Carers told of the decisions"
clause = "Newtown 1.2"
details = { told_on = "date", by_letter = "yes_no", copies = "number", words = "text" }

[milestone.family-meeting]
title = "Family meeting held"
clause = "Newtown 1.1"
before_entry = true

[[obligation]]
id = "carers-told"
title = "Carers told of the decisions"
clause = "Newtown 1.2"
owner = "social_worker"
occurs = "each"
anchor = "review_held"
due = [{ working_days = 3 }]
met_by = ["milestone.carers-told"]
reminders = [1]

[[notice]]
id = "family-met"
title = "A family meeting was held"
clause = "Newtown 1.1"
kind = "notice"
to = ["iro"]
events = ["milestone.family-meeting"]
"""


def newtown(text: str = NEWTOWN) -> Policies:
    """The project's policies and Newtown's."""
    return policies().with_file(read_policy("newtown.toml", text))


# An officer


@pytest.mark.parametrize(
    ("named", "stands"),
    [
        ("", "1 overdue (due 2026-01-12)"),
        ("2026-01-12 person_assigned role=iro contact=kim", "1 met on 2026-01-12 (due 2026-01-12)"),
        ("2026-01-13 person_assigned role=iro contact=kim", "1 met_late on 2026-01-13 (due 2026-01-12)"),
        ("2026-01-07 person_assigned role=team_manager contact=kim", "1 overdue (due 2026-01-12)"),
    ],
)
def test_an_officer_is_named_within_five_working_days(named: str, stands: str) -> None:
    assert standing(PACK, BEGUN + named, "2026-01-14", "iro-named") == [stands]


def test_an_officer_named_before_the_entry_is_named_from_it_on() -> None:
    before = BEGUN + "2026-01-02 person_assigned role=iro contact=kim recorded 2026-01-06 12:00"
    assert standing(PACK, before, "2026-01-06", "iro-named") == ["1 met on 2026-01-05 (due 2026-01-12)"]


def test_an_officer_named_by_the_entry_is_named() -> None:
    entry = '2026-01-05 became_looked_after people={"iro":"kim"}'
    assert standing(PACK, entry, "2026-01-06", "iro-named") == ["1 met on 2026-01-05 (due 2026-01-12)"]
    other = entry.replace("iro", "social_worker")
    assert standing(PACK, other, "2026-01-06", "iro-named") == ["1 due_soon (due 2026-01-12)"]


# After each review


@pytest.mark.parametrize(
    ("rule", "due"),
    [
        ("review-decisions-sent", "2026-02-09"),
        ("review-record-done", "2026-02-23"),
        ("review-record-sent", "2026-03-02"),
    ],
)
def test_papers_follow_each_review(rule: str, due: str) -> None:
    assert [row.partition(" ")[2] for row in standing(PACK, HELD, "2026-02-02", rule)] == [
        f"{'due_soon' if rule == 'review-decisions-sent' else 'upcoming'} (due {due})"
    ]
    sent = HELD + f"2026-02-04 milestone milestone={rule}\n"
    assert standing(PACK, sent, "2026-02-05", rule) == [f"1 met on 2026-02-04 (due {due})"]
    again = sent + "2026-04-27 review_held"
    first, second = standing(PACK, again, "2026-04-28", rule)
    assert first == f"1 met on 2026-02-04 (due {due})"
    assert second.startswith("2 ")
    assert "met" not in second


def test_the_care_plan_follows_each_review_but_none_held_while_placed() -> None:
    rule = "care-plan-after-review"
    assert standing(PACK, HELD, "2026-02-03", rule) == ["1 upcoming (due 2026-02-16)"]
    updated = HELD + "2026-02-10 care_plan_updated"
    assert standing(PACK, updated, "2026-02-11", rule) == ["1 met on 2026-02-10 (due 2026-02-16)"]
    placed = BEGUN + "2026-01-12 placement_order_made\n2026-01-19 placed_for_adoption\n2026-02-09 review_held\n"
    assert standing(PACK, placed, "2026-02-10", rule) == []
    assert len(standing(PACK, placed, "2026-02-10", "review-record-sent")) == 1


def test_under_short_breaks_nothing_of_the_pack_is_asked() -> None:
    breaks = "2026-01-05 became_looked_after legal_status=V4\n2026-02-02 review_held\n2026-02-03 dispute_opened"
    assert {row.obligation for row in agenda_at(PACK, breaks, "2026-02-20")} == {"short-break-review"}


# Beside a procedure


def test_a_policy_may_extend_a_procedure_and_a_pack_and_the_law_stays_below_both() -> None:
    known = newtown()
    policy = known.resolve("newtown")
    assert policy.version == "newtown@1+quick-guide@2+iro-handbook@1+england-statutory@2"
    assert policy.ladder == known.resolve(GUIDE).ladder
    rows = agenda_at("newtown", HELD, "2026-02-03", known=known)
    assert {"carers-told", "review-record-sent", "ppm", "second-review", "iro-named"} <= {
        row.obligation for row in rows
    }
    second = next(row for row in rows if row.obligation == "second-review")
    assert [limit.clause for limit in second.limits] == ["S2 Permanency planning meetings", "CPPCR reg 33(2)"]


def test_a_journey_that_takes_up_the_pack_is_asked_for_what_its_reviews_lack() -> None:
    taken_up = HELD + "2026-02-16 policy_adopted policy=newtown\n"
    before = {row.obligation for row in agenda_at(GUIDE, taken_up, "2026-02-15", known=newtown())}
    assert "review-record-sent" not in before
    after = agenda_at(GUIDE, taken_up, "2026-02-16", known=newtown())
    assert before | {"iro-named", "carers-told", "review-decisions-sent", "review-record-done", "review-record-sent",
                     "care-plan-after-review"} == {row.obligation for row in after}  # fmt: skip
    lines = story(
        GUIDE, taken_up, until="2026-02-16", about="review-decisions-sent", kinds=["escalation"], known=newtown()
    )
    assert short(lines) == ["2026-02-16 12:00 review-decisions-sent/1 escalation 2"]


def test_a_policy_that_extends_itself_by_way_of_another_is_refused() -> None:
    circle = NEWTOWN.replace('["quick-guide", "iro-handbook"]', '["quick-guide", "newtown"]')
    with pytest.raises(PolicyRefused, match="newtown extends itself"):
        newtown(circle).resolve("newtown")


def test_a_rule_that_names_a_milestone_nobody_defines_is_refused_with_those_there_are() -> None:
    with pytest.raises(PolicyRefused) as refused:
        newtown(NEWTOWN.replace('"milestone.carers-told"', '"milestone.carer-told"')).resolve("newtown")
    words = str(refused.value)
    assert "no milestone 'carer-told'; defined: carers-told, family-meeting, review-" in words
    assert "add [milestone.carer-told] with title and clause" in words


# Milestones


def refused_under(policy: Policies, happened: str) -> list[str]:
    """What is refused of a story under Newtown's policy."""
    try:
        simulated("newtown", happened, "2026-12-31", known=policy)
    except FileRefused as refused:
        return [reason for _, reason in refused.problems]
    return []


def test_a_milestone_that_the_policy_does_not_define_is_refused_naming_those_it_does() -> None:
    unknown = BEGUN + "2026-01-06 milestone milestone=carers-told"
    assert refused_under(newtown(), unknown) == []
    [reason] = refusals(PACK, unknown)
    assert reason == (
        "line 2: event e2 (milestone): milestone: 'carers-told' is not defined by policy iro-handbook; "
        "accepted: review-decisions-sent, review-record-done, review-record-sent"
    )
    [reason] = refusals(GUIDE, unknown)
    assert reason.endswith("is not defined by policy quick-guide; accepted: none")


def test_the_details_of_a_milestone_are_of_the_kinds_that_the_policy_says() -> None:
    said = 'details={"told_on":"2026-02-03","by_letter":true,"copies":2,"words":"kindly"}'
    assert refused_under(newtown(), HELD + f"2026-02-04 milestone milestone=carers-told {said}") == []
    for wrong, accepted in (
        ('{"told_on":"Tuesday"}', "details.told_on: the value is not accepted; accepted: a date as YYYY-MM-DD"),
        ('{"by_letter":"yes"}', "details.by_letter: the value is not accepted; accepted: true or false"),
        ('{"copies":true}', "details.copies: the value is not accepted; accepted: a number"),
        ('{"words":3}', "details.words: the value is not accepted; accepted: text"),
        ('{"colour":"red"}', "details.colour: no such detail of carers-told; accepted: told_on, by_letter, copies"),
    ):
        [reason] = refused_under(newtown(), HELD + f"2026-02-04 milestone milestone=carers-told details={wrong}")
        assert accepted in reason


def test_a_milestone_is_taken_from_before_the_entry_only_where_the_policy_says_so() -> None:
    early = "2026-01-02 milestone milestone={} recorded 2026-01-05 12:00\n" + BEGUN
    assert refused_under(newtown(), early.format("family-meeting")) == []
    [reason] = refused_under(newtown(), early.format("carers-told"))
    accepted = "2026-01-05 or later, or before_entry = true at the milestone"
    assert f"on: 2026-01-02 is before the child's entry; accepted: {accepted}" in reason


def test_a_milestone_meets_and_sets_off_what_names_it_and_nothing_else() -> None:
    known = newtown()
    happened = HELD + "2026-02-04 milestone milestone=carers-told\n2026-02-04 milestone milestone=family-meeting\n"
    rows = agenda_at("newtown", happened, "2026-02-05", known=known)
    assert {row.obligation for row in rows if row.met_on and str(row.met_on) == "2026-02-04"} == {"carers-told"}
    notices = story("newtown", happened, until="2026-02-05", about="family-met", kinds=["notice"], known=known)
    assert short(notices) == ["2026-02-04 12:00 family-met/1 notice 0"]
    voided = happened + "2026-02-05 event_voided event=e3"
    assert agenda_at("newtown", voided, "2026-02-05", "carers-told", known=known)[0].is_open


def test_a_policy_as_it_stood_before_there_were_milestones_is_read_still() -> None:
    data = policies().resolve(GUIDE).model_dump(mode="json")
    del data["milestones"]
    assert Policy.model_validate(data).milestones == ()
