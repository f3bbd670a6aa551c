"""Notices and breaches: what is told at the instant an event becomes known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from domain.case import events as ev
from domain.case.calendar import WorkingCalendar
from domain.case.facts import Facts
from domain.case.milestone import name_of
from domain.clocks.actions import Action
from domain.clocks.booked import due_by
from domain.clocks.occurrence import Occurrence
from domain.clocks.rules import FromAnchor, Notice, Policy
from domain.clocks.starting import no_days
from domain.clocks.wording import in_words, message_at_once

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
    policy: Policy,
    facts: Facts,
    occurrences: Sequence[Occurrence],
    fresh: Iterable[ev.Event],
    calendar: WorkingCalendar,
) -> Iterator[AtOnce]:
    """What the events that have just become known set off. A period that has ended hears of breaches only.

    Under short breaks nothing of the care procedures is told, save that a review is booked too late.
    """
    ids = {event.id for event in fresh}
    new = [k.event for k in facts.known if k.event.id in ids]
    happened = {name_of(event) for event in new} | {ENTRY for event in new if facts.leaves_short_breaks(event)}
    for notice in policy.notices:
        if notice.kind == "notice" and facts.ended_on is not None:
            continue
        if notice.booked_after:
            yield from _booked_too_late(notice, facts, occurrences)
            continue
        for event in () if happened.isdisjoint(notice.told_of.names) else new:
            more = _said_of(notice, facts, event, calendar)
            if more is not None:
                yield AtOnce(notice, event, _day(notice, facts, occurrences, event), more)


def _day(notice: Notice, facts: Facts, occurrences: Sequence[Occurrence], event: ev.Event) -> str:
    kind = next((STILL_TO_BE_HELD[name] for name in notice.told_of.occasions if name in STILL_TO_BE_HELD), None)
    if kind is None:
        return in_words(event.on)
    booking, due = facts.booking(kind), due_by(kind, occurrences)
    said = [f"booked for {in_words(booking.booked_for)}"] if booking else []
    said += [f"due by {in_words(due)}"] if due else []
    return " and ".join(said) or in_words(event.on)


def _said_of(notice: Notice, facts: Facts, event: ev.Event, calendar: WorkingCalendar) -> str | None:
    """What a notice adds where an event sets it off; None where it does not."""
    # Short breaks (V4) from 5 January 2026, a care order on 9 March: nobody is to be invited in January. On 9 March the
    # child enters care, and the invitations to the first meeting go.
    of_it = notice.told_of.is_of(facts, event)
    if not of_it and not (ENTRY in notice.told_of.names and facts.leaves_short_breaks(event)):
        return None
    if facts.under_short_breaks(event.on):
        return None
    if notice.later_than is not None and not _too_late(notice.later_than, facts, event, calendar):
        return None
    return notice.told_of.more(facts, event)


def _too_late(distance: FromAnchor, facts: Facts, event: ev.Event, calendar: WorkingCalendar) -> bool:
    """Whether an event came later than so long after the last of an anchor's days by then."""
    days = [one.on for one in distance.start.find(facts, no_days) if one.on <= event.on] if distance.start else []
    return bool(days) and event.on > calendar.add(max(days), distance.offset)


def _booked_too_late(notice: Notice, facts: Facts, occurrences: Sequence[Occurrence]) -> Iterator[AtOnce]:
    """The standing booking of the next review, if later than the earliest review due; forecasts aside."""
    booking = facts.standing_booking
    due = min(
        (o.due for o in occurrences if o.open and not o.forecast and o.obligation.id in notice.booked_after),
        default=date.max,
    )
    if booking is not None and booking.booked_for > due:
        yield AtOnce(notice, booking, f"booked for {in_words(booking.booked_for)} and due by {in_words(due)}")


def unexplained_breaches(policy: Policy, facts: Facts, calendar: WorkingCalendar) -> list[AtOnce]:
    """The breaches that stand until they are explained, and have not been: by `lateness_explained` naming the rule."""
    breaches = []
    for notice in policy.notices:
        if not notice.until_explained:
            continue
        explained = [e.on for e in facts.all(ev.LatenessExplained) if e.obligation == notice.id]
        for event in (e for name in notice.told_of.names for e in facts.named(name)):
            more = _said_of(notice, facts, event, calendar)
            if more is not None and not any(day >= event.on for day in explained):
                breaches.append(AtOnce(notice, event, in_words(event.on), more))
    return breaches


def action_at_once(child: str, one: AtOnce, period: int, now: datetime) -> Action:
    """What is told of it, at an instant; `period`: the number of the period of care that it is of."""
    return Action(
        at=now,
        child=child,
        obligation=one.notice.id,
        occurrence=1,
        kind=one.notice.kind,
        rung=0,
        to=tuple(sorted(one.notice.to)),
        due=None,
        clause=one.notice.clause,
        message=message_at_once(child, one.notice, one.day, one.more),
        period=period,
        event=one.event.id,
    )
