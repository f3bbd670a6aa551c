"""A dead rule is named: its clock never starts, its conditions never hold, no event can meet it, nobody can be told.

And never a rule that lives: of random rules those that are named dead never have their turn in random journeys.
"""

from collections.abc import Iterator
from itertools import groupby
from random import Random
from typing import Any

import pytest

from domain.case.facts import Known
from domain.clocks.at_once import told_at_once
from domain.clocks.occurrence import Occurrence
from domain.clocks.rules import Notice, Obligation, Policy, Rule
from domain.journey import Journey
from domain.policy.check import check_policy
from domain.policy.dead_rules import slips_of_dead_notice, slips_of_dead_rule
from domain.policy.loading import PolicyRefused
from domain.policy.slips import slips_of_notice, slips_of_rule
from tests.domain.story import calendar, policies
from tests.domain.test_vocabulary import LADDER, NOTICE, known_with, row
from tests.random_journeys import random_journey

V2_OR_C1 = '{ standing = "legal_status", is = ["V2", "C1"] }'
V2, C1 = '{ standing = "legal_status", is = "V2" }', '{ standing = "legal_status", is = "C1" }'
NINE_AT_ENTRY = '{ age_at = "entry", from = 9 }'
NO_PROSPECT = '{ event = "review_held", where = { reunification_prospect = false } }'
PROSPECT = NO_PROSPECT.replace("false", "true")
SECOND_REVIEW = '{ event = "review_held", where = { number = 2 }, since = "ever" }'
FIRST_REVIEW = SECOND_REVIEW.replace("2", "1")

NEVER_HOLDS = (
    ('"relinquished", { any = [{ not = "relinquished" }, { all = [{ not = "relinquished" }, "has_siblings"] }] }',
     "what one condition asks for another excludes"),
    ('"relinquished", { not = ["has_siblings", "relinquished"] }', "what one condition asks for another excludes"),
    (f"{V2_OR_C1}, {{ not = [{V2}, {C1}] }}", "the legal status is never C1 or V2 and not V2 and not C1 at once"),
    (f"{{ any = [{V2}, {C1}] }}, {{ not = {V2_OR_C1} }}", "the legal status is never V2 and not C1 or V2 at once"),
    ('{ not = { age_at = "now", under = 12 } }, { age_at = "now", under = 10 }', "was 10 from 5 January 2024 on"),
    ('{ age_at = "now", from = 18 }', "of a child born on 5 January 2008 the period of care ends on 5 January 2026"),
    ('{ standing = "primary_plan", is = "adoption" }, { not = { standing = "plan", is = "adoption" } }',
     "the primary plan is never adoption and not adoption at once"),
    ('{ standing = "legal_status", is = ["V3", "V4"] }', 'accepted: anchor = "short_breaks_started"'),
    ('"in_these_short_breaks"', "a child is never care.in_care and care.short_breaks"),
    ('"in_this_adoption_placement", "not_placed_for_adoption"',
     "a child is never placement.placed_for_adoption and placement.not_placed at once"),
    ('"under_this_placement_order", { not = "placement_order_in_force" }',
     "a child is never authority.held and authority.none at once"),
    ('{ after = "ceased_to_be_looked_after" }', "what ended an earlier period is not looked at in a new one"),
    ('{ latest = "adoption_order_made" }', "with adoption_order_made the period of care is over"),
    ('{ after = "ppm_held", until = "review_held" }, { before = "ppm_held" }', "begins with the event with which"),
    (f"{{ after = {NO_PROSPECT} }}, {{ before = \"review_held\" }}", "begins with the event with which another ends"),
    (f"{{ latest = {NO_PROSPECT} }}, {{ before = \"review_held\" }}", "begins with the event with which another ends"),
    (f"{{ after = {SECOND_REVIEW} }}, {{ before = {FIRST_REVIEW} }}", "begins with the event with which another ends"),
    (f"{{ latest = {NO_PROSPECT} }}, {{ latest = {PROSPECT} }}", "the latest review_held has one value only"),
)  # fmt: skip


@pytest.mark.parametrize(("applies", "why"), NEVER_HOLDS)
def test_conditions_that_never_hold_are_named_inside_any_and_not_too(applies: str, why: str) -> None:
    named(row(f"applies = [{applies}]"), "applies = ", "own: applies: it never holds: ", why)


