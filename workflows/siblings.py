"""A journey among those of brothers and sisters: telling theirs, and asking about them where they are named."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from activities.models import LOOK_UP_SIBLINGS, SiblingsPlaced, SiblingsRequest
    from domain.case import events as ev
    from domain.case.documents import document_of, parse_event
    from domain.case.siblings import Naming
    from workflows import ways
    from workflows.effects import run_effect
    from workflows.protocol import CASE_EVENTS, SiblingTold, workflow_id

SHOWN = 200
"""Of brothers and sisters told the latest, which a journey carries from run to run (ours: four placements of fifty)."""

TELLS = "tells-siblings"
ASKS = "asks-about-siblings"
"""Patches: journeys that took such events before they could tell and ask go on without."""


async def tell(events: Sequence[ev.Event], at: datetime | None) -> list[SiblingTold]:
    """Tell each brother's or sister's journey; who has none running cannot be told, which is no error.

    `at`: in a rehearsal, the instant at which it becomes known.
    """
    if not events or not ways.goes(TELLS):
        return []
    siblings_told: list[SiblingTold] = []
    for child, of_child in groupby(events, key=lambda event: event.child):
        theirs = list(of_child)
        reached = await _signal(child, theirs, at)
        siblings_told += [SiblingTold(child=child, event=event.id, reached=reached) for event in theirs]
    return siblings_told


async def _signal(child: str, events: Iterable[ev.Event], at: datetime | None) -> bool:
    """Send `case_events`; False if no journey of the child is running."""
    try:
        journey = workflow.get_external_workflow_handle(workflow_id(child))
        await journey.signal(CASE_EVENTS, args=[[document_of(event) for event in events], at])
    except FailureError:
        return False
    return True


async def ask(accepted: Iterable[ev.Event], now: datetime) -> list[ev.Event]:
    """What a child who names brothers and sisters is to hear of those who are placed for adoption already."""
    heard: list[ev.Event] = []
    for naming in accepted:
        if isinstance(naming, Naming) and naming.siblings and ways.goes(ASKS):
            request = SiblingsRequest(entry=document_of(naming), as_of=now)
            looked_up = await run_effect(LOOK_UP_SIBLINGS, request, SiblingsPlaced, "look up brothers and sisters")
            heard += [parse_event(raw) for raw in looked_up.events]
    return heard
