"""What became of what was recorded, and saying that it did not happen: by whoever recorded it, with a reason."""

import asyncio
from typing import Final, NamedTuple

from fastapi import Response

from desk.corrections import Fate, FieldChanged, differences, fate_of, versions
from desk.desk import AT, NameOf
from desk.effect_words import changes, reason_in_words, receipt, title_of
from desk.elsewhere import as_sent, asked_for, shown_elsewhere
from desk.event_fields import is_offered, said_in
from desk.forms import Errors
from desk.milestone_details import details_said
from desk.needs import Need, may_correct, may_undo
from desk.pages import Pages
from desk.paging import Paging, page_number
from desk.refusing import NotTheirs
from desk.rendering import page, to, ways_back
from desk.sibling_plan import may_record_for_all, may_see, plans_said
from desk.steps import DueStep, steps_of
from desk.taking import Recording, once_in, once_of, receipt_at, recorded, send
from desk.to_do import called_in_event, form_at
from desk.visits import Visit, Visited
from domain.case import events as ev
from domain.case.calendar import local_date
from domain.case.children import children_of
from domain.case.documents import parse_event
from domain.case.facts import Known, unvoided
from domain.clocks.wording import in_words
from domain.study.effect import Effect, effect

LATELY = 5
"""How many recordings are listed to be corrected or taken back (ours: a slip is seen soon)."""
UNDO: Final = "undo-"
"""What the id of a taking back begins with, before that of the event."""
WAITING: Final = ("received", "pending")
"""How a row of the inbox stands that its journey does not have yet."""
LONGEST = 2000
"""Characters of a reason: those of the event that keeps it."""
pages = Pages()


class RecordedHere(NamedTuple):
    """Something that was recorded on the desk, and by whom and when."""

    title: str
    event: ev.Event
    said: str
    href: str


class Lately(NamedTuple):
    """The latest of what was recorded here, and how much there is besides."""

    latest: list[RecordedHere]
    more: int


def lately(visit: Visit) -> Lately | None:
    """What was recorded here for the child of late; None where nothing was."""
    ours = _recorded_here(visit)
    return Lately([_shown(visit, one) for one in ours[:LATELY]], max(0, len(ours) - LATELY)) if ours else None


def _recorded_here(visit: Visit) -> list[Known]:
    """What was recorded here for the child and stands, the latest first."""
    ours = [one for one in unvoided(visit.case.known) if once_in(one.event.id) and one.event.child == visit.child]
    return ours[::-1]


def _shown(visit: Visit, one: Known) -> RecordedHere:
    at = receipt_at(visit, once_in(one.event.id))
    return RecordedHere(title_of(one.event.type), one.event, by_and_when(visit.desk.name_of, one), at)


@pages.show("/children/{child}/recorded", Need.CHILD)
def show_all_recorded(visit: Visited, number: str = "1") -> Response:
    """All that was recorded here for the child and stands."""
    ours = _recorded_here(visit)
    paging = Paging(page_number(number), len(ours), f"{AT}/children/{visit.child}/recorded")
    items = [_shown(visit, one) for one in ours[paging.begins : paging.begins + paging.size]]
    return page(visit, "all_recorded.html", "All that was recorded here", items=items, paging=paging)


def by_and_when(name_of: NameOf, known: Known) -> str:
    """Who recorded something, on which day; and who corrected what, where it is a correction."""
    return f"{'corrected' if known.event.corrects else 'recorded'} {_by(name_of, known)}"


def _by(name_of: NameOf, known: Known) -> str:
    by = f" by {name_of(known.event.by)}" if known.event.by else ""
    return f"on {in_words(local_date(known.known_at))}{by}"


