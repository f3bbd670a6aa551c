"""Handing a worker's children over to another: chosen, checked, and recorded as one event for each child and role.

It is the events that name who works with a child, so the directory need not change for it. Nothing is written but the
inbox: each child's journey takes its events as any other.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from fastapi import Response

from desk.desk import AT
from desk.elsewhere import Shown, as_sent, asked_for, shown_elsewhere
from desk.forms import Errors, number_in
from desk.needs import Need
from desk.pages import Pages
from desk.rendering import page, role_name, to
from desk.sights import names_of
from desk.successors import successors
from desk.taking import once_of
from desk.visits import Visit, Visited
from domain.case import events as ev
from domain.case.documents import document_of, parse_event
from domain.case.words import Role
from intake.inbox import Arrival, Item
from record.caseload_reading import CaseloadPart
from record.caseload_sights import Holding
from record.protections import OPEN

PATH: Final = "/team/hand-over/{worker}"
AT_MOST: Final = 500
"""Children handed over at once (ours: five times the most that one worker has)."""
TAKEN: Final = ("taken", "known")
pages = Pages()


class Held(NamedTuple):
    """A child whose events name the worker, and for which roles."""

    child: str
    roles: tuple[Role, ...]

    @property
    def words(self) -> str:
        """The roles as people say them."""
        return ", ".join(role_name(role.value) for role in self.roles)


@pages.show(PATH, Need.MANAGER)
def show_handing_over(visit: Visited, worker: str) -> Response:
    """Whose children, to whom, which."""
    how, once = asked_for(visit)
    sent = as_sent(visit, once)
    return _led_to(sent, worker, how) if sent else _form(visit, worker, Errors())


@pages.take(PATH, Need.MANAGER)
async def hand_over(visit: Visited, worker: str) -> Response:
    """First a page to check; what it sends is recorded. Sent twice, they are the same events."""
    if done := await asyncio.to_thread(_done_before, visit):
        return to(_receipt(done))
    chosen, errors = await asyncio.to_thread(_chosen, visit, worker)
    if errors or visit.field("sure") != "yes":
        return await asyncio.to_thread(_lead_to, visit, worker, "mend" if errors else "check")
    rows = await _recorded(visit, chosen)
    return to(_receipt(rows))


@pages.show("/team/handed-over", Need.MANAGER)
def show_handed_over(visit: Visited, rows: str = "") -> Response:
    """What became of it, read from the inbox each time the page is asked for."""
    items = _of_act(visit, rows)
    waiting = [item for item in items if item.state not in (*TAKEN, "rejected")]
    return page(
        visit,
        "handed_over.html",
        "Handed over" if items and not waiting else "Handing over",
        taken=[item for item in items if item.state in TAKEN],
        waiting=waiting,
        rejected=[item for item in items if item.state == "rejected"],
    )


# Which children, and to whom


def _lead_to(visit: Visit, worker: str, how: Shown) -> Response:
    return shown_elsewhere(visit, how, once_of(visit)) or _led_to(visit, worker, how)


def _led_to(visit: Visit, worker: str, how: Shown) -> Response:
    """The page that what was sent leads to."""
    chosen, errors = _chosen(visit, worker)
    return _form(visit, worker, errors) if how == "mend" or errors else _check(visit, worker, chosen)


def _held(visit: Visit, worker: str) -> list[Held]:
    """The children whom the manager sees and whose events name the worker, by reference."""
    lists, names = visit.desk.lists(visit.viewer, visit.now), names_of(visit.desk.directory, worker)
    listed = (one.child for one in lists.children(of=_named(visit, worker), limit=AT_MOST))
    roles = visit.desk.roles()
    held = [Held(one.child, tuple(r for r in roles if one.contacts.get(r.value) in names)) for one in listed]
    return sorted(held)


def _named(visit: Visit, worker: str) -> CaseloadPart:
    """The children whose events name the worker."""
    names = names_of(visit.desk.directory, worker)
    return CaseloadPart(held=[[Holding(role, names) for role in visit.desk.roles()]])


def _chosen(visit: Visit, worker: str) -> tuple[list[Held], Errors]:
    """What the form asks for, as far as it may be done."""
    errors, successor, wanted = Errors(), visit.field("successor"), {*visit.fields("child")}
    chosen = [one for one in _held(visit, worker) if one.child in wanted]
    people = visit.desk.directory.people
    if successor not in people or successor == worker:
        errors.add("successor", "Choose who takes the children over")
    elif people[successor].left:
        errors.add("successor", f"Choose somebody who stays: {visit.desk.name_of(successor)} leaves, or has left")
    if not chosen:
        errors.add("child", "Choose the children to hand over")
    if kept := [one.child for one in chosen if _is_kept_from(visit, successor, one.child)]:
        said = "they may not see" if len(kept) > 1 else "this person may not see"
        errors.add("child", f"Leave out {', '.join(kept)}: {said} by a restriction or exclusion; ask a service manager")
    return chosen, errors


def _is_kept_from(visit: Visit, successor: str, child: str) -> bool:
    protection = visit.desk.protections.of_all([child]).get(child, OPEN)
    return successor in protection.excluded or (protection.named is not None and successor not in protection.named)


def _form(visit: Visit, worker: str, errors: Errors) -> Response:
    held = _held(visit, worker)
    typed = bool(visit.sent or visit.draft)
    ticked = {*visit.fields("child")} if typed else {one.child for one in held}
    return page(
        visit,
        "hand_over.html",
        f"Hand over the children of {visit.desk.name_of(worker)}",
        worker=worker,
        held=held,
        left_out=visit.desk.lists(visit.viewer, visit.now).left_out(of=_named(visit, worker)),
        labels=visit.labels(one.child for one in held),
        ticked=ticked,
        groups=successors(visit, worker, [role for role in Role if any(role in one.roles for one in held)]),
        errors=errors or None,
    )


def _check(visit: Visit, worker: str, chosen: Sequence[Held]) -> Response:
    return page(
        visit,
        "hand_over_check.html",
        "Check before you hand over",
        worker=worker,
        successor=visit.field("successor"),
        chosen=chosen,
        labels=visit.labels(one.child for one in chosen),
    )


# Recording


async def _recorded(visit: Visit, chosen: Sequence[Held]) -> list[int]:
    """The rows of the inbox that the events have, all or none; waits a little for their journeys."""
    reach, now = visit.desk.reach, datetime.now(UTC)
    credential = _credential(visit)
    events = [event for one in chosen for event in _events(visit, one)]
    arrivals = [Arrival(document_of(event), credential, event) for event in events]
    stored = await asyncio.to_thread(lambda: reach.inbox().store(arrivals, now))
    await asyncio.to_thread(visit.done)
    children = {one.child for one in chosen}
    await reach.deliverer.deliver_soon(children, timedelta(seconds=reach.settings.intake.answer_seconds), "desk")
    await asyncio.to_thread(visit.desk.caseload.renew, sorted(children))
    return [number for number, _ in stored]


def _done_before(visit: Visit) -> list[int]:
    """The rows of this very act, if the form was sent before: then the children are no longer the worker's."""
    if visit.field("sure") != "yes":
        return []
    acts = [_event_id(visit, role) for role in visit.desk.roles()]
    sent = [(child, act) for child in visit.fields("child")[:AT_MOST] for act in acts]
    return visit.desk.reach.inbox().numbers(sent)


