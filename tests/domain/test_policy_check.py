"""A policy file read as a careful colleague would: every slip at once, on its line, with what would do."""

import tomllib
from pathlib import Path

import pytest

from domain.policy.check import check_policy
from domain.policy.lines import lines_of
from tests.domain.story import policies
from tests.domain.test_new_authority import FIRST_REVIEW, HEAD, PANEL

OWN = sorted((Path(__file__).parents[2] / "domain" / "policy").glob("*.toml"))
LADDER = HEAD.replace("[ladder]\n", '[ladder]\nours = "A week each."\n')
SOUND = LADDER + FIRST_REVIEW


def found(text: str) -> list[str]:
    return [f"{one.line}: {one.text}" for one in check_policy(text, policies())[1]]


WHOLE = {
    "missing": "[[obligation]]",
    "circle": "[[obligation]]",
    "usual": "[[obligation]]",
    "ladder: no reason": "[ladder]",
}
"""What concerns a whole row or table is shown where it begins."""


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_the_projects_own_policies_are_sound(path: Path) -> None:
    file, findings = check_policy(path.read_text("utf-8"), policies())
    assert file is not None
    assert findings == []


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_every_value_has_its_line(path: Path) -> None:
    """The index against the files themselves: what is read at a path stands on the line that it names."""
    text = path.read_text("utf-8")
    lines, raw = lines_of(text), tomllib.loads(text)
    written = text.splitlines()
    for table in ("obligation", "notice", "gate", "ruling"):
        for place, row in enumerate(raw.get(table, [])):
            assert written[lines[(table, place)] - 1] == f"[[{table}]]"
            assert row["id"] in written[lines[(table, place, "id")] - 1]
            for key in row:
                assert written[lines[(table, place, key)] - 1].startswith(key)
    for name, milestone in raw.get("milestone", {}).items():
        for key in milestone:
            assert written[lines[("milestone", name, key)] - 1].startswith(key)
    for place, rung in enumerate(raw.get("ladder", {}).get("rungs", [])):
        assert f"after = {rung['after']}" in written[lines[("ladder", "rungs", place)] - 1]