NEVER_HAS_ITS_TURN = (
    # the clock
    ('anchor = "ceased_to_be_looked_after"', "anchor", "its clock never starts: with ceased_to_be_looked_after"),
    ('anchor = { latest_of = ["ppm_held", "adoption_order_made"] }', "anchor", "who leaves on 5 January 2026"),
    ('anchor = { event = "adm_decision_made", where = { should_be_placed = { not = [true, false] } } }', "anchor",
     "no adm_decision_made has should_be_placed not yes or no"),
    ('anchor = { event = "review_held", where = { number = { from = 3, under = 2 } } }', "anchor",
     "no review_held has number 3 or more and under 2"),
    # what the anchor has brought about already
    ('anchor = "dispute_opened"\noccurs = "each"\napplies = [{ before = { event = "dispute_opened", since = "anchor" } '
     "}]", "applies", 'accepted: since = "day_after_anchor"'),
    ('anchor = "placed_for_adoption"\napplies = ["until_placed_again"]', "applies", "has happened by then"),
    # what meets it
    ('met_by = [{ together = ["ppm_held", { event = "review_held", where = { plan_agreed = { given = false } } }] }]',
        "met_by",
        "no event can meet it: no review_held has plan_agreed not given",
    ),
    (
        'anchor = "drift_identified"\nmet_by = ["became_looked_after"]',
        "met_by",
        "no event can meet it: entry comes before the anchor"),
    ('anchor = "second_review_held"\nmet_by = ["first_care_review"]', "met_by", "review no. 1 comes before the one"),
    ('met_by = [{ event = "ppm_held", not_before = { months = 360 } }]', "met_by", "leaves care by 5 January 2044"),
    ('met_by = [{ event = "review_held", where = { plan_agreed = { given = false } } }]', "met_by",
     "no review_held has plan_agreed not given"),
    ('applies = ["entered_under_15"]\nmet_by = ["pathway_plan_at_15_or_over"]', "met_by", "nobody is 15 or over"),
    # whom it would tell
    ('anchor = "ppm_held"\noccurs = "each"\nmet_by = ["ppm_held"]', "met_by", "nobody is ever told: the ppm_held that"),
    ('anchor = "first_review_held"\nmet_by = ["any_review"]', "met_by", "nobody is ever told: the review_held that"),
    # a case within
    ('due = [{ weeks = 4, instead = [{ applies = ["relinquished", { not = "relinquished" }], weeks = 2 }] }]', "due",
     "it never holds"),
    ('reminders_to = [{ applies = ["relinquished", { not = "relinquished" }], to = ["iro"] }]', "reminders_to",
     "it never holds"),
)  # fmt: skip


@pytest.mark.parametrize(("said", "key", "why"), NEVER_HAS_ITS_TURN)
def test_a_rule_that_never_has_its_turn_is_named_on_its_line_and_refused(said: str, key: str, why: str) -> None:
    named(row(said), f"{key} = ", "own: ", why)


NOTICES_NEVER_TOLD = (
    ('events = ["ceased_to_be_looked_after"]', "events", "only a breach goes, no notice"),
    ('events = ["ppm_held"]\napplies = [{ any = ["relinquished"] }, { not = ["relinquished"] }]', "applies",
     "it never holds"),
    ('events = [{ event = "plan_tracked", where = { progress = { given = false } } }]', "events",
     "nothing sets it off: no plan_tracked has progress not given"),
    ('events = ["care_proceedings_issued"]\napplies = [{ before = "care_proceedings_issued" }]', "applies",
     "has happened by then"),
)  # fmt: skip


@pytest.mark.parametrize(("said", "key", "why"), NOTICES_NEVER_TOLD)
def test_a_notice_that_is_never_told_is_named(said: str, key: str, why: str) -> None:
    named(f"[[notice]]\n{NOTICE.replace('breach', 'notice')}{said}\n", f"{key} = ", "told: ", why)


def named(text: str, line: str, *said: str) -> None:
    """The one finding stands on its line, and the file is refused when it is loaded."""
    text = LADDER + text
    _, findings = check_policy(text, policies())
    lines = {number for number, one in enumerate(text.splitlines(), 1) if one.startswith(line)}
    assert [one for one in findings if one.line in lines and all(words in one.text for words in said)], findings
    with pytest.raises(PolicyRefused):
        known_with(text, head="")


MILESTONE = (
    '[milestone.meet]\ntitle = "M"\nclause = "N 3"\ndetails = { people = "number", recorded = "yes_no", by = "date" }\n'
)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ('people = "six"', "people: 'six' is never its value; accepted: a number"),
        ('recorded = { not = "yes" }', "recorded: 'yes' is never its value; accepted: true or false"),
        ('by = { from = "soon" }', "by: 'soon' is never its value; accepted: a date as YYYY-MM-DD"),
        ("by = 2026-03-02", None),
        ("people = { from = 3 }", None),
    ],
)
def test_a_detail_is_compared_with_what_it_can_be(where: str, said: str | None) -> None:
    text = LADDER + MILESTONE + row(f'anchor = {{ event = "milestone.meet", where = {{ {where} }} }}')
    _, findings = check_policy(text, policies())
    assert [one.text for one in findings if said is None or said not in one.text] == []
    assert bool(findings) is (said is not None)