@pages.show("/children/{child}/recorded/{once}", Need.CHILD)
def show_receipt(visit: Visited, once: str, again: str = "") -> Response:
    """What was recorded, what it changed, and whether the journey has it."""
    records = recorded(visit, once)
    if not records:
        return to(_record_at(visit))
    event, state = records[0].event, records[0].state
    fate = fate_of(visit.case.known, event.id) if state == "taken" else None
    on_its_way = not fate and state == "taken" and _is_being_taken_back(visit, event)
    stands = not fate and not on_its_way and state == "taken"
    change = None if fate or on_its_way or state == "rejected" else _changed_by(visit, records)
    return page(
        visit,
        "recorded.html",
        "It will be taken back" if on_its_way else _title(records[0], fate),
        event_title=title_of(event.type),
        said=_said(visit, event),
        reasons=[one.event.reason for one in records[1:] if isinstance(one.event, ev.LatenessExplained)],
        lead=receipt(change) if change and state == "taken" else "",
        late=_late(visit) if state == "taken" else [],
        changes=changes(change, done=True) if change else [],
        state=state,
        refused=reason_in_words(records[0].reason)[1] if records[0].reason else "",
        again=bool(again),
        on_its_way=on_its_way,
        fate=fate,
        fate_said=_by(visit.desk.name_of, fate.by) if fate else "",
        now_at=receipt_at(visit, once_in(fate.by.event.id)) if fate and once_in(fate.by.event.id) else "",
        before=_before(visit, event),
        others=[one for one in records[0].others if may_see(visit, one.child)],
        may_undo=stands and _may_undo(visit, event),
        may_correct=stands and may_be_corrected(visit, event),
        anew=form_at(visit, event.type),
        at=receipt_at(visit, once),
        record_at=_record_at(visit),
        ways_back=ways_back(visit.viewer),
    )


def _late(visit: Visit) -> list[DueStep]:
    """What is late for the child as it stands: what is due next does not hide it."""
    return [step for step in steps_of(visit.case, visit.today) if step.days_late]


def may_be_corrected(visit: Visit, event: ev.Event) -> bool:
    """Whether the viewer may correct what was recorded: for each child that it is for."""
    assert visit.scope is not None
    theirs = may_correct(event.type, event.by, visit.viewer, visit.scope.relations)
    return theirs and is_offered(event.type) and may_record_for_all(visit, event)


def _said(visit: Visit, event: ev.Event) -> list[tuple[str, str]]:
    return [*said_in(event, called_in_event(visit, event)), *details_said(visit, event), *plans_said(visit, event)]


def _before(visit: Visit, event: ev.Event) -> list[tuple[str, list[FieldChanged]]]:
    """Each version that it stands in for, the latest first: by whom and when it was said, and what is different now."""
    known = {one.event.id: one for one in visit.case.known}
    earlier = [known[one.id] for one in versions(visit.case.known, event) if one.id in known and one.id != event.id]
    said = _said(visit, event)
    return [
        (_by(visit.desk.name_of, one), [each for each in differences(_said(visit, one.event), said) if each.changed])
        for one in earlier
    ]


@pages.show("/children/{child}/recorded/{once}/undo", Need.CHILD)
def show_undoing(visit: Visited, once: str) -> Response:
    """What taking it back will change."""
    sent = as_sent(visit, asked_for(visit)[1])
    asking = _undoing(sent, once, _wrong_in(sent)) if sent else _undoing(visit, once)
    return asking or to(receipt_at(visit, once))


@pages.take("/children/{child}/recorded/{once}/undo", Need.CHILD)
async def undo(visit: Visited, once: str) -> Response:
    """Take it back, with the reason that it went with."""
    errors = _wrong_in(visit)
    asking = await asyncio.to_thread(_undoing, visit, once, errors)
    if asking is None:
        return to(receipt_at(visit, once))
    if errors:
        return await asyncio.to_thread(shown_elsewhere, visit, "mend", once_of(visit)) or asking
    events = await asyncio.to_thread(_voidings, visit, once, visit.field("reason"))
    [wrong, *_] = await asyncio.to_thread(recorded, visit, once)
    await send(visit, events, wrong.event)
    await asyncio.to_thread(visit.done)
    return to(receipt_at(visit, once))


