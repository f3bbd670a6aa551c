"""When somebody is told: reminders before due, the ladder after, and how acknowledgements hold it.

All instants are in UTC; actions fall at 09:00 in London on working days, or at the instant K from which a due
date stands, for what was already past then.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal

from domain.case import events as ev
from domain.case.calendar import WorkingCalendar, local_date, midnight, nine
from domain.case.facts import Facts
from domain.case.words import Role
from domain.clocks.obligations import Occurrence
from domain.clocks.rules import Ladder

Kind = Literal["reminder", "escalation", "notice", "breach"]
HOLD_UNLESS_SAID = 10
HOLD_AT_MOST = 20
"""Working days that an acknowledgement holds the ladder (contract section 4)."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Something to be told at an instant: the kind and rung, and when its own time would have been."""

    at: datetime
    kind: Kind
    rung: int
    slot: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """The ladder stands still from an instant until 09:00 of the working day after the last day held."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Watch:
    """The due date of an open occurrence and the instant from which it has stood.

    `planned` is the instant from which its actions are planned: `since`, or later, where something that is not
    the due date (a hold that was voided, another ladder) brought up actions whose own time had passed.
    """

    # Entry on Monday 5 January 2026 and no meeting: the first is due on the 19th, and that stands since the 5th. Rung 1
    # goes on the 20th; on the 21st the ladder is acknowledged until 10 February, on the 29th at 10:00 that is voided.
    # The due date has not moved: `since` stays the 5th, and whatever else was acknowledged from then on still holds.
    # But rung 2 had its time on the 26th, under the hold: `planned` becomes the 29th at 10:00. Rung 2 goes then, rung 3
    # on its own day, 2 February.
    due: date
    since: datetime
    planned: datetime


def reminder_slots(occurrence: Occurrence, calendar: WorkingCalendar, *, amended: int) -> tuple[datetime, ...]:
    """09:00 of each reminder day: working days before due, in order of time."""
    due, days = occurrence.due, occurrence.obligation.rule.reminder_days
    if amended and days and days[-1] == 0:  # due on Saturday 17 January 2026: on the day itself means on Friday
        return tuple([nine(calendar.on_or_before(local_date(slot))) for slot in calendar.nines_after(due, days)])
    return calendar.nines_after(due, days)


def ladder_slots(occurrence: Occurrence, ladder: Ladder, calendar: WorkingCalendar) -> tuple[datetime, ...]:
    """09:00 of each rung's day: working days after due, repeats of the last rung included."""
    if not occurrence.obligation.rule.ladder:
        return ()
    return calendar.nines_after(occurrence.due, ladder.days)


def plan(
    occurrence: Occurrence,
    since: datetime,
    ladder: Ladder,
    calendar: WorkingCalendar,
    holds: Sequence[Hold] = (),
    *,
    amended: int,
) -> list[Planned]:
    """All that would be told about an open occurrence whose due date stands since the instant `since`.

    Of what was due at or before then, one reminder goes at once (while the due date has not passed) and only the
    highest rung. Forecasts are silent.
    """
    # Due on Monday 19 January 2026, reminders on the 12th and 16th, rungs on the 20th and 26th. Known only on the 14th:
    # reminder 1 goes at once, reminder 2 on the 16th. Known on Saturday the 17th: reminder 2 on Monday at 09:00. Known
    # on the 28th: rung 2 at once, and rung 3 on its day.
    if occurrence.forecast:
        return []
    start = calendar.acting_instant(since)
    slots = (reminder_slots(occurrence, calendar, amended=amended), ladder_slots(occurrence, ladder, calendar))
    reminders, rungs = _unless_held(occurrence.due, start, *slots)
    return [*reminders, *(_held(rungs, holds) if holds else rungs)]


@lru_cache(maxsize=1024)
def _unless_held(
    due: date, start: datetime, reminders: tuple[datetime, ...], rungs: tuple[datetime, ...]
) -> tuple[tuple[Planned, ...], tuple[Planned, ...]]:
    """The reminders and the rungs. What moves neither is planned anew at each event of the child, and is the same."""
    dropped, reached = bisect_right(reminders, start), bisect_right(rungs, start)
    late = dropped and local_date(start) <= due
    before = [Planned(start, "reminder", dropped, reminders[dropped - 1])] if late else []
    at_once = [Planned(start, "escalation", reached, rungs[reached - 1])] if reached else []
    before += [Planned(slot, "reminder", n, slot) for n, slot in enumerate(reminders[dropped:], dropped + 1)]
    after = [Planned(slot, "escalation", n, slot) for n, slot in enumerate(rungs[reached:], reached + 1)]
    return tuple(before), (*at_once, *after)


def in_time(planned: Planned, facts: Facts) -> bool:
    """Whether it comes before the 18th birthday, at whose midnight the journey ends."""
    # Born on 20 February 2008: on 1 February 2026 no reminder of 2 April is to come.
    adult = facts.eighteenth_birthday
    return adult is None or planned.at < midnight(adult)


def _held(planned: Iterable[Planned], holds: Iterable[Hold]) -> list[Planned]:
    """Move what falls into a hold to its end, where only the highest rung reached by then goes."""
    # Acknowledged on 21 January 2026 until 10 February: rungs 2 and 3, of 26 January and 2 February, fall into the
    # hold. On the 11th at 09:00 rung 3 goes, rung 2 never does; rung 4 keeps its day, the 16th.
    rungs = list(planned)
    for hold in sorted(holds, key=lambda h: h.start):
        moved = [p for p in rungs if hold.start <= p.at < hold.end]
        if not moved:
            continue
        last = moved[-1]
        reached_anyway = any(p.at == hold.end for p in rungs)
        kept = [] if reached_anyway else [Planned(hold.end, "escalation", last.rung, last.slot)]
        rungs = [p for p in rungs if p.at < hold.start] + kept + [p for p in rungs if p.at >= hold.end]
    return rungs


def holds_on(
    occurrence: Occurrence,
    since: datetime,
    acknowledgements: Iterable[tuple[ev.EscalationAcknowledged, datetime]],
    calendar: WorkingCalendar,
) -> list[Hold]:
    """The holds that acknowledgements put on an occurrence's ladder. A due date that moved since ends a hold."""
    holds = []
    for event, known_at in acknowledgements:
        if event.obligation != occurrence.obligation.id or known_at < since:
            continue
        if not occurrence.open_on(event.on):
            continue
        last = last_day_held(event, calendar)
        holds.append(Hold(known_at, nine(calendar.working_days_after(last, 1))))
    return holds


def last_day_held(event: ev.EscalationAcknowledged, calendar: WorkingCalendar) -> date:
    """The last day on which an acknowledgement holds the ladder."""
    at_most = calendar.working_days_after(event.on, HOLD_AT_MOST)
    return min(event.until or calendar.working_days_after(event.on, HOLD_UNLESS_SAID), at_most)


def roles_told(
    occurrence: Occurrence, kind: Kind, rung: int, ladder: Ladder, facts: Facts, day: date
) -> tuple[Role, ...]:
    """Who an action of a day is for.

    Before due the owner, and whom else the rule names as the case stands; after, the rung's roles (and the owner on
    rung 1).
    """
    rule = occurrence.obligation.rule
    if kind == "reminder":
        also = {role for more in rule.reminders_to if more.holds(facts, occurrence.anchor, day) for role in more.to}
        return tuple(sorted({rule.owner, *also}))
    step = ladder.steps[rung - 1]
    roles = {*step.to, rule.owner} if step.and_owner else set(step.to)
    return tuple(sorted(roles))
