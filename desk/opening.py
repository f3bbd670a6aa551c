"""What Temporal keeps sealed, opened for its own UI by the protocol of codec servers, for who runs the service.

The browser of somebody who looks at the UI asks here, with the session of the desk. Without one the UI shows nothing.
"""

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, Literal
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, Request, Response
from google.protobuf import json_format
from temporalio.api.common.v1 import Payloads
from temporalio.service import RPCError

from desk.admission import signed_in
from desk.desk import Desk
from desk.needs import Need, is_met
from intake.access import Doorkeeper
from service.payload_keys import KeyMissing

PATH: Final = "/codec"
"""What the UI is told; it adds `/decode`, and `/encode` for what somebody sends from it."""

HEADERS: Final = "content-type, x-namespace"

log: structlog.stdlib.BoundLogger = structlog.get_logger("opening")


def opening(desk: Desk, gate: Doorkeeper, *, to_all: bool = False) -> APIRouter:
    """The opener. `to_all`: without signing in, for synthetic children on this machine."""
    router = APIRouter(include_in_schema=False)

    @router.options(f"{PATH}/{{way}}")
    async def may_ask(request: Request) -> Response:
        return _answer(desk, request, HTTPStatus.NO_CONTENT)

    @router.post(f"{PATH}/{{way}}")
    async def decode_or_encode(request: Request, way: Literal["decode", "encode"]) -> Response:
        who = "anybody" if to_all else await asyncio.to_thread(_operator, desk, request)
        if who is None:
            return _answer(desk, request, HTTPStatus.UNAUTHORIZED, "sign in to the desk first, as an operator")
        if not _may_read(desk, request):  # nothing is opened for it: the log would name who has the session
            return _answer(desk, request, HTTPStatus.FORBIDDEN, "Temporal's UI only: another page asked")
        try:
            sent = json_format.Parse(await gate.body(request), Payloads())
        except (json_format.ParseError, UnicodeDecodeError):
            return _answer(desk, request, HTTPStatus.BAD_REQUEST, "accepted: payloads, as Temporal's UI sends them")
        codec = desk.reach.client.data_converter.payload_codec
        if codec is None:
            return _answer(desk, request, HTTPStatus.NOT_FOUND, "nothing is sealed here")
        try:
            done = await (codec.decode if way == "decode" else codec.encode)(sent.payloads)
        except KeyMissing as gone:
            return _answer(desk, request, HTTPStatus.SERVICE_UNAVAILABLE, str(gone))
        except RPCError:
            return _answer(desk, request, HTTPStatus.SERVICE_UNAVAILABLE, "the Temporal server gives no answer")
        log.info("payloads_opened" if way == "decode" else "payloads_sealed", by=who, number=len(done))
        return _answer(desk, request, HTTPStatus.OK, json_format.MessageToJson(Payloads(payloads=done)))

    return router


def _operator(desk: Desk, request: Request) -> str | None:
    """Who asks, if they are signed in and run the service."""
    now = datetime.now(UTC)
    _, viewer = signed_in(desk, request, now)
    return viewer.key if viewer and is_met(Need.OPERATOR, viewer) else None


def _answer(desk: Desk, request: Request, status: HTTPStatus, text: str = "") -> Response:
    """An answer that the browser lets the UI read, and no other page."""
    headers = {"Vary": "Origin"}
    origin = request.headers.get("origin")
    if origin is not None and _may_read(desk, request):
        headers |= {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Allow-Headers": HEADERS,
        }
    kind = "application/json" if status is HTTPStatus.OK else "text/plain"
    return Response(text, status, headers, kind)


def _may_read(desk: Desk, request: Request) -> bool:
    """Whether it is Temporal's UI that asks, or no page at all: browsers say which page does."""
    origin = request.headers.get("origin")
    return origin is None or origin == _origin_of(desk.reach.settings.delivery.ui_url)


def _origin_of(url: str | None) -> str | None:
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else None
