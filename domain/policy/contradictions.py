"""Conditions that can never hold together, as far as the rulebook alone decides it.

Only what is certain is said. Conditions are laid out as the cases in which they would hold, and each case is looked
at for two things that exclude each other: ages, what stands, a thing and its opposite, a beginning and an end, two
states of one region of the table of periods of care. Where every case has such a pair, the whole never holds.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, combinations, product
from typing import Final

from domain.case.calendar import birthday
from domain.case.periods import (
    ADULT_AGE,
    AUTHORITY_HELD,
    ENDINGS,
    IN_CARE,
    NOT_PLACED,
    NOT_YET_PERMANENT,
    PLACED,
    REGIONS,
    SHORT_BREAK_SERIES,
)
from domain.clocks.applying import SHORTHANDS
from domain.clocks.vocabulary import Table
from domain.clocks.wording import in_words
from domain.policy.choices import WrittenChoice, covers, earlier_review, one_choice
from domain.policy.stands import nothing_stands

Place = tuple[str | int, ...]
EXAMPLE: Final = date(2026, 1, 5)
"""A day of entry to show dates by (ours: any would do)."""
MOST_CASES: Final = 256
"""Conditions with more cases are taken as ones that may hold (ours: no rule that people wrote has a tenth of it)."""
AT_TIMES: Final = {"entry": "on entry", "anchor": "on the day of the anchor", "now": "as things stand"}
IN_TIME: Final = {"entry": 0, "anchor": 1, "now": 2}
"""Nobody is younger at the anchor than at entry, nor now than at the anchor, where clocks run from entry on."""
OPPOSITE: Final = {"from": "under", "under": "from"}
STATES: Final = {
    "placement_order_in_force": AUTHORITY_HELD,
    "authority_to_place_held": AUTHORITY_HELD,
    "under_this_placement_order": AUTHORITY_HELD,
    "not_placed_for_adoption": NOT_PLACED,
    "in_this_adoption_placement": PLACED,
    "before_permanence": NOT_YET_PERMANENT,
    "in_these_short_breaks": SHORT_BREAK_SERIES,
}
"""The state of the table in which a child stands while a named condition holds."""
NO_MORE_THAN_A_STATE: Final = frozenset(
    {"placement_order_in_force", "authority_to_place_held", "not_placed_for_adoption", "before_permanence"}
)
"""Those that hold whenever the child stands there: where they do not, the child stands in the region's other state."""
SAME_AS: Final[Mapping[str, Table]] = {
    **SHORTHANDS,
    "until_placed_again": {"before": {"event": "placed_for_adoption", "since": "anchor"}},
}
"""Named conditions in general words."""


@dataclass(frozen=True, slots=True)
class DaysOfRule:
    """What is certain of the days on which conditions are asked, whatever they say.

    `in_care`: from entry on, in care. `running`: from the anchor's day on, before the period of care has ended.
    `at_once`: on the anchor's own day. `begun`: each anchor is an event of one of these choices, of that very day.
    """

    in_care: bool = False
    running: bool = False
    at_once: bool = False
    begun: tuple[WrittenChoice, ...] = ()


@dataclass(frozen=True, slots=True)
class OneAsked:
    """One thing that must hold, or must not, on a day: spelt out in general words, at its place in the list."""

    word: Table
    at: str
    holds: bool
    place: int

    @property
    def name(self) -> str | None:
        """Its name, where general words do not say it."""
        return self.word.get("name")

    @property
    def until(self) -> bool:
        """Whether it says that something has not happened yet."""
        return not self.holds and self.word.keys() == {"after"}


Case = tuple[OneAsked, ...]


def contradictions(applies: Sequence[object], days: DaysOfRule) -> Iterator[tuple[Place, str]]:
    """Where conditions never hold all at once: the place of one that others exclude, and why."""
    cases = cases_of(applies, days)
    whys = [_why_never(case, days) for case in cases]
    if not cases or None in whys:
        return
    place = max(why[0] for why in whys if why)
    reasons = dict.fromkeys(why[1] for why in whys if why)
    yield ("applies", place), f"applies: it never holds: {'; and else '.join(reasons)}"


# The cases in which conditions hold


def cases_of(applies: Sequence[object], days: DaysOfRule) -> list[Case]:
    """Each case in which all of some conditions would hold."""
    each = [list(_cases(given, "now", days, holds=True, place=place)) for place, given in enumerate(applies)]
    return _together(each)


