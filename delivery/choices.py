"""What people choose: to be told at once, or in a digest at 09:00 on working days, daily or weekly.

A digest is daily for whoever wants anything daily: nobody gets two. A weekly one comes on the first working day of
the week (ours: that is when the week is planned).
"""

from datetime import date, datetime
from typing import Literal

from delivery.directory import Addressee
from domain.case.calendar import WorkingCalendar, local_date, nine
from domain.clocks.schedule import Kind

Cadence = Literal["daily", "weekly"]


def cadence_of(entry: Addressee) -> Cadence | None:
    """How often somebody reads a digest; None: never, everything goes to them at once."""
    if "daily" in (entry.reminders, entry.escalations):
        return "daily"
    return "weekly" if entry.reminders == "weekly" else None


def reads_later(entry: Addressee, kind: Kind) -> bool:
    """Whether somebody reads this kind of action in a digest and not at once."""
    choice = entry.reminders if kind == "reminder" else entry.escalations
    return choice != "at_once"


def waits_for_digest(entry: Addressee, kind: Kind, due: date | None, now: datetime, calendar: WorkingCalendar) -> bool:
    """Whether an action is left for the digest.

    Not a reminder of what falls due before the next one comes (ours: it would be read too late, and nobody can be sure
    that it stood in the last one).
    """
    cadence = cadence_of(entry)
    if cadence is None or not reads_later(entry, kind):
        return False
    too_late = kind == "reminder" and due is not None and due < local_date(next_digest(cadence, now, calendar))
    return not too_late


def is_digest_day(cadence: Cadence, day: date, calendar: WorkingCalendar) -> bool:
    """Whether a digest comes on a day: on every working day, or on the first of the week."""
    if not calendar.is_working_day(day):
        return False
    return cadence == "daily" or calendar.working_days_after(day, -1).isocalendar()[:2] != day.isocalendar()[:2]


def next_digest(cadence: Cadence, now: datetime, calendar: WorkingCalendar) -> datetime:
    """The instant of the first digest after `now`."""
    day = local_date(now)
    if nine(day) <= now or not is_digest_day(cadence, day, calendar):
        day = calendar.working_days_after(day, 1)
        while not is_digest_day(cadence, day, calendar):
            day = calendar.working_days_after(day, 1)
    return nine(day)


def digest_before(cadence: Cadence, day: date, calendar: WorkingCalendar) -> date:
    """The digest day before a day."""
    day = calendar.working_days_after(day, -1)
    while not is_digest_day(cadence, day, calendar):
        day = calendar.working_days_after(day, -1)
    return day
