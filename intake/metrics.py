"""What is counted, for Prometheus. No child, no event and no credential is a label."""

import asyncio
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from intake.access import needs
from intake.problems import described
from intake.reach import Reached
from intake.readiness import NEEDED
from intake.strangers import Shown

STATES: Final = ("received", "pending", "rejected", "taken", "known")
router = APIRouter(tags=["metrics"])


class Metrics:
    """The counters of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._events = Counter(
            "permanence_intake_events", "Events answered, by outcome", ["outcome"], registry=self.registry
        )
        self._requests = Histogram(
            "permanence_intake_request_seconds",
            "Time to answer, by route and status",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._turned_away = Counter(
            "permanence_intake_authentication_failures",
            "Wrong or missing credentials and links, by what was shown, and whether the caller was told to wait",
            ["shown", "slowed"],
            registry=self.registry,
        )
        self._dropped = Counter(
            "permanence_intake_connections_dropped",
            "Connections closed because their caller took too long, by what was waited for",
            ["waited_for"],
            registry=self.registry,
        )
        self._depth = Gauge(
            "permanence_inbox_deliveries", "Deliveries in the inbox, by state", ["state"], registry=self.registry
        )
        self._age = Gauge(
            "permanence_inbox_oldest_seconds",
            "Age of the oldest event on its way to a journey; 0 if none is",
            registry=self.registry,
        )
        self._ready = Gauge(
            "permanence_intake_ready",
            "1 while what is needed can be used, as /readyz",
            ["what"],
            registry=self.registry,
        )

    def count(self, outcomes: Iterable[str]) -> None:
        """Count events by what happened to them."""
        for outcome in outcomes:
            self._events.labels(outcome).inc()

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def turned_away(self, shown: Shown, slowed: bool) -> None:
        """Count somebody who was not let in."""
        self._turned_away.labels(shown, "yes" if slowed else "no").inc()

    def dropped(self, waited_for: str) -> None:
        """Count a connection that was closed because its caller took too long."""
        self._dropped.labels(waited_for).inc()

    def inbox(self, by_state: dict[str, int], oldest: datetime | None) -> None:
        """Say how full the inbox is."""
        for state in STATES:
            self._depth.labels(state).set(by_state.get(state, 0))
        self._age.set((datetime.now(UTC) - oldest).total_seconds() if oldest else 0)

    def ready(self, problems: Collection[str]) -> None:
        """Say what of `NEEDED` can be used."""
        for what in NEEDED:
            self._ready.labels(what).set(what not in problems)


@router.get(
    "/metrics",
    summary="Counts for Prometheus",
    response_class=Response,
    responses={
        **described(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS),
        **described(HTTPStatus.SERVICE_UNAVAILABLE),
        HTTPStatus.OK.value: {"content": {"text/plain": {"schema": {"type": "string"}}}},
    },
    dependencies=[Depends(needs("metrics:read"))],
)
async def metrics(request: Request, reach: Reached) -> Response:
    """Requests, events by outcome, how full and how old the inbox is, and whether what is needed can be used."""
    counted = request.app.state.metrics
    assert isinstance(counted, Metrics)
    counted.ready(await reach.readiness.problems())
    counted.inbox(*await asyncio.to_thread(lambda: reach.inbox().depth()))
    return Response(generate_latest(counted.registry), media_type=CONTENT_TYPE_LATEST)
