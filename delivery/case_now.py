"""A child's case as the case record has it at an instant: what digests and calendars are made of.

Worked out from the record and not asked of the journeys: at 09:00 they have reminders to send, and hundreds of
questions at once would hold them up (docs/adr/0011-digests.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import structlog

from delivery.policy_versions import policies_then
from domain.agenda import AgendaRow, Rag, agenda, rag
from domain.case import events as ev
from domain.case.calendar import WorkingCalendar, england_and_wales, local_date, years_of_childhood
from domain.case.facts import Facts, Known
from domain.case.life import periods_of_care
from domain.case.words import Role
from domain.clocks.obligations import Key, Occurrence
from domain.clocks.rules import Policy
from domain.clocks.schedule import last_day_held
from domain.journey import Journey
from domain.policy.cited import Citations
from domain.policy.loading import Policies, PolicyRefused
from domain.refusals import policy_named
from record.entries import Terms
from record.failures import Unreadable
from record.pasts import past
from record.policy_texts import PolicyTexts
from record.store import CaseRecord

JUST_ENDED = timedelta(days=7)
"""What was held goes on the working day after the last one held (ours: no run of holidays is longer)."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CaseNow:
    """A case at an instant: its journey, its agenda, and the events known by then."""

    child: str
    now: datetime
    journey: Journey
    rows: tuple[AgendaRow, ...]
    known: tuple[Known, ...]

    @property
    def facts(self) -> Facts:
        """The latest period of care."""
        return self.journey.periods[-1]

    @property
    def rag(self) -> Rag:
        """The child's colour, by the one rule there is; green once the journey has ended."""
        return "green" if self.journey.ended else rag(list(self.rows), self.journey.policy)

    def occurrence(self, row: AgendaRow) -> Occurrence:
        """What a row of the agenda was made of."""
        return next(o for o in self.journey.occurrences if o.key == (row.obligation, row.occurrence))

    def row(self, key: Key) -> AgendaRow | None:
        """The row of an obligation's occurrence; None where there is none."""
        return next((row for row in self.rows if (row.obligation, row.occurrence) == key), None)

    def met(self, before: date = date.max) -> set[Key]:
        """What was met before a day."""
        return {(row.obligation, row.occurrence) for row in self.rows if row.met_on is not None and row.met_on < before}


