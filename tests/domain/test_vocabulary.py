"""The general words of a policy, each told as a story: what starts a clock, when it applies, by when, what meets it."""

import tomllib

import pytest

from domain.clocks.applying import SHORTHANDS as CONDITIONS
from domain.clocks.applying import read_condition
from domain.clocks.rules import Notice, Rule
from domain.clocks.vocabulary import WordRefused
from domain.policy.check import check_policy
from domain.policy.keys import AT_ONCE, HEAD
from domain.policy.lexicon import lexicon
from domain.policy.loading import Policies, PolicyFile, read_policy
from domain.policy.rows import GateRow, LadderRow, MilestoneRow, NoticeRow, RuleRow
from tests.domain.story import agenda_at, policies, simulated, story
from tests.domain.test_new_authority import HEAD as NEWTOWN

ROW = {
    "id": '"own"', "title": '"Own"', "clause": '"N 1"', "owner": '"social_worker"', "anchor": '"became_looked_after"',
    "due": "[{ weeks = 4 }]", "met_by": '["ppm_held"]',
}  # fmt: skip
LADDER = NEWTOWN.replace("[ladder]\n", '[ladder]\nours = "A week each."\n')
BEGUN = "2026-01-05 became_looked_after\n"


def row(said: str = "", table: str = "obligation", **fields: str) -> str:
    """A rule as its file has it; `said` takes the place of what it says too."""
    keys = {line.partition(" = ")[0] for line in said.splitlines()}
    lines = [f"{key} = {value}" for key, value in {**ROW, **fields}.items() if key not in keys]
    return "\n".join([f"[[{table}]]", *lines, said]) + "\n"


def known_with(text: str, head: str = LADDER) -> Policies:
    known = policies().with_file(read_policy("newtown.toml", head + text))
    known.resolve("newtown")
    return known


def own(said: str, happened: str, at: str) -> list[str]:
    """The rows of a rule: number, due, status."""
    rows = agenda_at("newtown", happened, at, "own", known=known_with(row(said)))
    return [f"{one.occurrence}: {one.due} {one.status}" for one in rows]


