"""People's and teams' calendars, as calendar programs fetch them: let in by the signed token in the path alone."""

import hashlib
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response

from delivery.directory import DirectoryRefused
from delivery.tokens import LinkNotOurs, LinkRefused
from intake.access import gate_of
from intake.problems import RequestRefused
from intake.reception import NO_CALENDAR, AtReception

router = APIRouter(include_in_schema=False)
CALENDAR_MINUTES: Final = 15
"""For which a client need not ask again (ours)."""


@router.api_route("/calendar/{token}.ics", methods=["GET", "HEAD"])
def calendar(token: str, reception: AtReception, request: Request) -> Response:
    """A person's or team's calendar; 304 where nothing has changed."""
    try:
        feed = reception.calendar(token)
    except LinkNotOurs:
        gate_of(request).strangers.turn_away(request, "link")
        raise RequestRefused(HTTPStatus.NOT_FOUND, NO_CALENDAR) from None
    except (LinkRefused, DirectoryRefused):
        raise RequestRefused(HTTPStatus.NOT_FOUND, NO_CALENDAR) from None
    tag = f'"{hashlib.sha256(feed).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": f"private, max-age={CALENDAR_MINUTES * 60}", "X-Robots-Tag": "noindex"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(feed, media_type="text/calendar; charset=utf-8", headers=headers)
