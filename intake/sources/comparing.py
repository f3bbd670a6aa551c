"""What a source says of a child now, beside what it said before: what to tell, correct and void, and what is doubtful.

One pure function for every source. What is taken of a source is told under an id of the source's, so that the events
known of a child are themselves the memory of what it said; who else recorded something is never touched.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.case import events as ev
from domain.case.calendar import local_date
from domain.case.facts import Known, unvoided
from intake.sources.covered import Covered, speaks_for
from intake.sources.doubts import BESIDE_OURS, Doubt, key_of
from intake.sources.matching import (
    AGAIN,
    Pairs,
    agrees,
    content,
    is_of,
    is_told_by,
    nearest,
    paired,
    recorded_elsewhere,
    says,
    stem,
)

RULES = {check.id: check for check in BESIDE_OURS}


@dataclass(frozen=True, slots=True)
class SourceCompared:
    """What follows from what a source says of one child now. `batch` is what a journey is to take, as one."""

    fresh: tuple[ev.Event, ...] = ()
    """What is new."""
    corrected: tuple[tuple[ev.Event, ev.Event], ...] = ()
    """What the source said before, and the event that stands in for it."""
    voided: tuple[tuple[ev.Event, ev.EventVoided], ...] = ()
    """What the source no longer says, and its voiding."""
    doubts: tuple[Doubt, ...] = ()
    beneath: tuple[ev.EventVoided, ...] = ()
    """The voidings of what a voided correction had stood in for, which would stand again."""

    @property
    def batch(self) -> list[ev.Event]:
        """The events to be taken together, and decided once."""
        return [*(v for _, v in self.voided), *self.beneath, *(now for _, now in self.corrected), *self.fresh]


def compare(
    source: str, said: Sequence[ev.Event], covered: Collection[Covered], known: Iterable[Known], now: datetime
) -> SourceCompared:
    """Compare what a source says of a child with what is known of that child.

    `source`: the first part of the ids of its events (`matching.name_of`). `said`: all it says now, each under the id
    it would first be told by. `covered`: the days it speaks for; what it leaves out of others stays. `known`: all
    events of the child, whoever told them, voided ones too.
    """
    return _Comparing(source, said, covered, list(known), now).compared()


class _Comparing:
    def __init__(
        self, source: str, said: Sequence[ev.Event], covered: Collection[Covered], known: list[Known], now: datetime
    ) -> None:
        self.source = source
        self.said = said
        self.covered = covered
        self.now = now
        self.known = [k.event for k in known]
        standing = [k.event for k in unvoided(known)]
        self.before = [e for e in standing if is_of(source, e)]
        self.elsewhere = [e for e in standing if not is_told_by(source, e)]
        self.bounds = [e for e in (*self.elsewhere, *said) if isinstance(e, (ev.BecameLookedAfter, *ev.ENDING_TYPES))]
        self.ids = {e.id for e in self.known}
        self.doubts: list[Doubt] = []

    def compared(self) -> SourceCompared:
        if self._gone():
            return SourceCompared(doubts=tuple(self.doubts))
        same, said, before = paired(self.said, self.before, content)
        said = self._untouched(said)
        before = self._left_by_somebody(before)
        named, said, before = paired(said, before, lambda e: stem(e.id))
        moved, said, before = nearest(said, before)
        fresh = self._not_recorded_elsewhere(said)
        corrected = tuple((was, self._standing_in(now, was)) for now, was in (*named, *moved))
        voided = tuple((e, self._voiding(e)) for e in before if speaks_for(self.covered, e.on))
        under = (self._voiding(e) for gone, _ in voided for e in self._beneath(gone))
        beneath = tuple(voiding for voiding in under if voiding.id not in self.ids)
        self._recorded_twice(same)
        return SourceCompared(tuple(map(self._under_free_id, fresh)), corrected, voided, tuple(self.doubts), beneath)

    def _doubt(self, rule: str, event: ev.Event, **specifics: object) -> None:
        check = RULES[rule]
        key = key_of(event.child, rule, says(event) | specifics)
        self.doubts.append(Doubt(event.child, rule, "", 0, check.message.format(**specifics), check.action, key))

    def _gone(self) -> bool:
        """Whether the source no longer has what the child's journey began by: it lacks a table, not a childhood."""
        # Pre-proceedings are no more once the child is in care, and then that is what the journey is of.
        for kinds in ((ev.BecameLookedAfter,), ev.ENTRY_TYPES):
            entries = [e for e in self.before if isinstance(e, kinds)]
            if entries and not any(isinstance(e, kinds) for e in self.said):
                self._doubt("gone", entries[0])
                return True
        return False

    # What others did

    def _untouched(self, said: list[ev.Event]) -> list[ev.Event]:
        """Without what somebody else recorded in the same words, and what of the source somebody took back."""
        rest, elsewhere = [], list(self.elsewhere)
        taken_back = {content(e): e for e in self._taken_back()}
        for event in said:
            agreeing = next((other for other in elsewhere if agrees(event, other)), None)
            if agreeing is not None:
                elsewhere.remove(agreeing)
            elif content(event) in taken_back:
                self._doubt("taken-back", event)
            else:
                rest.append(event)
        return rest

    def _taken_back(self) -> list[ev.Event]:
        """What the source told and somebody else voided, or corrected by what is not the source's."""
        by = {e.event for e in self.elsewhere if isinstance(e, ev.EventVoided)}
        by |= {e.corrects for e in self.elsewhere if e.corrects is not None}
        return [e for e in self.known if e.id in by and is_of(self.source, e)]

    def _left_by_somebody(self, before: list[ev.Event]) -> list[ev.Event]:
        """Without what stands again since somebody voided the correction of it."""
        # The source had the 24th, then the 23rd; somebody voided the 23rd. The 24th stands, by a person's word.
        theirs = {e.corrects for e in self._taken_back()}
        return [event for event in before if event.id not in theirs]

    def _not_recorded_elsewhere(self, said: list[ev.Event]) -> list[ev.Event]:
        rest = []
        for event in said:
            other = recorded_elsewhere(event, self.elsewhere, self.bounds)
            if other is None:
                rest.append(event)
            else:
                self._doubt("elsewhere", event, day=other.on)
        return rest

    def _recorded_twice(self, same: Pairs) -> None:
        for event, _ in same:
            other = recorded_elsewhere(event, self.elsewhere, self.bounds)
            if other is not None:
                self._doubt("twice", event, day=other.on)

    # What follows

    def _under_free_id(self, event: ev.Event) -> ev.Event:
        return event if self._take(event.id) else event.model_copy(update={"id": self._next_id(event.id)})

    def _standing_in(self, event: ev.Event, was: ev.Event) -> ev.Event:
        """The event as the correction of what was said before; which policy the child came under is not its matter."""
        changed: dict[str, object] = {"id": self._next_id(was.id), "corrects": was.id}
        if isinstance(was, ev.BecameLookedAfter) and was.policy is not None:
            changed["policy"] = was.policy
        return event.model_copy(update=changed)

    def _beneath(self, event: ev.Event) -> Iterator[ev.Event]:
        """What a correction stands in for, one after the other."""
        # The 24th was corrected to the 23rd, and now there is no such review: voiding the 23rd alone, the 24th stands.
        by_id = {e.id: e for e in self.known}
        earlier = by_id.get(event.corrects or "")
        while earlier is not None and is_of(self.source, earlier):
            yield earlier
            earlier = by_id.get(earlier.corrects or "")

    def _take(self, event_id: str) -> bool:
        free = event_id not in self.ids
        self.ids.add(event_id)
        return free

    def _next_id(self, event_id: str) -> str:
        number = 2
        while not self._take(f"{stem(event_id)}{AGAIN}{number}"):
            number += 1
        return f"{stem(event_id)}{AGAIN}{number}"

    def _voiding(self, event: ev.Event) -> ev.EventVoided:
        return ev.EventVoided.model_validate(
            {
                "type": "event_voided",
                "id": f"{event.id}:void",
                "child": event.child,
                "on": local_date(self.now),
                "event": event.id,
                "reason": f"{self.source}: no longer in what it says of that time",
            }
        )
