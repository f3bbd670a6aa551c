"""The report's rows brought up to date, beside the caseload's and after them: nobody waits for these."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cached_property
from typing import Any, Final, NamedTuple

import structlog

from delivery.case_now import calendar_of
from delivery.caseload import utc_now
from delivery.policy_versions import policies_then
from domain.case import events as ev
from domain.case.calendar import local_date
from domain.case.days import Span
from domain.case.facts import Known, unvoided
from domain.clocks.rules import Policy
from domain.journey import Journey
from domain.policy.loading import Policies, PolicyRefused
from record.caseload import CaseloadRows
from record.caseload_reading import CaseloadReading
from record.entries import KnownEvent, Terms
from record.failures import RecordUnavailable, Unreadable
from record.pasts import apart, known_of
from record.policy_texts import PolicyText, PolicyTexts
from record.report_rows import ReportRows, ReportWorkedOut
from record.store import CaseRecord
from reporting.history import ChildHistory, WhileKnown, history_of
from reporting.lines import PeriodLine, StepLine
from reporting.program import LINES, made_by
from reporting.rung_lines import RungDecided, RungLine, rung_lines

TOGETHER: Final = 20
"""Children worked out in one go, and written in one transaction (ours: about a second)."""
Progress = Callable[[int, int], object]
log: structlog.stdlib.BoundLogger = structlog.get_logger("report")


class ReportKeeper:
    """Works out what was known of children from when until when. Raises RecordUnavailable."""

    together = TOGETHER

    def __init__(
        self, record: CaseRecord, policies: Policies, default_policy: str, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._record = record
        self._policies = policies
        self._default = default_policy
        self._clock = clock
        self._caseload, self._rows = CaseloadRows(record.engine), ReportRows(record.engine)
        self._had = PoliciesHad(policies, (), default_policy)
        self._failed: dict[str, int] = {}
        """Children whose lines could not be worked out, with what had been written of them by then."""

    @cached_property
    def _by(self) -> str:
        return made_by(self._policies, self._default, LINES)

    def follow_the_record(self) -> None:
        """Drop what is of no child of the record any more, and try once more who could not be worked out."""
        self._failed.clear()
        self._rows.follow_the_record()

    def renew_outdated(self, limit: int = TOGETHER) -> int:
        """Take in hand some of those of whom something is new; how many, those who cannot be read among them."""
        outdated = self._rows.outdated(local_date(self._clock()), self._by, limit + len(self._failed))
        written = self._caseload.written(outdated)
        in_hand = [child for child in outdated if self._failed.get(child) != written.get(child)][:limit]
        self.renew(in_hand)
        return len(in_hand)

    def waiting(self) -> int:
        """How many children have news that is not worked out yet, and can be."""
        return self._rows.count_outdated(local_date(self._clock()), self._by) - len(self.left_out())

    def left_out(self) -> list[str]:
        """The children who are in no number, since they could not be worked out, as far as is known here."""
        today, known = local_date(self._clock()), {*self._failed, *self._reading().left_out()}
        return sorted(known.intersection(self._rows.outdated(today, self._by, among=known))) if known else []

    def _reading(self) -> CaseloadReading:
        return CaseloadReading(self._record.engine, self._clock())

    def renew_all(self, progress: Progress = lambda done, total: None) -> int:
        """Work out all of whom something is new, however long it takes; how many were taken in hand."""
        total, done = self._rows.count_outdated(local_date(self._clock()), self._by), 0
        while renewed := self.renew_outdated():
            done += renewed
            progress(min(done, total), total)
        return done

    def rebuild(self, progress: Progress = lambda done, total: None) -> int:
        """Work out every child anew; how many. The caseload must know them (CaseloadKeeper.rebuild)."""
        self._failed.clear()
        self._rows.forget_all()
        return self.renew_all(progress)

    def renew(self, children: Sequence[str]) -> int:
        """Work out some children; how many could be."""
        if not children:
            return 0
        written = self._caseload.written(children)  # before the events: what comes in between is worked out once more
        there = [child for child in children if child in written]
        lives, unreadable = apart(self._lives, there)
        self._had = self._had.with_texts(PolicyTexts(self._record.engine).kept())
        worked_out = [one for child, life in lives.items() for one in self._work_out(child, written[child], life)]
        for child in unreadable:
            self._note_failure(child, written[child], Unreadable.__name__)
        self._rows.put(worked_out)
        self._rows.forget([child for child in children if child in self._failed])
        return len(worked_out)

    def _lives(self, children: Sequence[str]) -> dict[str, "RecordedLife"]:
        """What the record has of some children. Raises RecordUnavailable, EntryRefused."""
        histories, terms = self._record.histories(children), self._record.terms_of(children)
        rungs: defaultdict[str, list[RungDecided]] = defaultdict(list)
        for row in self._rows.escalations(children):
            rungs[row.child].append(RungDecided._make(row))
        return {
            child: RecordedLife(history, rungs[child], terms.get(child) or {}) for child, history in histories.items()
        }

    def _work_out(self, child: str, written: int, life: "RecordedLife") -> Iterator[ReportWorkedOut]:
        """A child's rows; nothing where they cannot be worked out, which must not keep the others from it."""
        try:
            known = known_of(life.history)
            now = max([self._clock(), *(one.known_at for one in known)])
            policy_of = self._had.of(known, Terms.model_validate(life.terms).policy)
            journey = Journey(child, policy_of(None, now), calendar_of(known))
            lines = history_of(journey, known, policy_of, now) if known else ChildHistory()
            yield rows_of(child, written, self._by, lines, life.rungs)
            self._failed.pop(child, None)
        except RecordUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, it is about this case alone)
            self._note_failure(child, written, type(error).__name__)

    def _note_failure(self, child: str, written: int, error: str) -> None:
        log.error("case_not_in_report", child=child, error=error)
        self._failed[child] = written