def _event_id(visit: Visit, role: Role) -> str:
    """The same for a form that is sent twice, another where somebody went back in it and chose another person."""
    act = "/".join((visit.field("once"), visit.field("successor"), role.value))
    return f"hand-over-{hashlib.sha256(act.encode()).hexdigest()[:32]}"


def _receipt(rows: Sequence[int]) -> str:
    return f"{AT}/team/handed-over?rows={min(rows)}-{max(rows)}"


def _events(visit: Visit, held: Held) -> Iterator[ev.Event]:
    for role in held.roles:
        yield parse_event(
            {
                "type": "person_assigned",
                "id": _event_id(visit, role),
                "child": held.child,
                "on": visit.today.isoformat(),
                "role": role.value,
                "contact": visit.field("successor"),
                "by": visit.viewer.key,
            }
        )


def _of_act(visit: Visit, rows: str) -> list[Item]:
    """Rows of the inbox from one to another, those that this very person sent."""
    first, last = (number_in(row) for row in rows.partition("-")[::2])
    if first is None or last is None or not 0 <= last - first < AT_MOST * len(visit.desk.roles()):
        return []
    items = visit.desk.reach.inbox().items(range(first, last + 1))
    ours = (item for item in items.values() if item.credential == _credential(visit))
    return sorted(ours, key=lambda item: item.number)


def _credential(visit: Visit) -> str:
    return f"desk-{visit.viewer.key}"
