"""Signing in and out: by the provider, by a one-time link, or in the demo by choosing whom to be."""

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from fastapi import Request, Response

from desk.admission import cookie_name, desk_of, is_ours
from desk.desk import AT, Desk
from desk.needs import Need
from desk.pages import Pages
from desk.provider import SIGNING_SECONDS, Identity, ProviderFailed
from desk.refusing import NotHere, NotTheirs
from desk.rendering import first_page, render, to
from desk.sessions import How
from desk.visits import Visited
from desk.ways_in import from_this_machine
from domain.case.calendar import local_date

HOME: Final = f"{AT}/"
SIGNING: Final = "desk-signing-in"
"""The cookie from leaving for the provider to coming back."""
HERE_ONLY: Final = "a browser on the machine that runs the service"

pages = Pages()


@pages.show("/", Need.SESSION)
def home(visit: Visited) -> Response:
    """Where somebody begins."""
    return to(first_page(visit.viewer))


@pages.show("/sign-in", Need.NOTHING)
def show_ways_in(request: Request, back: str = HOME, kept: bool = False) -> Response:
    """The ways in that are open here."""
    desk = desk_of(request)
    near = from_this_machine(request, desk.url)
    facts = {
        "back": back if is_ours(back) else HOME,
        "kept": kept,
        "provider": desk.provider is not None and desk.reachable_safely,
        "personas": desk.ways.personas if near else (),
        "links": near and _links_are_open(desk),
    }
    return render(request, "sign_in.html", "Sign in", facts=facts)


@pages.show("/sign-in/leave", Need.NOTHING)
async def leave(request: Request, back: str = HOME) -> Response:
    """To the provider."""
    desk = desk_of(request)
    if desk.provider is None or not desk.reachable_safely:
        raise NotHere
    try:
        leaving = await desk.provider.leave(back if is_ours(back) else HOME)
    except ProviderFailed as failed:
        return _failed(request, str(failed))
    answer = to(leaving.url)
    answer.set_cookie(
        SIGNING, leaving.cookie, SIGNING_SECONDS, path=AT, secure=desk.secure, httponly=True, samesite="lax"
    )
    return answer


@pages.show("/signed-in", Need.NOTHING)
async def come_back(request: Request, code: str = "", state: str = "") -> Response:
    """From the provider: whoever it let in, if the directory has them."""
    desk = desk_of(request)
    if desk.provider is None or not desk.reachable_safely:
        raise NotHere
    if not code:
        return _failed(request, "the provider did not let you in")
    try:
        identity, back = await desk.provider.come_back(request.cookies.get(SIGNING, ""), code, state)
    except ProviderFailed as failed:
        return _failed(request, str(failed))
    answer = await asyncio.to_thread(_known, desk, request, identity, back)
    answer.delete_cookie(SIGNING, path=AT, secure=desk.secure, httponly=True, samesite="lax")
    return answer


def _known(desk: Desk, request: Request, identity: Identity, back: str) -> Response:
    key = desk.directory.by_sign_in(identity.person)
    entry = desk.directory.people.get(key or "")
    if key is None or entry is None or (entry.left and entry.left <= local_date(datetime.now(UTC))):
        facts = {"subject": identity.person}
        return render(request, "unknown.html", "You are not known here yet", None, HTTPStatus.FORBIDDEN, facts)
    return _begin(desk, request, "provider", f"{identity.issuer} {identity.subject}", key, back, identity.roles)


@pages.show("/enter/{token}", Need.NOTHING)
def show_entering(request: Request, token: str) -> Response:
    """A button: opening a link changes nothing."""
    _link(request, token)
    return render(request, "enter.html", "Come in")


@pages.take("/enter/{token}", Need.NOTHING)
def enter(request: Request, token: str) -> Response:
    """In by a one-time link."""
    desk, person = desk_of(request), _link(request, token)
    return _begin(desk, request, "link", "link", person, HOME, _roles(person), entry=token)


@pages.take("/be", Need.NOTHING)
def be_somebody(request: Request) -> Response:
    """In as one of the demo's people."""
    desk = desk_of(request)
    if not from_this_machine(request, desk.url):
        raise NotTheirs(HERE_ONLY)
    sent = request.state.sent
    person, back = sent.get("person", [""])[0], sent.get("back", [HOME])[0]
    if person not in {persona.key for persona in desk.ways.personas}:
        raise NotHere
    return _begin(desk, request, "demo", "demo", person, back if is_ours(back) else HOME, _roles(person))


@pages.take("/sign-out", Need.SESSION)
def sign_out(visit: Visited) -> Response:
    """Out: the session is over, whoever has its cookie. The cookie stays, so that an old tab's form is not lost."""
    visit.desk.sessions.end("signed out", visit.now, number=visit.session.number)
    return to(f"{AT}/signed-out")


@pages.show("/signed-out", Need.NOTHING)
def show_signed_out(request: Request) -> Response:
    """That it is so."""
    facts = {"paragraphs": ["Close the browser if others use this machine."], "again": True}
    return render(request, "instead.html", "You have signed out", facts=facts)


def _link(request: Request, token: str) -> str:
    """Whom a one-time link lets in. They are for this machine, and for installations without a provider."""
    desk = desk_of(request)
    if not _links_are_open(desk) or not from_this_machine(request, desk.url):
        raise NotTheirs(HERE_ONLY)
    person = desk.one_time_links.read(token)
    if person is None:
        raise NotHere
    return person


def _links_are_open(desk: Desk) -> bool:
    return desk.ways.links and not desk.settings.issuer


def _roles(person: str) -> tuple[str, ...]:
    return ("operator",) if person == "operator" else ()


def _begin(
    desk: Desk,
    request: Request,
    how: How,
    subject: str,
    person: str,
    back: str,
    roles: tuple[str, ...],
    entry: str | None = None,
) -> Response:
    """A session begins; one that the browser had before is over."""
    now, name = datetime.now(UTC), cookie_name(desk)
    before = desk.sessions.find(request.cookies.get(name, "")) if name in request.cookies else None
    if before and before.ended is None:
        desk.sessions.end("signed in again", now, number=before.number)
    cookie = desk.sessions.begin(how, subject, person, roles, now, entry)
    if cookie is None:
        return _failed(request, "this link has been used; `permanence desk link` makes another")
    answer = to(back)
    answer.set_cookie(name, cookie, path="/", secure=desk.secure, httponly=True, samesite="lax")
    return answer


def _failed(request: Request, why: str) -> Response:
    facts = {"paragraphs": [f"{why[:1].upper()}{why[1:]}."], "again": True}
    return render(request, "instead.html", "You are not signed in", None, HTTPStatus.FORBIDDEN, facts)
