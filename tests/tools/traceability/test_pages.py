"""From sentence to rule to test: the inventory, the mapping, and the pages made from them are whole and current."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case.events import EVENT_TYPES
from domain.case.stages import STAGES
from domain.policy.loading import Policies
from tests.domain.story import simulated
from tools.traceability import mapping
from tools.traceability.__main__ import out_of_date
from tools.traceability.decisions import decisions
from tools.traceability.inventory import SOURCES, inventory, read_sources
from tools.traceability.mapping import POLICY_OF, Meaning, meanings, problems, rules_of
from tools.traceability.sentences import sentences
from tools.traceability.shown_by import ROOT, shown_by
from tools.traceability.stages import REACHED_BY

PROCEDURES = [folder for folder in [ROOT.parent / "shared" / "procedures"] if folder.is_dir()]
"""The two procedures, where they lie beside the project; their words are not kept in it."""

MOST_WORDS_ALIKE = 5
UNWRITTEN = {"build", "dist", "node_modules"}
NAMES = {
    "a permanency planning meeting is to",
    "or discussion with specialist service teams",
    "the social worker and the iro",
}
"""What things and people are called here and there alike: nobody's sentence, and no other words would be clearer."""

TEXT = """
 1. Beginnings

The plan will be made within two

weeks. It is then kept: -

 On paper, and signed.

2. A heading that goes on to the next line and
further

Nobody must be forgotten.
"""


def test_every_sentence_that_asks_for_something_has_a_rule_or_a_reason() -> None:
    assert problems(Policies.load()) == []


def test_the_pages_are_current() -> None:
    stale = [str(path.relative_to(ROOT)) for path in out_of_date(Policies.load())]
    assert not stale, f"{', '.join(stale)}: out of date; run `make docs`"


@pytest.mark.parametrize("policy", POLICY_OF.values())
def test_every_rule_is_shown_by_a_test(policy: str) -> None:
    unshown = [rule for rule in rules_of(Policies.load(), policy) if not shown_by(rule)]
    assert not unshown, f"no test in tests/domain names {', '.join(unshown)}"


def test_the_inventory_is_what_the_procedures_say() -> None:
    for folder in PROCEDURES:
        assert [sentence for sentence, _ in read_sources(folder)] == inventory()


def test_nothing_kept_here_repeats_the_words_of_a_procedure() -> None:
    """Neither the paraphrases nor the policies, nor any page, docstring or test of the project."""
    for folder in PROCEDURES:
        said = {run for _, words in read_sources(folder) for run in runs(words)} - NAMES
        repeated = {path.name: alike for path in texts() if (alike := said & set(runs(path.read_text("utf-8"))))}
        assert not repeated, "say it in our own words"


def texts() -> list[Path]:
    """What people wrote, and the pages made of it."""
    tops = [path for path in ROOT.iterdir() if not path.name.startswith(".") and path.name not in UNWRITTEN]
    inside = [path for top in tops for path in (top.rglob("*") if top.is_dir() else [top])]
    return [path for path in inside if path.suffix in {".py", ".toml", ".md", ".txt", ".html"}]


def runs(text: str) -> list[str]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return [" ".join(words[at : at + MOST_WORDS_ALIKE + 1]) for at in range(len(words) - MOST_WORDS_ALIKE)]


def test_both_procedures_are_there_whole() -> None:
    count = {source: sum(one.source == source for one in inventory()) for source in SOURCES}
    assert count == {"S1": 56, "S2": 19}
    assert len({one.id for one in inventory()}) == len({one.sha256 for one in inventory()}) == 56 + 19


def test_a_sentence_without_a_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of the mapping sees a sentence that was forgotten, one with neither rule nor reason, and a wrong id."""
    known = dict(meanings())
    known["S1-2.7"] = Meaning(paraphrase="Nothing keeps it.")
    known["S1-2.8"] = Meaning(paraphrase="Kept by nothing that there is.", rules=("plan-tracing",))
    del known["S1-2.9"]
    monkeypatch.setattr(mapping, "meanings", lambda: known)
    said = " ".join(problems(Policies.load()))
    assert "S1-2.7 says must, will, within: give the rules" in said
    assert "S1-2.8: no rule 'plan-tracing'" in said
    assert "S1-2.9: not in sentences.toml" in said


def test_sentences_are_found_by_heading_and_place_whatever_breaks_the_lines() -> None:
    listed = list(sentences("T", TEXT))
    assert [(one.id, one.modals, words) for one, words in listed] == [
        ("T-1.1", ("will", "within"), "The plan will be made within two weeks."),
        ("T-1.2", (), "It is then kept:"),
        ("T-1.3", (), "On paper, and signed."),
        ("T-2.1", ("must",), "Nobody must be forgotten."),
    ]


@given(st.sampled_from([" ", "\n", "\n\n", "  \n "]))
def test_a_fingerprint_does_not_see_how_lines_are_broken(gap: str) -> None:
    [(plain, _)] = sentences("T", "All children will be seen.")
    [(broken, _)] = sentences("T", f"All{gap}children will{gap}be seen.")
    assert plain.sha256 == broken.sha256


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name[:4] for path in decisions()]
    assert len(set(numbers)) == len(numbers)


def test_what_reaches_a_stage_is_what_the_page_says() -> None:
    """Each event named on the page brings a child to the stage that it is named for."""
    assert list(REACHED_BY) == list(STAGES[1:])
    entry = "2026-01-05 became_looked_after\n"
    for stage, said in REACHED_BY.items():
        for name in (name for name in re.findall(r"[a-z_]+", said) if name in EVENT_TYPES and "_" in name):
            again = entry + f"2026-01-20 {name}\n" if name != "became_looked_after" else entry
            again += "2026-02-20 review_held\n" if "2nd" in said else ""
            assert simulated("ppm-procedure", again, "2026-02-21")["CLA-1"].journey.stage == stage, (stage, name)


def test_the_marks_in_the_pages_lead_somewhere() -> None:
    """Every link of a generated page names a file that is there, and a heading that is in it."""
    for page in (ROOT / "docs").glob("*/*.md"):
        for target in re.findall(r"\]\(([^)#]+)(?:#([\w-]+))?\)", page.read_text("utf-8")):
            file = (page.parent / target[0]).resolve()
            if "://" in target[0]:
                continue
            assert file.exists(), (page.name, target)
            if target[1] and Path(target[0]).suffix == ".md":
                assert target[1] in _marks(file.read_text("utf-8")), (page.name, target)


def _marks(page: str) -> set[str]:
    """What the headings of a page are called in a link."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
