"""What a journey will take of what a source says: compared, and judged by the journey's own rules before it is sent.

A real run sends what stands here, and a dry run prints it: the same function, so that both say the same. What the
rules refuse is left out by itself; an ending, a death or a corrected entry gets through beside it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from domain.case import events as ev
from domain.case.calendar import local_date
from domain.case.documents import document_of
from domain.case.facts import Known
from domain.case.life import periods_of_care
from domain.clocks.rules import Policy
from domain.journey import Journey
from domain.policy.loading import Policies, PolicyRefused
from domain.refusals import Refusal, judge, policy_named
from domain.study.simulation import calendar_for
from intake.sources.comparing import RULES, SourceCompared, compare
from intake.sources.covered import Covered
from intake.sources.doubts import Doubt, key_of
from intake.sources.matching import says


@dataclass(frozen=True, slots=True)
class Taking:
    """What one child's journey takes of a source, as one batch, and what of it would be refused."""

    child: str
    batch: tuple[ev.Event, ...] = ()
    comparison: SourceCompared = field(default_factory=SourceCompared)
    refused: tuple[Refusal, ...] = ()
    starts: bool = False
    """Nothing is known of the child yet: it starts the journey."""
    runs: bool = False
    """The child is in care by what is known: a journey runs."""
    ends: bool = False
    """That journey would end by it."""

    def data(self) -> dict[str, Any]:
        """What changes, as JSON: the same from a dry run and from a real one."""
        return {
            "child": self.child,
            "starts": self.starts,
            "new": [document_of(event) for event in self.fresh],
            "corrected": [{"before": document_of(was), "now": document_of(now)} for was, now in self.corrected],
            "voided": [document_of(was) for was in self.voided],
            "refused": [str(each) for each in self.refused],
        }

    @property
    def changes(self) -> bool:
        """Whether there is anything to say of the child."""
        return bool(self.batch or self.refused)

    @property
    def corrected(self) -> list[tuple[ev.Event, ev.Event]]:
        """What the source said before and what stands in for it, of what is taken."""
        return [(was, now) for was, now in self.comparison.corrected if now in self.batch]

    @property
    def voided(self) -> list[ev.Event]:
        """What the source no longer says, of what is taken."""
        return [was for was, voiding in self.comparison.voided if voiding in self.batch]

    @property
    def fresh(self) -> list[ev.Event]:
        """What is new, of what is taken."""
        return [event for event in self.comparison.fresh if event in self.batch]

    @property
    def doubts(self) -> list[Doubt]:
        """What is doubtful beside what is known here."""
        check = RULES["refused"]
        refused = [
            Doubt(self.child, check.id, "", 0, check.message.format(reason=each), check.action,
                  key_of(self.child, check.id, says(each.event)))
            for each in self.refused
        ]  # fmt: skip
        return [*self.comparison.doubts, *refused]


@dataclass(frozen=True, slots=True)
class Taker:
    """Takes what one source says, for journeys under the policies of an installation."""

    source: str
    policies: Policies
    default_policy: str
    now: datetime

    def taking(
        self, child: str, said: Sequence[ev.Event], covered: Collection[Covered], known: Iterable[Known]
    ) -> Taking:
        """What a child's journey that knows some events takes of what the source says."""
        known = list(known)
        runs = self._is_open(child, known)
        comparison = compare(self.source, said, covered, known, self.now)
        if not comparison.batch:
            return Taking(child, (), comparison, runs=runs)
        journey = self._journey(child, said, known)
        taken, refused = judge(journey, comparison.batch, self.now, self.policies.ids())
        kept = {event.id for event in taken}
        batch = tuple(event for event in comparison.batch if event.id in kept)
        # Who left in May and came back in June has a journey still.
        ends = runs and not self._is_open(child, [*known, *(Known(event, self.now) for event in batch)])
        return Taking(child, batch, comparison, tuple(refused), runs=runs, ends=ends)

    def _is_open(self, child: str, known: Iterable[Known]) -> bool:
        """Whether the child's latest period of care goes on."""
        begun = periods_of_care(child, known, self.now)
        return bool(begun) and begun[-1].ended_on is None

    def _journey(self, child: str, said: Sequence[ev.Event], known: Sequence[Known]) -> Journey:
        """A journey that knows what is known, as far as judging needs it: no due date is worked out."""
        begun = periods_of_care(child, known, self.now)
        policy = self._policy(policy_named(begun[-1]) if begun else None, said)
        born = _birth((*(k.event for k in known), *said), local_date(self.now))
        journey = Journey(child, policy, calendar_for(born, born))
        journey.known = {k.event.id: k for k in known}
        journey.periods = periods_of_care(child, known, self.now, to_the_letter=policy.to_the_letter)
        return journey

    def _policy(self, named: str | None, said: Sequence[ev.Event]) -> Policy:
        given = next((e.policy for e in said if isinstance(e, ev.BecameLookedAfter)), None)
        try:
            return self.policies.resolve(named or given or self.default_policy)
        except PolicyRefused:
            return self.policies.resolve(self.default_policy)


def _birth(events: Iterable[ev.Event], otherwise: date) -> date:
    """A child's birth, by whatever tells of it."""
    births = (e.birth for e in events if isinstance(e, ev.ENTRY_TYPES))
    return next(births, otherwise)
