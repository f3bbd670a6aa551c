"""Meetings and decisions booked for a day: which booking stands.

A booking is of the meeting that follows those held on or before the booking's own day, and of those the latest
recorded stands (contract section 4). It is over once the meeting is held, on whatever day.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from domain.case import events as ev

KEPT_BY: Final[Mapping[type[ev.Booking], type[ev.Event]]] = {
    ev.PpmBooked: ev.PpmHeld,
    ev.ReviewBooked: ev.ReviewHeld,
    ev.AdmDecisionBooked: ev.AdmDecisionMade,
}
"""What is booked, and what happens on the day."""

BOOKINGS: Final[Mapping[type[ev.Booking], str]] = {
    ev.PpmBooked: "Permanency planning meeting",
    ev.ReviewBooked: "Looked-after review",
    ev.AdmDecisionBooked: "Decision of the agency decision maker",
}
"""What is booked, in words."""


def standing(bookings: Iterable[ev.Booking], held: Sequence[date]) -> ev.Booking | None:
    """The booking that stands, given the days on which such meetings were held; None if none does."""
    # Booked on 5 January 2026 for the 19th, and on the 12th for the 26th: the 26th stands. Held on the 20th: none does.
    # On that day the next is booked for 3 March: that stands, since what it follows was held by then.
    ahead = [one for one in bookings if not any(day > one.on or day >= one.booked_for for day in held)]
    return max(ahead, key=lambda one: (one.known_from, one.id), default=None)


def following(bookings: Iterable[ev.ReviewBooked], held: Sequence[date], number: int) -> ev.ReviewBooked | None:
    """The booking of the review that follows so many of those held: of all made of it, the latest recorded."""
    made = [one for one in bookings if bisect_right(held, one.on) == number]
    return max(made, key=lambda one: (one.known_from, one.id), default=None)


def over_by(booking: ev.ReviewBooked, held: Iterable[date], began: date) -> bool:
    """Whether a booking made before care began was over by then: its review held, or its day past."""
    # Short breaks from 2 March 2026, their review booked for 25 May and held; left on 6 June. The first meeting is due
    # on the 20th, two weeks later, and not on 22 May, before the first review of a care that had not begun.
    kept = any(booking.on < day < began for day in held)
    return booking.on < began and (kept or booking.booked_for < began)