def _together(each: Sequence[Sequence[Case]]) -> list[Case]:
    """One case of each, in every combination; where those are too many, one of which nothing is said."""
    number = 1
    for cases in each:
        number *= len(cases)
    return [tuple(chain(*cases)) for cases in product(*each)] if number <= MOST_CASES else [()]


def _cases(given: object, at: str, days: DaysOfRule, *, holds: bool, place: int) -> Iterable[Case]:
    """The cases in which a condition holds, or does not, all of what it is made of asked on its day."""
    word = spelt_out(given)
    at = word["at"] if word.get("at", "now") != "now" else "anchor" if days.at_once and at == "now" else at
    both = next((key for key in ("all", "any", "not") if key in word), None)
    if both is None:
        return _said(OneAsked({k: v for k, v in word.items() if k != "at"}, at, holds, place), days)
    holds = holds is not (both == "not")
    parts = [_cases(one, at, days, holds=holds, place=place) for one in _several(word[both])]
    return _together([list(part) for part in parts]) if holds is (both == "all") else chain(*parts)


def _several(given: object) -> Sequence[object]:
    return given if isinstance(given, list | tuple) else [given]


def spelt_out(given: object) -> Table:
    """A condition as a table of general words, or by its name."""
    if isinstance(given, str):
        return SAME_AS.get(given, {"name": given})
    return given if isinstance(given, Mapping) else {"name": str(given)}


def _said(said: OneAsked, days: DaysOfRule) -> Iterable[Case]:
    """`before` something is not yet after it; an age is asked at its own time, and its opposite is another age."""
    word = said.word
    if "before" in word:
        return [(replace(said, word={"after": word["before"]}, holds=not said.holds),)]
    if "age_at" not in word:
        return [(said,)]
    now = "anchor" if days.at_once else "now"
    said = replace(said, at=said.at if word["age_at"] == "now" else word["age_at"])
    said = replace(said, at=now if said.at == "now" else said.at, word={k: word[k] for k in word if k != "age_at"})
    if said.holds or not days.in_care:
        return [(said,)]  # of a child whose day of birth is not known, neither an age nor its opposite holds
    opposite = [{OPPOSITE[key]: word[key]} for key in OPPOSITE if key in word]
    return [(replace(said, word=other, holds=True),) for other in opposite]


# Why a case never comes about


def _why_never(case: Case, days: DaysOfRule) -> tuple[int, str] | None:
    """The place and the reason; None where it may come about."""
    for said in case:
        if why := _alone(said, days):
            return said.place, why
    for one, other in combinations(case, 2):
        if why := _excluded(one, other, days) or _excluded(other, one, days):
            return other.place, why
    for at in dict.fromkeys(said.at for said in case):
        asked = [said for said in case if said.at == at and "standing" in said.word]
        in_short_breaks = any(_state(said) == SHORT_BREAK_SERIES for said in case if said.at == at)
        words = [(said.word, said.holds) for said in asked]
        if why := nothing_stands(words, in_care=days.in_care, in_short_breaks=in_short_breaks):
            return asked[-1].place, why
    return None


def _alone(said: OneAsked, days: DaysOfRule) -> str | None:
    """Why one thing never holds within the days on which it is asked."""
    if is_age(said) and said.holds:
        return _grown_up(said, days)
    if days.in_care and said.at != "entry" and _state(said) == SHORT_BREAK_SERIES:
        return f"a rule that counts from entry runs in care, and a child is never {IN_CARE} and {SHORT_BREAK_SERIES}"
    if days.running and said.holds and (ended := _ended(said)):
        return (
            f"with {ended} the period of care is over, and its rules with it; what ended an earlier period is not "
            "looked at in a new one"
        )
    if said.until and said.at != "entry":
        return _begun_already(one_choice(said.word["after"]), days)
    return None


def is_age(said: OneAsked) -> bool:
    """Whether it is about the child's age."""
    return bool({"from", "under"} & said.word.keys())


def _grown_up(said: OneAsked, days: DaysOfRule) -> str | None:
    if said.word.get("from", 0) < ADULT_AGE or (said.at == "entry" and not days.in_care):
        return None
    born = birthday(EXAMPLE, -ADULT_AGE)
    return (
        f"nobody is looked after at {ADULT_AGE}: of a child born on {in_words(born)} the period of care ends on "
        f"{in_words(EXAMPLE)}"
    )


