"""A local row may tighten the law, never touch it: what meets it, its ladder, its count and its notices stay."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.clocks.actions import Action
from domain.policy.check import check_policy
from domain.policy.dead_rules import slips_of_dead_rule
from domain.policy.law_lint import beside_the_law
from domain.policy.loading import Policies, PolicyRefused, read_policy
from domain.policy.warnings import warnings_of
from tests.domain.story import line_of, policies, simulated
from tests.domain.test_new_authority import FIRST_REVIEW, HEAD

LADDER = HEAD.replace("[ladder]\n", '[ladder]\nours = "A week each."\n')
SOUND = LADDER + FIRST_REVIEW


def with_newtown(text: str) -> Policies:
    known = policies().with_file(read_policy("newtown.toml", text))
    known.resolve("newtown")
    return known


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('met_by = ["first_care_review"]', 'met_by = ["ppm_held"]', "met_by: the law says what meets first-review"),
        (
            'owner = "iro"',
            'owner = "iro"\nladder = false',
            "keeps its ladder; accepted: as the law has it",
        ),
        ('owner = "iro"', 'owner = "iro"\nmet_since = "entry"', "met_since: the law says what meets first-review"),
        ('owner = "iro"', 'owner = "iro"\nreminders = []', "nobody would be reminded"),
        ('owner = "iro"', 'owner = "iro"\nreminders = [1]', "accepted: these or earlier ones, and no fewer"),
        ('owner = "iro"', 'owner = "iro"\nreminders = [4, 1]', "reminds 5, 1 working days before it is due"),
        ('owner = "iro"', 'owner = "iro"\noccurs = "series"', "the law counts first-review by occurs = 'once'"),
    ],
)
def test_a_row_that_touches_the_law_is_refused_on_its_line_and_when_it_is_loaded(
    right: str, wrong: str, said: str
) -> None:
    text = SOUND.replace(right, wrong)
    _, findings = check_policy(text, policies())
    assert any(said in one.text for one in findings), findings
    with pytest.raises(PolicyRefused, match="newtown, first-review"):
        with_newtown(text)


def test_a_shorter_clock_than_the_laws_reminder_reminds_from_its_start() -> None:
    with_newtown(SOUND.replace("working_days = 10", "working_days = 3").replace('"iro"', '"iro"\nreminders = [3, 1]'))


def test_the_laws_own_words_spelt_out_are_the_same_word() -> None:
    with_newtown(SOUND.replace('"first_care_review"', '{ event = "review_held", where = { number = 1 } }'))


def test_a_notice_of_the_law_is_not_replaced() -> None:
    notice = '[[notice]]\nid = "placed-without-authority"\ntitle = "x"\nclause = "x"\nkind = "breach"\nto = ["iro"]\n'
    with pytest.raises(PolicyRefused, match="is a breach of the law"):
        with_newtown(SOUND + notice + 'events = ["matched"]\n')


def test_a_rule_of_each_anchor_keeps_the_laws_anchor() -> None:
    text = SOUND.replace("first-review", "final-order").replace("first_care_review", "care_proceedings_concluded")
    with pytest.raises(PolicyRefused, match="anchor: the law counts final-order once for each"):
        with_newtown(text)


@pytest.mark.parametrize(
    ("rungs", "said"),
    [
        ('{ after = 1, to = ["team_manager"] }', "hears of a missed statutory review never"),
        ('{ after = 1, to = ["team_manager"] }, { after = 8, to = ["iro"] }', "only 8 working days after due"),
        ('{ after = 5, to = ["iro"] }', None),
    ],
)
def test_a_ladder_that_does_not_reach_the_officer_in_time_is_warned_of(rungs: str, said: str | None) -> None:
    text = LADDER.split("rungs = [")[0] + f"rungs = [{rungs}]\n" + FIRST_REVIEW.replace('"iro"', '"social_worker"')
    warned = list(warnings_of(with_newtown(text).resolve("newtown")))
    assert said in warned[0] if said else not warned, warned


def test_a_local_rule_that_never_binds_is_named_with_the_dates_that_show_it() -> None:
    known = with_newtown(SOUND.replace("working_days = 10", "working_days = 40"))
    [compared] = beside_the_law(known, "newtown", date(2026, 1, 1))[0]
    assert compared.dead
    assert compared.worst is not None
    assert compared.worst.local > compared.worst.law


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('owner = "iro"', 'owner = "iro"\nreminders = []\nladder = false', "nobody is ever told"),
        ('anchor = "became_looked_after"', 'anchor = "ppm_held"\nbefore_entry = true', "its anchor counts from entry"),
        (
            'anchor = "became_looked_after"\ndue = [{ working_days = 10 }]\nmet_by = ["first_care_review"]',
            'anchor = { event = "ppm_held" }\ndue = [{ weeks = 3 }]\nmet_by = ["became_looked_after"]',
            "no event can meet it",
        ),
    ],
)
def test_a_rule_that_can_never_be_met_or_told_is_refused(right: str, wrong: str, said: str) -> None:
    text = SOUND.replace("first-review", "own-rule").replace(right, wrong)
    _, findings = check_policy(text, policies())
    assert any(said in one.text for one in findings), findings


OLDER, YOUNGER = '{ age_at = "entry", from = 12 }', '{ age_at = "now", under = 10 }'
AFTER, BEFORE = '{ after = "ppm_held" }', '{ before = "ppm_held" }'


@pytest.mark.parametrize(
    ("applies", "said"),
    [
        (f"{OLDER}, {YOUNGER}", "12 on 5 January 2026, born on 5 January 2014, was 10 from 5 January 2024 on"),
        (f"{{ all = [{YOUNGER}, {OLDER}] }}", "nobody is 12 or over on entry and under 10 as things stand"),
        ('"entered_under_15", "entered_at_15_or_over"', "nobody is 15 or over on entry and under 15 on entry"),
        ('{ standing = "legal_status", is = "V2" }, { standing = "legal_status", is = ["C1", "C2"] }',
         "the legal status is never V2 and C1 or C2 at once"),
        ('"relinquished", { not = "relinquished" }', "what one condition asks for another excludes"),
        (f"{BEFORE}, {AFTER}", "one condition begins with the event with which another ends"),
    ],
)  # fmt: skip
def test_conditions_that_exclude_each_other_are_refused_with_what_shows_it(applies: str, said: str) -> None:
    text = SOUND.replace("first-review", "own").replace('owner = "iro"', f'owner = "iro"\napplies = [{applies}]')
    _, findings = check_policy(text, policies())
    assert any("applies: it never holds: " in one.text and said in one.text for one in findings), findings
    with pytest.raises(PolicyRefused, match="it never holds"):
        with_newtown(text)


@pytest.mark.parametrize(
    "applies",
    [
        '{ age_at = "now", from = 12 }, { age_at = "entry", under = 10 }',
        '{ standing = "legal_status", is = "V2", at = "anchor" }, { standing = "legal_status", is = "C2" }',
        '{ not = "relinquished", at = "anchor" }, "relinquished"',
        '{ after = "ppm_held", until = "review_held" }, { before = "review_held" }',
        '"first_review_has_been_held", "before_second_review"',
    ],
)
def test_conditions_of_different_days_may_both_hold(applies: str) -> None:
    with_newtown(SOUND.replace("first-review", "own").replace('"iro"', f'"iro"\napplies = [{applies}]', 1))


@pytest.mark.parametrize(
    ("own", "warned"),
    [
        ('anchor = "review_held"', True),
        ('anchor = "review_held"\noccurs = "each"', False),
        ('anchor = { event = "review_held", which = "first" }', False),
        ('anchor = "placement_order_made"', False),
    ],
)
def test_a_rule_that_counts_once_from_what_comes_again_is_warned_of(own: str, *, warned: bool) -> None:
    text = SOUND.replace("first-review", "own").replace('anchor = "became_looked_after"', own)
    known = with_newtown(text.replace("first_care_review", "care_plan_updated"))
    said = [one for one in warnings_of(known.resolve("newtown")) if one.startswith("own: anchor: review_held comes")]
    assert bool(said) is warned
    if warned:
        reviewed = BEGUN + "2026-01-29 review_held\n2026-04-20 review_held\n"
        journey = simulated("newtown", reviewed, "2026-05-01", known=known)["CLA-1"].journey
        opened = [(o.number, str(o.due)) for o in journey.occurrences if o.obligation.id == "own"]
        assert opened == [(1, "2026-02-12")], "as it says: from the first alone"


# Adding a local rule never makes any action of the law later or go away

BEGUN = "2026-01-05 became_looked_after\n"
LIVES = (
    BEGUN,
    f"{BEGUN}2026-01-29 review_held\n2026-02-10 ppm_held\n",
    f"{BEGUN}2026-01-20 ppm_held\n2026-02-20 review_held\n2026-04-01 care_proceedings_issued\n",
    f"{BEGUN}2026-01-29 review_held\n2026-02-02 placement_order_made\n"
    "2026-05-04 review_held series=adoption\n2026-06-01 placed_for_adoption\n",
    f"{BEGUN}2026-01-12 review_booked for=2026-02-16\n2026-01-29 review_held\n2026-02-02 ppm_held\n"
    "2026-03-02 review_booked for=2026-05-20\n2026-03-09 plan_changed primary_plan=adoption\n",
    f"{BEGUN}2026-01-29 review_held\n2026-03-02 placed_for_adoption\n2026-03-23 adoption_placement_ended\n"
    "2026-04-20 review_held\n2026-06-01 placement_order_made\n2026-06-08 placed_for_adoption\n",
    "2026-01-05 became_looked_after legal_status=V4\n2026-03-02 review_held\n2026-05-04 legal_status_changed "
    "legal_status=C2  recorded 2026-05-11 10:00\n",
    f"{BEGUN}2026-01-29 review_held recorded 2026-03-16 16:00\n2026-04-07 plan_changed primary_plan=return_home\n"
    "2026-04-30 review_held\n2026-07-06 escalation_acknowledged obligation=subsequent-review\n",
)
"""Reviews in time, late and recorded late, booked too late; two placements, the second with authority and the first
without; short breaks that become care."""
ROWS = {
    "first-review": '"first_care_review"',
    "second-review": '"second_care_review"',
    "subsequent-review": '"later_care_review"',
    "own-rule": '"ppm_after_the_day"',
}
ANCHORS = ('"became_looked_after"', '"ppm_held"', '{ event = "review_held", which = "last" }', '"first_review_held"')
CONDITIONS = (
    "",
    'applies = ["before_permanence"]\n',
    'applies = [{ after = "ppm_held" }]\n',
    'applies = [{ not = "in_care_proceedings" }]\n',
    'applies = [{ before = { event = "ppm_held", since = "anchor" } }]\n',
    'applies = [{ age_at = "now", under = 8 }]\n',
)
REMINDERS = ("", "reminders = [10, 5]\n", "reminders = [5, 3, 1]\n")


@given(
    row=st.sampled_from(sorted(ROWS)),
    anchor=st.sampled_from(ANCHORS),
    weeks=st.integers(1, 60),
    more=st.tuples(st.sampled_from(CONDITIONS), st.sampled_from(REMINDERS)).map("".join),
    life=st.sampled_from(LIVES),
)
def test_a_local_rule_makes_nothing_that_the_law_tells_later_or_go_away(
    row: str, anchor: str, weeks: int, more: str, life: str
) -> None:
    local = (
        f'[[obligation]]\nid = "{row}"\ntitle = "x"\nclause = "N 1"\nowner = "social_worker"\nanchor = {anchor}\n'
        f"due = [{{ weeks = {weeks} }}]\nmet_by = [{ROWS[row]}]\n{more}"
    )
    [rule] = read_policy("newtown.toml", LADDER + local).rules()
    assume(not list(slips_of_dead_rule(rule)))
    having = told(with_newtown(LADDER + local), life)
    for action in told(with_newtown(LADDER), life):
        assert any(tells(other, action) for other in having), line_of(action)


def told(known: Policies, life: str) -> list[Action]:
    return simulated("newtown", life, "2027-06-30", known=known)["CLA-1"].actions


def tells(other: Action, of_the_law: Action) -> bool:
    """Whether an action says no later what one of the law says: at least its rung, or once overdue any reminder's."""
    same = (other.obligation, other.occurrence) == (of_the_law.obligation, of_the_law.occurrence)
    further = other.rung >= of_the_law.rung if other.kind == of_the_law.kind else of_the_law.kind == "reminder"
    return same and further and other.at <= of_the_law.at
