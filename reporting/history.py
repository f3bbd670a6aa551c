"""What was known of a child from when until when: the lines of a journey at every instant at which they changed.

A figure of a past day is then the same figure over other lines. A review of 2 March 2026 that was recorded on the 20th
is not held, and late, in the report of the 15th; in the report of today it was held in time.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Generic, TypeVar

from delivery.people import case_people
from domain.case.calendar import birthday, local_date, midnight
from domain.case.facts import Known
from domain.clocks.rules import Policy
from domain.journey import Journey
from domain.refusals import policy_named
from reporting.lines import PeriodLine, StepLine, period_lines, step_lines

Line = TypeVar("Line")
PolicyOf = Callable[[str | None, datetime], Policy]
"""The policy of a name (None: of a case that names none) as the service had it at an instant."""


@dataclass(frozen=True, slots=True)
class WhileKnown(Generic[Line]):
    """A line, and from when until when it was what was known; `until` None: it is so now."""

    line: Line
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChildHistory:
    """All lines of a child, past and present, and the next day on which time alone changes them."""

    steps: tuple[WhileKnown[StepLine], ...] = ()
    periods: tuple[WhileKnown[PeriodLine], ...] = ()
    next_on: date | None = None


def history_of(journey: Journey, known: Sequence[Known], policy_of: PolicyOf, now: datetime) -> ChildHistory:
    """The lines of a child as they became known. `journey` has taken nothing yet."""
    steps, periods = _Kept[StepLine](), _Kept[PeriodLine]()
    for at, batch in _instants(journey, known, now):
        policies = _take(journey, batch, policy_of, at)
        by_then = [one for one in known if one.known_at <= at]
        steps.turn({(one.period, one.obligation, one.occurrence): one for one in step_lines(journey, policies)}, at)
        team = case_people(by_then, local_date(at)).team
        periods.turn({(one.period, "", 0): one for one in period_lines(journey, policies, team)}, at)
    ahead = [day for day in _birthdays(journey) if day > local_date(now)]
    return ChildHistory(steps.all(), periods.all(), min(ahead, default=None))


def _take(journey: Journey, batch: Sequence[Known], policy_of: PolicyOf, at: datetime) -> Mapping[int, Policy]:
    """Have a journey know a batch, under the policies that its periods then name."""
    journey.learn([one.event for one in batch], at)
    policies = {journey.number_of(facts): policy_of(policy_named(facts), at) for facts in journey.periods}
    if policies and policies[journey.number] is not journey.policy:
        journey.policy = policies[journey.number]
        journey.learn((), at)
    return policies


def _instants(journey: Journey, known: Sequence[Known], now: datetime) -> Iterator[tuple[datetime, list[Known]]]:
    """When something became known or a birthday came, in order of time."""
    batches = {at: list(batch) for at, batch in groupby(sorted(known, key=_when), key=_when)}
    if not batches:
        return
    taken: set[datetime] = set()
    first = min(batches)
    while ahead := sorted(at for at in {*batches, *_midnights(journey, first, now)} if at not in taken):
        taken.add(ahead[0])
        yield ahead[0], batches.get(ahead[0], [])


def _when(known: Known) -> datetime:
    return known.known_at


def _midnights(journey: Journey, first: datetime, now: datetime) -> Iterable[datetime]:
    return (at for day in _birthdays(journey) if first < (at := midnight(day)) <= now)


def _birthdays(journey: Journey) -> Iterator[date]:
    """Those that change something: the ages of the policy, and 18."""
    for facts in journey.periods[-1:]:
        if facts.born:
            yield from (birthday(facts.born, age) for age in (*journey.policy.ages, 18))


class _Kept(Generic[Line]):
    """Lines by what they are of, each turned over when it becomes another."""

    def __init__(self) -> None:
        self._now: dict[tuple[int, str, int], WhileKnown[Line]] = {}
        self._past: list[WhileKnown[Line]] = []

    def turn(self, lines: Mapping[tuple[int, str, int], Line], at: datetime) -> None:
        for key, was in list(self._now.items()):
            if lines.get(key) != was.line:
                self._past.append(WhileKnown(was.line, was.since, at))
                del self._now[key]
        for key, line in lines.items():
            self._now.setdefault(key, WhileKnown(line, at))

    def all(self) -> tuple[WhileKnown[Line], ...]:
        return (*self._past, *self._now.values())