@pytest.mark.parametrize(
    "said",
    [
        'applies = [{ age_at = "now", under = 10, at = "entry" }, { age_at = "now", from = 12 }]',
        f'anchor = "care_proceedings_issued"\napplies = [{NINE_AT_ENTRY}, {{ age_at = "anchor", under = 9 }}]',
        f'anchor = "short_breaks_started"\napplies = ["in_these_short_breaks", {{ not = {V2} }}]',
        'applies = ["relinquished", { any = [{ not = "relinquished" }, "has_siblings"] }]',
        f"applies = [{V2_OR_C1}, {{ not = {V2} }}]",
        'applies = [{ standing = "plan", is = "adoption" }, { not = { standing = "primary_plan", is = "adoption" } }]',
        'anchor = "dispute_opened"\napplies = [{ before = { event = "dispute_opened", since = "day_after_anchor" } }]',
        'anchor = "ppm_held"\noccurs = "series"\nmet_by = ["ppm_held"]',
        'anchor = "placed_for_adoption"\napplies = ["not_placed_for_adoption"]\nmet_by = ["adoption_placement_ended"]',
        'anchor = { earliest_of = ["ppm_held", "adoption_order_made"] }\nmet_by = ["plan_overseen"]',
        'met_by = ["adoption_order_made"]',
        'before_entry = true\nanchor = "pre_proceedings_started"\nmet_by = ["became_looked_after"]',
    ],
)  # fmt: skip
def test_a_rule_that_may_have_its_turn_is_not_named(said: str) -> None:
    known_with(row(said))


# Of random rules those that are named dead never have their turn, by the engine itself

ATOMS: tuple[Any, ...] = (
    "relinquished", "has_siblings", "before_permanence", "not_placed_for_adoption", "in_this_adoption_placement",
    "until_placed_again", "placement_order_in_force", "under_this_placement_order", "authority_to_place_held",
    "in_care_proceedings", "in_these_short_breaks", "entered_under_15", "first_review_has_been_held",
    "before_second_review", "until_next_review", "accommodated_under_section_20",
    {"standing": "legal_status", "is": ["C1", "C2"]}, {"standing": "legal_status", "is": ["V3", "V4"]},
    {"standing": "plan", "is": "adoption"}, {"standing": "primary_plan", "is": ["adoption", "return_home"]},
    {"standing": "contingency_plan", "is": "adoption"}, {"age_at": "now", "from": 10}, {"age_at": "now", "under": 12},
    {"age_at": "entry", "from": 12}, {"age_at": "anchor", "under": 10}, {"age_at": "now", "from": 10, "under": 15},
    {"after": "ppm_held"}, {"before": {"event": "ppm_held", "since": "anchor"}}, {"before": "review_held"},
    {"after": {"event": "review_held", "where": {"number": 2}, "since": "ever"}}, {"before": "became_looked_after"},
    {"after": "placed_for_adoption", "until": "adoption_placement_ended"}, {"latest": "plan_tracked"},
    {"latest": {"event": "review_held", "where": {"plan_agreed": True}}}, {"after": "ceased_to_be_looked_after"},
    {"latest": {"event": "review_held", "where": {"plan_agreed": False}}}, {"before": "care_proceedings_issued"},
)  # fmt: skip
ANCHORS: tuple[Any, ...] = (
    "became_looked_after", "became_looked_after", "care_proceedings_issued", "placed_for_adoption", "review_held",
    "placement_order_made", "short_breaks_started", "ppm_held", "second_review_held", "ceased_to_be_looked_after",
    "adoption_placement_ended", "pre_proceedings_started", "person_assigned", "drift_or_plan_change",
    {"event": "review_held", "where": {"plan_agreed": True}}, {"event": "ppm_held", "which": "last"},
    {"event": ["adoption_order_made", "special_guardianship_order_made"]}, {"event": "ppm_held", "since": "ever"},
    {"earliest_of": ["ppm_held", "ceased_to_be_looked_after"]}, {"each_of": ["ppm_held", "plan_changed"]},
    {"latest_of": ["ppm_held", "care_proceedings_issued"]}, {"event": "review_held", "where": {"series": "adoption"}},
)  # fmt: skip
WAYS: tuple[Any, ...] = (
    "ppm_held", "review_held", "care_review", "first_care_review", "became_looked_after", "pre_proceedings_started",
    "ceased_to_be_looked_after", "plan_changed", "care_plan_updated", "adoption_placement_ended", "any_review",
    "placed_for_adoption", {"together": ["ppm_held", "became_looked_after"]}, "pathway_plan_at_15_or_over",
    {"event": "ppm_held", "not_before": {"weeks": 2}}, {"event": "review_held", "where": {"plan_agreed": True}},
    {"event": "review_held", "where": {"plan_agreed": {"given": False}}}, "care_proceedings_issued", "permanence",
)  # fmt: skip