def _ended(said: OneAsked) -> str | None:
    """The endings of a period of care that it waits for, and for nothing else."""
    given = said.word.get("after", said.word.get("latest"))
    names = one_choice(given).names if given is not None else ()
    return " or ".join(names) if names and ENDINGS.issuperset(names) else None


def _begun_already(awaited: WrittenChoice, days: DaysOfRule) -> str | None:
    """Why something is never still to come: the child's entry, or the anchor's own event."""
    if days.in_care and awaited.where is None and awaited.since == "ever" and "became_looked_after" in awaited.names:
        return "it holds only while the child is not looked after, and the rule counts from a day in care"
    if (
        (days.running or days.at_once)
        and days.begun
        and all(covers(awaited, one, on_the_day=True) for one in days.begun)
    ):
        named = " or ".join(awaited.names)
        more = '; accepted: since = "day_after_anchor" in the condition' if days.running else ""
        return f"the {named} that the clock starts from has happened by then{more}"
    return None


def _excluded(one: OneAsked, other: OneAsked, days: DaysOfRule) -> str | None:
    """Why two things exclude each other, asked in this order."""
    if is_age(one) and is_age(other) and one.holds and other.holds:
        return _ages(one, other, days)
    if one.at != other.at:
        return None  # they are asked of different days
    if one.holds and other.until and _implied(one, one_choice(other.word["after"])):
        return "one condition begins with the event with which another ends"
    if one.word == other.word and one.holds and not other.holds:
        return "what one condition asks for another excludes"
    if one.holds and other.holds and (event := _two_latest(one.word, other.word)):
        return f"the latest {event} has one value only, and two are asked of it"
    return _two_states(_state(one), _state(other))


def _ages(older: OneAsked, younger: OneAsked, days: DaysOfRule) -> str | None:
    """From an age on at one time, and under it or a lower one at the same time or a later."""
    least, most = older.word.get("from"), younger.word.get("under")
    if not (isinstance(least, int) and isinstance(most, int) and least >= most):
        return None
    if not _no_later(older.at, younger.at, days):
        return None
    born = birthday(EXAMPLE, -least)
    reached = in_words(birthday(born, most))
    return (
        f"nobody is {least} or over {AT_TIMES[older.at]} and under {most} {AT_TIMES[younger.at]}; a child who is "
        f"{least} on {in_words(EXAMPLE)}, born on {in_words(born)}, was {most} from {reached} on"
    )


def _no_later(first: str, then: str, days: DaysOfRule) -> bool:
    """Whether one time is the other or certain to be before it."""
    # Proceedings issued on 2 January 2026, entry on 5 February: of a rule anchored on proceedings, the day of entry may
    # be after the anchor's.
    if first == then:
        return True
    certain = days.in_care or (first == "anchor" and days.running)
    return certain and IN_TIME[first] < IN_TIME[then]


def _implied(said: OneAsked, happened: WrittenChoice) -> bool:
    """Whether something, where it holds, says that an event has happened."""
    given = said.word.get("after", said.word.get("latest"))
    if given is None:
        return False
    chosen = one_choice(given)
    return covers(happened, chosen) or earlier_review(happened, chosen)


def _two_latest(one: Table, other: Table) -> str | None:
    """The event of which two `latest` ask for yes and for no in the same field."""
    if "latest" not in one or "latest" not in other:
        return None
    first, second = one_choice(one["latest"]), one_choice(other["latest"])
    if (first.names, first.since) != (second.names, second.since) or len(first.names) != 1:
        return None
    if not (isinstance(first.where, Mapping) and isinstance(second.where, Mapping)):
        return None
    asked = [(first.where[key], second.where[key]) for key in first.where.keys() & second.where.keys()]
    return first.names[0] if any({a, b} == {True, False} for a, b in asked if _yes_no(a, b)) else None


def _yes_no(*values: object) -> bool:
    return all(isinstance(value, bool) for value in values)


def _state(said: OneAsked) -> str | None:
    """The state of the table in which a child stands by a condition, or by its opposite."""
    state = STATES.get(said.name or "")
    if state is None or said.holds:
        return state
    if said.name not in NO_MORE_THAN_A_STATE:
        return None
    region = next(states for states in REGIONS.values() if state in states)
    return next(other for other in region if other != state)


def _two_states(one: str | None, other: str | None) -> str | None:
    """Why a child does not stand in two states of one region at once."""
    if one is None or other is None or one == other:
        return None
    if one.partition(".")[0] != other.partition(".")[0]:
        return None
    return f"a child is never {one} and {other} at once"
