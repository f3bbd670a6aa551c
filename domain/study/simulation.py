"""A file of events lived through offline: the same steps as the durable workflow, from batch to batch.

Any number of children, lines in any order. What is refused is gathered, every line of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby

from domain.case import events as ev
from domain.case.calendar import WorkingCalendar, end_of, england_and_wales, years_of_childhood
from domain.case.children import concerned, waits_for_entry
from domain.case.facts import Known
from domain.case.siblings import Naming, to_hear
from domain.clocks.actions import Action
from domain.decision import Decision
from domain.journey import Journey
from domain.policy.loading import Policies
from domain.refusals import Refusal, judge, policy_after
from domain.waking import next_change

BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event and the line of the file it stood on."""

    number: int
    event: ev.Event


class FileRefused(ValueError):
    """A file with lines that cannot be taken: every one, with its number and reason."""

    def __init__(self, problems: Iterable[tuple[int, str]]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(f"line {number}: {reason}" for number, reason in self.problems))


@dataclass(frozen=True, slots=True)
class SiblingNews:
    """What one child's journey tells another's, and when."""

    at: datetime
    by: str
    child: str
    event: ev.Event
    tells: bool = True
    """False where the child asks on entry."""


@dataclass
class Simulated:
    """One child at the end of a simulation."""

    journey: Journey
    actions: list[Action] = field(default_factory=list)
    passed_over: list[Action] = field(default_factory=list)
    for_siblings: list[SiblingNews] = field(default_factory=list)
    now: datetime = BEFORE_ALL
    """The latest instant lived through."""

    def add(self, decision: Decision) -> None:
        """Note what a step decided."""
        self.actions += decision.actions
        self.passed_over += decision.skipped
        self.for_siblings += [SiblingNews(self.now, self.journey.child, e.child, e) for e in decision.for_siblings]


class Simulation:
    """Runs journeys from events alone. Policies are looked up by id as the events name them."""

    def __init__(self, policies: Policies, default_policy: str) -> None:
        self.policies = policies
        self.default_policy = default_policy
        policies.resolve(default_policy)

    def run(self, lines: Iterable[EventLine], until: date) -> dict[str, Simulated]:
        """Every child's journey as it stands at the end of a day, with the actions on the way.

        Raises FileRefused if any event known by then is refused; nothing is decided then.
        """
        end = end_of(until)
        known = [line for line in lines if line.event.known_from <= end]
        problems: list[tuple[int, str]] = []
        results = {}
        children = {child: own for child, own in by_child(known).items() if not only_waits(child, own)}
        news = self.told_to_siblings(children)
        for child, own in sorted(children.items()):
            results[child] = Simulated(self.journey_for(child, [line.event for line in own]))
            heard = [each for each in news if each.child == child]
            for number, reason in self._live(results[child], own, end, heard):
                problems.append((number, reason))
        if problems:
            raise FileRefused(problems)
        return results

    def told_to_siblings(self, children: Mapping[str, Sequence[EventLine]]) -> list[SiblingNews]:
        """What the journeys of some children tell those of their brothers and sisters, in order of time.

        Those who enter later, or name others later, hear then of what had been told before.
        """
        news: list[SiblingNews] = []
        for child, own in children.items():
            events = [line.event for line in own]
            if any(isinstance(event, ev.PlacedForAdoption) for event in events):
                teller = Simulated(self.journey_for(child, events))
                for instant, batch in batches_of(child, events):
                    self.take(teller, batch, instant)
                news += teller.for_siblings
        return sorted([*news, *_heard_on_naming(children)], key=lambda each: (each.at, each.by, each.event.id))

    def journey_for(self, child: str, events: Iterable[ev.Event]) -> Journey:
        """A journey not yet begun, with the calendar of the child's years."""
        births = [e.birth for e in events if isinstance(e, ev.ENTRY_TYPES)]
        calendar = calendar_for(min(births, default=date(2000, 1, 1)), max(births, default=date(2000, 1, 1)))
        return Journey(child, self.policies.resolve(self.default_policy), calendar)

    def _live(
        self, result: Simulated, lines: list[EventLine], end: datetime, heard: Sequence[SiblingNews] = ()
    ) -> Iterator[tuple[int, str]]:
        """One child's journey; what other journeys tell it is taken if it runs, and refused without a line."""
        numbers = {line.event.id: line.number for line in lines}
        from_others = {
            instant: [each.event for each in news] for instant, news in groupby(heard, key=lambda each: each.at)
        }
        own = dict(batches_of(result.journey.child, (line.event for line in lines)))
        for instant in sorted({*own, *from_others}):
            self._until(result, instant)
            batch = own.get(instant, [])
            runs = bool(batch) or (bool(result.journey.periods) and not result.journey.ended)
            for refusal in self.take(result, batch + (from_others.get(instant, []) if runs else []), instant):
                if refusal.event.id in numbers:
                    yield numbers[refusal.event.id], str(refusal)
        self._until(result, end, inclusive=True)
        result.journey.look(end)

    def take(self, result: Simulated, batch: list[ev.Event], instant: datetime) -> list[Refusal]:
        """One batch: judged, taken, and what must then be told."""
        journey = result.journey
        result.now = instant
        known = self.policies.ids()
        policy = policy_after(journey, batch, instant, known, offline=True)
        journey.policy = self.policies.resolve(policy or self.default_policy)
        taken, refused = judge(journey, batch, instant, known, offline=True)
        if taken:
            result.add(journey.step(instant, taken))
        return refused

    def _until(self, result: Simulated, end: datetime, *, inclusive: bool = False) -> None:
        """Live through every instant before `end` (or up to it) at which something changes."""
        journey = result.journey
        while (change := next_change(journey, result.now)) is not None:
            if change[0] > end or (change[0] == end and not inclusive):
                return
            result.now = change[0]
            result.add(journey.step(result.now))