def condition(rng: Random, depth: int = 2) -> Any:
    kind = rng.choice(("one", "one", "not", "any", "all", "at")) if depth else "one"
    if kind == "one":
        return rng.choice(ATOMS)
    if kind == "at":
        return {"all": [condition(rng, depth - 1)], "at": rng.choice(("anchor", "entry"))}
    return {kind: [condition(rng, depth - 1) for _ in range(rng.randint(1, 3))]}


def random_rule(rng: Random, number: int) -> Rule:
    """A rule of well-spelt words, sense or nonsense."""
    early = rng.random() < 0.2
    return Rule.model_validate(
        {
            "id": f"rule-{number}", "title": "x", "clause": "x", "owner": "iro", "due": [{"weeks": 4}],
            "anchor": rng.choice(ANCHORS), "occurs": rng.choice(("once", "each", "series")),
            "applies": [condition(rng) for _ in range(rng.choice((0, 1, 2, 3)))],
            "met_by": [rng.choice(WAYS) for _ in range(rng.choice((1, 1, 2)))],
            "met_since": rng.choice(("anchor", "anchor", "entry", "ever")), "before_entry": early,
        }
    )  # fmt: skip


def random_notice(rng: Random, number: int) -> Notice:
    return Notice.model_validate(
        {
            "id": f"notice-{number}", "title": "x", "clause": "x", "to": ["iro"],
            "kind": rng.choice(("notice", "breach")), "events": [rng.choice(WAYS[:1] + WAYS[4:8])],
            "applies": [condition(rng) for _ in range(rng.choice((0, 1, 2)))],
        }
    )  # fmt: skip


def dead(seed: int, rules: int) -> tuple[dict[str, str], Policy]:
    """Those of some random rules and notices that are named dead, each with why; and the policy that has them alone."""
    rng = Random(seed)
    drawn = [random_rule(rng, number) for number in range(rules)]
    notices = [random_notice(rng, number) for number in range(rules // 2)]
    whys = {rule.id: text for rule in drawn for _, text in slips_of_dead_rule(rule) if not list(slips_of_form(rule))}
    whys |= {one.id: text for one in notices for _, text in slips_of_dead_notice(one)}
    return whys, policies().resolve("england-statutory").model_copy(
        update={
            "obligations": tuple(Obligation(rule=rule) for rule in drawn if rule.id in whys),
            "notices": tuple(one for one in notices if one.id in whys),
        }
    )


def slips_of_form(rule: Rule) -> Iterator[str]:
    """What is wrong with a rule beside its being dead: such a rule is refused anyway."""
    deaths = {text for _, text in slips_of_dead_rule(rule)}
    yield from (text for _, text in slips_of_rule(rule) if text not in deaths)


def has_its_turn(occurrence: Occurrence, why: str) -> bool:
    """Whether an occurrence belies what was said of its rule. What happened on the very day it opened was no answer."""
    if "no event can meet it" in why:
        return occurrence.met_on is not None and occurrence.met_on > occurrence.opened_on
    if "nobody is ever told" in why:
        return occurrence.met_on is None or occurrence.met_on > occurrence.opened_on
    return True


def test_a_rule_that_is_named_dead_never_has_its_turn() -> None:
    whys, policy = dead(0, 300)
    assert len(whys) > 50, "there is something to see"
    rng = Random(0)
    for _ in range(6):
        lived = random_journey(rng, "CLA-1", "quick-guide")
        journey = Journey("CLA-1", policy, calendar())
        for at, batch in groupby(lived, key=lambda event: event.known_from):
            fresh = list(batch)
            journey.remember([Known(event, at) for event in fresh], ())
            belied = [o for o in journey.occurrences if has_its_turn(o, whys[o.obligation.id])]
            assert not belied, (belied[0].rule, whys[belied[0].obligation.id])
            if journey.facts is not None:
                went = list(told_at_once(policy, journey.facts, (), fresh, journey.calendar))
                assert not went, (went[0].notice, whys[went[0].notice.id])


def test_no_rule_of_the_shipped_policies_and_the_packs_is_named_dead() -> None:
    """The packs of docs/packs are loaded whole by tests/docs; here the project's own."""
    for policy_id in policies().ids():
        policy = policies().resolve(policy_id)
        rows = [row for obligation in policy.obligations for row in obligation.rows]
        assert not [slip for rule in rows for slip in slips_of_rule(rule)]
        assert not [slip for notice in policy.notices for slip in slips_of_notice(notice)]
