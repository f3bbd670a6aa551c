"""What a reference that somebody typed is of: an action, or somebody's digest or summary."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from delivery.case_now import CaseNow, years
from delivery.digest import Caseloads
from delivery.ledger import Attempt, Ledger
from delivery.loads import Loads
from delivery.people import People
from delivery.references import reference_of
from domain.case.calendar import local_date
from domain.clocks.obligations import Key
from domain.clocks.wording import in_words
from domain.journey import Action
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


class Referring:
    """Looks references up. Synchronous: for threads. Everything raises RecordUnavailable."""

    def __init__(self, record: CaseRecord) -> None:
        self._record = record
        self._ledger, self._loads = Ledger(record.engine), Loads(record.engine)

    def about(self, reference: str) -> Action | Digested | None:
        """What a message with this reference is about; None where no message has it."""
        attempts = self._ledger.of_reference(reference)
        of_many = next((one for one in attempts if one.delivery.startswith((DIGEST, SUMMARY))), None)
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

    def escalations(self, about: Digested, child: str | None = None) -> dict[str, list[Action]]:
        """What a digest or summary may have told of that escalates: of a child, or of all; by child."""
        sent = {of for of, key in self._record.keys_sent() if "/escalation/" in key and child in (None, of)}
        if about.load is not None:
            sent &= self._loads.children(about.load)
        return {
            one: [a.action for a in self._record.actions(one) if (a.status, a.action.kind) == ("sent", "escalation")]
            for one in sorted(sent)
        }

    def read_by(self, person: str, case: CaseNow, people: People) -> set[Key]:
        """What of a case somebody reads in a digest."""
        today = local_date(case.now)
        loads = Caseloads([case], people, case.now, years(today.year - 1, today.year + 1))
        return {(row.obligation, row.occurrence) for _, row in loads.open_rows_of(person)}


def _digested(attempt: Attempt) -> Digested:
    """`digest/2026-01-09/s-worker/smtp`, or `load/PART/READER/PERSON/smtp`: what of it is whose."""
    rest, *_ = attempt.delivery.rsplit("/", 2)
    day = local_date(attempt.began)
    if rest.startswith(DIGEST):
        return Digested(attempt.person, day)
    part, _, reader = rest.removeprefix(SUMMARY).rpartition("/")
    return Digested(reader, day, part)
