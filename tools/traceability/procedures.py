"""The pages docs/procedures/: a procedure sentence by sentence, each with the rules that keep it and their tests."""

from collections.abc import Iterator
from itertools import groupby

from cli.notice_words import rulings
from domain.policy.loading import Policies
from tools.traceability.inventory import inventory
from tools.traceability.mapping import BY_FORM, POLICY_OF, meanings, rules_of, sentences_for
from tools.traceability.shown_by import shown_by

TESTS_NAMED = 3
"""Tests named for each rule (ours: enough to find the others beside them)."""

HEAD = (
    "Made by `make docs`; do not edit. The words of the procedure are not repeated: each sentence is known by its",
    "paragraph and place, and by its fingerprint in `tools/traceability/inventory.json`; what it asks is said in our",
    "own words. One that says must, should, will or within has a rule, or a reason why no machine can keep it.",
)


def page(policies: Policies, source: str) -> str:
    """One procedure's page as Markdown."""
    policy_id = POLICY_OF[source]
    return "\n".join(_page(policies, source, policy_id)) + "\n"


def _page(policies: Policies, source: str, policy_id: str) -> Iterator[str]:
    yield f"# {source}: {policies.file(policy_id).title}"
    yield ""
    yield from HEAD
    for heading, sentences in groupby((s for s in inventory() if s.source == source), key=lambda s: s.heading):
        yield from ("", f"## §{heading}", "", "| sentence | says | asks | kept by |", "| --- | --- | --- | --- |")
        for sentence in sentences:
            meaning = meanings()[sentence.id]
            kept = ", ".join(_link(policy_id, rule) for rule in meaning.rules)
            kept = kept or f"*Guidance.* {meaning.reason or ''}".strip()
            yield f"| {sentence.id} | {', '.join(sentence.modals)} | {meaning.paraphrase} | {kept} |"
    yield from _rules(policies, source, policy_id)
    yield from _rulings(policies, policy_id)


def _link(policy_id: str, rule: str) -> str:
    return f"[{rule}]({'../../domain/case/events.py' if rule in BY_FORM else f'../catalogue/{policy_id}.md#{rule}'})"


def _rules(policies: Policies, source: str, policy_id: str) -> Iterator[str]:
    yield from ("", "## The rules, and the tests that show them", "")
    yield from ("| rule | clause | sentences | shown by |", "| --- | --- | --- | --- |")
    for rule, clause in rules_of(policies, policy_id).items():
        shown = shown_by(rule)
        named = "; ".join(one.link for one in shown[:TESTS_NAMED])
        more = f"; {len(shown) - TESTS_NAMED} more" if len(shown) > TESTS_NAMED else ""
        asked = ", ".join(sentences_for(source, rule)) or "the law alone"
        yield f"| {_link(policy_id, rule)} | {clause} | {asked} | {named}{more} |"


def _rulings(policies: Policies, policy_id: str) -> Iterator[str]:
    yield from ("", "## Rulings", "", "Where the sources leave something open, what was chosen:", "")
    for file, ruling in rulings(policies, policies.resolve(policy_id)):
        yield f"- [{ruling.id}](../catalogue/{file.id}.md#ruling-{ruling.id}): {ruling.chosen}"
