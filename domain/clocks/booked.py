"""Which open occurrences a standing booking is for: those that the meeting would meet if it were held on its day."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from domain.case import events as ev
from domain.case.booking import KEPT_BY, standing
from domain.case.facts import Facts
from domain.clocks.occurrence import Occurrence

BOOKED_BY: Final[Mapping[str, type[ev.Booking]]] = {
    "ppm_held": ev.PpmBooked,
    "ppm_after_the_day": ev.PpmBooked,
    "review_held": ev.ReviewBooked,
    "any_review": ev.ReviewBooked,
    "adoption_review": ev.ReviewBooked,
    "care_review": ev.ReviewBooked,
    "first_care_review": ev.ReviewBooked,
    "second_care_review": ev.ReviewBooked,
    "later_care_review": ev.ReviewBooked,
    "adm_decision_made": ev.AdmDecisionBooked,
}
"""What is booked for each way to meet an obligation. A review that must also agree the plan is not here: that it is
booked does not say that it will."""

BOOKABLE: Final = frozenset(BOOKED_BY)
NUMBERED: Final = frozenset({"first_care_review", "second_care_review", "later_care_review"})
"""Ways that only the review of the occurrence's own number meets."""


def booked_for(occurrence: Occurrence, facts: Facts) -> date | None:
    """The day that an open occurrence is booked for, ahead or past; None for a forecast, and where none stands."""
    kinds = BOOKABLE & occurrence.rule.kinds
    if occurrence.ended_on is not None or occurrence.forecast or not kinds or not _is_next(occurrence, facts):
        return None
    bookings = [facts.booking(kind) for kind in {BOOKED_BY[kind] for kind in kinds}]
    days = [booking.booked_for for booking in bookings if booking is not None]
    return min(days, default=None)


def booked_day(occurrence: Occurrence, facts: Facts, as_of: date = date.max) -> date | None:
    """The day that the meeting which meets an occurrence is, or was, booked for, as booked by a day; None if it is not.

    A care review has the booking that its own number has, any other meeting the one of its kind.
    """
    rule = occurrence.obligation.rule
    if rule.review_number or NUMBERED & rule.kinds or not facts.amended:
        return facts.booked_review(rule.review_number or occurrence.number, as_of)
    days = [_booked_of(BOOKED_BY[kind], occurrence, facts, as_of) for kind in BOOKABLE & rule.kinds]
    return min((day for day in days if day is not None), default=None)


def _booked_of(kind: type[ev.Booking], occurrence: Occurrence, facts: Facts, as_of: date) -> date | None:
    """The booking of a kind that stood by a day, and before the occurrence ended."""
    # Meeting booked on 6 January 2026 for the 14th and held on the 15th; on that day the next is booked for 3 March.
    # Of what the first met, the 14th stays the day that was booked.
    end = occurrence.ended_on or date.max
    held = [event.on for event in facts.all(KEPT_BY[kind]) if event.on < end and event.on <= as_of]
    booking = standing((one for one in facts.all(kind) if one.on < end and one.on <= as_of), held)
    return booking.booked_for if booking else None


def due_by(kind: type[ev.Booking], occurrences: Iterable[Occurrence]) -> date | None:
    """The earliest day by which a meeting of a kind is due, forecasts aside; None where none is open."""
    open_now = (one for one in occurrences if one.open and not one.forecast)
    return min((one.due for one in open_now if kind in map(BOOKED_BY.get, one.rule.kinds)), default=None)


def _is_next(occurrence: Occurrence, facts: Facts) -> bool:
    """Whether the next meeting meets it: until the first review is held, a booking is not of the second."""
    if not NUMBERED & occurrence.rule.kinds:
        return True
    return (occurrence.rule.review_number or occurrence.number) == len(facts.care_reviews) + 1