def calendar_for(first_birth: date, last_birth: date) -> WorkingCalendar:
    """The calendar that covers the childhoods of children born between two days."""
    return england_and_wales(years_of_childhood(first_birth)[0], years_of_childhood(last_birth)[1])


def by_child(lines: Iterable[EventLine]) -> dict[str, list[EventLine]]:
    """The lines that concern each child; what takes an event back concerns every child that the event was for."""
    lines = list(lines)
    events = {line.event.id: line.event for line in lines}
    lines_of: dict[str, list[EventLine]] = {}
    for line in lines:
        for child in concerned(line.event, events):
            lines_of.setdefault(child, []).append(line)
    return lines_of


def _heard_on_naming(children: Mapping[str, Sequence[EventLine]]) -> Iterator[SiblingNews]:
    """What each child hears of brothers and sisters newly named who are placed for adoption by then."""
    named = [line.event for own in children.values() for line in own if isinstance(line.event, Naming)]
    for naming in named:
        for sibling in naming.siblings:
            events = [line.event for line in children.get(sibling, ()) if line.event.known_from <= naming.known_from]
            known = {sibling: [Known(event, event.known_from) for event in events]}
            for event in to_hear(naming, known):
                yield SiblingNews(naming.known_from, sibling, naming.child, event, tells=False)


def batches(events: Iterable[ev.Event]) -> list[tuple[datetime, list[ev.Event]]]:
    """Events by the instant they become known, in order of time."""
    by_instant: dict[datetime, list[ev.Event]] = {}
    for event in sorted(events, key=lambda e: e.id):
        by_instant.setdefault(event.known_from, []).append(event)
    return sorted(by_instant.items())


def batches_of(child: str, events: Iterable[ev.Event]) -> list[tuple[datetime, list[ev.Event]]]:
    """A child's events by the instant they become known; a joint meeting waits for the child's journey to begin.

    Held on 12 January 2026 for a brother and a sister who enters on the 20th: of her it becomes known on the 20th, and
    so does its voiding of the 14th.
    """
    events = list(events)
    began = min((e.known_from for e in events if isinstance(e, ev.ENTRY_TYPES)), default=None)
    waiting = [e for e in events if waits_for_entry(e, child) and began and e.known_from < began]
    instants = dict(batches(e for e in events if e not in waiting))
    if waiting and began:
        instants[began] = sorted([*instants[began], *waiting], key=lambda e: e.id)
    return sorted(instants.items())


def only_waits(child: str, lines: Iterable[EventLine]) -> bool:
    """Whether all that concerns a child was recorded on brothers and sisters, and there is no journey yet."""
    return all(waits_for_entry(line.event, child) for line in lines)
