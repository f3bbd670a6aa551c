"""What the links of messages lead to: acknowledging and explaining. Let in by the signed token in the path alone.

Opening a link changes nothing: mail scanners open every link there is. Only the buttons of its page do, and a button
acknowledges only what the page has said it would change.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from delivery.acknowledging import Acknowledgeable, CannotAcknowledge, DayRefused
from delivery.acknowledging_words import (
    STAYS_DUE,
    acknowledged_already,
    nothing_changed,
    what_became,
    what_it_changes,
)
from delivery.digest_words import number
from delivery.directory import DirectoryRefused
from delivery.explaining import LONGEST, CannotExplain, Explainable, explainable
from delivery.people import Acting, CannotAct
from delivery.referring import Digested
from delivery.tokens import NOT_OURS, ForAcknowledging, LinkNotOurs, LinkRefused
from delivery.writing import OURS
from domain.case import events as ev
from domain.case.documents import document_of
from domain.clocks.wording import in_words
from domain.visible import visible
from intake.access import gate_of
from intake.inbox import Arrival
from intake.problems import RequestRefused
from intake.reach import Reach, Reached
from intake.reception import AtReception, Reception
from intake.typed import typed
from record.protections import OPEN, Protection

log: structlog.stdlib.BoundLogger = structlog.get_logger("intake")
router = APIRouter(include_in_schema=False)
PAGES: Final = Environment(
    loader=FileSystemLoader([Path(__file__).parent / "pages", OURS]), undefined=StrictUndefined, autoescape=True
)
PAGES.filters |= {"day": in_words, "number": number}
PRIVATE: Final = {
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'",
}
"""Beyond what every answer carries (intake/headers.py). The token in the address is a key: it goes to nobody else."""

STORED: Final = "It is stored, and takes effect as soon as the journey can be reached."
NOT_YET: Final = (
    "You have chosen another day, so nothing is acknowledged yet: see what that day changes, and press again."
)
NOTHING_CHANGED: Final = "Nothing has changed"
CANNOT_CHECK: Final = "who is who cannot be checked just now; nothing has changed. Try again later"


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link is about, and whom it was sent to: what may be acknowledged, what may be explained, or why not."""

    allowed: ForAcknowledging
    me: Acting
    late: Acknowledgeable | None
    about: Explainable
    protection: Protection = OPEN
    why: str = ""
    at_desk: str = ""
    """Where it is recorded, booked or explained by whoever signs in; empty where no desk is served."""


class Form(NamedTuple):
    """What somebody filled in, and which button they pressed."""

    do: str = "acknowledge"
    until: str = ""
    shown: str = ""
    """The day of which the page has said what it changes."""
    who: str = ""
    reason: str = ""

    @classmethod
    def of(cls, body: bytes) -> "Form":
        """Read from a request; what is no field of it is left."""
        given = parse_qs(body.decode("ascii", "replace"))
        return cls(**{name: typed(given[name][0]) for name in cls._fields if name in given})


BLANK: Final = Form()


@router.api_route("/acknowledge/{token}", methods=["GET", "HEAD"])
def show(token: str, reception: AtReception, request: Request, until: str = "") -> Response:
    """What is late, what acknowledging it would change until a day, and buttons."""
    try:
        opened = _opened(token, reception, request)
        return _asking(opened, _day(until)) if until else _as_it_stands(opened)
    except (LinkRefused, CannotAcknowledge, CannotExplain, CannotAct) as refused:
        return _nothing(refused)


@router.post("/acknowledge/{token}")
async def say(token: str, reception: AtReception, reach: Reached, request: Request) -> Response:
    """Acknowledge or explain it: the event is stored in the inbox and goes to the child's journey as any other."""
    form = Form.of(await gate_of(request).body(request))
    try:
        opened = await asyncio.to_thread(_opened, token, reception, request)
        pressed = _pressed(opened, form)
        if isinstance(pressed, Response):
            return pressed
        me, event = pressed
        rejected, later = await _send(event, opened.allowed.person, reach)
        after = await asyncio.to_thread(_opened, token, reception, request)
    except (LinkRefused, CannotAcknowledge, CannotExplain, CannotAct) as refused:
        return _nothing(refused)
    if rejected:
        return _not_taken(after, me, rejected)
    if isinstance(event, ev.EscalationAcknowledged):
        return _acknowledged(opened, after, me, event, later)
    return _explained(after, me, later)


# What a link is about