def test_the_index_is_not_led_astray() -> None:
    text = '''a = "[[x]]" # [[x]]
b = """
[[x]]
"""
[t]
c = [1, # one
  { d = 'e # f', "g h" = 2 },
]
x.y = """a \\""" b"""
[[x]]
z = 1
'''
    assert tomllib.loads(text)["x"] == [{"z": 1}]
    lines = lines_of(text)
    paths = (("b",), ("t",), ("t", "c", 1, "g h"), ("t", "x", "y"), ("x", 0), ("x", 0, "z"))
    assert [lines[path] for path in paths] == [2, 5, 7, 9, 10, 11]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('"became_looked_after"', '"became_loked_after"', "'became_loked_after' is no known anchor; an event of"),
        ('["first_care_review"]', '["first_care_revew"]', "did you mean first_care_review?"),
        ('owner = "iro"', 'owner = "iroh"', "'iroh' is no role; did you mean iro?"),
        ('owner = "iro"', 'owner = "iro"\nremindrs = [5]', "remindrs: no such field; did you mean reminders?"),
        ('owner = "iro"', 'owner = "iro"\napplies = ["not_placed_for_adption"]', "did you mean not_placed_for_adop"),
        ("working_days = 10", 'working_days = 10, counted_from = "second-revew.due"', "did you mean second-review?"),
        ("working_days = 10", 'working_days = 10, instead = [{ applies = "in_court", weeks = 2 }]', "no known"),
        ("working_days = 10", 'working_days = 10, counted_from = "second-review.due"', "in a circle"),
        ("[{ working_days = 10 }]", "[{ working_days = 10 }, { weeks = 2 }]", "only a series has a date no. 2"),
        ('clause = "Newtown 4.1"', "", "clause: missing"),
        ('clause = "Newtown 4.1"', 'clause = " "', "clause: empty; accepted: the source's paragraph"),
        ('clause = "Newtown 4.1"', 'clause = "ours"', "'ours' names no source for its date; add ours.due"),
        ('owner = "iro"', 'owner = "iro"\nours.deu = "why"', "a reason for no field; did you mean due?"),
        ('owner = "iro"', 'owner = "iro"\nreminders = [12, 1]', "12 working days before due is before the clock"),
        ('owner = "iro"', 'owner = "iro"\nreminders = [5, 5]', "the same day stands twice"),
        ("working_days = 10", "working_days = 2", "(the usual reminders are 5, 1); accepted: up to 2"),
        ('to = ["team_manager"]', 'to = ["team_manger"]', "rung 1: to.0: 'team_manger' is no role; did you mean team"),
        ('to = ["service_manager"]', "to = []", "rung 2: nobody is told"),
        ("after = 3", "after = 1", "rung 2: 1 working day is not after 1: it is never reached"),
        ("after = 3", "after = 9000", "9000 working days is longer than a childhood"),
        ("repeat_after = [5]", "repeat_after = [5, 4]", "repeat 2: 4 working days is not after 5"),
        ("repeat_after = [5]", "repeat_after = [0]", "repeat 1: 0 working days is not after the day it is due"),
        ('ours = "A week each."', "", "ladder: no reason is given for its days"),
        ('extends = "england-statutory"', 'extends = "england-statutry"', "did you mean england-statutory?"),
        ('source = "', 'sauce = "', "sauce: no such field; did you mean source?"),
        ("effective_from = 2026-01-01", 'effective_from = "soon"', "effective_from: "),
    ],
)  # fmt: skip
def test_a_slip_is_found_on_its_line(right: str, wrong: str, said: str) -> None:
    text = SOUND.replace(right, wrong, 1)
    assert text != SOUND
    slips = found(text)
    assert any(said in one for one in slips), slips
    whole = next((header for mark, header in WHOLE.items() if mark in said), None)
    line = line_of(text, whole) if whole else SOUND[: SOUND.index(right)].count("\n") + wrong.count("\n") + 1
    assert any(one.startswith(f"{line}: ") and said in one for one in slips), slips


def test_all_slips_are_told_at_once_in_order_of_lines() -> None:
    text = (
        SOUND.replace('"iro"', '"boss"', 1).replace("became_looked", "became_loked").replace("first_care", "frst_care")
    )
    slips = found(
        text + PANEL + PANEL + '[[notice]]\nid = "n"\ntitle = "N"\nclause = "N 1"\nkind = "note"\nto = ["iro"]\n'
    )
    assert [one.partition(": ")[2].partition(":")[0] for one in slips] == [
        "first-review", "first-review", "first-review", "permanence-panel", "n", "n",
    ]  # fmt: skip
    assert slips == sorted(slips, key=lambda one: int(one.partition(":")[0]))


def test_half_of_a_pair_of_characters_is_refused_in_words() -> None:
    [said] = found(SOUND.replace('clause = "', 'clause = "\ud800', 1))
    assert "has half of a pair of characters (U+D800 to U+DFFF); accepted: text that UTF-8 can hold" in said


def test_what_is_no_toml_is_said_with_its_line() -> None:
    assert found("id = 'x'\ntitle = ") == [found("id = 'x'\ntitle = ")[0]]
    assert found("id = 'x'\ntitle = ")[0].startswith("2: no TOML: ")


@pytest.mark.parametrize(
    "slip", ["id = []", "due = 5", "due = { days = 5 }", "booked_after = 0", "rungs = 1", "repeat_after = 2026-01-01"]
)
def test_something_else_where_a_list_or_a_name_should_stand_is_told_and_stops_nothing(slip: str) -> None:
    key = slip.partition(" = ")[0]
    lines = [slip if line.startswith(f"{key} = ") else line for line in SOUND.split("\n")]
    text = "\n".join(lines) if slip in lines else SOUND.replace("[[obligation]]", f"[[obligation]]\n{slip}", 1)
    assert found(text)
