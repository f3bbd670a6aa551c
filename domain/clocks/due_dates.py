"""By when: the limits that clauses set for an occurrence, the earliest of which binds.

A due date is worked out as the case stood on the day the occurrence ended, or as it stands while it is open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from domain.case import events as ev
from domain.case.calendar import Offset, WorkingCalendar
from domain.case.facts import Facts
from domain.clocks.anchors import Anchor
from domain.clocks.booked import booked_day
from domain.clocks.occurrence import Limit, Occurrence
from domain.clocks.rules import Due, FromAnchor, Instead, NotAfter, Rule

FINAL_ORDER: Final = "final-order"
"""The one obligation with a statutory limit that may be extended: by the court."""
FINAL_ORDER_EXTENSION: Final = timedelta(weeks=8)


def latest_final_order(due: date, granted_on: date) -> date:
    """To which day the court may extend: eight weeks from the later of the day due and the day it says so."""
    # CA89 s32(8). Due on Monday 6 July 2026: said on 1 July, up to 31 August; said on 3 August, up to 28 September.
    return max(due, granted_on) + FINAL_ORDER_EXTENSION


@dataclass(frozen=True, slots=True)
class Count:
    """How one row's limit was counted: from which day, over which distance, and in which case if any."""

    rule: Rule
    due: Due
    start: Anchor | None
    base: date
    offset: Offset
    case: Instead | None
    forecast: bool
    other: str | None = None
    """The date of another obligation that brought it forward, if one did."""


ByObligation = Mapping[str, Sequence[Occurrence]]
"""The occurrences worked out so far, by obligation id: those that others count from come first."""


