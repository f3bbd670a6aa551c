"""Every word that a policy can say, with its meaning and a row that runs: one list, for the guide and the command."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from domain.case import events as ev
from domain.case.accepted import accepted_for
from domain.case.words import Role
from domain.clocks import applying, fulfilling, starting
from domain.clocks.anchors import anchor
from domain.clocks.choosing import fields_of
from domain.clocks.conditions import case, condition
from domain.clocks.fulfilment import fulfilment
from domain.clocks.gates import check
from domain.clocks.notices import occasion
from domain.clocks.registry import Names
from domain.clocks.spelling import in_full, spaced
from domain.clocks.vocabulary import MEANINGS, WordMeaning
from domain.policy.keys import AT_ONCE, GATE, KEYS

NAMED: Final[tuple[tuple[str, Names[Any], str, Mapping[str, Any]], ...]] = (
    ("an anchor", anchor, 'anchor = "{}"', starting.SHORTHANDS),
    ("a condition", condition, 'applies = ["{}"]', applying.SHORTHANDS),
    ("a condition", case, 'applies = ["{}"]', applying.SHORTHANDS),
    ("what meets an obligation", fulfilment, 'met_by = ["{}"]', fulfilling.SHORTHANDS),
    (AT_ONCE, occasion, 'applies = ["{}"]', {}),
    (GATE, check, 'check = "{}"', {}),
)

BESIDE: Final = {"in_these_short_breaks": '\nanchor = "short_breaks_started"'}
"""What a name wants beside it, or its rule never has its turn."""


def lexicon() -> list[WordMeaning]:
    """Every word, by the part of a rule that it belongs to: general words first, then the names."""
    every = [*KEYS, *MEANINGS, *_names()]
    parts = list(dict.fromkeys(one.part for one in every))
    return sorted(every, key=lambda one: parts.index(one.part))


def _names() -> Iterator[WordMeaning]:
    for part, names, example, shorthands in NAMED:
        for name in names.names():
            meaning = in_full(names, name)
            short = f" (short for {as_toml(shorthands[name])})" if name in shorthands else ""
            shown = example.format(name) + BESIDE.get(name, "")
            yield WordMeaning(part, name, f"{meaning[:1].upper()}{meaning[1:]}.{short}", shown)


def as_toml(value: object) -> str:
    """Data as it is written in a policy file."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {as_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else f'"{value}"'


def event_words() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each type of event with the fields that a policy may compare, and what each takes."""
    for name in sorted(ev.EVENT_TYPES):
        yield name, [(field, _taken(name, field)) for field in fields_of(name)]


def _taken(name: str, field: str) -> str:
    if (name, field) == ("review_held", "number"):
        return "the place of the review among the looked-after reviews, from 1"
    return accepted_for(ev.EVENT_TYPES[name], [field])


def role_words() -> list[tuple[str, str]]:
    """Each role of the contract, as a policy names it and as people read it."""
    return [(role.value, spaced(role.value)) for role in Role]