def _opened(token: str, reception: Reception, request: Request) -> Opened:
    """Raises LinkRefused, CannotAcknowledge, CannotAct, and RequestRefused after too many guesses."""
    try:
        allowed = reception.tokens.read_acknowledging(token)
    except LinkNotOurs:
        gate_of(request).strangers.turn_away(request, "link")
        raise
    try:
        opened = _about(allowed, reception, datetime.now(UTC))
        at_desk = reception.page_of_step(opened.about.child, opened.about.obligation) if reception.page_of_step else ""
        return replace(opened, at_desk=at_desk)
    except DirectoryRefused as refused:
        log.error("directory_refused", problems=str(refused).count("\n") + 1)
        raise CannotAcknowledge(CANNOT_CHECK) from None


def _about(allowed: ForAcknowledging, reception: Reception, now: datetime) -> Opened:
    protection = _protection(allowed, reception)
    try:
        late = reception.acknowledging.find(allowed.reference, now)
    except CannotAcknowledge as refused:
        with suppress(CannotExplain):
            about = reception.explaining.find(allowed.reference, now)
            return Opened(allowed, about.acting(allowed.person), None, about, protection, str(refused))
        raise
    return Opened(allowed, late.acting(allowed.person), late, explainable(late), protection)


def _protection(allowed: ForAcknowledging, reception: Reception) -> Protection:
    """What stands for the child of a link. Raises LinkNotOurs where they are kept from whom it was sent to.

    On 2 March Sam is told that a meeting is late, on the 3rd he is kept from the child: his link of the 2nd, good for
    60 days, then says what any stranger's says. It is asked first, since why nothing can be done would speak of them.
    """
    about = reception.acknowledging.about(allowed.reference)
    if isinstance(about, Digested):  # of many children; none is shown by it
        return OPEN
    protection = reception.protections.of(about.child)
    if protection.keeps_from(reception.readers(allowed.person)):
        raise LinkNotOurs(NOT_OURS)
    return protection


# What a button does


def _pressed(opened: Opened, form: Form) -> tuple[Acting, ev.Event] | Response:
    """Who says what; or the page that asks again, since nothing is said yet."""
    if form.do == "look":
        return _asking(opened, _day(form.until), form=form)
    try:
        me = (opened.about.acting(form.who) if form.who.strip() else opened.me).as_a_person()
    except CannotAct as refused:
        return _asking(opened, _day(form.until), form=form, alert=_sentence(str(refused)))
    if opened.protection.keeps_from([me.key]):  # a colleague's link, by somebody who may not see the child
        raise LinkNotOurs(NOT_OURS)
    said = _explanation(opened, me, form) if form.do == "explain" else _acknowledgement(opened, me, form)
    return said if isinstance(said, Response) else (me, said)


def _acknowledgement(opened: Opened, me: Acting, form: Form) -> ev.Event | Response:
    late, until = opened.late, _day(form.until)
    if late is None:
        return _as_it_stands(opened)
    try:
        event = late.event(me, until)
    except DayRefused as refused:
        return _asking(opened, None, form=form, alert=_sentence(str(refused)))
    if event is None:
        return _as_it_stands(opened, title=NOTHING_CHANGED, alert=_no_change(late, me))
    last = until or late.unless_said
    if last != (_day(form.shown) or late.unless_said):
        return _asking(opened, last, form=form, alert=NOT_YET)
    return event


def _no_change(late: Acknowledgeable, me: Acting) -> str:
    assert late.hold is not None
    return nothing_changed(late, late.hold, me)


def _explanation(opened: Opened, me: Acting, form: Form) -> ev.Event | Response:
    try:
        event = opened.about.event(me, form.reason)
    except CannotExplain as refused:
        return _as_it_stands(opened, form=form, alert=_sentence(str(refused)))
    return event or _as_it_stands(opened, title=NOTHING_CHANGED, alert="You have given this reason already.")


async def _send(event: ev.Event, person: str, reach: Reach) -> tuple[str, list[str]]:
    """Store an event and wait for a while until its journey has it.

    Why it is refused, if it is; and what is to be said where it waits.
    """
    arrival = Arrival(document_of(event), f"link-{person}", event)
    [(row, _)] = await asyncio.to_thread(lambda: reach.inbox().store([arrival], datetime.now(UTC)))
    patience = timedelta(seconds=reach.settings.intake.answer_seconds)
    await reach.deliverer.deliver_soon({event.child}, patience, "links")
    item = (await asyncio.to_thread(lambda: reach.inbox().items([row])))[row]
    if item.state == "rejected":
        return "; ".join(item.reasons) or "it is refused", []
    return "", [] if item.state in ("taken", "known") else [STORED]


# Pages


