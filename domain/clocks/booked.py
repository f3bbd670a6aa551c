"""Which open occurrences a standing booking is for: those that the meeting would meet if it were held on its day."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from domain.case import events as ev
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


def due_by(kind: type[ev.Booking], occurrences: Iterable[Occurrence]) -> date | None:
    """The earliest day by which a meeting of a kind is due, forecasts aside; None where none is open."""
    open_now = (one for one in occurrences if one.open and not one.forecast)
    return min((one.due for one in open_now if kind in map(BOOKED_BY.get, one.rule.kinds)), default=None)


def _is_next(occurrence: Occurrence, facts: Facts) -> bool:
    """Whether the next meeting meets it: until the first review is held, a booking is not of the second."""
    if not NUMBERED & occurrence.rule.kinds:
        return True
    return (occurrence.rule.review_number or occurrence.number) == len(facts.care_reviews) + 1
