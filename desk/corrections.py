"""What became of what was recorded: whether it stands, or was corrected or taken back, and what is different."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final, Literal, NamedTuple

from domain.case import events as ev
from domain.case.documents import document_of
from domain.case.facts import Known, unvoided
from domain.study.effect import Effect, StepEnded

BY_ITSELF = frozenset({"id", "by", "corrects", "recorded_at"})
"""Fields of an event that say nothing of what happened."""


class Fate(NamedTuple):
    """What an event was taken back by: a correction, or somebody who said that it did not happen."""

    sort: Literal["corrected", "taken back"]
    by: Known


class FieldChanged(NamedTuple):
    """A field of an event, as it was and as it is; empty where nothing is said."""

    label: str
    was: str
    now: str

    @property
    def changed(self) -> bool:
        """Whether it says something else."""
        return self.was != self.now


def fate_of(known: Iterable[Known], event: str) -> Fate | None:
    """What became of an event that stands no more; None of one that stands."""
    known = list(known)
    if any(one.event.id == event for one in unvoided(known)):
        return None
    voidings = [one for one in known if isinstance(one.event, ev.EventVoided) and one.event.event == event]
    corrections = [one for one in known if one.event.corrects == event]
    if voidings:
        return Fate("taken back", voidings[-1])
    return Fate("corrected", corrections[-1]) if corrections else None


def versions(known: Iterable[Known], event: ev.Event) -> Iterator[ev.Event]:
    """An event and what it stands in for, the latest first."""
    by_id = {one.event.id: one.event for one in known}
    seen: set[str] = set()
    while event.id not in seen:
        seen.add(event.id)
        yield event
        event = by_id.get(event.corrects or "", event)


def is_the_same(event: ev.Event, other: ev.Event) -> bool:
    """Whether two events say the same of what happened."""
    return _happening(event) == _happening(other)


WHICH: Final = ("obligation", "milestone", "kind", "role", "sibling", "to", "until", "for")
"""Fields by which two events of one type and day are two things: two proofs for a return home, two roles."""


SELDOM: Final = timedelta(days=7)
"""Within which a second review or planning meeting is hardly held (ours)."""


def already_said(known: Iterable[Known], event: ev.Event, instead: ev.Event | None = None) -> list[Known]:
    """What stands and says that the same happened on the same day, or within a week where it is seldom held.

    `instead` is what the event corrects.
    """
    own = {event.id, instead.id if instead else ""}
    standing = (one for one in unvoided(known) if one.event.id not in own and one.event.child == event.child)
    return [one for one in standing if _which(one.event) == _which(event) or _is_near(one.event, event)]


def _is_near(one: ev.Event, other: ev.Event) -> bool:
    """Whether two days may be said of one review or planning meeting."""
    # A review of Friday 27 November 2026 was recorded as of the 27th and, by a colleague, of the 28th: two were met.
    match one, other:
        case (ev.ReviewHeld(), ev.ReviewHeld()):
            return one.series == other.series and abs(one.on - other.on) <= SELDOM
        case (ev.PpmHeld(), ev.PpmHeld()):
            return abs(one.on - other.on) <= SELDOM
    return False


def _which(event: ev.Event) -> tuple[object, ...]:
    document = document_of(event)
    return event.type, event.on, *(document.get(name) for name in WHICH)


def _happening(event: ev.Event) -> dict[str, object]:
    return {name: value for name, value in event.model_dump(mode="json").items() if name not in BY_ITSELF}


def differences(was: Sequence[tuple[str, str]], now: Sequence[tuple[str, str]]) -> list[FieldChanged]:
    """What two events say, field by field."""
    before, after = dict(was), dict(now)
    return [FieldChanged(label, before.get(label, ""), after.get(label, "")) for label in {**after, **before}]


def reasons_kept(known: Iterable[Known], event: ev.Event, obligation: str) -> list[ev.LatenessExplained]:
    """The reasons that stand of those that were given with an event, or with what it stands in for."""
    known = list(known)
    stems = tuple(f"{one.id}-late-" for one in versions(known, event))
    said = (one.event for one in unvoided(known) if one.event.id.startswith(stems))
    return [one for one in said if isinstance(one, ev.LatenessExplained) and one.obligation == obligation]


def in_time_after_all(change: Effect) -> list[StepEnded]:
    """What was met late, as it was said, and by a correction was met in time."""
    return [one for one in change.altered if not one.days_late and _was_late(one)]


def _was_late(one: StepEnded) -> bool:
    return one.was.met_on is not None and one.was.met_on > one.was.due
