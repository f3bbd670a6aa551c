"""What the links of messages lead to: acknowledging, and calendars. Let in by the signed token in the path alone.

Opening a link changes nothing: mail scanners open every link there is. Only the button of its page acknowledges.
"""

import asyncio
import hashlib
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from delivery.acknowledging import Acknowledgeable, CannotAcknowledge
from delivery.digest_words import number
from delivery.directory import DirectoryRefused
from delivery.tokens import ForAcknowledging, LinkNotOurs, LinkRefused
from delivery.writing import OURS
from domain.case import events as ev
from domain.clocks.wording import in_words
from domain.visible import visible
from intake.access import Doorkeeper
from intake.inbox import Arrival
from intake.problems import RequestRefused
from intake.reach import Reached
from intake.reception import NO_CALENDAR, Reception

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

STAYS_DUE: Final = "It stays due and red until it is done. When the pause runs out, the ladder goes on."
CALENDAR_MINUTES: Final = 15
"""For which a client need not ask again (ours)."""


def _reception(request: Request) -> Reception:
    reception = request.app.state.reception
    assert isinstance(reception, Reception)
    return reception


AtReception = Annotated[Reception, Depends(_reception)]


@router.api_route("/acknowledge/{token}", methods=["GET", "HEAD"])
def show_acknowledging(token: str, reception: AtReception, request: Request) -> Response:
    """What is to be acknowledged, and a button."""
    try:
        _, late_one = _found(token, reception, request)
    except (LinkRefused, CannotAcknowledge) as refused:
        return _nothing(refused)
    if late_one.acknowledged_on is not None:
        return _page("It is acknowledged", late_one, [_since(late_one), STAYS_DUE])
    return _page(
        "Are you on to it?",
        late_one,
        ["Whoever comes next on the ladder is not told meanwhile.", STAYS_DUE],
        asking=True,
    )


@router.post("/acknowledge/{token}")
async def acknowledge(token: str, reception: AtReception, reach: Reached, request: Request) -> Response:
    """Acknowledge it: the event is stored in the inbox and goes to the child's journey as any other."""
    gate = _gate(request)
    until = _day(parse_qs((await gate.body(request)).decode("ascii", "replace")).get("until", [""])[0])
    try:
        allowed, late_one = await asyncio.to_thread(_found, token, reception, request)
        if late_one.acknowledged_on is not None:
            return _standing(late_one)
        event = late_one.event(allowed.person, until)
    except (LinkRefused, CannotAcknowledge) as refused:
        return _nothing(refused)
    arrival = Arrival(ev.document(event), f"link-{allowed.person}", event)
    [(row, _)] = await asyncio.to_thread(lambda: reach.inbox().store([arrival], datetime.now(UTC)))
    patience = timedelta(seconds=reach.settings.intake.answer_seconds)
    await reach.deliverer.deliver_soon({late_one.child}, patience, "links")
    item = (await asyncio.to_thread(lambda: reach.inbox().items([row])))[row]
    if item.state == "rejected":
        return await asyncio.to_thread(_after_another, token, reception, request, item.reasons)
    said = f"The ladder pauses until the end of {in_words(until or late_one.until)}."
    later = (
        []
        if item.state in ("taken", "known")
        else ["It is stored, and takes effect as soon as the journey can be reached."]
    )
    return _page("Thank you, it is acknowledged", late_one, [said, STAYS_DUE, *later])


@router.api_route("/calendar/{token}.ics", methods=["GET", "HEAD"])
def calendar(token: str, reception: AtReception, request: Request) -> Response:
    """A person's or team's calendar; 304 where nothing has changed."""
    try:
        feed = reception.calendar(token)
    except LinkNotOurs:
        _gate(request).strangers.turn_away(request, "link")
        raise RequestRefused(HTTPStatus.NOT_FOUND, NO_CALENDAR) from None
    except (LinkRefused, DirectoryRefused):
        raise RequestRefused(HTTPStatus.NOT_FOUND, NO_CALENDAR) from None
    tag = f'"{hashlib.sha256(feed).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": f"private, max-age={CALENDAR_MINUTES * 60}", "X-Robots-Tag": "noindex"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(feed, media_type="text/calendar; charset=utf-8", headers=headers)


def _gate(request: Request) -> Doorkeeper:
    gate = request.app.state.gate
    assert isinstance(gate, Doorkeeper)
    return gate


def _found(token: str, reception: Reception, request: Request) -> tuple[ForAcknowledging, Acknowledgeable]:
    """What a link is about. Raises LinkRefused, CannotAcknowledge, and RequestRefused after too many guesses."""
    try:
        allowed = reception.tokens.read_acknowledging(token)
    except LinkNotOurs:
        _gate(request).strangers.turn_away(request, "link")
        raise
    return allowed, reception.acknowledging.find(allowed.reference, datetime.now(UTC))


def _after_another(token: str, reception: Reception, request: Request, reasons: list[str]) -> Response:
    """A colleague has pressed the button of the same message in the same moment; or the journey refuses."""
    try:
        _, late_one = _found(token, reception, request)
    except (LinkRefused, CannotAcknowledge) as refused:
        return _nothing(refused)
    return _standing(late_one) if late_one.acknowledged_on else _nothing(CannotAcknowledge("; ".join(reasons)))


def _standing(late_one: Acknowledgeable) -> Response:
    return _page("It is acknowledged", late_one, [_since(late_one), STAYS_DUE])


def _since(late_one: Acknowledgeable) -> str:
    assert late_one.acknowledged_on is not None
    until = f"the ladder pauses until the end of {in_words(late_one.until)}"
    return f"It was acknowledged on {in_words(late_one.acknowledged_on)}; {until}."


def _day(text: str) -> date | None:
    """A day of the form, None if none was given. Raises RequestRefused."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, "until: accepted: a date as YYYY-MM-DD") from None


def _nothing(refused: Exception) -> Response:
    """Why nothing is acknowledged. A link that is not good is not found, whatever is wrong with it."""
    status = HTTPStatus.NOT_FOUND if isinstance(refused, LinkRefused) else HTTPStatus.OK
    said = str(refused)
    return _page("Nothing is acknowledged", None, [f"{said[0].upper()}{said[1:]}."], status=status)


def _page(
    title: str,
    late_one: Acknowledgeable | None,
    paragraphs: list[str],
    *,
    asking: bool = False,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    facts: dict[str, Any] = {"found": late_one, "paragraphs": paragraphs, "asking": asking}
    html = PAGES.get_template("acknowledge.html").render(facts, title=title, subject=title, reference="")
    return HTMLResponse(visible(html, lines=True), status, PRIVATE)
