"""A person's or team's calendar (iCalendar, RFC 5545): due dates and booked meetings, cases by reference only.

The same bytes as long as nothing changes, so that a client that asks every hour is answered with "not modified".
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

from icalendar import Calendar, Event

from delivery.case_now import CaseNow
from delivery.digest import Caseloads
from delivery.links import Links
from domain.agenda import AgendaRow
from domain.case import events as ev
from domain.case.booking import BOOKINGS
from domain.case.calendar import local_date
from domain.clocks.wording import spaced
from domain.visible import visible

REFRESH: Final = timedelta(hours=1)
"""How often a client should ask (ours: what is recorded in the morning stands there before noon)."""


def feed_of(caseloads: Caseloads, whose: Iterable[str], links: Links, without: Collection[str] = ()) -> bytes:
    """The calendar of a person, or of the members of a team; `without` the children who are kept from them."""
    calendar = Calendar()
    calendar.add("prodid", "-//permanence//permanence//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", "Permanence")
    calendar.add("x-wr-calname", "Permanence")
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    entries: dict[str, Event] = {}
    for person in whose:
        for event in _events(caseloads, person, links, without):
            entries[str(event["uid"])] = event
    for uid in sorted(entries):
        calendar.add_component(entries[uid])
    return bytes(calendar.to_ical())


def _events(caseloads: Caseloads, person: str, links: Links, without: Collection[str]) -> Iterator[Event]:
    for case, row in caseloads.open_rows_of(person):
        if case.child not in without:
            yield _due(case, row, links)
    for case in caseloads.cases_of(person):
        if case.child not in without:
            yield from (_booked(case, booking, links) for booking in _standing_bookings(case))


def _due(case: CaseNow, row: AgendaRow, links: Links) -> Event:
    late = "OVERDUE: " if row.status == "overdue" else ""
    event = _all_day(case, row.due, f"{case.journey.number}-{row.obligation}-{row.occurrence}", links)
    event.add("summary", visible(f"{late}{case.child}: {row.title} is due"))
    event.add("description", visible(f"{row.clause}. To do by {spaced(row.owner.value)}."))
    return event


def _booked(case: CaseNow, booking: ev.Booking, links: Links) -> Event:
    event = _all_day(case, booking.booked_for, f"{case.journey.number}-{booking.type}-{booking.id}", links)
    event.add("summary", f"{case.child}: {BOOKINGS[type(booking)]} is booked")
    return event


def _all_day(case: CaseNow, day: date, what: str, links: Links) -> Event:
    event = Event()
    event.add("uid", visible(f"{case.child}-{what}@permanence"))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("dtstamp", _last_news(case))
    event.add("transp", "TRANSPARENT")
    url = links.journey(case.child)
    if url:
        event.add("url", url)
    return event


def _standing_bookings(case: CaseNow) -> Iterator[ev.Booking]:
    """Of each kind of meeting the booking that stands, unless its day is past."""
    return (one for one in case.facts.bookings if one.booked_for >= local_date(case.now))


def _last_news(case: CaseNow) -> datetime:
    """When anything last became known of a case, to the second: a stamp that time alone does not change."""
    return max(known.known_at for known in case.known).astimezone(UTC).replace(microsecond=0)
