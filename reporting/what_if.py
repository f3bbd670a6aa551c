"""What if another policy were adopted today: the weeks ahead of every journey under way, as it is and as it would be.

From the record, child by child, by the journey's own step (domain/study/foretold.py). Nothing is kept and nobody is
asked: the service goes on as it was.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from delivery.case_now import Cases
from delivery.directory import plain_contact
from delivery.people import CasePeople, case_people
from domain.case.calendar import end_of, local_date
from domain.case.facts import Known
from domain.clocks.rules import Policy
from domain.policy.loading import Policies
from domain.study.foretold import Foretold, WeeksAhead, foretell
from record.entries import Terms
from record.failures import RecordUnavailable
from record.falling_due import FallingDue, StepFalling
from record.pasts import pasts
from record.policy_texts import PolicyTexts
from record.store import CaseRecord
from reporting.ahead import last_day
from reporting.keeping import PoliciesHad

TOGETHER: Final = 50
"""Children whose events are read in one go (ours, as in delivery/caseload.py)."""
Progress = Callable[[int, int], object]
log: structlog.stdlib.BoundLogger = structlog.get_logger("what_if")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A policy that is thought of: among which policies it would stand, and whose journeys would adopt it."""

    policy: Policy
    policies: Policies
    """Those of the installation, and it."""
    replacing: frozenset[str]
    """Journeys that run on one of these would adopt it."""

    @classmethod
    def of(cls, policies: Policies, policy_id: str, replacing: Collection[str] = ()) -> "Proposal":
        """A policy among others, in the place of some. Raises PolicyRefused.

        Where it is not said of which: of its own earlier versions, and of what it builds on.
        """
        lineage = [file.id for file in policies.lineage(policies.file(policy_id))]
        return cls(policies.resolve(policy_id), policies, frozenset(replacing or lineage))

    @property
    def called(self) -> str:
        """Its name and version, as people read it."""
        return f"{self.policy.id} {self.policy.own_version}"


@dataclass(frozen=True, slots=True)
class ChildForetold:
    """A child whose journey is under way: by which policy, who works on the case, and the weeks ahead."""

    child: str
    policy: Policy
    people: CasePeople
    foretold: Foretold


@dataclass(slots=True)
class WhatIf:
    """Every journey under way, with what could not be looked ahead of."""

    proposal: Proposal
    now: datetime
    children: list[ChildForetold] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """Children whose case cannot be worked out; they are in no number."""

    def falling(self, weeks_of: Callable[[Foretold], WeeksAhead]) -> FallingDue:
        """What falls due, by one of the two."""
        until = last_day(local_date(self.now))
        steps = [
            StepFalling(
                one.child,
                one.people.team or "",
                self.policy_of(one, weeks_of).id,
                row.obligation,
                row.title,
                row.owner.value,
                row.due,
                row.forecast,
                row.booked_for,
            )
            for one in self.children
            for row in weeks_of(one.foretold).rows
            if row.due <= until
        ]
        contacts = {
            one.child: {role.value: plain_contact(contact) for role, contact in one.people.contacts.items()}
            for one in self.children
        }
        return FallingDue(steps, contacts)

    def policy_of(self, one: ChildForetold, weeks_of: Callable[[Foretold], WeeksAhead]) -> Policy:
        """By which policy a child's weeks are."""
        adopted = one.foretold.adopting == "adopts" and weeks_of(one.foretold) is one.foretold.then
        return self.proposal.policy if adopted else one.policy


class Foretelling:
    """Looks ahead of the journeys of a record, `policies` being those of the installation. Raises RecordUnavailable."""

    def __init__(self, record: CaseRecord, policies: Policies, default_policy: str, proposal: Proposal) -> None:
        self._record = record
        self._default = default_policy
        self._proposal = proposal
        self._had = PoliciesHad(policies, PolicyTexts(record.engine).kept(), default_policy)
        self._cases: dict[int, Cases] = {}

    def what_if(self, children: Iterable[str], now: datetime, progress: Progress = lambda done, total: None) -> WhatIf:
        """The weeks ahead of some children whose journeys are under way."""
        made, ordered = WhatIf(self._proposal, now), sorted(children)
        for start in range(0, len(ordered), TOGETHER):
            these = ordered[start : start + TOGETHER]
            read = pasts(self._record, these)
            for child, known in read.known.items():
                made.children.extend(self._surely(made, child, known))
            made.failed.extend(read.unreadable)
            progress(min(start + TOGETHER, len(ordered)), len(ordered))
        return made

    def _surely(self, made: WhatIf, child: str, known: Sequence[Known]) -> Iterator[ChildForetold]:
        """A child; nothing where the case cannot be worked out, which must not keep the others from it."""
        try:
            yield from self._foretold(child, known, max([made.now, *(one.known_at for one in known)]))
        except RecordUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, it is about this case alone)
            log.error("case_not_foretold", child=child, error=type(error).__name__)
            made.failed.append(child)

    def _foretold(self, child: str, known: Sequence[Known], now: datetime) -> Iterator[ChildForetold]:
        had = self._had.at(known, now)
        cases = self._cases.setdefault(id(had), Cases(had, self._default))
        terms = self._record.terms(child) or Terms()
        case = cases.ahead(child, known, now, self._record.settled(child), terms)
        if case is None or case.journey.ended:
            return
        today, journey, proposal = local_date(now), case.journey, self._proposal
        foretold = foretell(
            journey,
            proposal.policy,
            proposal.policies.ids(),
            now,
            end_of(last_day(today)),
            adopts=journey.policy.id in proposal.replacing,
        )
        yield ChildForetold(child, journey.policy, case_people(known, today), foretold)
