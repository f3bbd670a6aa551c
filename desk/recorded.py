"""What became of what was recorded, and taking it back: by whoever recorded it, with a reason."""

import asyncio
from typing import NamedTuple

from fastapi import Response

from desk.desk import AT
from desk.effect_words import changes, reason_in_words, receipt, title_of
from desk.event_fields import said_in
from desk.forms import Errors
from desk.needs import Need, may_undo
from desk.pages import Pages
from desk.refusing import NotTheirs
from desk.rendering import page, to
from desk.taking import Recording, receipt_at, recorded, send
from desk.to_do import form_at, titles
from desk.visits import Visit, Visited
from domain.case import events as ev
from domain.case.children import taken_back_by
from domain.study.effect import Effect, effect

LATELY = 5
"""How many of one's own recordings are listed to be taken back (ours: a slip is seen soon)."""
LONGEST = 2000
"""Characters of a reason: those of the event that keeps it."""
pages = Pages()


class Own(NamedTuple):
    """Something that somebody recorded on the desk themselves."""

    title: str
    event: ev.Event
    href: str


def mine(visit: Visit) -> list[Own]:
    """What the viewer recorded for the child lately and has not taken back, the latest first."""
    back = _taken_back(visit)
    ours = [k.event for k in visit.case.known if k.event.id.startswith("desk-") and "-late-" not in k.event.id]
    kept = [event for event in ours if may_undo(event.by, visit.viewer) and event.id not in back]
    return [
        Own(title_of(event.type), event, receipt_at(visit, event.id.removeprefix("desk-")))
        for event in kept[::-1][:LATELY]
    ]


@pages.show("/children/{child}/recorded/{once}", Need.CHILD)
def show_receipt(visit: Visited, once: str, again: str = "") -> Response:
    """What was recorded, what it changed, and whether the journey has it."""
    records = recorded(visit, once)
    if not records:
        return to(_record_at(visit))
    event = records[0].event
    undone = event.id in _taken_back(visit)
    change = None if undone or records[0].state == "rejected" else _changed_by(visit, records)
    return page(
        visit,
        "recorded.html",
        _title(records, undone=undone),
        event_title=title_of(event.type),
        said=said_in(event, titles(visit)),
        reasons=[one.event.reason for one in records[1:] if isinstance(one.event, ev.LatenessExplained)],
        lead=receipt(change) if change and records[0].state == "taken" else "",
        changes=changes(change, done=True) if change else [],
        state=records[0].state,
        refused=reason_in_words(records[0].reason)[1] if records[0].reason else "",
        again=bool(again),
        undone=undone,
        may_undo=not undone and records[0].state == "taken" and may_undo(event.by, visit.viewer),
        undo_at=f"{receipt_at(visit, once)}/undo",
        anew=form_at(visit, event.type),
        record_at=_record_at(visit),
    )


@pages.show("/children/{child}/recorded/{once}/undo", Need.CHILD)
def show_undoing(visit: Visited, once: str) -> Response:
    """What taking it back will change."""
    return _undoing(visit, once) or to(receipt_at(visit, once))


@pages.take("/children/{child}/recorded/{once}/undo", Need.CHILD)
async def undo(visit: Visited, once: str) -> Response:
    """Take it back, with the reason that it went with."""
    errors = Errors()
    reason = visit.field("reason")
    if not 0 < len(reason) <= LONGEST:
        errors.add("reason", f"Enter why you take it back, in up to {LONGEST} characters")
    asking = await asyncio.to_thread(_undoing, visit, once, errors)
    if asking is None or errors:
        return asking or to(receipt_at(visit, once))
    events = await asyncio.to_thread(_voidings, visit, once, reason)
    await send(visit, events)
    await asyncio.to_thread(visit.done)
    return to(receipt_at(visit, once))


def _undoing(visit: Visit, once: str, errors: Errors | None = None) -> Response | None:
    """The page that asks; None where there is nothing to take back. Raises NotTheirs."""
    records = recorded(visit, once)
    if not records or records[0].state != "taken" or records[0].event.id in _taken_back(visit):
        return None
    event = records[0].event
    if not may_undo(event.by, visit.viewer):
        raise NotTheirs("whoever recorded it: ask them to take it back, or tell whoever runs the service")
    lived = visit.desk.lived(visit.child, visit.now)
    assert lived is not None
    change = effect(lived.journey, _voidings(visit, once, "-"), visit.now, visit.desk.policies())
    return page(
        visit,
        "undo.html",
        "Take it back",
        event_title=title_of(event.type),
        said=said_in(event, titles(visit)),
        changes=changes(change),
        receipt_at=receipt_at(visit, once),
        errors=errors or Errors(),
    )


def _voidings(visit: Visit, once: str, reason: str) -> list[ev.Event]:
    """What takes back a recording: the event, and the reasons that were kept with it."""
    return [
        ev.parse_event(
            {
                "type": "event_voided",
                "id": f"undo-{one.event.id}",
                "child": visit.child,
                "on": visit.today.isoformat(),
                "by": visit.viewer.key,
                "event": one.event.id,
                "reason": reason,
            }
        )
        for one in recorded(visit, once)
    ]


def _changed_by(visit: Visit, records: list[Recording]) -> Effect | None:
    """What it changed, told by a journey without it; where the journey waits for it, what it will change."""
    events = [one.event for one in records]
    before = visit.desk.lived(visit.child, visit.now, without={event.id for event in events})
    if before is None:
        return None
    change = effect(before.journey, events, visit.now, visit.desk.policies())
    return change if not change.refused else None


def _taken_back(visit: Visit) -> set[str]:
    return {name for one in visit.case.known for name in taken_back_by(one.event)}


def _title(records: list[Recording], *, undone: bool) -> str:
    if undone:
        return "It is taken back"
    return {"taken": "It is recorded", "waiting": "It is taken", "rejected": "It was not recorded"}[records[0].state]


def _record_at(visit: Visit) -> str:
    return f"{AT}/children/{visit.child}/record"
