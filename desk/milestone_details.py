"""What is asked of an authority's own event beside its day: the details that its policy lists for it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from desk.event_fields import EventField, Shape, as_typed, values_of
from desk.forms import Errors
from desk.visits import Visit
from domain.case import events as ev
from domain.clocks.rules import Detail, Milestone

KIND: Final = "milestone"
SHAPES: Final[Mapping[Detail, Shape]] = {"text": "long", "number": "number", "yes_no": "yes_or_no", "date": "day"}
LONGEST: Final = 2000
"""Characters of a text: those of the event that keeps it."""


class MilestoneAsked(NamedTuple):
    """A milestone in the form, and what is asked if it is the one that happened."""

    id: str
    title: str
    fields: Sequence[EventField]


def milestones_asked(visit: Visit, kind: str) -> list[MilestoneAsked]:
    """The milestones of the child's policy that have details. A policy requires none of them."""
    milestones = visit.case.journey.policy.milestones if kind == KIND else ()
    return [MilestoneAsked(one.id, one.title, list(_fields(one))) for one in milestones if one.details]


def details_typed(visit: Visit, kind: str, errors: Errors) -> dict[str, Any]:
    """The details that were entered of the milestone that was chosen. What cannot be taken is added to the errors."""
    details: dict[str, Any] = {}
    for one in milestones_asked(visit, kind):
        typed = values_of(one.fields, visit.fields, visit.today, errors)
        if one.id == visit.field(KIND):
            details = typed
        elif typed:
            errors.add(
                f"details.{one.id}.{next(iter(typed))}", f"This is asked of: {one.title}. Choose it, or empty this"
            )
    return details


def details_as_typed(visit: Visit, event: ev.Event) -> dict[str, list[str]]:
    """The details of an event as its form shows them to be changed."""
    return {} if not isinstance(event, ev.MilestoneReached) else as_typed(_of(visit, event), event.details)


def details_said(visit: Visit, event: ev.Event) -> Iterator[tuple[str, str]]:
    """What an event says of the details that its policy lists."""
    if not isinstance(event, ev.MilestoneReached):
        return
    for field in _of(visit, event):
        if field.name in event.details:
            yield field.said_as, field.in_words(event.details[field.name])


def _of(visit: Visit, event: ev.MilestoneReached) -> Iterable[EventField]:
    milestone = visit.case.journey.policy.milestone(event.milestone)
    return _fields(milestone) if milestone else ()


def _fields(milestone: Milestone) -> Iterator[EventField]:
    for name, kind in milestone.details.items():
        yield EventField(name, SHAPES[kind], needed=False, longest=LONGEST, of=f"details.{milestone.id}")