class Cases:
    """Works cases out, by the policies of this installation."""

    def __init__(self, policies: Policies, default_policy: str) -> None:
        self._policies = policies
        self._default = default_policy
        self._met: dict[tuple[str, datetime], set[Key]] = {}

    def at(self, child: str, known: Iterable[Known], now: datetime) -> CaseNow | None:
        """A case as it was known at an instant; None where nothing of a journey was."""
        known = tuple(one for one in known if one.known_at <= now)
        journey = self._journey(child, known, now, Terms())
        if journey is None:
            return None
        journey.remember(known, ())
        journey.look(now)
        return CaseNow(child, now, journey, tuple(agenda(journey, now)), known)

    def ahead(
        self, child: str, known: Iterable[Known], now: datetime, settled: Iterable[str], terms: Terms
    ) -> CaseNow | None:
        """The same as the journey itself has it: with the next action of each occurrence.

        When an action is planned for depends on since when its due date has stood, which takes long to work out, only
        where it was due already (then it is settled) or is held; so the whole is relived only while something is.
        """
        known = tuple(one for one in known if one.known_at <= now)
        journey = self._journey(child, known, now, terms)
        if journey is None:
            return None
        if terms.quiet and now < terms.quiet[1]:
            journey.keep_quiet(*terms.quiet)
        if self._held(known, now, journey.calendar):
            journey.relive(known, settled, now)
            journey.look(now)
        else:
            journey.remember(known, settled)
            journey.step(now)
        return CaseNow(child, now, journey, tuple(agenda(journey, now)), known)

    def lived(self, record: CaseRecord, child: str, now: datetime) -> CaseNow | None:
        """The same of a journey that knows since when each due date stands, and what was told.

        It can be asked what will be told next, and answers as the running one would. Raises RecordUnavailable.
        """
        known = tuple(one for one in past(record, child) if one.known_at <= now)
        terms = record.terms(child) or Terms()
        journey = self._journey(child, known, now, terms)
        if journey is None:
            return None
        if terms.quiet:
            journey.keep_quiet(*terms.quiet)
        journey.relive(known, record.settled(child, now), now)
        journey.look(now)
        return CaseNow(child, now, journey, tuple(agenda(journey, now)), known)

    def then(self, record: CaseRecord, child: str, instant: datetime) -> CaseNow | None:
        """A case as it was known at an earlier instant, by the policy that it then had. Raises RecordUnavailable."""
        known = past(record, child)
        had = policies_then(self._policies, PolicyTexts(record.engine).kept(), known, instant)
        return Cases(had, self._default).lived(record, child, instant)

    def citations(self, policy_id: str) -> Citations:
        """Where the law can be read that a policy's clauses name."""
        return self._policies.citations(policy_id)

    def versions(self) -> list[tuple[str, str]]:
        """Each policy, and the version of its text with all that it extends."""
        return [(policy, self._policies.resolve(policy).version) for policy in self._policies.ids()]

    def own_roles(self) -> list[Role]:
        """The roles that the policies of this installation add to the contract's."""
        return sorted({role for policy in self._policies.ids() for role in self._policies.resolve(policy).roles})

    def titles(self, policy: str) -> dict[str, str]:
        """What a policy calls its obligations and notices; nothing where there is no such policy here."""
        try:
            resolved = self._policies.resolve(policy)
        except PolicyRefused:
            return {}
        named = {one.rule.id: one.rule.title for one in resolved.obligations}
        return named | {notice.id: notice.title for notice in resolved.notices}

    def _held(self, known: Iterable[Known], now: datetime, calendar: WorkingCalendar) -> bool:
        """Whether an acknowledgement, voided or not, may keep a ladder still."""
        days = [last_day_held(k.event, calendar) for k in known if isinstance(k.event, ev.EscalationAcknowledged)]
        return any(day >= local_date(now) - JUST_ENDED for day in days)

    def _journey(self, child: str, known: Iterable[Known], now: datetime, terms: Terms) -> Journey | None:
        """A journey that has taken nothing yet, by the policy and with the calendar that its events call for."""
        known = tuple(known)
        periods = periods_of_care(child, known, now)
        if not periods:
            return None
        return Journey(child, self._policy(child, periods[-1], terms.policy), calendar_of(known))

    def met_by(self, case: CaseNow, since: datetime) -> set[Key]:
        """What of a case had been met as it was known at an earlier instant: an event may be recorded late.

        Of a case that nobody knew then, what was met before that day: its history is not news.
        """
        if all(known.known_at <= since for known in case.known):
            return case.met()
        key = (case.child, since)
        if key not in self._met:
            before = self.at(case.child, case.known, since)
            self._met[key] = before.met() if before else case.met(before=local_date(since))
        return self._met[key]

    def _policy(self, child: str, facts: Facts, of_terms: str | None) -> Policy:
        """The policy that the case names. One bad name must not cost everyone their digest."""
        named = policy_named(facts) or of_terms or self._default
        try:
            return self._policies.resolve(named)
        except PolicyRefused:
            log.warning("policy_unknown", child=child, policy=named, instead=self._default)
            return self._policies.resolve(self._default)


def calendar_of(known: Iterable[Known]) -> WorkingCalendar:
    """The working days of a child's years; of one without an entry, who has no journey, of this century."""
    births = [one.event.birth for one in known if isinstance(one.event, ev.ENTRY_TYPES)] or [date(2000, 1, 1)]
    return years(years_of_childhood(min(births))[0], years_of_childhood(max(births))[1])


@lru_cache(maxsize=256)
def years(first: int, last: int) -> WorkingCalendar:
    """The working days of a run of years, worked out once."""
    return england_and_wales(first, last)


class CasesNow:
    """Every case of a record, kept from one asking to the next: only what has changed is worked out anew."""

    def __init__(self, record: CaseRecord, cases: Cases) -> None:
        self._record = record
        self._cases = cases
        self._known: dict[str, tuple[int, date, CaseNow | None]] = {}
        self.changes = 0
        """How many cases were worked out so far."""

    def current(self, now: datetime) -> list[CaseNow]:
        """How they stand. Raises RecordUnavailable."""
        today = local_date(now)
        for child, latest in self._record.latest_events().items():
            kept = self._known.get(child)
            if kept is None or kept[:2] != (latest, today):
                self._known[child] = (latest, today, self._case(child, now))
                self.changes += 1
        return [case for _, _, case in self._known.values() if case is not None]

    def _case(self, child: str, now: datetime) -> CaseNow | None:
        """A case; None where there is none, or it cannot be read, which must not keep the others from being shown."""
        try:
            return self._cases.at(child, past(self._record, child), now)
        except Unreadable:
            log.error("case_not_now", child=child, error=Unreadable.__name__)
            return None
