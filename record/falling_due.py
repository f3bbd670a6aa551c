"""What falls due of many children: the open steps of some days, with whom the events name for whose they are."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Engine, select

from record.caseload_reading import PEOPLE, STEPS, Child, Person, Step
from record.engine import readers
from record.failures import in_plain_words


class StepFalling(NamedTuple):
    """An open step that falls due on a day; of a forecast that day may still move."""

    child: str
    team: str
    policy: str
    obligation: str
    title: str
    owner: str
    due: date
    forecast: bool
    booked_for: date | None


class FallingDue(NamedTuple):
    """The steps, and by child whom the events name for each role."""

    steps: list[StepFalling]
    contacts: Mapping[str, Mapping[str, str]]


def falling_due(engine: Engine, until: date, of: Collection[str]) -> FallingDue:
    """The open steps of some children due up to a day, that day and what is late included. Raises RecordUnavailable."""
    columns = [Child.child, Child.team, Child.policy, *(Step[name] for name in StepFalling._fields[3:])]
    query = (
        select(*columns).select_from(STEPS.join(Child.child.table, Child.child == Step.child)).where(Step.due <= until)
    )
    with in_plain_words(), readers(engine).connect() as connection:
        steps = [
            StepFalling(child, team or "", policy or "", *rest)
            for child, team, policy, *rest in connection.execute(query).all()
            if child in of
        ]
        contacts: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for child, role, contact in connection.execute(
            select(Person.child, Person.role, Person.contact).select_from(PEOPLE)
        ).all():
            contacts[child][role] = contact
    return FallingDue(steps, contacts)