class RecordedLife(NamedTuple):
    """What the record keeps of a child that its lines are worked out of."""

    history: Sequence[KnownEvent]
    rungs: Sequence[RungDecided]
    terms: Mapping[str, Any]


class PoliciesHad:
    """The policies as each journey had them at an instant: read once for each set of versions, for that is slow."""

    def __init__(self, policies: Policies, kept: Sequence[PolicyText], default: str) -> None:
        self._policies = policies
        self._kept = kept
        self._default = default
        self._read: dict[tuple[str | None, int], Policies] = {}

    def with_texts(self, kept: Sequence[PolicyText]) -> "PoliciesHad":
        """The same by the texts that are kept by now; what was read stays, where none has come since."""
        return self if kept == self._kept else PoliciesHad(self._policies, kept, self._default)

    def of(self, known: Sequence[Known], of_terms: str | None) -> Callable[[str | None, datetime], Policy]:
        """How the events of a child have its policies."""

        def policy_of(name: str | None, at: datetime) -> Policy:
            return self._resolved(self.at(known, at), name or of_terms or self._default)

        return policy_of

    def at(self, known: Sequence[Known], at: datetime) -> Policies:
        """All policies as the journey of some events had them at an instant."""
        # By what they hang on in `policies_then`: what stands by then. An entry of 5 January 2026 that was voided in
        # March began nothing, and must lend its day to no other child's key.
        standing = unvoided([one for one in known if one.known_at <= at])
        adopted = [k.event.version for k in standing if isinstance(k.event, ev.PolicyAdopted) and k.event.version]
        began = min((one.known_at for one in standing), default=at)
        key = (adopted[-1] if adopted else None, sum(text.since <= began for text in self._kept))
        if key not in self._read:
            self._read[key] = policies_then(self._policies, self._kept, known, at)
        return self._read[key]

    def _resolved(self, policies: Policies, name: str) -> Policy:
        try:
            return policies.resolve(name)
        except PolicyRefused:  # one bad name must not cost the report its figures; the caseload's log names it
            return policies.resolve(self._default)


def rows_of(
    child: str, derived: int, by: str, history: ChildHistory, rungs: Sequence[RungDecided] = ()
) -> ReportWorkedOut:
    """A child's lines as rows."""
    return ReportWorkedOut(
        child,
        derived,
        history.next_on,
        by,
        [_step(one) for one in history.steps],
        [_rung(one) for one in rung_lines(rungs, history.steps)],
        [_period(one) for one in history.periods],
    )


def _step(one: WhileKnown[StepLine]) -> dict[str, Any]:
    answers = [day.isoformat() for day in one.line.answers]
    return _said(one.line) | {"answers": answers, "known_from": one.since, "known_until": one.until}


def _said(line: StepLine | RungLine) -> dict[str, Any]:
    """What a line says, by name. `asdict` would copy each date."""
    return {each.name: getattr(line, each.name) for each in fields(line)}


def _rung(one: WhileKnown[RungLine]) -> dict[str, Any]:
    return _said(one.line) | {"to": " ".join(one.line.to), "known_from": one.since, "known_until": one.until}


def _period(one: WhileKnown[PeriodLine]) -> dict[str, Any]:
    line = one.line
    return {
        **{name: getattr(line, name) for name in ("child", "period", "policy", "team", "entered_on", "ended_on")},
        "known_from": one.since,
        "known_until": one.until,
        "stages": {stage: day.isoformat() for stage, day in line.stages.items()},
        "plan_changes": [day.isoformat() for day in line.plan_changes],
        "section_20": [_span(span) for span in line.section_20],
    }


def _span(span: Span) -> list[str | None]:
    return [span.start.isoformat(), span.end.isoformat() if span.end else None]