def _wrong_in(visit: Visit) -> Errors:
    errors = Errors()
    if not 0 < len(visit.field("reason")) <= LONGEST:
        errors.add("reason", f"Enter why you take it back, in up to {LONGEST} characters")
    return errors


def _undoing(visit: Visit, once: str, errors: Errors | None = None) -> Response | None:
    """The page that asks; None where there is nothing to take back. Raises NotTheirs."""
    records = recorded(visit, once)
    if not records or records[0].state != "taken" or fate_of(visit.case.known, records[0].event.id):
        return None
    event = records[0].event
    if not _may_undo(visit, event):
        raise NotTheirs("whoever recorded it: ask them to take it back, or tell whoever runs the service")
    lived = visit.desk.lived(visit.child, visit.now)
    assert lived is not None
    change = effect(lived.journey, _voidings(visit, once, "-"), visit.now, visit.desk.policies())
    return page(
        visit,
        "undo.html",
        "It did not happen: take it back",
        event_title=title_of(event.type),
        said=_said(visit, event),
        changes=changes(change),
        others=sorted(children_of(event) - {visit.child}),
        corrected=event.corrects is not None,
        correct_at=f"{receipt_at(visit, once)}/correct" if may_be_corrected(visit, event) else "",
        receipt_at=receipt_at(visit, once),
        errors=errors or Errors(),
    )


def _voidings(visit: Visit, once: str, reason: str) -> list[ev.Event]:
    """What takes back a recording: the event, what it corrected, and the reasons that were kept with them."""
    # A meeting of the 7th is corrected to the 8th, and did not happen at all. Taking back the correction alone would
    # bring back the 7th.
    return [
        parse_event(
            {
                "type": "event_voided",
                "id": f"{UNDO}{one.id}",
                "child": visit.child,
                "on": visit.today.isoformat(),
                "by": visit.viewer.key,
                "event": one.id,
                "reason": reason,
            }
        )
        for one in _all_of_it(visit, recorded(visit, once)[0].event)
    ]


def _is_being_taken_back(visit: Visit, event: ev.Event) -> bool:
    """Whether that it did not happen is stored, and the child's journey does not have it yet."""
    # On 30 November 2026, on a busy machine, the page that came after the press said "It is recorded", and offered
    # to take it back.
    waiting = visit.desk.reach.inbox().listed(WAITING, visit.child)
    return any(item.event_id == f"{UNDO}{event.id}" for item in waiting)


def _all_of_it(visit: Visit, event: ev.Event) -> list[ev.Event]:
    records = [one for said in versions(visit.case.known, event) for one in recorded(visit, once_in(said.id))]
    return [one.event for one in records if not isinstance(one.event, ev.EventVoided)]


def _may_undo(visit: Visit, event: ev.Event) -> bool:
    return all(may_undo(one.by, visit.viewer) and once_in(one.id) for one in versions(visit.case.known, event))


def _changed_by(visit: Visit, records: list[Recording]) -> Effect | None:
    """What it changed, told by a journey without it; where the journey waits for it, what it will change."""
    events = [one.event for one in records]
    before = visit.desk.lived(visit.child, visit.now, without={event.id for event in events})
    if before is None:
        return None
    change = effect(before.journey, events, visit.now, visit.desk.policies())
    return change if not change.refused else None


def _title(record: Recording, fate: Fate | None) -> str:
    if fate:
        return "It was corrected" if fate.sort == "corrected" else "It is taken back"
    done = "corrected" if record.event.corrects else "recorded"
    return {"taken": f"It is {done}", "waiting": "It is stored", "rejected": f"It was not {done}"}[record.state]


def _record_at(visit: Visit) -> str:
    return f"{AT}/children/{visit.child}/record"
