"""Conditions of one rule that can never hold together, as far as the rulebook alone decides it.

Only what is certain is said: two ages, two kinds of standing, something and its opposite. Whether a rule's events ever
come about in a life is another question, which `policy check` leaves to the simulation.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import Any, Final

from domain.case.calendar import birthday
from domain.clocks.applying import AT, SHORTHANDS
from domain.clocks.wording import in_words, spaced

Place = tuple[str | int, ...]
EXAMPLE: Final = date(2026, 1, 5)
"""A day of entry to show dates by (ours: any would do)."""
IN_TIME: Final = {"entry": 0, "anchor": 1, "now": 2}
"""Nobody is younger at the anchor than at entry, nor now than at the anchor, where clocks run from entry on."""
AT_TIMES: Final = {"entry": "on entry", "anchor": "on the day of the anchor", "now": "as things stand"}


def contradictions(applies: Sequence[object], *, early: bool) -> Iterator[tuple[Place, str]]:
    """For each pair that excludes each other, where the second stands and why. `early`: clocks run before entry too."""
    held = list(_held(applies))
    for (_, one), (place, other) in combinations(held, 2):
        said = _excluded(one, other, early=early) or _excluded(other, one, early=early)
        if said:
            yield place, f"applies: it never holds: {said}"


def _held(applies: Sequence[object]) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """What must hold all at once, spelt out in general words; `all` within is the same as a list."""
    for place, given in enumerate(applies):
        word = SHORTHANDS.get(given, {"name": given}) if isinstance(given, str) else given
        if not isinstance(word, Mapping):
            continue
        if isinstance(word.get("all"), list | tuple) and "at" not in word:
            yield from ((("applies", place), one) for _, one in _held(word["all"]))
        else:
            yield ("applies", place), word


def _excluded(one: Mapping[str, Any], other: Mapping[str, Any], *, early: bool) -> str | None:
    if "age_at" in one and "age_at" in other:
        return _ages(one, other, early=early)
    if "standing" in one and "standing" in other:
        return _standing(one, other)
    if "at" in one or "at" in other:
        return None  # one is asked of the day of the anchor, the other from day to day
    if "not" in other and _same(other["not"], one):
        return "what one condition asks for another excludes"
    if "before" in other and "after" in one and "until" not in one and _same(one["after"], other["before"]):
        return "one condition begins with the event with which another ends"
    return None


def _ages(older: Mapping[str, Any], younger: Mapping[str, Any], *, early: bool) -> str | None:
    """From an age on at one time, and under it or a lower one at the same time or a later."""
    least, most = older.get("from"), younger.get("under")
    first, then = older["age_at"], younger["age_at"]
    if not (isinstance(least, int) and isinstance(most, int) and least >= most and first in AT and then in AT):
        return None
    if IN_TIME[first] > IN_TIME[then] or (early and first != then):
        return None
    born = birthday(EXAMPLE, -least)
    reached = in_words(birthday(born, most))
    return (
        f"nobody is {least} or over {AT_TIMES[first]} and under {most} {AT_TIMES[then]}; a child who is {least} on "
        f"{in_words(EXAMPLE)}, born on {in_words(born)}, was {most} from {reached} on"
    )


def _standing(one: Mapping[str, Any], other: Mapping[str, Any]) -> str | None:
    """The same thing said to be of two kinds at once; of a plan, primary and contingency may differ."""
    what = one["standing"]
    if what != other["standing"] or what == "plan" or one.get("at", "now") != other.get("at", "now"):
        return None
    first, second = _values(one), _values(other)
    if first & second:
        return None
    return f"the {spaced(what)} is never {' or '.join(sorted(first))} and {' or '.join(sorted(second))} at once"


def _values(condition: Mapping[str, Any]) -> set[str]:
    given = condition.get("is", ())
    return {given} if isinstance(given, str) else {str(one) for one in given}


def _same(one: object, other: object) -> bool:
    return _spelt_out(one) == _spelt_out(other)


def _spelt_out(word: object) -> str:
    if isinstance(word, Mapping) and word.keys() == {"name"}:
        word = word["name"]
    whole = SHORTHANDS.get(word, word) if isinstance(word, str) else word
    return json.dumps(whole, sort_keys=True, default=str)
