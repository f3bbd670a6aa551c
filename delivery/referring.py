"""What a reference that somebody typed is of: an action, or somebody's digest or summary."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from delivery.case_now import CaseNow, Cases, years
from delivery.digest import Caseloads
from delivery.ledger import Attempt, Ledger
from delivery.loads import Loads
from delivery.people import CasePeople, People, case_people
from delivery.references import reference_of
from domain.agenda import AgendaRow
from domain.case.calendar import local_date
from domain.case.words import Role
from domain.clocks.actions import Action
from domain.clocks.wording import in_words
from record.pasts import pasts
from record.protections import OPEN, Protection, Protections
from record.store import CaseRecord

DIGEST: Final = "digest/"
SUMMARY: Final = "load/"


@dataclass(frozen=True, slots=True)
class Digested:
    """A digest or the summary of a load, as the ledger has it: whose it was, and of which day or part of a load."""

    person: str
    day: date
    load: str | None = None

    @property
    def in_words(self) -> str:
        """Such as: the digest of i-reader on 9 January 2026."""
        what = "the summary of a load that went to" if self.load else "the digest of"
        return f"{what} {self.person} on {in_words(self.day)}"


class LateLine(NamedTuple):
    """Something overdue that a digest or summary may have told of, and the latest escalation about it."""

    action: Action
    row: AgendaRow
    days_late: int

    @property
    def reference(self) -> str:
        """What it is acknowledged by alone."""
        return reference_of(self.action.child, self.action.key)


class Referring:
    """Looks references up. Synchronous: for threads. Everything raises RecordUnavailable."""

    def __init__(self, record: CaseRecord, cases: Cases) -> None:
        self._record = record
        self._cases = cases
        self._ledger, self._loads = Ledger(record.engine), Loads(record.engine)

    def about(self, reference: str) -> Action | Digested | None:
        """What a message with this reference is about; None where no message has it."""
        attempts = self._ledger.of_reference(reference)
        many = [one for one in attempts if one.child is None]  # a child may be called digest, or load
        of_many = next((one for one in many if one.delivery.startswith((DIGEST, SUMMARY))), None)
        if of_many is not None:
            return _digested(of_many)
        named = [(one.child, one.action_key) for one in attempts if one.child and one.action_key]
        # What a summary told has no attempt of its own, and what waits has none yet: a reference is a hash, and nobody
        # keeps it.
        alike = (pair for pair in self._record.keys_sent() if reference_of(*pair) == reference)
        child, key = named[0] if named else next(alike, (None, None))
        if child is None or key is None:
            return None
        return next((one.action for one in self._record.actions(child) if one.action.key == key), None)

    def lines(self, about: Digested, people: People, now: datetime, child: str | None = None) -> list[LateLine]:
        """What is overdue of what a digest or summary may have told its reader: of a child, or of all."""
        sent = {of for of, key in self._record.keys_sent() if "/escalation/" in key and child in (None, of)}
        if about.load is not None:
            sent &= self._loads.children(about.load)
        lines: list[LateLine] = []
        protections = Protections(self._record.engine).of_all(sorted(sent))
        for one, known in pasts(self._record, sorted(sent)).known.items():
            on_it = case_people(known, local_date(now), protections.get(one, OPEN).excluded)
            if _is_told(about.person, on_it, people, local_date(now)):
                lines += self._of_child(about.person, one, self._cases.at(one, known, now), people, protections)
        return sorted(lines, key=lambda line: (line.row.due, line.action.child, line.row.obligation))

    def _of_child(
        self, person: str, child: str, case: CaseNow | None, people: People, protections: Mapping[str, Protection]
    ) -> Iterator[LateLine]:
        if case is None:
            return
        today = local_date(case.now)
        loads = Caseloads([case], people, case.now, years(today.year - 1, today.year + 1), protections)
        sent = [a.action for a in self._record.actions(child) if (a.status, a.action.kind) == ("sent", "escalation")]
        latest = {(a.obligation, a.occurrence, a.due): a for a in sorted(sent, key=lambda a: a.at)}
        for _, row in loads.open_rows_of(person):
            action = latest.get((row.obligation, row.occurrence, row.due))
            if row.status == "overdue" and action is not None:
                yield LateLine(action, row, (today - row.due).days)


def _is_told(person: str, on_it: CasePeople, people: People, today: date) -> bool:
    """Whether somebody is told of a case in any role: of an authority's thousands an IRO is of seventy."""
    roles = {*Role, *on_it.contacts, *people.directory.all_roles}
    return any(person == one.key for role in roles for one in people.tell(role, on_it, today).recipients)


def _digested(attempt: Attempt) -> Digested:
    """`digest/2026-01-09/s-worker/smtp`, or `load/PART/READER/PERSON/smtp`: what of it is whose."""
    rest, *_ = attempt.delivery.rsplit("/", 2)
    day = local_date(attempt.began)
    if rest.startswith(DIGEST):
        return Digested(attempt.person, day)
    part, _, reader = rest.removeprefix(SUMMARY).rpartition("/")
    return Digested(reader, day, part)
