"""A rule that is dead: its clock never starts, no event can meet it, or nobody can ever be told.

Only what the rulebook alone decides is said: by the table of periods of care (`periods.py`), the values that a field
can have, and what stands in the rule. An event that is merely unlikely is none of that: facts that happened are taken
in whatever order, so the end of a placement may be recorded of a child who is not placed, and meets what it meets.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from domain.case.calendar import Offset, birthday, calendar_days_after
from domain.case.milestone import PREFIX as MILESTONE
from domain.case.periods import ADULT_AGE, ENDINGS, NEVER_IN_CARE
from domain.clocks.anchors import anchor
from domain.clocks.choosing import comparing, values_of
from domain.clocks.fulfilling import SHORTHANDS as MEETS
from domain.clocks.fulfilment import fulfilment
from domain.clocks.notices import occasion
from domain.clocks.rules import Notice, Rule
from domain.clocks.starting import SHORTHANDS as STARTS
from domain.clocks.wording import in_words
from domain.policy.choices import WrittenChoice, covers, earlier_review, one_choice
from domain.policy.contradictions import EXAMPLE, DaysOfRule, Place, contradictions

Slip = tuple[Place, str]

NAMED_FOR_EVENTS: Final[Mapping[str, Sequence[str]]] = {
    "ppm_held": ["ppm_held"],
    "review_held": ["review_held"],
    "review_held_while_not_placed": ["review_held"],
    "dispute_opened": ["dispute_opened"],
    "care_proceedings_issued": ["care_proceedings_issued"],
    "placed_for_adoption": ["placed_for_adoption"],
    "adoption_placement_ended": ["adoption_placement_ended"],
    "drift_or_plan_change": ["drift_identified", "plan_tracked", "plan_changed"],
}
"""Named anchors each of which is the day of such an event. An order may be a consent, and a brother or sister may be
named as one after the placement."""
CHILDHOOD_ENDS: Final = birthday(EXAMPLE, ADULT_AGE)
NEEDS: Final[Mapping[str, Mapping[str, Any]]] = {"pathway_plan_at_15_or_over": {"age_at": "entry", "from": 15}}
"""What must hold for a named way to meet a rule."""


def slips_of_dead_rule(rule: Rule) -> Iterator[Slip]:
    """Why a rule never has its turn; the words of it can all be read."""
    days = days_of_rule(rule)
    yield from contradictions(rule.applies, days)
    yield from dead_cases(rule)
    if not rule.forecast_from and (why := _never_starts(rule.anchor)):
        yield ("anchor",), f"anchor: its clock never starts: {why}"
    elif rule.covers or rule.to_any:
        return
    elif whys := _each(_never_meets(rule, given, days, rule.met_since) for given in rule.met_by):
        yield ("met_by",), f"met_by: no event can meet it: {'; and '.join(whys)}"
    elif met := _met_at_once(rule, days.begun):
        yield ("met_by",), MET_AT_ONCE.format(met=met)


MET_AT_ONCE: Final = (
    "met_by: nobody is ever told: the {met} that starts its clock meets it on the same day; accepted: the next one, "
    'met_by = [{{ event = "{met}", not_before = {{ days = 1 }} }}], or a series of them, occurs = "series"'
)


def days_of_rule(rule: Rule) -> DaysOfRule:
    """What is certain of the days on which a rule runs."""
    return DaysOfRule(
        in_care=rule.start.in_care and not rule.before_entry, running=True, begun=tuple(begun_by(rule.anchor))
    )


def dead_cases(rule: Rule) -> Iterator[Slip]:
    """Cases within a rule that never come about."""
    for place, also in enumerate(rule.reminders_to):
        yield from _at(contradictions(also.applies, DaysOfRule()), "reminders_to", place)
    for place, due in enumerate(rule.due):
        yield from _at(contradictions(due.applies, DaysOfRule()), "due", place)
        for nth, instead in enumerate(due.instead):
            yield from _at(contradictions(instead.applies, DaysOfRule()), "due", place, "instead", nth)


def _at(slips: Iterable[Slip], *path: str | int) -> Iterator[Slip]:
    yield from (((*path, *place), text) for place, text in slips)


def _each(whys: Iterable[str | None]) -> list[str]:
    """The reasons, where there is one each."""
    said = list(whys)
    return [] if None in said else list(dict.fromkeys(one for one in said if one))


# The clock


def begun_by(given: object) -> Iterator[WrittenChoice]:
    """The choices of which each anchor is an event, of the anchor's own day; none where that is not certain."""
    if isinstance(given, str):
        given = _named(given)
    if isinstance(given, Mapping) and "each_of" in given:
        parts = [list(begun_by(one)) for one in given["each_of"]]
        yield from (one for part in parts for one in part) if all(parts) else ()
    elif isinstance(given, Mapping) and "event" in given and (one := one_choice(given)).names:
        yield one


def _named(name: str) -> object:
    """A named anchor in general words, where they say it."""
    if name in NAMED_FOR_EVENTS:
        return {"event": NAMED_FOR_EVENTS[name]}
    return STARTS.get(name) or ({"event": name} if name not in anchor else name)


def _never_starts(given: object) -> str | None:
    """Why nothing that starts a clock ever comes; None where it may."""
    words = _named(given) if isinstance(given, str) else given
    if not isinstance(words, Mapping):
        return None
    for key in ("each_of", "earliest_of"):
        if key in words:
            return "; and ".join(_each(_never_starts(one) for one in words[key])) or None
    if "latest_of" in words:
        return next((why for one in words["latest_of"] if (why := _never_starts(one))), None)
    chosen = one_choice(words)
    return (_over(chosen) or _no_value(chosen)) if "event" in words else None


