"""What each sentence of the procedures asks in our own words, and which rules keep it, or why none can."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from domain.policy.loading import Policies
from tools.traceability.inventory import inventory
from tools.traceability.sentences import Sentence

FILE: Final = Path(__file__).with_name("sentences.toml")
POLICY_OF: Final = {"S1": "ppm-procedure", "S2": "quick-guide"}
LADDER: Final = "ladder"
BY_FORM: Final = {"own-plan-per-child": "S2 Permanency planning meetings"}
"""What the form of an event asks for, whatever the policy (domain/case/events.py), and its clause."""


class Meaning(BaseModel):
    """A sentence in our own words, and the rules that keep it or the reason why it is guidance."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    paraphrase: str = Field(min_length=1)
    rules: tuple[str, ...] = ()
    reason: str | None = Field(default=None, min_length=1)


@cache
def meanings() -> Mapping[str, Meaning]:
    """By the id of the sentence."""
    return {name: Meaning.model_validate(raw) for name, raw in tomllib.loads(FILE.read_text("utf-8")).items()}


def rules_of(policies: Policies, policy_id: str) -> dict[str, str]:
    """Every rule of a policy with its clause, the ladder included."""
    policy = policies.resolve(policy_id)
    rules = {o.id: o.rule.clause for o in policy.obligations}
    rules |= {g.id: g.clause for g in policy.gates} | {n.id: n.clause for n in policy.notices}
    by_form = {
        name: clause for name, clause in BY_FORM.items() if clause.startswith(policies.file(policy_id).source[:2])
    }
    return rules | {LADDER: "the ladder"} | by_form


def problems(policies: Policies) -> list[str]:
    """In words, each sentence that asks for something and has neither rule nor reason, and each slip in the mapping."""
    return [*_of_sentences(inventory(), policies), *_of_rules(policies)]


def _of_sentences(sentences: Iterable[Sentence], policies: Policies) -> list[str]:
    known, problems = meanings(), []
    ids = [sentence.id for sentence in sentences]
    problems += [f"{name}: no such sentence; see inventory.json" for name in known if name not in ids]
    for sentence in sentences:
        meaning = known.get(sentence.id)
        rules = rules_of(policies, POLICY_OF[sentence.source])
        if meaning is None:
            problems.append(f"{sentence.id}: not in sentences.toml")
        elif sentence.binding and not (meaning.rules or meaning.reason):
            problems.append(
                f"{sentence.id} says {', '.join(sentence.modals)}: give the rules that keep it, or a reason"
            )
        if meaning is not None:
            problems += [f"{sentence.id}: no rule {name!r}" for name in meaning.rules if name not in rules]
    return problems


def _of_rules(policies: Policies) -> list[str]:
    """Each rule that a procedure's own policy states and no sentence asks for."""
    problems = []
    for source, policy_id in POLICY_OF.items():
        file = policies.file(policy_id)
        asked = {name for key, m in meanings().items() if key.startswith(source) for name in m.rules}
        own = {row.id for row in file.obligation} | {row.id for row in file.notice} | {row.id for row in file.gate}
        problems += [
            f"{policy_id}, {name}: no sentence of {source} asks for it in sentences.toml"
            for name in sorted(own - asked)
        ]
    return problems


def sentences_for(source: str, rule: str) -> list[str]:
    """The sentences of a procedure that a rule keeps, in order."""
    return [name for name, meaning in meanings().items() if name.startswith(source) and rule in meaning.rules]
