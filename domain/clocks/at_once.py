"""Notices and breaches: what is told at the instant an event becomes known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.case import events as ev
from domain.case.facts import Facts
from domain.case.milestone import name_of
from domain.clocks.booked import due_by
from domain.clocks.notices import occasion
from domain.clocks.occurrence import Occurrence
from domain.clocks.rules import Notice, Policy
from domain.clocks.wording import in_words

ENTRY = "became_looked_after"


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Something to tell at once: the rule, the event that set it off, its day in words, and what to add to the message.

    The day is the event's own or, where something is still to be done, the one it is booked for and due by.
    """

    notice: Notice
    event: ev.Event
    day: str
    more: str = ""


STILL_TO_BE_HELD: Final[Mapping[str, type[ev.Booking]]] = {"no_meeting_held_since": ev.PpmBooked}
"""Occasions that call for a meeting, and how it is booked: of its day people must know, not of the event's."""


def told_at_once(
    policy: Policy, facts: Facts, occurrences: Sequence[Occurrence], fresh: Iterable[ev.Event]
) -> Iterator[AtOnce]:
    """What the events that have just become known set off. A period that has ended hears of breaches only.

    Under short breaks nothing of the care procedures is told, save that a review is booked too late.
    """
    ids = {event.id for event in fresh}
    new = [k.event for k in facts.known if k.event.id in ids]
    for notice in policy.notices:
        if notice.kind == "notice" and facts.ended_on is not None:
            continue
        if notice.booked_after:
            yield from _booked_too_late(notice, facts, occurrences)
            continue
        for event in new:
            more = _said_of(notice, facts, event)
            if more is not None:
                yield AtOnce(notice, event, _day(notice, facts, occurrences, event), more)


def _day(notice: Notice, facts: Facts, occurrences: Sequence[Occurrence], event: ev.Event) -> str:
    kind = STILL_TO_BE_HELD.get(notice.when)
    if kind is None:
        return in_words(event.on)
    booking, due = facts.booking(kind), due_by(kind, occurrences)
    said = [f"booked for {in_words(booking.booked_for)}"] if booking else []
    said += [f"due by {in_words(due)}"] if due else []
    return " and ".join(said) or in_words(event.on)


def _said_of(notice: Notice, facts: Facts, event: ev.Event) -> str | None:
    """What a notice adds where an event sets it off; None where it does not."""
    # Short breaks (V4) from 5 January 2026, a care order on 9 March: nobody is to be invited in January. On 9 March the
    # child enters care, and the invitations to the first meeting go.
    if name_of(event) not in notice.events and not (ENTRY in notice.events and facts.leaves_short_breaks(event)):
        return None
    if facts.under_short_breaks(event.on):
        return None
    return occasion[notice.when](facts, event)


def _booked_too_late(notice: Notice, facts: Facts, occurrences: Sequence[Occurrence]) -> Iterator[AtOnce]:
    """The standing booking of the next review, if later than the earliest review due; forecasts aside."""
    booking = facts.standing_booking
    due = min(
        (o.due for o in occurrences if o.open and not o.forecast and o.obligation.id in notice.booked_after),
        default=date.max,
    )
    if booking is not None and booking.booked_for > due:
        yield AtOnce(notice, booking, f"booked for {in_words(booking.booked_for)} and due by {in_words(due)}")


def unexplained_breaches(policy: Policy, facts: Facts) -> list[AtOnce]:
    """The breaches that stand until they are explained, and have not been: by `lateness_explained` naming the rule."""
    breaches = []
    for notice in policy.notices:
        if not notice.until_explained:
            continue
        explained = [e.on for e in facts.all(ev.LatenessExplained) if e.obligation == notice.id]
        for event in (e for name in notice.events for e in facts.named(name)):
            more = _said_of(notice, facts, event)
            if more is not None and not any(day >= event.on for day in explained):
                breaches.append(AtOnce(notice, event, in_words(event.on), more))
    return breaches
