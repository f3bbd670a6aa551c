"""What a clock starts from: a name (`anchors.py`), the type of an event, or a table of general words, read once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from domain.case import events as ev
from domain.case.facts import Facts
from domain.case.milestone import PREFIX as MILESTONE
from domain.clocks.anchors import Anchor, anchor
from domain.clocks.choosing import choice
from domain.clocks.spelling import in_short
from domain.clocks.vocabulary import Table, WordRefused, Words, named, one_of, several, within

DaysOf = Callable[[str, str], Sequence[Anchor]]
"""The numbered days of another obligation: `met`, `due` or `booked`, of the occurrences that are firm."""

Find = Callable[[Facts, DaysOf], Sequence[Anchor]]


def no_days(_obligation: str, _day: str) -> Sequence[Anchor]:
    """No obligation has any day: before any is worked out."""
    return ()


@dataclass(frozen=True, slots=True)
class Start:
    """An anchor as it is read. `obligations`: those whose days it starts from."""

    find: Find
    says: str
    obligations: frozenset[str] = frozenset()
    early: bool = True
    """Whether it can be of a day before entry."""
    in_care: bool = False
    """Whether each is certain to be of a day from entry on, the days under short breaks aside."""
    after_entry: bool = False
    """Whether it is so, and of an event other than an entry."""


words: Words[Start] = Words("an anchor")
ENTRY: Final = "became_looked_after"
OF_ANY_DAY: Final = frozenset(
    {
        "short_breaks_started", "care_proceedings_issued", "placement_order_made", "placed_for_adoption",
        "adoption_placement_ended", "adoption_unlikely_under_placement_order",
    }
)  # fmt: skip
"""Named anchors that may be of a day before entry, or under short breaks: an order counts whenever it was made."""
WHICH: Final = ("each", "first", "last")
DAYS: Final = ("met", "due", "booked")


def read_start(given: object) -> Start:
    """What an anchor means. Raises WordRefused."""
    if isinstance(given, str):
        return _named(given)
    if not isinstance(given, Mapping):
        raise WordRefused("accepted here: the name of an anchor, the type of an event, or a table")
    return words.read(given)


def _of_facts(find: Callable[[Facts], Sequence[Anchor]]) -> Find:
    """What hangs on the facts alone is looked for once, however many rows start from it."""
    return lambda facts, _: facts.once(find)


@cache
def _named(name: str) -> Start:
    if name not in anchor and (name in ev.EVENT_TYPES or name.startswith(MILESTONE)):
        return _event({"event": name})
    if name in SHORTHANDS:
        return Start(
            words.read(SHORTHANDS[name]).find, in_short(anchor, name), early=False, in_care=True, after_entry=True
        )
    other, _, day = name.rpartition(".")
    if other and day in DAYS:
        raise WordRefused(f'{name!r} is no known anchor; accepted: {{ obligation = "{other}", day = "{day}" }}')
    find = named(anchor, name, ev.EVENT_TYPES, tables=words.tables())
    early, in_care = name == "care_proceedings_issued", name not in OF_ANY_DAY
    says, after_entry = in_short(anchor, name), in_care and name != ENTRY
    return Start(_of_facts(find), says, early=early, in_care=in_care, after_entry=after_entry)


def _of_those(which: str, starts: Sequence[Anchor]) -> Sequence[Anchor]:
    return starts[:1] if which == "first" else starts[-1:] if which == "last" else starts


@words.word(
    "event", "where", "since", "which",
    example='anchor = { event = "review_held", where = { number = 1, reunification_prospect = false } }',
)  # fmt: skip
def _event(table: Table) -> Start:
    """An event, milestones included, with values in its fields: `which` of them, the `first`, the `last`, or `each`.

    `since` is `entry`, or `ever` where what was before it counts too.
    """
    which = one_of(table, "which", WHICH, "each")
    chosen = choice({key: value for key, value in table.items() if key != "which"})

    def find(facts: Facts) -> Sequence[Anchor]:
        return _of_those(which, [Anchor(e.on, e) for e in chosen.find(facts, None)])

    says = f"{'each' if which == 'each' else 'the ' + which} {chosen.says}"
    entries = {name for name, model in ev.EVENT_TYPES.items() if model in ev.ENTRY_TYPES}
    in_care = chosen.since == "entry"
    after_entry = in_care and entries.isdisjoint(chosen.names)
    return Start(_of_facts(find), says, early=chosen.since == "ever", in_care=in_care, after_entry=after_entry)


@words.word("obligation", "day", "which", example='anchor = { obligation = "first-review", day = "met" }')
def _obligation(table: Table) -> Start:
    """The `day` on which another obligation was `met`, is `due`, or is `booked`, of each occurrence that has it."""
    other, which = str(table["obligation"]), one_of(table, "which", WHICH, "each")
    day = one_of(table, "day", DAYS, "")

    def find(_: Facts, days_of: DaysOf) -> Sequence[Anchor]:
        return _of_those(which, days_of(other, day))

    said = {
        "met": f"the day {other} was met",
        "due": f"the due date of {other}",
        "booked": f"the day {other} is booked for",
    }
    return Start(find, said[day], frozenset({other}))


def _each_read(table: Table, key: str) -> list[Start]:
    read = []
    for place, one in enumerate(several(table, key)):
        with within(key, place):
            read.append(read_start(one))
    return read


def _several(starts: Sequence[Start], find: Find, says: str, certain: Callable[[Iterable[bool]], bool] = all) -> Start:
    """`certain`: whether what is certain of all of them is certain of what comes of them, or what is of any."""
    needs = frozenset(name for one in starts for name in one.obligations)
    return Start(
        find,
        says,
        needs,
        early=any(one.early for one in starts),
        in_care=certain(one.in_care for one in starts),
        after_entry=certain(one.after_entry for one in starts),
    )


@words.word("each_of", example='anchor = { each_of = ["drift_identified", "plan_changed"] }')
def _each_of(table: Table) -> Start:
    """All that several anchors give, in order of days."""
    starts = _each_read(table, "each_of")

    def find(facts: Facts, days_of: DaysOf) -> Sequence[Anchor]:
        return sorted((one for start in starts for one in start.find(facts, days_of)), key=lambda one: one.on)

    return _several(starts, find, " or ".join(one.says for one in starts))


@words.word("earliest_of", example='anchor = { earliest_of = ["ppm_held", "care_proceedings_issued"] }')
def _earliest_of(table: Table) -> Start:
    """The earliest of the first days of several anchors; of those that have not happened nothing is waited for."""
    starts = _each_read(table, "earliest_of")

    def find(facts: Facts, days_of: DaysOf) -> Sequence[Anchor]:
        firsts = [one for start in starts for one in start.find(facts, days_of)[:1]]
        return sorted(firsts, key=lambda one: one.on)[:1]

    return _several(starts, find, "the earliest of: " + ", ".join(one.says for one in starts))


@words.word("latest_of", example='anchor = { latest_of = ["placement_order_made", "adoption_unlikely"] }')
def _latest_of(table: Table) -> Start:
    """The latest of the first days of several anchors, once all have happened."""
    starts = _each_read(table, "latest_of")

    def find(facts: Facts, days_of: DaysOf) -> Sequence[Anchor]:
        firsts = [list(start.find(facts, days_of)[:1]) for start in starts]
        there = sorted((one for first in firsts for one in first), key=lambda one: one.on)
        if not there or not all(firsts):
            return []
        last = there[-1]
        return [last if last.opened is None else replace(last, opened=max(one.opened or one.on for one in there))]

    return _several(starts, find, "the latest of: " + ", ".join(one.says for one in starts), any)


SHORTHANDS: Final[Mapping[str, Table]] = {
    "first_review_held": {"event": "review_held", "where": {"number": 1}, "since": "ever"},
    "second_review_held": {"event": "review_held", "where": {"number": 2}, "since": "ever"},
    "ppm_with_adoption_advice": {"event": "ppm_held", "where": {"adoption_advice_issued": True}},
    "should_be_placed_decision": {"event": "adm_decision_made", "where": {"should_be_placed": True}},
    "drift_identified": {"event": "drift_identified"},
}
"""Names that are short for general words."""