def _over(chosen: WrittenChoice) -> str | None:
    """Why no clock starts with an ending."""
    if not chosen.names or not ENDINGS.issuperset(chosen.names):
        return None
    return (
        f"with {' or '.join(chosen.names)} the period of care is over, and its rules with it: of a child who leaves on "
        f"{in_words(EXAMPLE)} nothing is asked from that day on; accepted: an event before it, or a [[notice]] of "
        'kind = "breach"'
    )


# Values


def _no_value(chosen: WrittenChoice) -> str | None:
    """Why no event has what is asked of its fields; None where one may have."""
    if chosen.where is None or any(name.startswith(MILESTONE) for name in chosen.names):
        return None  # the details of a milestone are held against the policy that defines them
    tables = chosen.where if isinstance(chosen.where, list | tuple) else [chosen.where]
    whys = _each(_none_fits(chosen.names, table) for table in tables)
    return "; and ".join(whys) or None


def _none_fits(names: Sequence[str], table: Mapping[str, Any]) -> str | None:
    """Of a table all fields must fit, of some types one that has them."""
    for field, given in table.items():
        if all(_unfit(name, field, given) for name in names):
            return f"no {' or '.join(names)} has {field} {comparing(names[0], field, given)[1]}"
    return None


def _unfit(name: str, field: str, given: object) -> bool:
    values = values_of(name, field)
    compare = comparing(name, field, given)[0]
    return values is not None and not any(compare(value) for value in values)


# What meets it


def _never_meets(rule: Rule, given: object, days: DaysOfRule, since: str) -> str | None:
    """Why a way to meet a rule never comes about, or came before the clock; None where it may."""
    words = MEETS.get(given, given) if isinstance(given, str) else given
    if isinstance(words, Mapping) and "together" in words:
        # What came on the anchor's own day counts, and the rest may come later: entry and meeting on 5 January 2026.
        return next((why for one in words["together"] if (why := _never_meets(rule, one, days, "ever"))), None)
    if isinstance(words, str) and words in fulfilment:
        needs = [NEEDS[words]] if words in NEEDS else []
        return (
            next((f"{words}: {why}" for _, why in contradictions([*rule.applies, *needs], days)), None)
            if needs
            else None
        )
    chosen = one_choice({"since": "ever", **words} if isinstance(words, Mapping) else {"event": words, "since": "ever"})
    return _no_value(chosen) or _too_far(words) or (_came_before(rule, chosen, days) if since == "anchor" else None)


def _too_far(words: object) -> str | None:
    """Why something that counts only so long after the anchor never counts."""
    if not isinstance(words, Mapping) or "not_before" not in words:
        return None
    offset = Offset.model_validate(dict(words["not_before"]))
    if calendar_days_after(EXAMPLE, offset) < CHILDHOOD_ENDS:
        return None
    return (
        f"not_before: {offset} is no shorter than a childhood: born and looked after on {in_words(EXAMPLE)}, a child "
        f"leaves care by {in_words(CHILDHOOD_ENDS)}"
    )


def _came_before(rule: Rule, chosen: WrittenChoice, days: DaysOfRule) -> str | None:
    """Why what would meet it lies before its clock starts, or on that very day at the latest."""
    if rule.start.after_entry and chosen.names and NEVER_IN_CARE.issuperset(chosen.names):
        return (
            "entry comes before the anchor, and nobody enters who is looked after; accepted: an event that comes after"
        )
    number = chosen.number
    if number and days.begun and all(one.number != number and earlier_review(chosen, one) for one in days.begun):
        return f"review no. {number} comes before the one that starts its clock"
    return None


def _met_at_once(rule: Rule, begun: Sequence[WrittenChoice]) -> str | None:
    """The event that both starts a clock and meets it, each time; None where that is not so."""
    if not begun or rule.occurs == "series" or rule.hangs_on_a_date:
        return None
    ways = [MEETS.get(one, one) if isinstance(one, str) else one for one in rule.met_by]
    plain = [one for one in ways if not (isinstance(one, str) and one in fulfilment)]
    chosen = [
        one_choice({"since": "ever", **(one if isinstance(one, Mapping) else {"event": one})})
        for one in plain
        if not isinstance(one, Mapping) or ("event" in one and "not_before" not in one)
    ]
    if not all(any(covers(way, one) for way in chosen) for one in begun):
        return None
    return begun[0].names[0]


# Notices


def slips_of_dead_notice(notice: Notice) -> Iterator[Slip]:
    """Why a notice or breach is never told; the words of it can all be read."""
    choices = [
        one_choice({"since": "ever", **(one if isinstance(one, Mapping) else {"event": one})}) for one in notice.events
    ]
    days = DaysOfRule(at_once=True, begun=tuple(choices))
    asked = [(place, one) for place, one in enumerate(notice.applies) if not (isinstance(one, str) and one in occasion)]
    for (_, place), text in contradictions([one for _, one in asked], days):
        yield ("applies", asked[int(place)][0]), text
    if whys := _each(map(_no_value, choices)):
        yield ("events",), f"events: nothing sets it off: {'; and '.join(whys)}"
    elif choices and notice.kind == "notice" and all(ENDINGS.issuperset(one.names) for one in choices):
        yield ("events",), NOT_AT_THE_END


NOT_AT_THE_END: Final = (
    "events: it is never told: at the instant that ends a period of care only a breach goes, no notice; "
    'accepted: kind = "breach"'
)
