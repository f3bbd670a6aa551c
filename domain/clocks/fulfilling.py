"""`met_by`: what meets an obligation. A name (`fulfilment.py`), the type of an event, or a table of general words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.case import events as ev
from domain.case.calendar import UNITS, Offset, calendar_days_after
from domain.case.facts import Facts
from domain.case.milestone import PREFIX as MILESTONE
from domain.clocks.anchors import Anchor
from domain.clocks.choosing import choice
from domain.clocks.fulfilment import fulfilment
from domain.clocks.spelling import in_short
from domain.clocks.vocabulary import Table, WordRefused, Words, named, one_of, only, several, table_at, within

Days = Callable[[Facts, Anchor], Sequence[date]]


@dataclass(frozen=True, slots=True)
class Meets:
    """A way to meet an obligation as it is read: the days on which it happened, in order; its words; whose it answers.

    `kind`: the type of event, where any such event meets it and no more is asked of it.
    """

    days: Days
    says: str
    answers: tuple[str, ...]
    kind: str | None = None


ANSWERS: Final[Mapping[str, tuple[str, ...]]] = {
    "adoption_review": ("review_held",),
    "ppm_after_the_day": ("ppm_held",),
    "reviewing_officer_named": ("person_assigned",),
    "permanence": (
        "returned_home",
        "adoption_order_made",
        "special_guardianship_order_made",
        "child_arrangements_order_made",
    ),
    "pathway_plan_at_15_or_over": ("pathway_plan_completed",),
}
"""Which events answer a way to meet an obligation that general words do not say. A long-term placement that a review
ratifies is permanence too, and not here: who records the review thinks of the review."""

words: Words[Meets] = Words("what meets an obligation")


def read_meets(given: object) -> Meets:
    """What a way to meet an obligation means. Raises WordRefused."""
    if isinstance(given, str):
        return _named(given)
    if not isinstance(given, Mapping):
        raise WordRefused("accepted here: the type of an event, a name, or a table")
    return words.read(given)


def _named(name: str) -> Meets:
    if name in SHORTHANDS:
        short = words.read(SHORTHANDS[name])
        return Meets(short.days, in_short(fulfilment, name), short.answers, name)
    if name not in fulfilment and (name in ev.EVENT_TYPES or name.startswith(MILESTONE)):
        chosen = choice({"event": name, "since": "ever"})
        return Meets(lambda facts, _: [e.on for e in facts.named(name)], chosen.says, (name,), name)
    days = named(fulfilment, name, ev.EVENT_TYPES, tables=words.tables())
    return Meets(days, in_short(fulfilment, name), ANSWERS[name], name)


@words.word(
    "event", "where", "not_before",
    example='met_by = [{ event = "ppm_held", not_before = { weeks = 12 } }]',
)  # fmt: skip
def _event(table: Table) -> Meets:
    """An event, milestones included, with values in its fields; `not_before` so long after the anchor.

    From when it counts at all, `met_since` says: `anchor`, `entry` or `ever`.
    """
    rest = {key: value for key, value in table.items() if key != "not_before"}
    chosen = choice({**rest, "since": "ever"})
    alone = chosen.names[0] if len(chosen.names) == 1 and chosen.test is None else None
    if "not_before" not in table:
        return Meets(lambda facts, _: [e.on for e in chosen.find(facts, None)], chosen.says, chosen.names, alone)
    offset = _after_the_anchor(table)

    def days(facts: Facts, anchor: Anchor) -> Sequence[date]:
        earliest = calendar_days_after(anchor.on, offset)
        return [e.on for e in chosen.find(facts, None) if e.on >= earliest]

    return Meets(days, f"{chosen.says}, {offset} or more after the anchor", chosen.names, alone)


def _after_the_anchor(table: Table) -> Offset:
    given = table_at(table, "not_before")
    only(given, [unit for unit in UNITS if unit != "working_days"], "in not_before")
    try:
        offset = Offset.model_validate(dict(given))
    except ValueError:
        raise WordRefused(
            "accepted here: one of days, weeks, months with a number, such as { weeks = 12 }", ("not_before",)
        ) from None
    if offset.number < 0:
        raise WordRefused(
            "accepted here: a number from 0; what was before the anchor counts by met_since", ("not_before",)
        )
    return offset


TOGETHER_SINCE: Final = ("anchor", "entry", "ever")


@words.word(
    "together", "since",
    example='met_by = [{ together = ["needs_assessment_completed", "pathway_plan_completed"], since = "entry" }]',
)  # fmt: skip
def _together(table: Table) -> Meets:
    """Several things, all of which must be there: met on the day the last of them is.

    Of each the first counts `since` the `anchor` (as usual), `entry`, or `ever`.
    """
    since = one_of(table, "since", TOGETHER_SINCE, "anchor")
    each = []
    for place, one in enumerate(several(table, "together")):
        with within("together", place):
            each.append(read_meets(one))

    def days(facts: Facts, anchor: Anchor) -> Sequence[date]:
        start = _first_day(facts, anchor, since)
        firsts = [next((day for day in one.days(facts, anchor) if day >= start), None) for one in each]
        there = [day for day in firsts if day is not None]
        return [max(there)] if len(there) == len(each) else []

    return Meets(days, " and ".join(one.says for one in each), tuple(name for one in each for name in one.answers))


def _first_day(facts: Facts, anchor: Anchor, since: str) -> date:
    if since == "entry":
        return facts.care.start if facts.care else date.max
    return anchor.opened or anchor.on if since == "anchor" else date.min


SHORTHANDS: Final[Mapping[str, Table]] = {
    "any_review": {"event": "review_held"},
    "first_care_review": {"event": "review_held", "where": {"number": 1}},
    "second_care_review": {"event": "review_held", "where": {"number": 2}},
    "care_review": {"event": "review_held", "where": {"number": {"from": 1}}},
    "later_care_review": {"event": "review_held", "where": {"number": {"from": 3}}},
    "review_agreeing_the_plan": {"event": "review_held", "where": {"plan_agreed": True}},
    "review_from_the_28th_day": {"event": "review_held", "not_before": {"days": 28}},
    "needs_assessment_and_pathway_plan": {
        "together": ["needs_assessment_completed", "pathway_plan_completed"],
        "since": "entry",
    },
}
"""Names that are short for general words."""
