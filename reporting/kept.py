"""What a report is worked out from: the lines as known at an instant, of the children whom it is of."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import Row

from domain.case.calendar import end_of, midnight
from domain.case.days import Span
from record.report_rows import ReportRows
from record.store import CaseRecord
from reporting.lines import Ending, PeriodLine, Sort

SORTS: Final[tuple[Sort, ...]] = ("review", "meeting")
"""The steps that the report counts: a year has three times as many others, which nobody asks it for."""


@dataclass(frozen=True, slots=True)
class ReportSpan:
    """From which day up to which it counts, that day included; and what was known when is asked."""

    since: date
    day: date
    known_at: datetime

    def is_of(self, today: date, now: datetime) -> bool:
        """Whether it is up to today and by what is known now: what lies ahead is asked of such a report alone."""
        return self.day == today and self.known_at >= now


class StepDue(NamedTuple):
    """What the report reads of a step (reporting/lines.py): by when it was to be done, and what became of it."""

    child: str
    period: int
    obligation: str
    occurrence: int
    sort: Sort
    title: str
    statutory: date | None
    statutory_clause: str
    local: date | None
    local_clause: str
    ending: Ending
    ended_on: date | None
    reason: str | None


class RungTold(NamedTuple):
    """A rung that was told: about which step, to which roles, on which day; and when somebody first answered."""

    child: str
    period: int
    title: str
    rung: int
    to: str
    told_on: date
    answered_on: date | None
    """As far as is known: perhaps after the day of the report."""
    reason: str | None


class OfPeriod(Protocol):
    """Anything of a period of care."""

    @property
    def child(self) -> str: ...
    @property
    def period(self) -> int: ...


class ReportLines:
    """The lines in a record as they were known. Reading raises RecordUnavailable.

    Each kind is read when a table first asks for it: a number that is opened reads what its own table counts.
    """

    def __init__(self, record: CaseRecord, span: ReportSpan, of: Collection[str] | None = None) -> None:
        """`of`: the children it is of; None: all."""
        self.span = span
        self._rows = ReportRows(record.engine)
        self._of = of

    @cached_property
    def steps(self) -> Sequence[StepDue]:
        """Reviews and meetings with a limit within the span."""
        span = self.span
        rows = self._rows.steps(StepDue._fields, SORTS, span.known_at, span.since, span.day)
        return [StepDue._make(row) for row in self._mine(rows)]

    @cached_property
    def periods(self) -> Mapping[tuple[str, int], PeriodLine]:
        """All periods of care, by child and number."""
        rows = self._rows.periods([one.name for one in fields(PeriodLine)], self.span.known_at)
        return {(one.child, one.period): one for one in map(_period, self._mine(rows))}

    @cached_property
    def rungs(self) -> Sequence[RungTold]:
        """The rungs told within the span."""
        since, until = midnight(self.span.since), min(self.span.known_at, end_of(self.span.day))
        rows = self._rows.rungs(RungTold._fields, since, until, self.span.known_at)
        return list(map(RungTold._make, self._mine(rows)))

    def team(self, line: OfPeriod) -> str:
        """The team of a line's child, or that it has none."""
        period = self.periods.get((line.child, line.period))
        return (period.team if period else None) or "No team"

    def policy(self, line: OfPeriod) -> str:
        """The policy under which a line's period of care ran."""
        period = self.periods.get((line.child, line.period))
        return period.policy if period else ""

    def _mine(self, rows: Iterable[Row[Any]]) -> Iterable[Row[Any]]:
        return rows if self._of is None else (row for row in rows if row[0] in self._of)


def span_of(day: date, since: date | None, now: datetime, known_on: date | None = None) -> ReportSpan:
    """The span of a report; without `since` from the first of the month eleven months ago."""
    months = day.year * 12 + day.month - 12
    since = since or date(months // 12, months % 12 + 1, 1)
    return ReportSpan(since, day, min(now, end_of(known_on)) if known_on else now)


def known_later(span: ReportSpan, now: datetime) -> ReportSpan:
    """The same days by what is known now."""
    return replace(span, known_at=now)


@cache
def _day(text: str) -> date:
    """Days are few and lines are many."""
    return date.fromisoformat(text)


def _days(texts: Sequence[str]) -> tuple[date, ...]:
    return tuple(map(_day, texts)) if texts else ()


def _period(row: Sequence[Any]) -> PeriodLine:
    *plain, stages, plan_changes, section_20 = row
    reached = {stage: _day(day) for stage, day in stages.items()}
    return PeriodLine(*(*plain, reached, _days(plan_changes), tuple(_span(*pair) for pair in section_20)))


def _span(start: str, end: str | None) -> Span:
    return Span(_day(start), _day(end) if end else None)
