"""What is wrong with a row of a policy beyond its form: names nobody knows, and what would silence a rule.

A policy with any of these is refused when it is loaded, and shown with its line by `permanence policy check`.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from domain.case import events as ev
from domain.case.milestone import milestone_named
from domain.clocks.anchors import anchor
from domain.clocks.conditions import case, condition
from domain.clocks.fulfilment import fulfilment
from domain.clocks.gates import check
from domain.clocks.notices import occasion
from domain.clocks.registry import Names, UnknownName
from domain.clocks.rules import Due, Gate, Notice, Policy, Rule

Path = tuple[str | int, ...]
Slip = tuple[Path, str]
"""Where in the row, and what is wrong, with what would do."""


def nearest(name: object, known: Iterable[str]) -> str:
    """`; did you mean ...?` for a name that is nearly a known one, else nothing."""
    near = difflib.get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def slips_of_rule(rule: Rule) -> Iterator[Slip]:
    """Names the registry does not have, and what can never cover the roles asked for."""
    yield from _named(anchor, rule.anchor, ("anchor",))
    for place, name in enumerate(rule.applies):
        yield from _named(condition, name, ("applies", place))
    for place, name in enumerate(rule.met_by):
        if name not in ev.EVENT_TYPES and not milestone_named(name):
            yield from _named(fulfilment, name, ("met_by", place), ev.EVENT_TYPES)
    for place, name in enumerate(rule.met_before.anchors if rule.met_before else ()):
        yield from _event_type(name, ("met_before", "anchors", place))
    for place, due in enumerate(rule.due):
        yield from _slips_of_due(due, ("due", place))
    for place, also in enumerate(rule.reminders_to):
        yield from _named(case, also.when, ("reminders_to", place, "when"))
    papers = [ev.EVENT_TYPES.get(name) for name in rule.met_by]
    if rule.covers and not all(paper and issubclass(paper, ev.Circulated) for paper in papers):
        yield ("covers",), "covers: only papers sent to roles can cover them; met_by names something else"


def _slips_of_due(due: Due, path: Path) -> Iterator[Slip]:
    for nth, instead in enumerate(due.instead):
        yield from _named(case, instead.when, (*path, "instead", nth, "when"))
    if due.when is not None:
        yield from _named(case, due.when, (*path, "when"))
    if due.not_before:
        yield from _named(anchor, due.not_before.anchor, (*path, "not_before", "anchor"))


def slips_of_notice(notice: Notice) -> Iterator[Slip]:
    """Names the registry does not have."""
    yield from _named(occasion, notice.when, ("when",))
    for place, name in enumerate(notice.events):
        yield from _event_type(name, ("events", place))


def slips_of_gate(gate: Gate) -> Iterator[Slip]:
    """Names the registry does not have."""
    yield from _named(check, gate.check, ("check",))
    yield from _event_type(gate.event, ("event",))


def _named(names: Names[Callable[..., Any]], name: str, path: Path, others: Sequence[str] | Any = ()) -> Iterator[Slip]:
    try:
        names[name]
    except UnknownName as unknown:
        also = nearest(name, others) if others else ""
        yield path, f"{unknown}{also}" if also and "did you mean" not in str(unknown) else str(unknown)


def _event_type(name: str, path: Path) -> Iterator[Slip]:
    if name not in ev.EVENT_TYPES and not milestone_named(name):
        yield path, f"{name!r} is no event type{nearest(name, ev.EVENT_TYPES)}"


def undefined_milestones(policy: Policy) -> list[str]:
    """In words, each row that names a milestone which neither the policy nor what it extends defines."""
    known = {one.id for one in policy.milestones}
    rows = [row for obligation in policy.obligations for row in (obligation.rule, *obligation.limits)]
    named = [(row.id, name) for row in rows for name in row.met_by]
    named += [(notice.id, name) for notice in policy.notices for name in notice.events]
    return [
        f"{row}: {name}: no milestone {own!r}{nearest(own, known)}; defined: {', '.join(sorted(known)) or 'none'}; "
        f"to define it, add [milestone.{own}] with title and clause"
        for row, name in named
        if (own := milestone_named(name)) and own not in known
    ]


SLIPS: Mapping[str, Callable[[Any], Iterable[Slip]]] = {
    "obligation": slips_of_rule,
    "notice": slips_of_notice,
    "gate": slips_of_gate,
}
"""What looks at the rows of each table of a policy file."""
