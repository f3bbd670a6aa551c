"""`POST /events`: what happened to children, taken from a case system. `GET /inbox`: what became of it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from intake import described
from intake.access import Doorkeeper, needs
from intake.bodies import read_message
from intake.credentials import Caller
from intake.inbox import InboxState, Item
from intake.metrics import Metrics
from intake.problems import RequestRefused
from intake.problems import described as errors
from intake.reach import Reach, Reached
from record.failures import EntryRefused, RecordUnavailable

router = APIRouter(tags=["events"])
KNOWN: Final = ("taken", "known")
NOT_DELIVERED_YET: Final = "stored; its journey cannot be reached just now and will be told"
CALLER_ERRORS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)


class ChildResult(BaseModel):
    """What one child's journey made of an event."""

    child: str = Field(examples=["CLA-1001"])
    outcome: InboxState
    reason: str | None = None


class EventResult(BaseModel):
    """What happened to one event, in the order in which they were sent."""

    number: int = Field(description="of its row in the inbox")
    id: str | None = Field(description="the event's own, if it could be read", examples=["a1"])
    child: str | None = Field(examples=["CLA-1001"])
    outcome: InboxState = Field(
        description="taken; known: the journey had it already; received: stored, its journey is told as soon as it can "
        "be reached; pending: stored, there is no journey yet; rejected: kept and shown, never applied"
    )
    corrects: str | None = Field(
        default=None, description="the event that it stands in for: void from when this one is taken, and not before"
    )
    reasons: list[str] = Field(default_factory=list, description="why it is rejected, or waits")
    again: bool = Field(default=False, description="the same event had been stored before")
    children: list[ChildResult] = Field(default_factory=list, description="where it is for several children, each")


class Results(BaseModel):
    """What happened to each event of a request. All of them are stored."""

    results: list[EventResult]


@router.post(
    "/events",
    status_code=HTTPStatus.ACCEPTED,
    summary="Take events",
    response_model=Results,
    openapi_extra=described.REQUEST,
    responses=errors(
        HTTPStatus.BAD_REQUEST,
        *CALLER_ERRORS,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)
async def take_events(
    request: Request, reach: Reached, caller: Annotated[Caller, Depends(needs("events:write"))]
) -> Results:
    """Store events, then tell the journeys that they are for; 202 with what happened to each.

    Events for one child that come in one request become known together. The same event may be sent any number of
    times: it is known by its `id`, and applied once. Anything but 202 means that nothing was taken.
    """
    gate, metrics = request.app.state.gate, request.app.state.metrics
    assert isinstance(gate, Doorkeeper)
    assert isinstance(metrics, Metrics)
    body = await gate.body(request)
    arrivals = read_message(request.headers, body, caller.name, reach.settings.intake.max_events)
    try:
        stored = await asyncio.to_thread(lambda: reach.inbox().store(arrivals, datetime.now(UTC)))
    except EntryRefused as refused:
        raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, f"nothing was taken: {refused}") from None
    results = await _answer(reach, stored, caller.name)
    metrics.count(result.outcome for result in results)
    return Results(results=results)


async def _answer(reach: Reach, stored: Sequence[tuple[int, bool]], sender: str) -> list[EventResult]:
    """What happened to stored events, once the journeys have had a while to take them."""
    numbers = [number for number, _ in stored]
    try:
        items = await asyncio.to_thread(lambda: reach.inbox().items(numbers))
        children = {d.child for item in items.values() for d in item.deliveries if d.state == "received"}
        await reach.deliverer.deliver_soon(children, timedelta(seconds=reach.settings.intake.answer_seconds), sender)
        items = await asyncio.to_thread(lambda: reach.inbox().items(numbers))
    except RecordUnavailable:  # the database went after it had stored them: they are there
        return [
            EventResult(number=number, id=None, child=None, outcome="received", again=again) for number, again in stored
        ]
    known = {d.child for number, again in stored if again for d in items[number].deliveries if d.state in KNOWN}
    runs = not known or await reach.keep_running(known)
    return [_result(items[number], again, runs=runs) for number, again in stored]


def _result(item: Item, again: bool, *, runs: bool) -> EventResult:
    """What an event is called. It is known only where its journey runs or has ended, as far as can be told."""
    outcome: InboxState = "known" if again and item.state == "taken" else item.state
    if again and outcome == "known" and not runs:
        outcome = "received"
    several = len(item.deliveries) > 1
    return EventResult(
        number=item.number,
        id=item.event_id,
        child=item.child,
        outcome=outcome,
        corrects=item.corrects,
        reasons=item.reasons or ([NOT_DELIVERED_YET] if outcome == "received" else []),
        again=again,
        children=[ChildResult(child=d.child, outcome=d.state, reason=d.reason) for d in item.deliveries if several],
    )


class ListedEvent(BaseModel):
    """A row of the inbox, without the event's own content."""

    number: int
    id: str | None
    type: str | None
    child: str | None
    state: InboxState
    reasons: list[str]
    received_at: datetime
    credential: str
    amends: int | None


class ListedEvents(BaseModel):
    """Rows of the inbox in order of arrival."""

    rows: list[ListedEvent]


@router.get(
    "/inbox",
    summary="What waits or was rejected",
    responses=errors(*CALLER_ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
    dependencies=[Depends(needs("inbox:read"))],
)
def list_inbox(
    reach: Reached,
    state: Annotated[
        list[InboxState] | None, Query(description="only these; absent: what is not with its journey")
    ] = None,
    child: Annotated[str | None, Query(description="only this child's", pattern=r"^[A-Za-z0-9._-]{1,64}$")] = None,
) -> ListedEvents:
    """Events that are on their way, wait for a journey, or were rejected, with the reasons."""
    items = reach.inbox().listed(state or ["received", "pending", "rejected"], child)
    return ListedEvents(rows=[_row(item) for item in items])


def _row(item: Item) -> ListedEvent:
    return ListedEvent(
        number=item.number,
        id=item.event_id,
        type=item.type,
        child=item.child,
        state=item.state,
        reasons=item.reasons,
        received_at=item.received_at,
        credential=item.credential,
        amends=item.amends,
    )