@pytest.mark.parametrize(
    ("said", "happened", "at", "rows"),
    [
        # anchors
        ('anchor = { event = "review_held", where = { reunification_prospect = false }, which = "last" }',
         "2026-01-29 review_held reunification_prospect=false\n2026-04-20 review_held reunification_prospect=false\n",
         "2026-05-01", ["1: 2026-05-18 upcoming"]),
        ('anchor = { earliest_of = ["ppm_held", "care_proceedings_issued"] }\nmet_by = ["plan_overseen"]',
         "2026-01-20 care_proceedings_issued\n2026-02-02 ppm_held\n", "2026-02-03", ["1: 2026-02-17 upcoming"]),
        ('anchor = { latest_of = ["ppm_held", "care_proceedings_issued"] }\nmet_by = ["plan_overseen"]',
         "2026-01-20 care_proceedings_issued\n2026-02-02 ppm_held\n", "2026-02-03", ["1: 2026-03-02 upcoming"]),
        ('anchor = { latest_of = ["ppm_held", "care_proceedings_issued"] }', "2026-02-02 ppm_held\n", "2026-02-03", []),
        ('occurs = "each"\nanchor = { each_of = ["drift_identified", { event = "plan_tracked", where = '
         '{ progress = "drifting" } }] }', "2026-01-20 plan_tracked progress=drifting\n2026-02-02 drift_identified\n"
         "2026-02-03 plan_tracked\n", "2026-02-04", ["1: 2026-02-17 upcoming", "2: 2026-03-02 upcoming"]),
        ('anchor = { obligation = "first-review", day = "met" }', "2026-01-29 review_held\n", "2026-01-30",
         ["1: 2026-02-26 upcoming"]),
        ('anchor = { obligation = "first-review", day = "due" }', "", "2026-01-06", ["1: 2026-03-02 upcoming"]),
        # due
        ("due = [{ hours = 36 }]\nreminders = []", "", "2026-01-05", ["1: 2026-01-06 upcoming"]),
        ('due = [{ weeks = 4, sitting = { weekday = "tuesday" } }]', "", "2026-01-06", ["1: 2026-01-27 upcoming"]),
        ('due = [{ weeks = 4, sitting = { weekday = "tuesday", side = "on_or_after" } }]', "", "2026-01-06",
         ["1: 2026-02-03 upcoming"]),
        ('due = [{ weeks = 4, sitting = { weekday = "friday", nth = -1, left_out = [2026-01-30] } }]', "", "2026-01-06",
         ["1: 2025-12-26 overdue"]),
        ('due = [{ weeks = 4, not_sooner_than = { weeks = 1, anchor = { event = "ppm_booked", which = "last" } } }]',
         "2026-01-29 ppm_booked for=2026-02-20\n", "2026-01-30", ["1: 2026-02-05 due_soon"]),
        ('anchor = "ppm_booked"\ndue = [{ days = -2, date_field = "for" }]', "2026-01-12 ppm_booked for=2026-02-20\n",
         "2026-01-13", ["1: 2026-02-18 upcoming"]),
        ('due = [{ weeks = 4, instead = [{ applies = { standing = "primary_plan", is = "adoption" }, weeks = 2 }] }]\n'
         'met_by = ["plan_overseen"]', "2026-01-08 plan_changed primary_plan=adoption\n", "2026-01-09",
         ["1: 2026-01-19 upcoming"]),
        # met by
        ('met_by = [{ event = "ppm_held", not_before = { weeks = 2 } }]', "2026-01-12 ppm_held\n", "2026-01-30",
         ["1: 2026-02-02 due_soon"]),
        ('met_by = [{ together = ["ppm_held", { event = "review_held", where = { plan_agreed = true } }] }]',
         "2026-01-12 ppm_held\n2026-01-19 review_held\n2026-01-28 review_held plan_agreed=true\n", "2026-01-30",
         ["1: 2026-02-02 met"]),
        # applies
        ('applies = [{ latest = { event = "review_held", where = { reunification_prospect = false } } }]',
         "2026-01-12 review_held reunification_prospect=false\n2026-01-26 review_held reunification_prospect=true\n",
         "2026-01-27", ["1: 2026-02-02 lapsed"]),
        ('applies = [{ after = "care_proceedings_issued", until = "care_proceedings_concluded" }]',
         "2026-01-12 care_proceedings_issued\n", "2026-01-13", ["1: 2026-02-02 upcoming"]),
        ('applies = [{ after = "care_proceedings_issued" }]', "", "2026-01-13", []),
        ('applies = [{ not = ["in_care_proceedings", "has_siblings"] }]', "", "2026-01-13", ["1: 2026-02-02 upcoming"]),
        ('applies = [{ any = ["in_care_proceedings", "has_siblings"] }]', "", "2026-01-13", []),
        ('applies = [{ all = [{ standing = "legal_status", is = "C2" }, "before_permanence"], at = "entry" }]',
         "2026-01-12 legal_status_changed legal_status=V2\n", "2026-01-13", ["1: 2026-02-02 upcoming"]),
        ('applies = [{ age_at = "now", from = 8 }]', "", "2026-05-04", []),
        ('applies = [{ age_at = "now", from = 8 }]', "", "2026-05-05", ["1: 2026-02-02 overdue"]),
    ],
)  # fmt: skip
def test_a_word_by_what_it_makes_due(said: str, happened: str, at: str, rows: list[str]) -> None:
    assert own(said, BEGUN + happened, at) == rows


def test_a_rule_that_hangs_on_an_age_wakes_on_the_birthday() -> None:
    """Born on 5 May 2018: under the rule from 5 May 2026 on, with nothing recorded that day."""
    known = known_with(row('applies = [{ age_at = "now", from = 8 }]'))
    lines = story("newtown", BEGUN, until="2026-05-06", about="own", known=known)
    assert lines == ["2026-05-05 09:00 own/1 escalation 3 -> service_manager (due 2026-02-02)"]


def test_a_clock_before_entry_runs_is_met_and_goes_on_after_it() -> None:
    early = 'before_entry = true\nanchor = "pre_proceedings_started"\nmet_since = "ever"\ndue = [{ weeks = 12 }]'
    taken_up = "2026-01-05 pre_proceedings_started\n"
    assert own(early, taken_up, "2026-01-06") == ["1: 2026-03-30 upcoming"]
    assert own(early, taken_up + "2026-02-02 ppm_held\n", "2026-02-03") == ["1: 2026-03-30 met"]
    assert own(early, taken_up + "2026-02-02 became_looked_after\n", "2026-04-01") == ["1: 2026-03-30 overdue"]


