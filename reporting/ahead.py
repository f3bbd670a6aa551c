"""What falls due in the weeks ahead, each step with whose it is and who is there on its day."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Final

from delivery.directory import Directory, is_there
from delivery.holding import NOBODY, UNKNOWN, holder, stands_in
from delivery.people import People
from domain.case.words import Role
from domain.clocks.wording import short_date
from domain.policy.loading import Policies, PolicyRefused
from record.falling_due import FallingDue, StepFalling, falling_due
from record.store import CaseRecord
from reporting.lines import Sort, sort_of
from reporting.tables import LineCounted
from reporting.uncollected import uncollected

WEEKS: Final = 12
"""Whole weeks ahead, after the rest of this one (ours: the twelve weeks that a service plans by)."""
CHAIRS: Final[Mapping[Sort, Role]] = {"review": Role.IRO, "meeting": Role.PPM_CHAIR}
"""Who must be at a review or meeting besides whoever owns the step."""
SAID: Final = {NOBODY: "Nobody holds the role", UNKNOWN: "Somebody who is not in the directory"}


@dataclass(frozen=True, slots=True)
class StepComing:
    """A step that falls due, or is late."""

    step: StepFalling
    sort: Sort
    person: str
    """The key of whoever holds the owner's role, or NOBODY or UNKNOWN."""
    wanted: tuple[str, ...]
    """Of a review or meeting the keys of all who must be there: whoever owns the step, and who chairs it."""
    away: bool
    """Whether the person is not there on the day it is due."""
    cover: str | None
    """Who is there instead."""
    line: LineCounted
    """As it is listed when a number is opened, made once for all tables."""

    @property
    def day(self) -> date:
        """The day on which it is to be, as far as is known: booked, or else the last on which it may be."""
        return self.step.booked_for or self.step.due


@dataclass(frozen=True, slots=True)
class DueAhead:
    """All that lies ahead of some children on a day."""

    today: date
    steps: tuple[StepComing, ...]
    """Those that fall due from today up to the last day, forecasts aside."""
    late: tuple[StepComing, ...]
    forecasts: tuple[StepComing, ...]
    directory: Directory | None

    @property
    def last(self) -> date:
        """The last day: a Sunday."""
        return last_day(self.today)

    def name_of(self, key: str) -> str:
        """What people call somebody."""
        return called_in(self.directory, key)

    def weeks(self) -> list[date]:
        """The first day of each week: today, then Mondays."""
        monday = self.today - timedelta(days=self.today.weekday())
        return [self.today, *(monday + timedelta(weeks=number) for number in range(1, WEEKS + 1))]


def called_in(directory: Directory | None, key: str) -> str:
    """What people call somebody, or that nobody or somebody unknown holds the role."""
    entry = directory.find(key) if directory else None
    return SAID.get(key) or (entry.name if entry else None) or key


def last_day(today: date) -> date:
    """The Sunday after the twelve whole weeks that follow this one."""
    return today + timedelta(days=6 - today.weekday(), weeks=WEEKS)


@cache
def week_of(today: date, day: date) -> date:
    """The first day of a day's week, as `weeks` has it."""
    return max(today, day - timedelta(days=day.weekday()))


@uncollected()
def ahead(
    record: CaseRecord, policies: Policies, directory: Directory | None, today: date, of: Collection[str]
) -> DueAhead:
    """What lies ahead of some children whose journeys are under way. Raises RecordUnavailable."""
    return ahead_of(falling_due(record.engine, last_day(today), of), policies, directory, today)


def ahead_of(falling: FallingDue, policies: Policies, directory: Directory | None, today: date) -> DueAhead:
    """What lies ahead by some open steps."""
    each = list(_coming(falling, directory, _Sorts(policies)))
    firm = [one for one in each if not one.step.forecast]
    return DueAhead(
        today,
        tuple(one for one in firm if one.step.due >= today),
        tuple(one for one in firm if one.step.due < today),
        tuple(one for one in each if one.step.forecast and one.step.due >= today),
        directory,
    )


def _coming(falling: FallingDue, directory: Directory | None, sorts: "_Sorts") -> Iterator[StepComing]:
    whose = _Whose(directory)
    for step in falling.steps:
        contacts, sort = falling.contacts.get(step.child, {}), sorts.of(step.policy, step.obligation)
        person = whose.of(step.owner, contacts.get(step.owner, ""), step.team)
        chair = CHAIRS.get(sort)
        chairs = [whose.of(chair, contacts.get(chair, ""), step.team)] if chair else []
        wanted = dict.fromkeys(one for one in (person, *chairs) if one not in SAID) if chair else {}
        away, cover = whose.away(person, step.due)
        absent = f"away; {called_in(directory, cover)} covers" if cover else "away, and nobody covers" if away else ""
        booked = f"booked for {short_date(step.booked_for)}" if step.booked_for else ""
        note = "; ".join(each for each in (called_in(directory, person), booked, absent) if each)
        line = LineCounted(step.child, step.title, step.due, note=note)
        yield StepComing(step, sort, person, tuple(wanted), away, cover, line)


class _Sorts:
    """What each obligation of each policy asks for."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._known: dict[str, dict[str, Sort]] = {}

    def of(self, policy: str, obligation: str) -> Sort:
        if policy not in self._known:
            self._known[policy] = self._read(policy)
        return self._known[policy].get(obligation, "other")

    def _read(self, policy: str) -> dict[str, Sort]:
        try:
            return {one.rule.id: sort_of(one.rule) for one in self._policies.resolve(policy).obligations}
        except PolicyRefused:  # not here any more
            return {}


class _Whose:
    """Whose a step is, and who is there on a day; each asked once. Without a directory: as the events name them."""

    def __init__(self, directory: Directory | None) -> None:
        self._people = People(directory) if directory else None
        self.of = lru_cache(maxsize=None)(self._of)
        self.away = lru_cache(maxsize=None)(self._away)

    def _of(self, role: str, contact: str, team: str) -> str:
        if self._people is None:
            return contact or NOBODY
        return holder(self._people, Role(role), contact, team)

    def _away(self, key: str, day: date) -> tuple[bool, str | None]:
        if self._people is None or is_there(self._people.directory, key, day):
            return False, None
        return True, stands_in(self._people.directory, key, day)
