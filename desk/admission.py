"""Letting people to pages: a session, the need of the page, the child's scope, the form's token; and the log of views.

Here and nowhere else it is decided whether a page is shown; each page declares what it needs (desk/pages.py).
"""

import asyncio
import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, urlsplit

from fastapi import Request

from desk.desk import AT, Desk
from desk.drafts import OF_SESSION
from desk.needs import Need, is_met
from desk.refusing import NotHere, NotTheirs, SentAgain, SignInFirst
from desk.scope import Viewer, strongest
from desk.sessions import Session, form_token
from desk.visits import Fields, Visit
from domain.case.events import CHILD_REF
from intake.access import Doorkeeper
from intake.problems import RequestRefused
from intake.typed import typed
from record.failures import Unreadable

ONCE: Final = "once"
"""What every form carries in which something is typed: the id of what it would record (templates/parts.html)."""
MOST_FIELDS: Final = 1000
"""Fields of a form (ours: the largest hands over 500 children, each with its tick)."""


def admit(need: Need) -> Callable[[Request], Awaitable[None]]:
    """A dependency of routes: lets somebody to a page, or raises what desk/refusing.py has."""

    async def admitted(request: Request) -> None:
        if request.method == "POST":
            _from_our_pages(request)
        sent = await _sent(request) if request.method == "POST" else {}
        request.state.sent = sent
        if need is not Need.NOTHING:
            request.state.visit = await asyncio.to_thread(_visit, request, need, sent)

    return admitted


def desk_of(request: Request) -> Desk:
    """The desk that a request came to."""
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


def cookie_name(desk: Desk) -> str:
    """The session's cookie: by TLS its prefix has the browser hold it to this host."""
    return "__Host-desk" if desk.secure else "desk"


def place(request: Request) -> str:
    """Where a page is, to come back to: never what was sent."""
    query = f"?{request.url.query}" if request.url.query and request.method != "POST" else ""
    return f"{request.url.path}{query}"


def _visit(request: Request, need: Need, sent: Fields) -> Visit:
    desk, now = desk_of(request), datetime.now(UTC)
    session, viewer = signed_in(desk, request, now)
    if session is None or viewer is None:
        kept = bool(session and session.why != "revoked" and _keep(desk, session, request, sent, now))
        raise SignInFirst(place(request), kept=kept)
    request.state.caller = viewer.key
    desk.sessions.saw(session, now)
    token = form_token(request.cookies[cookie_name(desk)])
    if request.method == "POST" and not hmac.compare_digest(sent.get(OF_SESSION, [""])[0], token):
        _keep(desk, session, request, sent, now)
        raise SentAgain(request.url.path)
    visit = Visit(desk, request, now, viewer, session, token, sent=sent)
    request.state.visit = visit  # so that a page which is refused is still theirs, with its menu
    return _in_scope(visit, need) if need.of_child else _by_role(visit, need)


def signed_in(desk: Desk, request: Request, now: datetime) -> tuple[Session | None, Viewer | None]:
    """The session that a request comes with, if any, and whose it is unless it is over."""
    cookie = request.cookies.get(cookie_name(desk), "")
    session = desk.sessions.find(cookie) if cookie else None
    over = session is None or desk.lifetime.over(session, now)
    return session, None if session is None or over else desk.viewer(session, now)


def _by_role(visit: Visit, need: Need) -> Visit:
    if not is_met(need, visit.viewer):
        raise NotTheirs(need.value)
    return visit


def _in_scope(visit: Visit, need: Need) -> Visit:
    """The visit with its child. Every asking is logged, also for a child that is not there."""
    child = visit.request.path_params["child"]
    if not re.fullmatch(CHILD_REF, child):
        raise NotHere
    page = visit.request.scope["route"].path
    try:
        found = visit.desk.find(visit.viewer, child, visit.now)
    except Unreadable:
        visit.desk.views.write(visit.now, visit.viewer.key, child, page, None, allowed=False)
        raise
    kind = visit.request.path_params.get("kind", "")
    allowed = found is not None and is_met(need, visit.viewer, found.relations, kind)
    by = strongest(found.relations) if found else None
    visit.desk.views.write(visit.now, visit.viewer.key, child, page, by, allowed=allowed)
    if found is None:
        raise NotHere
    if not allowed:
        raise NotTheirs(need.value)
    return replace(visit, scope=found)


def _keep(desk: Desk, session: Session, request: Request, sent: Fields, now: datetime) -> bool:
    """Keep what was typed for whoever the session was of; whether there was anything: a mere button types nothing."""
    return ONCE in sent and desk.drafts.keep(session.person, request.url.path, sent, now)


async def _sent(request: Request) -> Fields:
    """What a form was sent with. Raises RequestRefused."""
    gate = request.app.state.gate
    assert isinstance(gate, Doorkeeper)
    body = (await gate.body(request)).decode("utf-8", "replace")
    try:
        sent = parse_qs(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:  # said before anybody is asked who they are: on 29 November 2026 it was an error of ours
        raise RequestRefused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"accepted: up to {MOST_FIELDS:,} fields; nothing was taken"
        ) from None
    return {name: [typed(value) for value in values] for name, values in sent.items()}


def _from_our_pages(request: Request) -> None:
    """Refuse what a page of another site sends. Browsers say where it comes from; what says nothing has no session."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        ours = site == "same-origin"
    else:
        origin = request.headers.get("origin")
        names = (request.headers.get("host"), urlsplit(desk_of(request).url or "").netloc)  # a proxy may change it
        ours = origin is None or urlsplit(origin).netloc in names
    if not ours:
        raise NotTheirs("pages of this address only: the form was sent by another")


def is_ours(back: str) -> bool:
    """Whether somebody may be sent on to a place: a page of the desk, by its path alone."""
    return back.startswith(f"{AT}/") and not any(one in back for one in ("\\", "//", "\r", "\n"))
