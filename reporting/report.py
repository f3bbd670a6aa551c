"""The whole report: its tables, what it is of, and what it is as."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

from delivery.case_now import years
from domain.policy.loading import Policies, PolicyRefused
from record.store import CaseRecord
from reporting.compared import compared
from reporting.drift import drift
from reporting.escalations import escalations
from reporting.kept import ReportLines, ReportSpan, known_later
from reporting.reaching import Marks, marks_of, reaching
from reporting.tables import MakeTable, ReportTable
from reporting.timeliness import StepsJudged, children_in_time, timeliness
from reporting.uncollected import uncollected


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
    title: str = "Is the service keeping its promises?"
    left_out: Sequence[str] = ()
    """Children who are in no number, since the case record cannot be read of them."""
    said: Sequence[str] = ()
    """What there is to say of it before its tables."""

    def table(self, key: str) -> ReportTable | None:
        """A table by its key."""
        return next((one for one in self.tables if one.key == key), None)


def tables_of(kept: ReportLines, marks: Marks) -> dict[str, MakeTable]:
    """All tables by their keys, from the lines alone: the same lines give the same numbers."""
    steps, day = StepsJudged(kept), kept.span.day
    return {
        **timeliness(steps),
        "children-with-all-reviews-in-time": lambda: children_in_time(steps, years(day.year - 1, day.year + 1)),
        "from-entry-to-each-stage": partial(reaching, kept, marks),
        **drift(kept),
        **escalations(kept),
    }


class ReportOf:
    """Reports of a record; `of` the children they are of, None: all. Everything raises RecordUnavailable."""

    def __init__(self, record: CaseRecord, policies: Policies, of: Collection[str] | None = None) -> None:
        self._record = record
        self._policies = policies
        self._of = of

    def report(
        self, span: ReportSpan, made_at: datetime, of_whom: str = "every child of this record", waiting: int = 0
    ) -> Report:
        """All tables, as of an instant."""
        with uncollected():
            kept = ReportLines(self._record, span, self._of)
            tables = [make() for make in self._tables(kept, made_at).values()]
            children = len({child for child, _ in kept.periods})
        return Report(span, made_at, of_whom, children, waiting, tables)

    def table(self, key: str, span: ReportSpan, made_at: datetime) -> ReportTable | None:
        """One of these tables by its key: nothing is read that it does not count. None: there is none of that name."""
        with uncollected():
            make = self._tables(ReportLines(self._record, span, self._of), made_at).get(key)
            return make() if make else None

    def _tables(self, kept: ReportLines, made_at: datetime) -> dict[str, MakeTable]:
        now = ReportLines(self._record, known_later(kept.span, made_at), self._of)
        beside = compared(kept, now) if kept.span.known_at < made_at else {}
        return beside | tables_of(kept, cache(self._marks))

    def _marks(self, policy: str) -> Mapping[str, str]:
        """What a policy asks for each stage; nothing where it is not here any more."""
        try:
            return marks_of(self._policies.resolve(policy))
        except PolicyRefused:
            return {}
