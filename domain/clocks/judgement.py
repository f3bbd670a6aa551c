"""What people said of an obligation: why it is late, until when it was put off, that it was waived, that it is in hand.

It stands beside the obligation wherever that is shown. Where the law sets the limit the clock runs all the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from domain.case import events as ev
from domain.case.calendar import WorkingCalendar
from domain.case.facts import Facts
from domain.clocks.occurrence import Occurrence
from domain.clocks.schedule import last_day_held

Kind = Literal["explained", "extended", "waived", "acknowledged"]


@dataclass(slots=True)
class Said:
    """One thing said of an occurrence, on which day, until when it holds, by whom or on whose authority, and why."""

    kind: Kind
    on: date
    until: date | None
    by: str | None
    reason: str | None


class Judgements:
    """All that was said in a period of care, to be asked about each occurrence."""

    def __init__(self, facts: Facts, occurrences: Sequence[Occurrence], calendar: WorkingCalendar) -> None:
        self._said: dict[str, list[tuple[ev.Event, Said]]] = {}
        self._occurrences = occurrences
        for event, obligation, said in _all(facts, calendar):
            self._said.setdefault(obligation, []).append((event, said))

    def about(self, occurrence: Occurrence) -> tuple[Said, ...]:
        """In order of the day: of the occurrences open on that day; an explanation, else of the last opened by then."""
        of_it = self._said.get(occurrence.obligation.id, ())
        return tuple(said for event, said in of_it if self._concerns(event, occurrence))

    def _concerns(self, event: ev.Event, occurrence: Occurrence) -> bool:
        if isinstance(event, ev.ObligationWaived):
            return occurrence.waived_on == event.on
        if occurrence.open_on(event.on) or not isinstance(event, ev.LatenessExplained):
            return occurrence.open_on(event.on)
        ours = [o for o in self._occurrences if o.obligation.id == event.obligation and o.opened_on <= event.on]
        return not any(o.open_on(event.on) for o in ours) and occurrence is max(
            ours, key=lambda o: o.number, default=None
        )


def judged(facts: Facts, occurrences: Sequence[Occurrence], calendar: WorkingCalendar) -> Judgements | None:
    """What was said in a period of care; None where nothing was."""
    if not any(facts.all(kind) for kind in ev.ABOUT_AN_OBLIGATION):
        return None
    return Judgements(facts, occurrences, calendar)


def _all(facts: Facts, calendar: WorkingCalendar) -> Iterator[tuple[ev.Event, str, Said]]:
    events: list[ev.Event] = [event for kind in ev.ABOUT_AN_OBLIGATION for event in facts.all(kind)]
    for event in sorted(events, key=lambda event: event.on):
        match event:
            case ev.LatenessExplained():
                yield event, event.obligation, Said("explained", event.on, None, event.by, event.reason)
            case ev.DeadlineExtended():
                yield (
                    event,
                    event.obligation,
                    Said("extended", event.on, event.until, event.authorised_by, event.reason),
                )
            case ev.ObligationWaived():
                yield event, event.obligation, Said("waived", event.on, None, event.authorised_by, event.reason)
            case ev.EscalationAcknowledged():
                yield (
                    event,
                    event.obligation,
                    Said("acknowledged", event.on, last_day_held(event, calendar), event.by, event.note),
                )
