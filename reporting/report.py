"""The whole report: its tables, what it is of, and what it is as."""

import gc
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from delivery.case_now import years
from domain.policy.loading import Policies, PolicyRefused
from record.store import CaseRecord
from reporting.compared import compared
from reporting.drift import drift
from reporting.escalations import escalations
from reporting.kept import ReportLines, ReportSpan, kept_in, known_later
from reporting.reaching import marks_of, reaching
from reporting.tables import ReportTable
from reporting.timeliness import children_in_time, timeliness


@dataclass(frozen=True, slots=True)
class Report:
    """Tables over a span, of some children, as known at an instant."""

    span: ReportSpan
    made_at: datetime
    of_whom: str
    children: int
    """Of how many children there is anything in it."""
    waiting: int
    """Children of whom something is recorded that is not in it yet."""
    tables: Sequence[ReportTable]

    def table(self, key: str) -> ReportTable | None:
        """A table by its key."""
        return next((one for one in self.tables if one.key == key), None)


def tables_of(kept: ReportLines, marks: Mapping[str, Mapping[str, str]]) -> list[ReportTable]:
    """All tables, from the lines alone: the same lines give the same numbers."""
    calendar = years(kept.span.day.year - 1, kept.span.day.year + 1)
    return [
        *timeliness(kept),
        children_in_time(kept, calendar),
        reaching(kept, marks),
        *drift(kept),
        *escalations(kept),
    ]


def report(
    record: CaseRecord,
    policies: Policies,
    span: ReportSpan,
    made_at: datetime,
    of: Collection[str] | None = None,
    of_whom: str = "every child of this record",
    waiting: int = 0,
) -> Report:
    """The report of a record; `of` the children it is of, None: all. Raises RecordUnavailable."""
    with _uncollected():
        kept = kept_in(record, span, of)
        marks = {policy: marks_of_named(policies, policy) for policy in {one.policy for one in kept.periods.values()}}
        beside = compared(kept, kept_in(record, known_later(span, made_at), of)) if span.known_at < made_at else ()
        tables = [*beside, *tables_of(kept, marks)]
    return Report(span, made_at, of_whom, len({child for child, _ in kept.periods}), waiting, tables)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of circular garbage, for lines refer to nothing that refers to them.

    It would walk half a million of them again and again: two fifths of the time at 20,000 children.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def marks_of_named(policies: Policies, policy: str) -> dict[str, str]:
    """What a policy asks for each stage; nothing where it is not here any more."""
    try:
        return marks_of(policies.resolve(policy))
    except PolicyRefused:
        return {}
