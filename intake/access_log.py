"""One line and one measurement for each request: the route, never the path, the query or a body."""

import time
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from intake.metrics import Metrics

UNKNOWN: Final = "unknown"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
log: structlog.stdlib.BoundLogger = structlog.get_logger("intake")


class AccessLog:
    """Logs and measures every request around it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request and say how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = UNKNOWN if scope.get("route") is None else f"{scope.get('root_path', '')}{scope['route'].path}"
        method = scope["method"] if scope["method"] in METHODS else UNKNOWN
        self._metrics.observe(method, route, status, seconds)
        log.info(
            "request",
            method=method,
            route=route,
            status=status,
            milliseconds=round(seconds * 1000),
            credential=scope.get("state", {}).get("caller"),
        )