NOTICE = 'id = "told"\ntitle = "Told"\nclause = "N 2"\nkind = "breach"\nto = ["iro"]\n'


@pytest.mark.parametrize(
    ("said", "happened", "goes"),
    [
        ('events = ["review_held"]\nmissing = ["ppm_held"]', "2026-01-29 review_held\n", True),
        ('events = ["review_held"]\nmissing = ["ppm_held"]', "2026-01-12 ppm_held\n2026-01-29 review_held\n", False),
        ('events = ["ppm_booked"]\nnot_since = ["ppm_held"]', "2026-01-12 ppm_booked for=2026-01-20\n", True),
        ('events = ["ppm_booked"]\nnot_since = ["ppm_held"]',
         "2026-01-12 ppm_booked for=2026-01-20  recorded 2026-01-30 10:00\n2026-01-20 ppm_held\n", False),
        ('events = ["ppm_held"]\nlater_than = { weeks = 2, anchor = "became_looked_after" }',
         "2026-01-20 ppm_held\n", True),
        ('events = ["ppm_held"]\nlater_than = { weeks = 2, anchor = "became_looked_after" }',
         "2026-01-19 ppm_held\n", False),
        ('events = [{ event = "ppm_held", where = { contingency_plan = { given = false } } }]',
         "2026-01-19 ppm_held contingency_plan=none\n", True),
        ('events = ["ppm_held"]\napplies = [{ standing = "legal_status", is = "V2" }]', "2026-01-19 ppm_held\n", False),
    ],
)  # fmt: skip
def test_a_notice_goes_where_something_is_missing_too_late_or_has_not_happened_since(
    said: str, happened: str, goes: bool
) -> None:
    known = known_with(f"[[notice]]\n{NOTICE}{said}\n")
    actions = simulated("newtown", BEGUN + happened, "2026-02-28", known=known)["CLA-1"].actions
    assert ("told" in [action.obligation for action in actions]) is goes


def test_a_role_of_ones_own_is_told_and_named_as_people_read_it() -> None:
    known = known_with(row('owner = "own_agency_adviser"'), head='roles = ["own_agency_adviser"]\n' + LADDER)
    actions = simulated("newtown", BEGUN, "2026-02-03", known=known)["CLA-1"].actions
    assert {role for a in actions if a.obligation == "own" and a.kind == "reminder" for role in a.to} == {
        "own_agency_adviser"
    }


def test_a_role_of_ones_own_that_is_not_listed_is_refused_with_how_to_list_it() -> None:
    _, findings = check_policy(LADDER + row('owner = "own_adviser"'), policies())
    assert any('add roles = ["own_adviser"] at the head' in one.text for one in findings), findings


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ('applies = [{ agee = "entry" }]', "no word of a condition; accepted, one of: after, age_at, all"),
        ('applies = [{ age_at = "entry", under = 15, form = 10 }]', "'form' is not known beside age_at; accepted:"),
        ('applies = [{ age_at = "entry", from = 15, under = 15 }]', "nobody is 15 or over and under 15"),
        ('applies = [{ standing = "primary_plan", is = "adoptoin" }]', "did you mean adoption?"),
        ('anchor = { event = "review_held", where = { numbr = 1 } }', "'numbr' is no field of review_held; accepted: "),
        ('anchor = { event = "review_held", where = { series = "cars" } }', "'cars' is not accepted; accepted: "),
        ('anchor = { event = "reveiw_held" }', "an event of your own is a [milestone.ID] of the policy"),
        ('anchor = "milestone.moved"', "to define it, add [milestone.moved] with title and clause"),
        ('met_by = [{ event = "ppm_held", not_before = { working_days = 3 } }]', "is not known in not_before"),
        ('anchor = { obligation = "first-reveiw", day = "met" }', "did you mean first-review?; to define it, add"),
        ('anchor = "placement-moved"', "an event of your own would be milestone.placement-moved"),
        ('anchor = "first-review.met"', 'accepted: { obligation = "first-review", day = "met" }'),
        ("due = [{ weeks = 16, not_before = { weeks = 12 } }]", 'accepted: an anchor in it, or, where something'),
        ('applies = [{ before = "became_looked_after" }]', "accepted: before_entry = true in the rule"),
        ("due = { weeks = 4 }", "due: accepted here: a list, [ ... ], even of one table: [{ ... }]"),
        ("anchor = 5", "accepted here: a name in quotation marks, or a table"),
        ('due = [{ weeks = 4, sitting = { weekday = "someday" } }]', "sitting.weekday"),
    ],
)  # fmt: skip
def test_a_word_that_is_not_there_is_refused_with_what_is_and_how_to_define_it(said: str, refused: str) -> None:
    _, findings = check_policy(LADDER + row(said), policies())
    assert any(refused in one.text for one in findings), findings


