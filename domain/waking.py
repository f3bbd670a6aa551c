"""When a journey wakes: the next instant at which time alone changes anything, and what changes then."""

from datetime import datetime, timedelta
from operator import attrgetter, itemgetter

from domain.case.calendar import midnight, nine
from domain.clocks.schedule import reminder_slots
from domain.journey import Journey


def next_change(journey: Journey, now: datetime, *, bookings: bool = False) -> tuple[datetime, str] | None:
    """The earliest instant at which anything changes by time alone, and what; None once ended.

    `bookings`: also that a booked day has passed, which changes what is shown and decides nothing.
    """
    if not journey.periods or journey.ended:
        return None
    changes = [*_changes(journey, now), *(_booked_days_passed(journey) if bookings else ())]
    return min([change for change in changes if change[0] > now], key=itemgetter(0), default=None)


def _changes(journey: Journey, now: datetime) -> list[tuple[datetime, str]]:
    """What time alone will change: of one instant what is told comes first, then how things stand."""
    changes = []
    firm = [(o, o.obligation.id + (f" ({o.number})" if o.number > 1 else "")) for o in journey.firm]
    for occurrence, name in firm:
        ahead = journey.unsettled_of(occurrence, [p for p in journey.plan(occurrence) if p.at > now])
        if ahead:
            planned = min(ahead, key=attrgetter("at"))
            changes += [(planned.at, f"{planned.kind} {planned.rung}, {name}")]
    for occurrence, name in firm:
        slots = reminder_slots(occurrence, journey.calendar, amended=journey.policy.amended)
        changes += [(midnight(occurrence.due + timedelta(days=1)), f"overdue, {name}")]
        changes += [(slot, f"due soon, {name}") for slot in slots[:1]]
    if adult := journey.periods[-1].eighteenth_birthday:
        changes += [(midnight(adult), "18th birthday")]
    changes += [
        (nine(day), f"{age} years old") for day, age in zip(journey.birthdays(), journey.policy.ages, strict=False)
    ]
    if journey.quiet is not None:
        changes += [(journey.quiet[1], "first messages, held until then")]
    return changes


def _booked_days_passed(journey: Journey) -> list[tuple[datetime, str]]:
    return [
        (midnight(booking.booked_for + timedelta(days=1)), f"booked day passed, {booking.type}")
        for booking in journey.periods[-1].bookings
    ]