class DueDates:
    """Works out due dates for one period of care."""

    def __init__(self, facts: Facts, calendar: WorkingCalendar, by_obligation: ByObligation) -> None:
        self._facts = facts
        self._calendar = calendar
        self._by_obligation = by_obligation
        self._extensions: dict[str, list[ev.DeadlineExtended]] = {}
        for extension in facts.all(ev.DeadlineExtended):
            self._extensions.setdefault(extension.obligation, []).append(extension)

    def settle(self, occurrence: Occurrence) -> bool:
        """Give an occurrence its limits and due date; False where no date can be worked out at all."""
        limits: list[Limit] = []
        for one in (occurrence,) if occurrence.before is None else (*_before(occurrence), occurrence):
            as_of = one.ended_on or date.max
            limits, one.foreseen = self._limits(one, as_of)
            if not limits:
                continue
            one.limits = tuple(limits)
            met = one.met_on is not None and self._facts.to_the_letter
            one.forecast = one.foreseen and not met
            due = min([limit.due for limit in limits]) if limits[1:] else limits[0].due
            one.due = self._extended(one, due, as_of) if self._extensions else due
        return limits != []

    def date_of(self, name: str, as_of: date) -> tuple[date, bool] | None:
        """The date `ID.due` or `ID.booked` of another obligation as it stood on a day, and whether it is a forecast.

        A day booked later than the due date moves nothing: then the due date counts.
        """
        other = self.reference(name, as_of)
        if other is None:
            return None
        ended = other.ended_on
        due = self._due_as_of(other, ended if ended is not None and ended < as_of else as_of)
        if name.endswith(".booked"):
            booked = booked_day(other, self._facts, as_of)
            due = min(booked, due) if booked else due
        return due, other.forecast

    def reference(self, name: str, as_of: date = date.max) -> Occurrence | None:
        """The occurrence another rule counts from: the last that had opened by a day."""
        others = self._by_obligation.get(name.rpartition(".")[0], ())
        if as_of < date.max:
            others = [o if o.before is None else _as_it_was(o, as_of) for o in others]
        opened = [o for o in others if o.opened_on <= as_of] or others[:1]
        return opened[-1] if opened else None

    def _due_as_of(self, other: Occurrence, as_of: date) -> date:
        if as_of == (other.ended_on or date.max):
            return other.due
        limits, _ = self._limits(other, as_of)
        computed = min([limit.due for limit in limits]) if limits else other.due
        return self._extended(other, computed, as_of)

    def _extended(self, occurrence: Occurrence, due: date, as_of: date) -> date:
        """The later of the computed date and what it was extended to while open."""
        for extension in self._extensions.get(occurrence.obligation.id, ()):
            if extension.on <= as_of and occurrence.open_on(extension.on):
                due = max(due, self._until(extension, due))
        return due

    def _until(self, extension: ev.DeadlineExtended, due: date) -> date:
        """To which day an extension moves a due date: of a final order, never further than the court may."""
        # Until 1 March 2027, said on 2 February 2026 while no issue was known: there was nothing to judge it by. The
        # issue of 12 January comes in on the 9th, due on 13 July: it is extended to 7 September.
        if extension.obligation != FINAL_ORDER or not self._facts.amended:
            return extension.until
        return min(extension.until, latest_final_order(due, extension.on))

    def _limits(self, occurrence: Occurrence, as_of: date) -> tuple[list[Limit], bool]:
        """Every row's own limit, firm ones only if there are any; and whether they are only foreseen."""
        firm: list[Limit] = []
        foreseen: list[Limit] = []
        for row in occurrence.rows:
            count = self._count(occurrence, row, as_of)
            if count is None:
                continue
            day = self._calendar.add(count.base, count.offset)
            if count.due.sitting is not None or count.due.not_sooner_than is not None:
                day = self._moved(occurrence, count.due, day, as_of)
            (foreseen if count.forecast else firm).append(Limit(day, row.clause))
        return (firm, False) if firm else (foreseen[:1], True)

    def _moved(self, occurrence: Occurrence, due: Due, day: date, as_of: date) -> date:
        """A counted day moved to a sitting, and no sooner than the rule has it."""
        if due.sitting is not None:
            day = due.sitting.of(day, amended=self._facts.amended)
            day = self._calendar.add(day, due.sitting.offset) if due.sitting.offset else day
        if due.not_sooner_than is not None:
            return max([day, *self._earliest(due.not_sooner_than, occurrence.anchor, as_of)])
        return day

    def _earliest(self, distance: FromAnchor, start: Anchor, as_of: date) -> list[date]:
        """The day so long after an anchor: the last of its days, or the row's own."""
        days = [start.on] if distance.start is None else [a.on for a in distance.start.find(self._facts, self.days_of)]
        return [self._calendar.add(day, distance.offset) for day in days if day <= as_of][-1:]

    def days_of(self, obligation: str, day: str) -> list[Anchor]:
        """The numbered days on which an obligation was met, is due, or is booked for."""
        firm = [o for o in self._by_obligation.get(obligation, ()) if not o.forecast]
        if day == "met":
            return [Anchor(o.met_on, number=o.number) for o in firm if o.met_on is not None]
        if day == "due":
            dated = [(o, o.due) for o in firm if o.lapsed_on is None]
        else:
            booked = [(o, booked_day(o, self._facts)) for o in firm]
            dated = [(o, on) for o, on in booked if on is not None]
        ahead = self._facts.amended
        return [Anchor(on, number=o.number, opened=o.opened_on if ahead else None) for o, on in dated]

    def limits_on(self, occurrence: Occurrence, as_of: date) -> list[Limit]:
        """The limits of an occurrence as they stood on a day; once it has ended, as on the day it did."""
        return self._limits(occurrence, min(as_of, occurrence.ended_on or date.max))[0]

    def counts(self, occurrence: Occurrence, as_of: date = date.max) -> list[Count]:
        """How each limit of an occurrence was counted by a day, in the order of its limits."""
        as_of = min(as_of, occurrence.ended_on or date.max)
        counts = [count for row in occurrence.rows if (count := self._count(occurrence, row, as_of)) is not None]
        return [count for count in counts if not count.forecast] or counts[:1]

    def _count(self, occurrence: Occurrence, row: Rule, as_of: date) -> Count | None:
        due = occurrence.due_row(row)
        leads = row is occurrence.rule
        if occurrence.place + 1 + (0 if leads else occurrence.ahead) < row.limits_from or (
            due.applies and not due.holds(self._facts, occurrence.anchor, as_of)
        ):
            return None
        start = occurrence.anchor if leads and not row.forecast_from else self._start(occurrence, row, as_of)
        base, forecast = self._from(occurrence, row, due, start, as_of)
        if base is None:
            return None
        offset, case = self._distance(occurrence, due, as_of) if due.depends else (due.offset, None)
        count = Count(row, due, start, base, offset, case, forecast)
        return self._brought_forward(count, due.not_after, as_of) if due.not_after else count

    def _brought_forward(self, count: Count, not_after: NotAfter, as_of: date) -> Count:
        """The count from another obligation's date, where that gives an earlier day."""
        # Entry on Monday 5 January 2026: the meeting is due on the 19th. The first review is booked for the 15th: it is
        # due on the 14th, the working day before. Booked for the 26th, the 19th stands.
        other = self.date_of(not_after.counted_from, as_of)
        if other is None or other[1]:
            return count
        if self._calendar.add(other[0], not_after.offset) >= self._calendar.add(count.base, count.offset):
            return count
        named = not_after.counted_from
        if self._facts.amended and named.endswith(".booked") and not self._set_by_booking(named, other[0], as_of):
            return count
        return replace(count, base=other[0], offset=not_after.offset, case=None, other=not_after.counted_from)

    def _set_by_booking(self, name: str, day: date, as_of: date) -> bool:
        """Whether a day that `ID.booked` gave is booked, and no due date that stands in for a booking."""
        # Of an authority whose first reviews are due within 8 working days, by 15 January 2026: with nothing booked, or
        # booked for later, the meeting stays due on the 19th; with the review booked for the 15th, on the 14th.
        other = self.reference(name, as_of)
        return other is not None and booked_day(other, self._facts, as_of) == day

    def _from(
        self, occurrence: Occurrence, row: Rule, due: Due, start: Anchor | None, as_of: date
    ) -> tuple[date | None, bool]:
        """The day a limit counts from, and whether it is a forecast."""
        if start is None:
            return self._foreseen(row, as_of)
        if occurrence.again_from is not None and due.again is not None:
            return occurrence.again_from, False
        if due.date_field is not None:
            return _carried(start, due.date_field), False
        if due.other is not None:
            return self.date_of(due.other, as_of) or (None, False)
        return self._base(occurrence, row, due, start), False

    def _distance(self, occurrence: Occurrence, due: Due, as_of: date) -> tuple[Offset, Instead | None]:
        """How far a limit counts, and the case that says so, if one holds."""
        if occurrence.again_from is not None and due.again is not None:
            return due.again, None
        for instead in due.instead:
            if instead.holds(self._facts, occurrence.anchor, as_of):
                return instead.offset, instead
        return due.offset, None

    def _start(self, occurrence: Occurrence, row: Rule, as_of: date) -> Anchor | None:
        """The anchor a row counts from by a day: the occurrence's own, or the row's first if it has another."""
        too_late = occurrence.anchor.on > as_of and self._facts.to_the_letter
        ahead = row.forecast_from and (occurrence.anchor.event is None or too_late)
        if row.anchor == occurrence.rule.anchor and not ahead:
            return occurrence.anchor
        return next((a for a in row.start.find(self._facts, self.days_of) if a.on <= as_of), None)

    def _foreseen(self, row: Rule, as_of: date) -> tuple[date | None, bool]:
        """Where the anchor has not happened, the day it should happen by; such a date is a forecast."""
        if row.forecast_from is None:
            return None, True
        foreseen = self.date_of(row.forecast_from, as_of)
        return (foreseen[0] if foreseen else None), True

    def _base(self, occurrence: Occurrence, row: Rule, due: Due, start: Anchor) -> date:
        first = occurrence.place == 0 and (row is occurrence.rule or not occurrence.ahead)
        from_start = due.counted_from == "anchor" or (first and not due.counted_from)
        base = occurrence.again_from or (start.on if from_start else occurrence.previous)
        if occurrence.resumed and row.resumes_from_last_review:
            base = max(start.on, occurrence.previous)
        if due.not_before is not None:
            base = max([base, *self._earliest(due.not_before, start, start.on)])
        return base


def _before(occurrence: Occurrence) -> list[Occurrence]:
    """What an occurrence was until it lapsed, each time that it did and has no date yet, the first time first."""
    # In turn, and not each by the one after it: a child with a thousand placements on record could be told of no more.
    lived: list[Occurrence] = []
    while (before := occurrence.before) is not None and not before.limits:
        lived.append(before)
        occurrence = before
    return lived[::-1]


def _as_it_was(occurrence: Occurrence, as_of: date) -> Occurrence:
    """An occurrence that lapsed and is open again, as it was on a day up to that on which it lapsed."""
    # Meeting due on 6 July 2025, a fortnight ahead of the review, and held on the 10th. A placement for adoption from
    # 24 September to 23 October puts that review off; what was met in July stays four days late.
    while (before := occurrence.before) is not None and as_of <= (before.lapsed_on or date.min):
        occurrence = before
    return occurrence


def _carried(start: Anchor, field: str) -> date | None:
    """The day that an anchor's event carries in a field, its own or one of a milestone's details; None if none."""
    event = start.event
    details = getattr(event, "details", {})
    value = details[field] if field in details else getattr(event, "booked_for" if field == "for" else field, None)
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
