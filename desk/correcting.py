"""Correcting what was recorded: the form of its type with what was said, what that will change, and the receipt.

It is one event that stands in for the other: the journey voids that and takes this at the same instant, or neither.
"""

import asyncio
from dataclasses import replace

from fastapi import Response

from desk.corrections import fate_of
from desk.event_fields import as_typed, fields_of
from desk.milestone_details import details_as_typed
from desk.needs import Need
from desk.pages import Pages
from desk.recorded import may_be_corrected
from desk.recording import Asked, answered, shown
from desk.refusing import NotTheirs
from desk.rendering import to
from desk.sibling_plan import plans_as_typed
from desk.taking import once_of, receipt_at, recorded
from desk.visits import Visit, Visited
from domain.case import events as ev
from domain.case.documents import document_of

pages = Pages()


@pages.show("/children/{child}/recorded/{once}/correct", Need.CHILD)
def show_correcting(visit: Visited, once: str) -> Response:
    """The form, filled in with what was said."""
    asked = _asked(visit, once)
    return shown(asked) if asked else to(receipt_at(visit, once))


@pages.take("/children/{child}/recorded/{once}/correct", Need.CHILD)
async def correct(visit: Visited, once: str) -> Response:
    """Show what it will change; and then correct it. Sent twice, it is the same."""
    if await asyncio.to_thread(recorded, visit, once_of(visit)):
        await asyncio.to_thread(visit.done)
        return to(f"{receipt_at(visit, once_of(visit))}?again=1")
    asked = await asyncio.to_thread(_asked, visit, once)
    return await answered(asked) if asked else to(receipt_at(visit, once))


def _asked(visit: Visit, once: str) -> Asked | None:
    """What is to be corrected; None where it is not taken yet, or does not stand any more. Raises NotTheirs."""
    records = recorded(visit, once)
    if not records or records[0].state != "taken" or fate_of(visit.case.known, records[0].event.id):
        return None
    wrong = records[0].event
    if not may_be_corrected(visit, wrong):
        raise NotTheirs("whoever may record this for each child it is for, and of a reason or decision who gave it")
    return Asked(replace(visit, filled=_filled(visit, wrong)), wrong.type, wrong)


def _filled(visit: Visit, wrong: ev.Event) -> dict[str, list[str]]:
    said = as_typed(fields_of(type(wrong)), document_of(wrong))
    return said | plans_as_typed(wrong) | details_as_typed(visit, wrong)
