"""What a policy lets happen of its own: each milestone that it defines, with its details and their kinds."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Final

from domain.case import events as ev
from domain.clocks.rules import Detail, Milestone, Policy


def _is_day(value: object) -> bool:
    """Spelled one way, for days are compared as text: 20260120 and 2026-W04-2 would not come before 2026-01-21."""
    return _is_day_as_before(value) and date.fromisoformat(str(value)).isoformat() == value


def _is_day_as_before(value: object) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return isinstance(value, str)


Kinds = Mapping[Detail, tuple[Callable[[object], bool], str]]
KINDS: Final[Kinds] = {
    "text": (lambda value: isinstance(value, str), "text"),
    "number": (lambda value: isinstance(value, int | float) and not isinstance(value, bool), "a number"),
    "yes_no": (lambda value: isinstance(value, bool), "true or false"),
    "date": (_is_day, "a date as YYYY-MM-DD"),
}
"""For each kind of detail, what is one, and how that is said."""
KINDS_AS_BEFORE: Final[Kinds] = {**KINDS, "date": (_is_day_as_before, KINDS["date"][1])}
"""The same of a policy that is not amended."""


BEFORE_ENTRY: Final = "before_entry = true at the milestone in the policy"


def why_not_a_milestone(event: ev.MilestoneReached, policy: Policy, *, began: date | None, early: bool) -> str | None:
    """Why a milestone is refused under a policy, in words; None where it is taken. `early`: before the entry."""
    milestone = policy.milestone(event.milestone)
    if milestone is None:
        defined = ", ".join(sorted(one.id for one in policy.milestones)) or "none"
        return f"milestone: {event.milestone!r} is not defined by policy {policy.id}; accepted: {defined}"
    if early and not milestone.before_entry:
        return f"on: {event.on} is before the child's entry; accepted: {began} or later, or {BEFORE_ENTRY}"
    return "; ".join(_wrong(event, milestone, KINDS if policy.amended else KINDS_AS_BEFORE)) or None


def _wrong(event: ev.MilestoneReached, milestone: Milestone, kinds: Kinds) -> Iterator[str]:
    accepted = ", ".join(milestone.details) or "none"
    for name, value in event.details.items():
        kind = milestone.details.get(name)
        if kind is None:
            yield f"details.{name}: no such detail of {milestone.id}; accepted: {accepted}"
        elif not kinds[kind][0](value):
            yield f"details.{name}: the value is not accepted; accepted: {kinds[kind][1]}"
