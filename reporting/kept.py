"""What a report is worked out from: the lines as known at an instant, of the children whom it is of."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Final, NamedTuple, Protocol

from domain.case.calendar import end_of, local_date, midnight
from domain.case.days import Span
from record.report_rows import ReportRows
from record.store import CaseRecord
from reporting.lines import PeriodLine, Sort, StepLine

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


class RungTold(NamedTuple):
    """A rung that was told: about which step of whom, and what answers that step has had."""

    child: str
    period: int
    title: str
    reason: str | None
    answers: tuple[date, ...]
    ended_on: date | None
    rung: int
    to: tuple[str, ...]
    on: date


class OfPeriod(Protocol):
    """Anything of a period of care."""

    @property
    def child(self) -> str: ...
    @property
    def period(self) -> int: ...


@dataclass(frozen=True, slots=True)
class ReportLines:
    """The lines of a report."""

    span: ReportSpan
    steps: Sequence[StepLine]
    """Those with a limit within the span."""
    periods: Mapping[tuple[str, int], PeriodLine]
    rungs: Sequence[RungTold]

    def team(self, line: OfPeriod) -> str:
        """The team of a step's child, or that it has none."""
        period = self.periods.get((line.child, line.period))
        return (period.team if period else None) or "No team"

    def policy(self, line: OfPeriod) -> str:
        """The policy under which a step's period of care ran."""
        period = self.periods.get((line.child, line.period))
        return period.policy if period else ""


def span_of(day: date, since: date | None, now: datetime, known_on: date | None = None) -> ReportSpan:
    """The span of a report; without `since` from the first of the month eleven months ago."""
    months = day.year * 12 + day.month - 12
    since = since or date(months // 12, months % 12 + 1, 1)
    return ReportSpan(since, day, min(now, end_of(known_on)) if known_on else now)


def kept_in(record: CaseRecord, span: ReportSpan, of: Collection[str] | None = None) -> ReportLines:
    """The lines in a record as they were known; `of` the children it is of, None: all. Raises RecordUnavailable."""
    rows = ReportRows(record.engine)
    columns = [one.name for one in fields(StepLine)]
    periods = map(_period, rows.periods([one.name for one in fields(PeriodLine)], span.known_at))
    steps = rows.steps(columns, SORTS, span.known_at, span.since, span.day)
    rungs = rows.escalations(midnight(span.since), min(span.known_at, end_of(span.day)))
    return ReportLines(
        span,
        [_step(row) for row in steps if of is None or row[0] in of],
        {(one.child, one.period): one for one in periods if of is None or one.child in of},
        [_rung(row) for row in rungs if of is None or row[0] in of],
    )


def known_later(span: ReportSpan, now: datetime) -> ReportSpan:
    """The same days by what is known now."""
    return replace(span, known_at=now)


def _step(row: Sequence[Any]) -> StepLine:
    *plain, answers = row
    return StepLine(*(*plain, _days(answers)))


def _days(texts: Sequence[str]) -> tuple[date, ...]:
    return tuple(map(date.fromisoformat, texts)) if texts else ()


def _period(row: Sequence[Any]) -> PeriodLine:
    *plain, stages, plan_changes, section_20 = row
    reached = {stage: date.fromisoformat(day) for stage, day in stages.items()}
    return PeriodLine(*(*plain, reached, _days(plan_changes), tuple(_span(*pair) for pair in section_20)))


def _rung(row: Sequence[Any]) -> RungTold:
    child, period, title, reason, answers, ended_on, rung, to, at = row
    return RungTold(child, period, title, reason, _days(answers), ended_on, rung, tuple(to), local_date(at))


def _span(start: str, end: str | None) -> Span:
    return Span(date.fromisoformat(start), date.fromisoformat(end) if end else None)
