"""The caseload as one long list: thousands of children, and of each only what a row shows.

A page of the desk has fifty children and reads all that is open of each (record/caseload_reading.py). Of 2,500 that is
half a second of processor, most of it for what no row shows: who is told next, until when a ladder is held, forecasts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import not_, select

from domain.agenda import Rag
from record.caseload_reading import CHILDREN, CaseloadPart, CaseloadReading, Child, Person, Step
from record.engine import snapshot
from record.failures import in_plain_words


class ListedStep(NamedTuple):
    """Something to be met by a day, no forecast."""

    obligation: str
    title: str
    clause: str
    owner: str
    due: date
    escalates: bool
    booked_for: date | None


@dataclass(slots=True)
class ListedChild:
    """How a child's case stands at an instant, in a row of a list."""

    child: str
    stage: str
    policy: str
    team: str | None
    legal_status: str | None
    primary_plan: str | None
    rejected: int
    colour: Rag
    days_late: int
    steps: list[ListedStep]
    """What is open, forecasts aside, the most urgent first."""
    contacts: Mapping[str, str]
    """Whom the child's events name, by role."""

    @property
    def most_urgent(self) -> ListedStep | None:
        """What puts the child in its place: latest, or else due next."""
        return self.steps[0] if self.steps else None

    def next_due(self, today: date) -> ListedStep | None:
        """The earliest date that is not past."""
        return next((step for step in self.steps if step.due >= today), None)

    def late(self, today: date) -> list[ListedStep]:
        """What is late, the most days first."""
        return [step for step in self.steps if step.due < today]


OF_CHILD: Final = (
    Child.child,
    Child.stage,
    Child.policy,
    Child.team,
    Child.legal_status,
    Child.primary_plan,
    Child.rejected,
)
OF_STEP: Final = tuple(Step[name] for name in ListedStep._fields)
URGENCY: Final = (Step.due, Step.obligation, Step.occurrence)


class CaseloadList(CaseloadReading):
    """The same children in the same order as elsewhere, by three queries however many they are."""

    def listed(self, part: CaseloadPart) -> list[ListedChild]:
        """The children of a part whose journeys are under way, the most urgent first. Raises RecordUnavailable."""
        conditions = tuple(self._conditions(part))
        children = select(*OF_CHILD, Child.earliest, Child.escalating, Child.soon_at)
        steps = select(Step.child, *OF_STEP).join(CHILDREN, Child.child == Step.child).where(not_(Step.forecast))
        people = select(Person.child, Person.role, Person.contact).join(CHILDREN, Child.child == Person.child)
        with in_plain_words(), snapshot(self._engine) as connection:
            rows = connection.execute(children.where(*conditions).order_by(Child.earliest, Child.child)).all()
            steps_of = _by_child(connection.execute(steps.where(*conditions).order_by(*URGENCY)))
            people_of = _by_child(connection.execute(people.where(*conditions)))
        return [self._listed(row, steps_of.get(row.child, []), people_of.get(row.child, [])) for row in rows]

    def _listed(self, row: Any, steps: Iterable[Any], people: Iterable[Any]) -> ListedChild:
        return ListedChild(
            child=row.child,
            stage=row.stage,
            policy=row.policy,
            team=row.team,
            legal_status=row.legal_status,
            primary_plan=row.primary_plan,
            rejected=row.rejected,
            colour=self._colour(row),
            days_late=max(0, (self.today - row.earliest).days),
            steps=[ListedStep._make(step) for step in steps],
            contacts=dict(people),
        )


def _by_child(rows: Iterable[Any]) -> dict[str, list[Any]]:
    """The rows without their first column, which says of which child they are, by it."""
    by_child: dict[str, list[Any]] = {}
    for child, *rest in rows:
        by_child.setdefault(child, []).append(rest)
    return by_child
