"""Who calls a route, whether they may, and how often."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import limits
import structlog
from fastapi import Request
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import ClientDisconnect

from intake.credentials import Caller, Credentials, CredentialsUnreadable, Role
from intake.problems import RequestRefused
from intake.strangers import Shown, Strangers

SIGNED: Final = "webhook-signature"
log: structlog.stdlib.BoundLogger = structlog.get_logger("intake")


class Doorkeeper:
    """Lets callers in by their credentials, so many times in a while. The count is this process's own."""

    def __init__(
        self, credentials: Credentials, strangers: Strangers, rate: str, body_seconds: float, max_body: int
    ) -> None:
        self.credentials = credentials
        self.strangers = strangers
        self._body_seconds = body_seconds
        self._max_body = max_body
        self._rate = limits.parse(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def admit(self, request: Request, role: Role | None) -> Caller:
        """Who calls. Raises RequestRefused (401, 403, 408, 429, 503)."""
        caller = await self._caller(request)
        request.state.caller = caller.name
        if role is not None and role not in caller.roles:
            raise RequestRefused(
                HTTPStatus.FORBIDDEN, f"the credential {caller.name} lacks the role {role}, which this needs"
            )
        if not self._limiter.hit(self._rate, caller.name):
            again = self._limiter.get_window_stats(self._rate, caller.name).reset_time - time.time()
            raise RequestRefused(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"more than {self._rate}; nothing was taken, send it again later",
                {"Retry-After": str(max(1, math.ceil(again)))},
            )
        return caller

    async def body(self, request: Request) -> bytes:
        """The whole body, which is read once. Raises RequestRefused (400, 408, 413)."""
        if not hasattr(request.state, "body"):
            try:
                async with asyncio.timeout(self._body_seconds):
                    request.state.body = await self._read(request)
            except TimeoutError:
                raise RequestRefused(
                    HTTPStatus.REQUEST_TIMEOUT,
                    f"the body took longer than {self._body_seconds:g} seconds; nothing was taken",
                    {"Connection": "close"},  # what is left of it is not read
                ) from None
            except ClientDisconnect:
                raise RequestRefused(HTTPStatus.BAD_REQUEST, "the body was cut off; nothing was taken") from None
        body = request.state.body
        assert isinstance(body, bytes)
        return body

    async def _read(self, request: Request) -> bytes:
        """The body. One that is too large is read and dropped: most callers hear nothing before they have sent all."""
        body, size = bytearray(), 0
        async for part in request.stream():
            size += len(part)
            if size <= self._max_body:
                body += part
        if size > self._max_body:
            raise RequestRefused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"accepted: up to {self._max_body} bytes; send fewer events in one request",
            )
        return bytes(body)

    async def _caller(self, request: Request) -> Caller:
        try:
            caller = await self._shown(request)
            none_yet = caller is None and not self.credentials.known()
        except CredentialsUnreadable as unreadable:
            log.error("credentials_unreadable", error=str(unreadable))
            raise RequestRefused(
                HTTPStatus.SERVICE_UNAVAILABLE, "who may call cannot be read just now; the log says why"
            ) from None
        if caller is None:
            self.strangers.turn_away(request, _shown_by(request))
            raise RequestRefused(HTTPStatus.UNAUTHORIZED, _refusal(request, none_yet), {"WWW-Authenticate": "Bearer"})
        return caller

    async def _shown(self, request: Request) -> Caller | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.credentials.by_token(token.strip())
        if SIGNED in request.headers:
            return self.credentials.by_signature(await self.body(request), request.headers)
        return None


def needs(role: Role | None) -> Callable[[Request], Awaitable[Caller]]:
    """A dependency of routes that only callers with a role may use; with None, every known caller."""

    async def caller(request: Request) -> Caller:
        return await gate_of(request).admit(request, role)

    return caller


def gate_of(request: Request) -> Doorkeeper:
    """The doorkeeper of the application that is asked."""
    gate = request.app.state.gate
    assert isinstance(gate, Doorkeeper)
    return gate


def _shown_by(request: Request) -> Shown:
    if SIGNED in request.headers:
        return "signature"
    return "token" if "authorization" in request.headers else "nothing"


def _refusal(request: Request, none_yet: bool) -> str:
    """What is wrong with a request that nobody signed, without telling which part of a credential was right."""
    if none_yet:
        return "no credential exists here yet: `permanence intake new-credential NAME` makes one"
    if SIGNED in request.headers:
        return "no secret here made this signature for this body, or not within the last 5 minutes"
    if "authorization" in request.headers:
        return "the token is not known; accepted: Authorization: Bearer TOKEN"
    return "no credential was shown; accepted: Authorization: Bearer TOKEN, or a Standard Webhooks signature"
