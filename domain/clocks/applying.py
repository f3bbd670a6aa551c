"""`applies`: the one key by which a rule says when it holds, for obligations, other offsets, roles, notices.

A condition is a name (`conditions.py`) or a table of general words, read once into what gives its spans of days.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from domain.case.calendar import birthday
from domain.case.days import Span, intersect, outside, stretches, united
from domain.case.facts import Facts
from domain.case.words import LegalStatus, Plan
from domain.clocks.anchors import Anchor
from domain.clocks.choosing import ChosenEvents, choice
from domain.clocks.conditions import ALWAYS, NEVER, case, condition
from domain.clocks.spelling import in_short, spaced
from domain.clocks.vocabulary import (
    Table,
    WordRefused,
    Words,
    explains,
    listed,
    named,
    nearest,
    one_of,
    several,
    within,
)

Spans = Callable[[Facts, Anchor], Sequence[Span]]
Holds = Callable[[Facts, Anchor, date], bool]


@dataclass(frozen=True, slots=True)
class Applies:
    """A condition as read: its spans of days, whether it holds on a day (date.max: as things stand), its words."""

    spans: Spans
    holds: Holds
    says: str
    ages: frozenset[int] = frozenset()
    """The birthdays on which it changes by time alone."""


AT: Final = ("anchor", "entry", "now")
words: Words[Applies] = Words("a condition", "at")


def read_condition(given: object) -> Applies:
    """What a condition means. Raises WordRefused."""
    if isinstance(given, str):
        return _named(given)
    if not isinstance(given, Mapping):
        raise WordRefused("accepted here: the name of a condition, or a table")
    return _at(words.read(given), one_of(given, "at", AT, "now"))


def all_of(given: Sequence[object], *path: str | int) -> tuple[Applies, ...]:
    """Several conditions, read one by one. Raises WordRefused."""
    read = []
    for place, one in enumerate(given):
        with within(*path, place):
            read.append(read_condition(one))
    return tuple(read)


def _named(name: str) -> Applies:
    if name in SHORTHANDS:
        return replace(read_condition(SHORTHANDS[name]), says=in_short(case if name in case else condition, name))
    if name in case:
        test = case[name]
        return Applies(
            _spans_of(lambda facts, _, day: test(facts, day)),
            lambda facts, _, day: test(facts, day),
            in_short(case, name),
        )
    spans = named(condition, name, case.names(), tables=words.tables())
    return Applies(spans, _held(spans), in_short(condition, name))


def _ages_of(each: Sequence[Applies]) -> frozenset[int]:
    return frozenset().union(*(one.ages for one in each))


def _held(spans: Spans) -> Holds:
    return lambda facts, anchor, day: any(span.holds(day) for span in spans(facts, anchor))


def _from_spans(spans: Spans, says: str) -> Applies:
    return Applies(spans, _held(spans), says)


def _spans_of(holds: Holds) -> Spans:
    """The spans of days on which a test holds that can change only on the day of an event."""

    def spans(facts: Facts, anchor: Anchor) -> Sequence[Span]:
        days = sorted({date.min, *(known.event.on for known in facts.known)})
        return stretches([(day, holds(facts, anchor, day)) for day in days])

    return spans


def _at(read: Applies, at: str) -> Applies:
    """A condition asked about one day, and then for good."""
    if at == "now":
        return read

    def holds(facts: Facts, anchor: Anchor, _: date) -> bool:
        day = anchor.on if at == "anchor" else facts.care.start if facts.care else None
        return day is not None and read.holds(facts, anchor, day)

    def spans(facts: Facts, anchor: Anchor) -> Sequence[Span]:
        return ALWAYS if holds(facts, anchor, anchor.on) else NEVER

    return Applies(spans, holds, f"{read.says}, on the day {'of the anchor' if at == 'anchor' else 'of entry'}")


# Several conditions as one


@words.word("all", example='applies = [{ all = ["has_siblings", "before_permanence"] }]')
def _all(table: Table) -> Applies:
    """All of several conditions hold."""
    each = all_of(several(table, "all"), "all")

    def spans(facts: Facts, anchor: Anchor) -> Sequence[Span]:
        together: Sequence[Span] = ALWAYS
        for one in each:
            together = intersect(together, one.spans(facts, anchor))
        return together

    def holds(facts: Facts, anchor: Anchor, day: date) -> bool:
        return all(one.holds(facts, anchor, day) for one in each)

    return Applies(spans, holds, " and ".join(one.says for one in each), _ages_of(each))


@words.word("any", example='applies = [{ any = ["relinquished", { standing = "primary_plan", is = "adoption" }] }]')
def _any(table: Table) -> Applies:
    """One of several conditions holds, or more."""
    each = all_of(several(table, "any"), "any")

    def spans(facts: Facts, anchor: Anchor) -> Sequence[Span]:
        return united(*(one.spans(facts, anchor) for one in each))

    def holds(facts: Facts, anchor: Anchor, day: date) -> bool:
        return any(one.holds(facts, anchor, day) for one in each)

    return Applies(spans, holds, " or ".join(one.says for one in each), _ages_of(each))


@words.word("not", example='applies = [{ not = "in_care_proceedings" }]')
def _not(table: Table) -> Applies:
    """A condition does not hold; of several in a list, none holds."""
    with within("not"):
        one = _any({"any": table["not"]})

    def holds(facts: Facts, anchor: Anchor, day: date) -> bool:
        return not one.holds(facts, anchor, day)

    return Applies(lambda facts, anchor: outside(one.spans(facts, anchor)), holds, f"not ({one.says})", one.ages)


# Age


@words.word("age_at", "from", "under", example='applies = [{ age_at = "entry", from = 10, under = 14 }]')
def _age(table: Table) -> Applies:
    """The age in whole years at `entry`, at the `anchor` or `now`, `from` one birthday on and `under` another.

    Where the day of birth is not known yet, it does not hold.
    """
    at = one_of(table, "age_at", AT, "")
    least, most = _years(table, "from"), _years(table, "under")
    if least is None and most is None:
        raise WordRefused("age_at: from, under or both are wanted, such as under = 15")
    if least is not None and most is not None and least >= most:
        raise WordRefused(f"age_at: nobody is {least} or over and under {most}")

    def spans(facts: Facts, _: Anchor) -> Sequence[Span]:
        if facts.born is None:
            return NEVER
        start = date.min if least is None else birthday(facts.born, least)
        end = None if most is None else birthday(facts.born, most)
        return [] if start > facts.as_of else [Span(start, end if end and end <= facts.as_of else None)]

    bounds = [f"{least} or over"] * (least is not None) + [f"under {most}"] * (most is not None)
    ages = frozenset(age for age in (least, most) if age is not None)
    return _at(replace(_from_spans(spans, f"the child is {' and '.join(bounds)}"), ages=ages), at)


def _years(table: Table, key: str) -> int | None:
    value = table.get(key)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 18):
        return value
    raise WordRefused(f"{key}: {value!r} is no age; accepted: whole years, 1 to 18", (key,))


# What stands


def _statuses(facts: Facts) -> Sequence[tuple[date, Collection[Any]]]:
    return [(day, (status,)) for day, status in facts.legal_statuses]


def _primary(facts: Facts) -> Sequence[tuple[date, Collection[Any]]]:
    return [(step.on, (step.primary,)) for step in facts.plans]


def _contingency(facts: Facts) -> Sequence[tuple[date, Collection[Any]]]:
    return [(step.on, (step.contingency,)) for step in facts.plans]


def _either_plan(facts: Facts) -> Sequence[tuple[date, Collection[Any]]]:
    return [(step.on, (step.primary, step.contingency)) for step in facts.plans]


STANDING: Final[Mapping[str, tuple[Callable[[Facts], Sequence[tuple[date, Collection[Any]]]], type[Any]]]] = {
    "legal_status": (_statuses, LegalStatus),
    "primary_plan": (_primary, Plan),
    "contingency_plan": (_contingency, Plan),
    "plan": (_either_plan, Plan),
}
"""What stands from one event to the next, day by day. `plan`: primary or contingency."""


@words.word("standing", "is", example='applies = [{ standing = "legal_status", is = ["C1", "C2"] }]')
def _standing(table: Table) -> Applies:
    """The legal status, or the plan, is one of some; before any is known, it is none.

    `legal_status`, `primary_plan`, `contingency_plan`, or `plan`: either of the two.
    """
    what = one_of(table, "standing", STANDING, "")
    steps, kind = STANDING[what]
    wanted = {_member(kind, value) for value in several(table, "is")} if "is" in table else set()
    if not wanted:
        raise WordRefused(f"standing: is = ... is wanted; accepted: {listed(one.value for one in kind)}")

    def of_facts(facts: Facts) -> Sequence[Span]:
        return stretches([(day, not wanted.isdisjoint(values)) for day, values in steps(facts)])

    shown = " or ".join(sorted(spaced(one.value) for one in wanted))
    return _from_spans(lambda facts, _: facts.once(of_facts), f"the {spaced(what)} is {shown}")


def _member(kind: type[Any], value: object) -> Any:
    try:
        return kind(value)
    except ValueError:
        known = [one.value for one in kind]
        raise WordRefused(
            f"{value!r} is not accepted; accepted: {listed(known)}{nearest(value, known)}", ("is",)
        ) from None


@words.word(
    "latest", example='applies = [{ latest = { event = "review_held", where = { reunification_prospect = false } } }]'
)
def _latest(table: Table) -> Applies:
    """The last event of a type has these values: until the next of the type says otherwise."""
    with within("latest"):
        chosen = choice(table["latest"])
        every = replace(chosen, test=None) if chosen.test is None else choice(_without_where(table["latest"]))
    test = chosen.test

    def spans(facts: Facts, _: Anchor) -> Sequence[Span]:
        return stretches([(e.on, test is None or test(facts, e)) for e in every.find(facts, None)])

    return _from_spans(spans, f"the latest is {chosen.says}")


def _without_where(table: Table) -> Table:
    return {key: value for key, value in table.items() if key != "where"}


# Before and after events

AROUND: Final = ("entry", "ever", "anchor", "day_after_anchor")


def _around(given: object) -> tuple[ChosenEvents, str]:
    chosen = choice(given, places=AROUND)
    counted = {"anchor": ", the anchor's day or later", "day_after_anchor": " after the anchor's day"}
    return chosen, chosen.says + counted.get(chosen.since, "")


@words.word(
    "after", "until", example='applies = [{ after = "care_proceedings_issued", until = "care_proceedings_concluded" }]'
)
def _after(table: Table) -> Applies:
    """From the first of some events on; with `until`, from each of them to the next of the others."""
    with within("after"):
        chosen, says = _around(table["after"])
    if "until" not in table:
        return _from_spans(
            lambda facts, anchor: [Span(e.on) for e in chosen.find(facts, anchor.on)[:1]], f"there has been: {says}"
        )
    with within("until"):
        end, said = _around(table["until"])

    def spans(facts: Facts, anchor: Anchor) -> Sequence[Span]:
        ends = [e.on for e in end.find(facts, anchor.on)]
        starts = [e.on for e in chosen.find(facts, anchor.on)]
        runs = [Span(day, next((one for one in ends if one >= day), None)) for day in starts]
        return united([span for span in runs if span.start != span.end])

    return _from_spans(spans, f"from {says} until {said}")


@words.word("before", example='applies = [{ before = { event = "review_held", since = "day_after_anchor" } }]')
def _before(table: Table) -> Applies:
    """Until the first of some events; `since` says from which day on they are looked for."""
    with within("before"):
        chosen, says = _around(table["before"])

    def spans(facts: Facts, anchor: Anchor) -> Sequence[Span]:
        first = next(iter(chosen.find(facts, anchor.on)), None)
        return [Span(date.min, first.on if first else None)]

    return _from_spans(spans, f"there has not been: {says}")


explains(
    "a condition",
    "at",
    "Asked about the day of the `anchor` or of `entry`, and so for good; without it as things stand from day to day.",
    'applies = [{ standing = "primary_plan", is = "return_home", at = "anchor" }]',
)

SHORTHANDS: Final[Mapping[str, Table]] = {
    "entered_under_15": {"age_at": "entry", "under": 15},
    "entered_at_15_or_over": {"age_at": "entry", "from": 15},
    "primary_plan_is_return_home": {"standing": "primary_plan", "is": "return_home"},
    "primary_plan_was_return_home": {"standing": "primary_plan", "is": "return_home", "at": "anchor"},
    "accommodated_under_section_20": {"standing": "legal_status", "is": "V2"},
    "until_next_review": {"before": {"event": "review_held", "since": "day_after_anchor"}},
    "first_review_has_been_held": {"after": {"event": "review_held", "where": {"number": 1}, "since": "ever"}},
    "before_second_review": {"before": {"event": "review_held", "where": {"number": 2}, "since": "ever"}},
}
"""Names that are short for general words."""