def _as_it_stands(opened: Opened, *, title: str = "", alert: str = "", form: Form = BLANK) -> Response:
    late = opened.late
    if late is None:
        said = [_sentence(opened.why)]
        return _page(title or "Nothing is to be acknowledged", opened, said, alert=alert, form=form)
    if late.hold is None:
        return _asking(opened, None, alert=alert, form=form)
    said = [] if alert and title else [acknowledged_already(late, late.hold, opened.me)]
    changes = [*what_it_changes(late, None, opened.me), STAYS_DUE]
    longer = _days(late) if late.can_go_further else None
    return _page(title or "It is acknowledged", opened, said, alert=alert, changes=changes, longer=longer, form=form)


def _asking(opened: Opened, until: date | None, *, alert: str = "", form: Form = BLANK) -> Response:
    """What a pause until a day would change, and the button. A day that cannot be said is not asked about."""
    late = opened.late
    if late is None:
        return _as_it_stands(opened, alert=alert, form=form)
    if until is not None and not late.today <= until <= late.latest:
        alert, until = _sentence(str(late.refused(until))), None
    if late.hold is not None and (until is None or until <= late.hold.last_day):
        return _as_it_stands(opened, alert=alert, form=form)
    days = _days(late) | ({"until": until} if until else {})
    said = [acknowledged_already(late, late.hold, opened.me)] if late.hold else []
    changes = [*what_it_changes(late, days["until"], opened.me), STAYS_DUE]
    title = "Pause it for longer?" if late.hold else "Are you on to it?"
    return _page(title, opened, said, alert=alert, changes=changes, asking=days, form=form)


def _days(late: Acknowledgeable) -> dict[str, date]:
    """What can be chosen: longer than what stands, if anything does."""
    first = late.hold.last_day + timedelta(days=1) if late.hold else late.today
    return {"until": max(late.unless_said, first), "first": first, "latest": late.latest}


def _acknowledged(before: Opened, after: Opened, me: Acting, event: ev.Event, later: list[str]) -> Response:
    """What an acknowledgement has changed."""
    assert isinstance(event, ev.EscalationAcknowledged)
    assert before.late is not None
    assert event.until is not None
    said = [what_became(before.late, before.late.hold, event.until, me), *later]
    late = after.late or before.late
    changes = [*what_it_changes(late, event.until if later else None, me), STAYS_DUE]
    return _page("Thank you, it is acknowledged", after, said, changes=changes)


def _not_taken(after: Opened, me: Acting, why: str) -> Response:
    """A colleague has pressed the button of the same message in the same moment; or the journey refuses."""
    late = after.late
    alert = _no_change(late, me) if late and late.hold else f"{NOTHING_CHANGED}: {why}."
    return _as_it_stands(after, title=NOTHING_CHANGED, alert=alert)


def _explained(after: Opened, me: Acting, later: list[str]) -> Response:
    said = [f"It is kept with the case, by {me.shown}. Nothing pauses by it.", *later]
    return _page("Thank you, the reason is kept", after, said, explain=False)


def _page(
    title: str,
    opened: Opened,
    paragraphs: list[str],
    *,
    alert: str = "",
    changes: list[str] | None = None,
    asking: dict[str, date] | None = None,
    longer: dict[str, date] | None = None,
    explain: bool = True,
    form: Form = BLANK,
) -> Response:
    facts: dict[str, Any] = {
        "about": opened.about,
        "at_desk": opened.at_desk,
        "me": opened.me,
        "alert": alert,
        "paragraphs": paragraphs,
        "changes": changes or [],
        "asking": asking,
        "longer": longer,
        "explain": explain,
        "reasons": opened.about.reasons,
        "longest": LONGEST,
        "form": form,
    }
    return _html(title, facts, HTTPStatus.OK)


def _nothing(refused: Exception) -> Response:
    """Why nothing is done. A link that is not good is not found, whatever is wrong with it."""
    status = HTTPStatus.OK
    if isinstance(refused, LinkRefused):
        status = HTTPStatus.NOT_FOUND
    elif isinstance(refused, CannotAct):
        status = HTTPStatus.FORBIDDEN
    nobody = dict.fromkeys(("about", "at_desk", "me", "asking", "longer", "explain"))
    facts = {**nobody, "alert": "", "paragraphs": [_sentence(str(refused))], "changes": [], "reasons": []}
    return _html("Nothing is acknowledged", facts, status)


def _html(title: str, facts: dict[str, Any], status: HTTPStatus) -> Response:
    html = PAGES.get_template("acknowledge.html").render(facts, title=title, subject=title, reference="")
    return HTMLResponse(visible(html, lines=True), status, PRIVATE)


def _sentence(said: str) -> str:
    return f"{said[0].upper()}{said[1:]}."


def _day(text: str) -> date | None:
    """A day of the form, None if none was given. Raises RequestRefused."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, "until: accepted: a date as YYYY-MM-DD") from None
