"""What the journey and its activities say to each other.

These models stand in histories: later fields need defaults.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from domain.case.calendar import WorkingCalendar, years_of_childhood
from domain.case.documents import parse_event
from domain.case.facts import Known
from domain.clocks.rules import Policy
from domain.journey import Journey
from domain.journey_state import JourneyState
from record.entries import KnownEvent, Terms

LOAD_RULEBOOK = "load_rulebook"
WRITE_CASE_RECORD = "write_case_record"
LOOK_UP_SIBLINGS = "look_up_siblings"
DRAIN_INBOX = "drain_inbox"
SEND_DIGESTS = "send_digests"
DRAIN_OUTBOX = "drain_outbox"
RECONCILE = "reconcile"
LOOK_OVER = "look_over_journeys"
PROVE = "prove"
SYNC = "sync"
BACKGROUND_WORK = frozenset({DRAIN_INBOX, DRAIN_OUTBOX, LOOK_OVER, PROVE, RECONCILE, SEND_DIGESTS, SYNC})
"""What takes minutes and hours, or much of a processor, and is no journey's own."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class RulebookRequest(_Model):
    """Which rules a journey wants: a policy by name, or the one its history names, or the service's default.

    `relive_at`: the instant by its own clock at which it takes up its past, already relived if there is any.
    """

    child: str
    policy: str | None = None
    born: date | None = None
    with_history: bool = False
    relive_at: datetime | None = None


class SiblingsRequest(_Model):
    """A child has entered, or has another list of brothers and sisters: who of them is placed for adoption by then?

    `entry`: the event that names them.
    """

    entry: dict[str, Any]
    as_of: datetime


class SiblingsPlaced(_Model):
    """What the child who has entered is to hear of them: events, as JSON objects."""

    events: list[dict[str, Any]] = Field(default_factory=list)


class BankHolidays(_Model):
    """Bank holidays of a run of whole years, by name."""

    first_year: int
    last_year: int
    days: dict[str, list[date]]

    @classmethod
    def of(cls, calendar: WorkingCalendar) -> "BankHolidays":
        """The bank holidays of a calendar, as data."""
        days: dict[str, list[date]] = {}
        for day, name in calendar.bank_holidays.items():
            days.setdefault(name, []).append(day)
        return cls(first_year=calendar.first_year, last_year=calendar.last_year, days=days)

    def cover(self, born: date) -> bool:
        """Whether a childhood from a date of birth lies within the years known."""
        first, last = years_of_childhood(born)
        return self.first_year <= first and last <= self.last_year

    def calendar(self) -> WorkingCalendar:
        """The calendar these holidays make; the same object for the same holidays."""
        named = tuple(sorted((day, name) for name, days in self.days.items() for day in days))
        return _calendar(self.first_year, self.last_year, named)


@lru_cache(maxsize=128)
def _calendar(first_year: int, last_year: int, named: tuple[tuple[date, str], ...]) -> WorkingCalendar:
    return WorkingCalendar(first_year, last_year, dict(named))


class PolicyBefore(_Model):
    """A policy that a journey ran on until it adopted another."""

    until: datetime
    policy: Policy


class Rulebook(_Model):
    """What a journey runs on: the resolved policy and the calendar; and for a child known before, the past.

    `terms`: those of the run before. `woken`: it has spoken since its quiet was over. `before`: the policies that it
    ran on earlier, in order. `lived`: the journey that has lived through the past, where that was asked for; history,
    what is settled and the policies before are empty beside it.
    """

    policy: Policy
    holidays: BankHolidays
    default_policy: str
    policies: list[str]
    history: list[KnownEvent] = Field(default_factory=list)
    settled: list[str] = Field(default_factory=list)
    terms: Terms | None = None
    woken: bool = False
    before: list[PolicyBefore] = Field(default_factory=list)
    lived: JourneyState | None = None

    def relived(self, child: str, now: datetime, at_each: Callable[[], object] = lambda: None) -> Journey:
        """The journey that has lived through the past. `at_each`: called at each instant, for that may take seconds."""
        journey = Journey(child, self.policy, self.holidays.calendar())
        if self.terms and self.terms.quiet:
            journey.keep_quiet(*self.terms.quiet)
        known = [Known(parse_event(k.event), k.known_at) for k in self.history]
        journey.relive(known, self.settled, now, [(one.until, one.policy) for one in self.before], at_each)
        if self.woken:
            journey.quiet = None
        return journey

    @classmethod
    def read(cls, answer: bytes) -> "Rulebook":
        """What the activity answered, as JSON. What it answers of a child without a past is read once for all of them.

        Children born in one year, under one policy, are answered the same 17 kB, which take half a millisecond to read.
        """
        return _RULEBOOKS.get(answer) or cls.model_validate_json(answer)

    def shared(self) -> "Rulebook":
        """The same rules without the past: one object for all the journeys that run on the same rules."""
        if any(self is one for one in list(_RULEBOOKS.values())):  # journeys of other threads may add theirs meanwhile
            return self
        own = self.model_copy(update=WITHOUT_THE_PAST)
        if len(_RULEBOOKS) > SHARED_RULEBOOKS:
            _RULEBOOKS.clear()
        return _RULEBOOKS.setdefault(own.model_dump_json().encode(), own)


WITHOUT_THE_PAST: dict[str, Any] = {
    "history": [],
    "settled": [],
    "terms": None,
    "woken": False,
    "before": [],
    "lived": None,
}
SHARED_RULEBOOKS = 1024
"""Different rules kept at once (ours: policies times years of birth of a large authority are fewer)."""
_RULEBOOKS: dict[bytes, Rulebook] = {}
"""By their JSON, as it stands in an answer."""


class NamedKeys(_Model):
    """Whom a case names, by their keys of the directory on the day it was asked; None of a role it names nobody for.

    A key is a payroll or user name, so it may stand where contacts may not. Who is not in the directory has none.
    """

    social_worker: str | None = None
    iro: str | None = None


class ScheduledRun(_Model):
    """One run of a schedule: the time it was planned for, and when it truly began (or its timer was due)."""

    nominal: datetime
    begun: datetime
