"""The facts of a period of care, by the events known of it: what is true, and what was true on a day.

Facts are computed anew from the events each time, so voiding, back-dating and correcting are no special
cases. Every question that can change its answer over time takes the day it is asked about.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any, TypeVar

from domain.case import events as ev
from domain.case.booking import KEPT_BY, following, over_by, standing
from domain.case.days import Span, joined, outside, stretches
from domain.case.documents import document_of
from domain.case.milestone import milestone_named
from domain.case.periods import (
    AMENDED_AT_NIGHT,
    AUTHORITY_HELD,
    IN_CARE,
    PERMANENT,
    PLACED,
    SHORT_BREAK_SERIES,
    Period,
)
from domain.case.size import size_of
from domain.case.taken_back import TakenBack
from domain.case.words import LegalStatus, Plan, Role, Series
from domain.case.worked_out import worked_out_once

E = TypeVar("E", bound=ev.Event)
T = TypeVar("T")


@dataclass(frozen=True)
class Known:
    """An event and the instant the service has known it from."""

    event: ev.Event
    known_at: datetime

    @worked_out_once
    def order(self) -> tuple[date, datetime, str]:
        """Order of events: by the day they happened, then when they were recorded, then id."""
        return (self.event.on, self.event.known_from, self.event.id)

    @worked_out_once
    def size(self) -> int:
        """Bytes of the event as JSON, which the limits count at each event that follows."""
        return size_of(document_of(self.event))


KNOWN_AT = attrgetter("known_at")


@dataclass(frozen=True, slots=True)
class PlanStep:
    """A permanence plan as it stood from a day on, and the event that made it so."""

    on: date
    primary: Plan
    contingency: Plan | None
    final: bool
    event: ev.Event

    @property
    def holds_adoption(self) -> bool:
        return Plan.ADOPTION in (self.primary, self.contingency)


@dataclass(frozen=True, slots=True)
class Review:
    """A looked-after review that was held, and its place among the reviews of the period of care."""

    on: date
    number: int
    event: ev.ReviewHeld

    def belongs_to(self, series: Series) -> bool:
        return self.event.series is None or series in self.event.series


def unvoided(known: Iterable[Known]) -> list[Known]:
    """The events that stand: those that nothing which stands voids or corrects (either may itself be voided)."""
    known = list(known)
    taken_back = TakenBack([k.event for k in known])
    return [k for k in known if taken_back.stands(k.event.id)] if taken_back else known


class Facts:
    """One period of care of one child, as known. Days are dates in London."""

    def __init__(
        self,
        child: str,
        known: Sequence[Known],
        period: Period,
        as_of: date = date.max,
        before: "Facts | None" = None,
    ) -> None:
        self.child = child
        self.as_of = as_of
        """The day they were worked out: what comes with an age is not there before the birthday."""
        self.to_the_letter, self.amended = period.to_the_letter, period.amended
        self.known, self.before = known, before
        """The events of the period; and the period of care before it."""
        self.course = period
        """The way it took through the state machine."""
        self._events: list[Any] = [item.event for item in known]
        self._by_type: dict[type[ev.Event], list[Any]] = defaultdict(list)
        """Each list holds events of the type that is its key."""
        for event in self._events:
            self._by_type[type(event)].append(event)
        self._answers: dict[Callable[[Facts], Any], Any] = {}
        self._booked: dict[type[ev.Booking], ev.Booking | None] = {}

    def once(self, question: Callable[["Facts"], T]) -> T:
        """What a question that hangs on the facts alone is answered: worked out the first time it is asked."""
        if question not in self._answers:
            self._answers[question] = question(self)
        answer: T = self._answers[question]
        return answer

    def all(self, kind: type[E], *more: type[E]) -> list[E]:
        """The events of some types, in order of the day they happened."""
        if not more:
            # No empty list is kept of what never happened: some thirty types are asked for, of thousands of children.
            return self._by_type.get(kind, [])
        types = (kind, *more)
        return [event for event in self._events if type(event) in types]

    def first(self, kind: type[E], *more: type[E]) -> E | None:
        """The first event of some types."""
        return next(iter(self.all(kind, *more)), None)

    # Entry and end of the period of care

    @worked_out_once
    def entry(self) -> ev.BecameLookedAfter | None:
        """The event by which the child became looked after."""
        return self.first(ev.BecameLookedAfter)

    @worked_out_once
    def begun_by(self) -> str | None:
        """The event that began the period, by its id."""
        began = self.first(*ev.ENTRY_TYPES)
        return began.id if began else None

    @worked_out_once
    def began_on(self) -> date:
        """The day the period began: by becoming looked after or, if earlier, by pre-proceedings."""
        return min(e.on for e in self.all(ev.BecameLookedAfter, ev.PreProceedingsStarted))

    @worked_out_once
    def born(self) -> date | None:
        """The date of birth, as the entry gives it; None of a child who is not known to be born."""
        start = self.entry or self.first(ev.PreProceedingsStarted)
        return start.date_of_birth if start else None

    @property
    def eighteenth_birthday(self) -> date | None:
        return self.course.adult_on

    @property
    def ended_on(self) -> date | None:
        """The day the period of care ended: by an order, by ceasing, or on the 18th birthday once it has come."""
        return self.course.ended_on

    @worked_out_once
    def care(self) -> Span | None:
        """The days the care procedures run: from entry, or from the day short breaks ended; to the end."""
        return next(reversed(joined(self.course.spans(IN_CARE))), None)

    @worked_out_once
    def short_breaks(self) -> list[Span]:
        """The spans of days under a series of short breaks (V3, V4)."""
        return joined(self.course.spans(SHORT_BREAK_SERIES))

    @worked_out_once
    def left_short_breaks_on(self) -> date:
        """The day short breaks were left, which is read as entry; date.min where care began with the entry itself."""
        # Short breaks from 5 January 2026, a care order on 2 March: a meeting of 25 February, or a plan agreed at a
        # review of 2 February, answers for nothing that is asked of the care that began on 2 March.
        care, entry = self.care, self.entry
        began_later = self.amended and care is not None and entry is not None and entry.on < care.start
        return care.start if care is not None and began_later else date.min

    @worked_out_once
    def siblings(self) -> list[tuple[date, tuple[str, ...]]]:
        """The brothers and sisters from each day on, the child left out: by the entry, then by each later list."""
        said = [(date.min, self.entry.siblings)] if self.entry else []
        said += [(e.on, e.siblings) for e in self.all(ev.SiblingsChanged)]
        return [(day, tuple(dict.fromkeys(one for one in named if one != self.child))) for day, named in said]

    @worked_out_once
    def roles_named(self) -> frozenset[Role]:
        """The roles somebody has been named for: they go on, through a later entry too, until another is named."""
        # The officer assigned on 7 January 2025 is the officer still when the child enters again on 5 January 2026.
        by_entry = self.entry.people if self.entry else {}
        earlier = self.before.roles_named if self.before else frozenset[Role]()
        return earlier | {*by_entry, *(e.role for e in self.all(ev.PersonAssigned))}

    @worked_out_once
    def relinquished(self) -> list[Span]:
        """The spans of days on which the child was relinquished for adoption."""
        said = [(date.min, self.entry.relinquished)] if self.entry else []
        return stretches([*said, *((e.on, e.relinquished) for e in self.all(ev.RelinquishmentChanged))])

    def named(self, name: str) -> Sequence[ev.Event]:
        """The events that a rule names, in order: by their type or, of a policy's own, as `milestone.ID`."""
        if name in ev.EVENT_TYPES:
            return self.all(ev.EVENT_TYPES[name])
        own = milestone_named(name)
        return [e for e in self.all(ev.MilestoneReached) if e.milestone == own]

    # Legal status and courts

    @worked_out_once
    def legal_statuses(self) -> list[tuple[date, LegalStatus]]:
        """The legal status from each day on."""
        if self.entry is None:
            return []
        changes = [(e.on, e.legal_status) for e in self.all(ev.LegalStatusChanged) if e.on >= self.entry.on]
        return [(self.entry.on, self.entry.legal_status), *changes]

    def legal_status(self, on: date = date.max) -> LegalStatus | None:
        """The legal status on a day."""
        return next((status for day, status in reversed(self.legal_statuses) if day <= on), None)

    def in_proceedings(self, on: date = date.max) -> bool:
        """Whether the case was in care proceedings: issued and not concluded since, or an interim care order."""
        issued = [e.on for e in self.all(ev.CareProceedingsIssued) if e.on <= on]
        concluded = [e.on for e in self.all(ev.CareProceedingsConcluded) if e.on <= on]
        open_issue = bool(issued) and not any(day >= issued[-1] for day in concluded)
        return open_issue or self.legal_status(on) is LegalStatus.INTERIM_CARE_ORDER

    @worked_out_once
    def authority_to_place(self) -> list[Span]:
        """The spans of days with authority to place for adoption: from an order or consent to its revocation."""
        return self.course.spans(AUTHORITY_HELD)

    @worked_out_once
    def placements_for_adoption(self) -> list[Span]:
        """The spans of days of each placement for adoption; one that follows on another ends it."""
        return self.course.spans(PLACED)

    @worked_out_once
    def not_placed_for_adoption(self) -> list[Span]:
        """The spans of days the child was not placed for adoption."""
        return outside(self.placements_for_adoption)

    @worked_out_once
    def unlikely_under_authority(self) -> list[date]:
        """For each authority to place, the day adoption was first said to be unlikely under it."""
        days = [e.on for e in self.all(ev.AdoptionUnlikely)]
        if not self.to_the_letter:
            return _unlikely_as_before(days, self.authority_to_place)
        first = (next((day for day in days if span.holds(day)), None) for span in self.authority_to_place)
        return [day for day in first if day is not None]

    # Meetings and plans

    @worked_out_once
    def ppms(self) -> list[ev.PpmHeld]:
        """The permanency planning meetings held since entry, those under short breaks aside."""
        start = self.care.start if self.care else date.max
        return [e for e in self.all(ev.PpmHeld) if e.on >= start and not self.under_short_breaks(e.on)]

    @worked_out_once
    def reviews(self) -> list[Review]:
        """The reviews of the period of care, of every series, in order."""
        return [Review(e.on, n, e) for n, e in enumerate(self.all(ev.ReviewHeld), 1)]

    @worked_out_once
    def care_reviews(self) -> list[Review]:
        """The reviews counted as first, second, third ...

        Not those held for the adoption series alone, nor those held while the child was placed for adoption.
        """
        start = self.care.start if self.care else date.max
        held = [r.event for r in self.reviews if r.on >= start and self._is_of_care(r)]
        return [Review(e.on, n, e) for n, e in enumerate(held, 1)]

    @worked_out_once
    def review_numbers(self) -> dict[str, int]:
        """The place of each looked-after review among them, by its event."""
        return {review.event.id: review.number for review in self.care_reviews}

    def _is_of_care(self, review: Review) -> bool:
        if self.while_placed(review.on):
            return not self.to_the_letter
        return review.belongs_to(Series.CARE)

    def while_placed(self, day: date) -> bool:
        """Whether the child was placed for adoption on a day; the first day and the day it ended are still of care."""
        return any(s.start < day and (s.end is None or day < s.end) for s in self.placements_for_adoption)

    def last_review_by(self, day: date) -> date | None:
        """The last review of any kind held on or before a day."""
        return max((r.on for r in self.reviews if r.on <= day), default=None)

    def booked_review(self, number: int, as_of: date = date.max) -> date | None:
        """The day the nth care review is booked for: the latest recorded booking that follows the n-1 held."""
        made = [e for e in self.all(ev.ReviewBooked) if e.on <= as_of]
        if not made:
            return None
        if self.amended >= AMENDED_AT_NIGHT and (began := self.left_short_breaks_on) > date.min:
            made = [e for e in made if not over_by(e, [review.on for review in self.reviews], began)]
        booking = following(made, [review.on for review in self.care_reviews], number - 1)
        return booking.booked_for if booking else None

    @worked_out_once
    def standing_booking(self) -> ev.ReviewBooked | None:
        """The latest recorded booking of the review that is next, reviews of every series counted."""
        return following(self.all(ev.ReviewBooked), [review.on for review in self.reviews], len(self.reviews))

    def booking(self, kind: type[ev.Booking]) -> ev.Booking | None:
        """The standing booking of the next meeting or decision of a kind, for a day ahead or past."""
        if kind not in self._booked:
            self._booked[kind] = standing(self.all(kind), [event.on for event in self.all(KEPT_BY[kind])])
        return self._booked[kind]

    @property
    def bookings(self) -> list[ev.Booking]:
        """The bookings that stand, of whatever kind; none once the period of care has ended."""
        each = [self.booking(kind) for kind in KEPT_BY] if self.ended_on is None else []
        return [booking for booking in each if booking is not None]

    @worked_out_once
    def plans(self) -> list[PlanStep]:
        """The permanence plan from each day on, in the child's own version."""
        steps = []
        for event in self.all(ev.PpmHeld, ev.PlanChanged):
            if type(event) is ev.PpmHeld:
                own = self.plan_of(event)
                steps.append(PlanStep(event.on, own.primary_plan, own.contingency_plan, own.plan_final, event))
            elif type(event) is ev.PlanChanged:
                steps.append(PlanStep(event.on, event.primary_plan, event.contingency_plan, final=False, event=event))
        return steps

    def plan(self, on: date = date.max) -> PlanStep | None:
        """The permanence plan on a day."""
        return next((step for step in reversed(self.plans) if step.on <= on), None)

    @worked_out_once
    def permanence_on(self) -> date | None:
        """The day permanence was first reached: an order, a return home, or a ratified long-term placement."""
        return next((span.start for span in self.permanent), None)

    @worked_out_once
    def permanent(self) -> list[Span]:
        """The spans of days in which permanence stood: a changed plan ends it, if no order made it."""
        return self.course.spans(PERMANENT)

    @worked_out_once
    def not_permanent(self) -> list[Span]:
        """The spans of days before permanence was reached, or after a changed plan had ended it."""
        return outside(self.permanent)

    def under_short_breaks(self, day: date) -> bool:
        """Whether a series of short breaks ran on a day; the day it is left is of care."""
        return self.to_the_letter and any(span.holds(day) for span in self.short_breaks)

    def leaves_short_breaks(self, event: ev.Event) -> bool:
        """Whether a change of legal status ended a series of short breaks: it is read as the entry into care."""
        left = isinstance(event, ev.LegalStatusChanged) and any(span.end == event.on for span in self.short_breaks)
        return left and self.to_the_letter

    def plan_of(self, meeting: ev.PpmHeld) -> ev.PpmHeld | ev.PlanForChild:
        """The plan that a meeting made for the child; of the child it is recorded on, the one at its top."""
        return meeting.plan_for(self.child, top_first=self.to_the_letter)


def _unlikely_as_before(days: Sequence[date], authority: Sequence[Span]) -> list[date]:
    """A word said before an order, and after the one before it was revoked, counts under it."""
    since = []
    previous_end = date.min
    for span in authority:
        within = [d for d in days if d >= previous_end and (span.end is None or d < span.end)]
        since += [max(within[0], span.start)] if within else []
        previous_end = span.end or date.max
    return since
