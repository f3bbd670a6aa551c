"""Loading the rules a journey runs on: its policy, its calendar and, for a child known before, the past."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from threading import Semaphore
from typing import Final

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.models import LOAD_RULEBOOK, BankHolidays, PolicyBefore, Rulebook, RulebookRequest
from delivery.policy_versions import policies_then
from domain.case import events as ev
from domain.case.facts import Facts, Known
from domain.case.life import periods_of_care
from domain.clocks.rules import Policy
from domain.journey_state import JourneyState
from domain.policy.loading import Policies, PolicyRefused
from domain.refusals import policy_named
from domain.study.simulation import calendar_for
from record.entries import Terms
from record.pasts import known_of
from record.policy_texts import PolicyTexts
from record.store import CaseRecord

BIRTH_UNKNOWN = date(2010, 1, 1)
"""Without an entry event the rules are wanted only to refuse by."""

RELIVED_AT_ONCE: Final = 2
"""Pasts that one worker relives at the same time (ours: Python's threads share a processor, and what runs beside, the
workflow tasks above all, is to have its part of it)."""

A_BREATH: Final = 2.0
"""Seconds between two signs of life while others are relived (ours: a fifth of the silence that is allowed)."""


class RulebookActivities:
    """The activity that loads rulebooks from policy files and the case record."""

    def __init__(self, policies: Policies, record: CaseRecord, default_policy: str) -> None:
        self._policies = policies
        self._record = record
        self._default = policies.resolve(default_policy).id
        self._few = Semaphore(RELIVED_AT_ONCE)

    @activity.defn(name=LOAD_RULEBOOK)
    def load_rulebook(self, request: RulebookRequest) -> Rulebook:
        """The policy asked for, else the one the child's history names, else the default; and the calendar.

        An unknown policy is refused for good. A database that cannot be used raises RecordUnavailable, which
        Temporal retries.
        """
        history = self._record.history(request.child) if request.with_history else []
        settled = self._record.settled(request.child) if history else []
        terms = self._record.terms(request.child) if history else None
        known = known_of(history)
        book = Rulebook(
            policy=self._policy(request, known, terms),
            holidays=_holidays_for(_births(request.born, known)),
            default_policy=self._default,
            policies=self._policies.ids(),
            history=history,
            settled=settled,
            terms=terms,
            woken=self._has_woken(request.child, terms),
            before=list(self._before(request.child, known, terms)),
        )
        if not known or request.relive_at is None:
            return book
        lived = self._relived(book, request.child, request.relive_at)
        return book.model_copy(update={"lived": lived, "history": [], "settled": [], "before": []})

    def _policy(self, request: RulebookRequest, known: Sequence[Known], terms: Terms | None) -> Policy:
        latest = _latest(request.child, known)
        named = request.policy or policy_named(latest) or (terms and terms.policy) or self._default
        try:
            return self._policies.resolve(named)
        except PolicyRefused as refused:
            # In care under newtown until 2 March 2026, the file taken away since: what has ended asks for nothing any
            # more, and the child's next entry must not wait until somebody brings it back.
            if request.policy is None and latest is not None and latest.ended_on is not None:
                return self._policies.resolve(self._default)
            raise ApplicationError(str(refused), type=PolicyRefused.__name__, non_retryable=True) from None

    def _relived(self, book: Rulebook, child: str, now: datetime) -> JourneyState:
        """The journey that has lived through a child's past, so that its workflow need not."""
        # Each instant of a life folds all that was known by then: 0.1 s for a hundred events, 2.7 s for five hundred.
        # A workflow task may take two seconds, and one that takes longer is tried again for ever.
        while not self._few.acquire(timeout=A_BREATH):
            activity.heartbeat()
        try:
            return book.relived(child, now, activity.heartbeat).state()
        finally:
            self._few.release()

    def _before(self, child: str, known: list[Known], terms: Terms | None) -> Iterator[PolicyBefore]:
        """The policies that a journey ran on before each that it adopted, in the versions that it then had."""
        adopted = sorted({k.known_at for k in known if isinstance(k.event, ev.PolicyAdopted)})
        kept = PolicyTexts(self._record.engine).kept() if adopted else []
        for until in adopted:
            by_then = [k for k in known if k.known_at < until]
            name = policy_named(_latest(child, by_then)) or (terms and terms.policy) or self._default
            with suppress(PolicyRefused):  # of a file that is gone: then by the policy that it adopted
                policies = policies_then(self._policies, kept, by_then, until)
                yield PolicyBefore(until=until, policy=policies.resolve(name))

    def _has_woken(self, child: str, terms: Terms | None) -> bool:
        """Whether a journey that was held quiet has spoken since."""
        return terms is not None and terms.quiet is not None and self._record.spoke_since(child, terms.quiet[1])


def _latest(child: str, known: Sequence[Known]) -> Facts | None:
    """The latest period of care."""
    periods = periods_of_care(child, known, max(k.known_at for k in known)) if known else []
    return periods[-1] if periods else None


def _births(born: date | None, known: Iterable[Known]) -> list[date]:
    """Every date of birth given, one corrected later included: the calendar must reach wherever a clock may."""
    given = [k.event.birth for k in known if isinstance(k.event, ev.ENTRY_TYPES)]
    return [*given, *([born] if born else [])] or [BIRTH_UNKNOWN]


def _holidays_for(births: list[date]) -> BankHolidays:
    return _holidays(min(births).year, max(births).year)


@lru_cache(maxsize=256)
def _holidays(first_birth_year: int, last_birth_year: int) -> BankHolidays:
    """Worked out once for a year of birth: thousands of journeys start together."""
    return BankHolidays.of(calendar_for(date(first_birth_year, 1, 1), date(last_birth_year, 1, 1)))
