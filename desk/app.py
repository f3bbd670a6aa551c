"""The desk as a part of the intake's service, at the same address below /desk."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from delivery.directory import DirectoryRefused
from delivery.links import path_of_step
from desk import (
    about,
    assets,
    child,
    correcting,
    finding,
    handing_over,
    my_children,
    opening,
    oversight,
    recorded,
    recording,
    report,
    restrictions,
    service_state,
    signing_in,
    source,
    team,
    timeline,
    why,
)
from desk.desk import AT, Desk
from desk.refusing import NotHere, NotTheirs, SentAgain, SignInFirst
from desk.rendering import render, sentence, to
from desk.ways_in import LINKS_ALONE, WaysIn
from intake.app import Part
from record.failures import RecordUnavailable, Unreadable

PAGES: Final = (
    assets.pages,
    signing_in.pages,
    my_children.pages,
    team.pages,
    handing_over.pages,
    oversight.pages,
    report.pages,
    source.pages,
    service_state.pages,
    finding.pages,
    child.pages,
    timeline.pages,
    why.pages,
    recording.pages,
    recorded.pages,
    correcting.pages,
    restrictions.pages,
    about.pages,
)
"""Every file of pages. A new one is added here."""


def desk(ways: WaysIn = LINKS_ALONE) -> Part:
    """The desk, to be served beside the intake; `ways` are open beside a provider."""

    def add(app: FastAPI) -> None:
        for short in ("/", AT):  # ours, since a proxy may change our name
            app.add_api_route(short, lambda: to(f"{AT}/"), include_in_schema=False)
        app.state.reception.page_of_step = path_of_step
        made_of = Desk(app.state.reach, app.state.reception, ways)
        app.include_router(opening.opening(made_of, app.state.gate, to_all=bool(ways.personas)))
        app.mount(AT, create_desk(made_of, app))

    return add


def create_desk(made_of: Desk, beside: FastAPI) -> FastAPI:
    """The application of the desk."""
    app = FastAPI(title="permanence desk", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.desk, app.state.gate = made_of, beside.state.gate
    for pages in PAGES:
        app.include_router(pages.router)
    for error, answer in ANSWERS.items():
        app.add_exception_handler(error, answer)
    return app


# What is answered where a page is not shown


def _sign_in_first(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInFirst)
    asked = {"back": error.back} | ({"kept": "1"} if error.kept else {})
    return to(f"{AT}/sign-in?{urlencode(asked)}")


def _sent_again(_request: Request, error: Exception) -> Response:
    assert isinstance(error, SentAgain)
    return to(error.back)


def _not_here(request: Request, _error: Exception) -> Response:
    return _instead(request, HTTPStatus.NOT_FOUND, "Not found", [*_nothing_taken(request), *NOT_HERE])


def _not_theirs(request: Request, error: Exception) -> Response:
    said = f"This page is for {str(error).partition(';')[0]}."
    return _instead(request, HTTPStatus.FORBIDDEN, "This page is for others", [said, *_nothing_taken(request)])


def _nothing_taken(request: Request) -> list[str]:
    """Of a form that was sent: whoever is sent away, since the child is no longer theirs, wonders what became of it."""
    return ["Nothing was recorded."] if request.method == "POST" else []


def _refused(request: Request, error: Exception) -> Response:
    """What the framework or the doorkeeper refuses: an address without a page, a body that is too large."""
    assert isinstance(error, HTTPException)
    if error.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        return _not_here(request, error)
    said = f"{sentence(error.detail)}."
    return _instead(request, HTTPStatus(error.status_code), "This could not be taken", [said])


def _unavailable(request: Request, _error: Exception) -> Response:
    return _instead(request, HTTPStatus.SERVICE_UNAVAILABLE, "Sorry, the desk cannot be used just now", DOWN)


def _unreadable(request: Request, _error: Exception) -> Response:
    said = [*_nothing_taken(request), *UNREAD]
    return _instead(request, HTTPStatus.SERVICE_UNAVAILABLE, "Sorry, this child cannot be shown just now", said)


def _without_directory(request: Request, _error: Exception) -> Response:
    said = "The directory of people cannot be read. `permanence people` tells whoever runs the service what is wrong."
    return _instead(request, HTTPStatus.SERVICE_UNAVAILABLE, "Sorry, the desk cannot be used just now", [said])


def _unexpected(request: Request, _error: Exception) -> Response:
    """The framework logs the traceback; an error's own text may hold what nobody may read."""
    return _instead(request, HTTPStatus.INTERNAL_SERVER_ERROR, "Sorry, something went wrong", OURS)


def _instead(request: Request, status: HTTPStatus, title: str, paragraphs: list[str]) -> Response:
    visit = getattr(request.state, "visit", None)
    viewer = visit.viewer if visit else None
    facts: dict[str, object] = {"paragraphs": paragraphs}
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):  # where the record and the directory can be read
        facts["visit"] = visit
    return render(request, "instead.html", title, viewer, status, facts)


NOT_HERE: Final = [
    "There is no such page, or no child with this reference among those you may see.",
    "If you typed the reference, check it. If you should see this child, ask your manager who is allocated.",
]
UNREAD: Final = [
    "The case record of this child cannot be read. Every other child's can.",
    "Tell whoever runs the service, with the child's reference: they see on their page Service what to do.",
]
DOWN: Final = [
    "The case record cannot be reached. Nothing was taken; try again in a few minutes.",
    "What you had typed is still in the form: go back to it.",
]
OURS: Final = [
    "It is our mistake, and the log has it. Nothing was taken.",
    "Try again, or tell whoever runs the service.",
]
ANSWERS: Final[dict[type[Exception], Callable[[Request, Exception], Response]]] = {
    SignInFirst: _sign_in_first,
    SentAgain: _sent_again,
    NotHere: _not_here,
    NotTheirs: _not_theirs,
    HTTPException: _refused,
    RecordUnavailable: _unavailable,
    Unreadable: _unreadable,
    DirectoryRefused: _without_directory,
    Exception: _unexpected,
}