def test_a_list_is_not_called_too_short_for_a_slip_in_it() -> None:
    _, findings = check_policy(LADDER + row("due = [{ week = 4 }]"), policies())
    assert not [one.text for one in findings if "due.0" not in one.text]
    assert any("did you mean weeks?" in one.text for one in findings), findings


def test_a_count_from_another_obligation_may_start_no_earlier_than_so_long_after_the_own_anchor() -> None:
    known_with(row('due = [{ weeks = 2, counted_from = "first-review.due", not_before = { weeks = 3 } }]'))


@pytest.mark.parametrize("one", lexicon(), ids=lambda one: f"{one.part}: {one.word}")
def test_every_example_of_the_guide_runs(one: object) -> None:
    part, word, example = getattr(one, "part", ""), getattr(one, "word", ""), getattr(one, "example", "")
    if part == HEAD:
        tomllib.loads(example)
        text = LADDER.replace('extends = "england-statutory"\n', example + "\n") if word == "extends" else LADDER
        known_with(
            "" if word != "milestone" else example + "\n", head=example + "\n" + LADDER if word == "roles" else text
        )
    elif part == AT_ONCE:
        events = "" if "events" in example or "booked_after" in example else 'events = ["became_looked_after"]\n'
        head = "".join(line for line in NOTICE.splitlines(keepends=True) if not line.startswith(f"{word} = "))
        known_with(f"[[notice]]\n{head}{events}{example}\n")
    elif part == "a gate":
        known_with(f'[[gate]]\nid = "g"\nclause = "x"\nevent = "review_held"\n{example}\n')
    else:
        known_with(row(example, met_by='["plan_overseen"]'))  # which starts the clock of no example


def test_every_key_that_a_row_or_a_file_can_have_is_a_word() -> None:
    known = {one.word for one in lexicon()}
    models = (PolicyFile, RuleRow, NoticeRow, GateRow, MilestoneRow, LadderRow)
    keys = {key for model in models for key in model.model_fields} - {"obligation"}  # which is the row itself
    assert keys <= known, keys - known


def test_the_old_key_of_a_condition_is_read_as_the_one_key() -> None:
    """Rulebooks that stand in histories have `when`."""
    old = {"id": "n", "title": "N", "clause": "x", "kind": "notice", "to": ["iro"], "events": ["ppm_held"]}
    assert Notice.model_validate(old | {"when": "always"}).applies == ()
    assert Notice.model_validate(old | {"when": "not_yet_looked_after"}).applies == ("not_yet_looked_after",)
    due = {"offset": {"number": 16, "unit": "weeks"}, "instead": [
        {"when": "in_care_proceedings", "offset": {"number": 14, "unit": "weeks"}}]}  # fmt: skip
    rule = {"id": "r", "title": "R", "clause": "x", "owner": "iro", "anchor": "ppm_held", "met_by": ["ppm_held"]}
    assert Rule.model_validate(rule | {"due": [due]}).due[0].instead[0].applies == ("in_care_proceedings",)


def test_a_shorthand_says_what_its_general_words_mean() -> None:
    assert read_condition("entered_under_15").says != read_condition(CONDITIONS["entered_under_15"]).says
    with pytest.raises(WordRefused, match="or a table with one of: after, age_at"):
        read_condition("entered_under_16")
