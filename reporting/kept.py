"""What a report is worked out from: the lines as known at an instant, of the children whom it is of."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from domain.case.calendar import end_of, local_date, midnight
from domain.case.days import Span
from record.report_rows import ReportRows
from record.store import CaseRecord
from reporting.lines import PeriodLine, StepLine


@dataclass(frozen=True, slots=True)
class ReportSpan:
    """From which day up to which it counts, that day included; and what was known when is asked."""

    since: date
    day: date
    known_at: datetime


class RungTold(NamedTuple):
    """A rung that was told, about which step, to whom."""

    step: StepLine
    on: date
    rung: int
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportLines:
    """The lines of a report."""

    span: ReportSpan
    steps: Sequence[StepLine]
    """Those with a limit within the span."""
    periods: Mapping[tuple[str, int], PeriodLine]
    rungs: Sequence[RungTold]

    def team(self, line: StepLine | PeriodLine) -> str:
        """The team of a step's child, or that it has none."""
        period = self.periods.get((line.child, line.period))
        return (period.team if period else None) or "No team"

    def policy(self, line: StepLine) -> str:
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
    periods = [_period(row) for row in rows.periods(span.known_at) if of is None or row.child in of]
    steps = [_step(row) for row in rows.steps(span.known_at, span.since, span.day) if of is None or row.child in of]
    rungs = rows.escalations(midnight(span.since), min(span.known_at, end_of(span.day)))
    return ReportLines(
        span,
        steps,
        {(one.child, one.period): one for one in periods},
        [
            RungTold(_step(row), local_date(row.told_at), row.told_rung, tuple(row.told_to))
            for row in rungs
            if of is None or row.child in of
        ],
    )


def known_later(span: ReportSpan, now: datetime) -> ReportSpan:
    """The same days by what is known now."""
    return replace(span, known_at=now)


def _step(row: object) -> StepLine:
    values = {name: getattr(row, name) for name in StepLine.__slots__}
    return StepLine(**values | {"answers": tuple(map(date.fromisoformat, values["answers"]))})


def _period(row: object) -> PeriodLine:
    values = {name: getattr(row, name) for name in PeriodLine.__slots__}
    return PeriodLine(
        **values
        | {
            "stages": {stage: date.fromisoformat(day) for stage, day in values["stages"].items()},
            "plan_changes": tuple(map(date.fromisoformat, values["plan_changes"])),
            "section_20": tuple(_span(*pair) for pair in values["section_20"]),
        }
    )


def _span(start: str, end: str | None) -> Span:
    return Span(date.fromisoformat(start), date.fromisoformat(end) if end else None)
