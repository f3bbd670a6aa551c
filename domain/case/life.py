"""A child's life as periods of care, one after another: which of the events known belongs to which."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from domain.case import events as ev
from domain.case.calendar import local_date
from domain.case.children import children_of
from domain.case.facts import Facts, Known, unvoided
from domain.case.periods import AMENDED_AT_NIGHT, BEFORE_ENTRY, ENDED, LOOKED_AFTER, Period
from domain.case.same_day import lived_in_order


def periods_of_care(
    child: str, known: Iterable[Known], now: datetime, *, to_the_letter: bool = True, amended: int = Period.amended
) -> list[Facts]:
    """Split what is known of a child into periods of care, each with the events that belong to it.

    An event belongs to the period its day falls in; on a day when one ends and the next begins, to the next,
    except the ending itself. What is dated after an end, or on or after the 18th birthday, belongs to none.
    """
    life = Life(to_the_letter=to_the_letter, amended=amended)
    concerning = [k for k in unvoided(known) if k.event.corrects is None or is_for(k.event, child)]
    life.live(sorted(concerning, key=attrgetter("order")))
    return life.facts(child, now)


def is_for(event: ev.Event, child: str) -> bool:
    """Whether an event says something of a child, beside what it takes back.

    A joint meeting of three, corrected as one of two: the third child's journey hears of it, and has no meeting.
    """
    return event.corrects is None or child in children_of(event)


LEADS_TO_ENTRY = (ev.CareProceedingsIssued, ev.CareProceedingsConcluded, ev.PersonAssigned)
"""What, between two periods of care, is of the one that follows: it may come before an entry (contract section 2)."""
# Out of care since 3 March 2025; proceedings issued on 2 January 2026, in care again from the 5th: the court's 26 weeks
# run from the 2nd, and the second review is that of a child in proceedings, as with a first entry. A conclusion goes
# with its issue: what was issued and concluded in 2025 must not be open in 2026.


class Life:
    """A child's periods of care, one after another, each moved by the state machine (`periods.py`)."""

    def __init__(self, care: str = BEFORE_ENTRY, *, to_the_letter: bool = True, amended: int = Period.amended) -> None:
        self._to_the_letter = to_the_letter
        self._amended = amended
        self._lived: list[tuple[Period, list[Known]]] = [(self._period(care), [])]
        self._between: list[Known] = []
        """What has happened since the last period ended, and is of the next one once that begins."""

    def _period(self, care: str) -> Period:
        period = Period(care)
        period.to_the_letter, period.amended = self._to_the_letter, self._amended
        return period

    def live(self, known: Sequence[Known]) -> list[Known]:
        """Take sorted events; they come back in the order in which they happened."""
        entry_days = {k.event.on for k in known if type(k.event) in ev.ENTRY_TYPES}
        ordered: list[Known] = []
        for day, group in groupby(known, key=attrgetter("event.on")):
            items = list(group)
            if day in entry_days:
                looked_after = self._lived[-1][0].care_by(day) in LOOKED_AFTER
                items = lived_in_order(items, looked_after=looked_after, in_turn=self._amended >= AMENDED_AT_NIGHT)
            for item in items:
                self._take(item)
            ordered += items
        return ordered

    def _take(self, item: Known) -> None:
        period, known = self._lived[-1]
        if period.care_by(item.event.on) == ENDED:
            again = self._period(ENDED)
            if again.take(item.event):
                self._lived.append((again, [*self._between, item]))
                self._between = []
                return
            if period.states["care"] != ENDED:
                return
        if period.take(item.event):
            known.append(item)
        elif self._amended and isinstance(item.event, LEADS_TO_ENTRY):
            self._between.append(item)

    def facts(self, child: str, now: datetime) -> list[Facts]:
        """The periods that have begun, as they stand at an instant."""
        begun = [(period, known) for period, known in self._lived if period.steps]
        today = local_date(now)
        periods: list[Facts] = []
        for period, known in begun:
            period.turn_adult(today)
            periods.append(Facts(child, known, period, today, periods[-1] if periods else None))
        return periods
