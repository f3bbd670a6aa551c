"""Sending events to journeys: started if there is none, or the last has ended."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from temporalio.client import (
    Client,
    RPCTimeoutOrCancelledError,
    WithStartWorkflowOperation,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from domain.case import events as ev
from domain.case.children import children_of, taken_back_by
from domain.case.documents import document_of, parse_event
from domain.clocks.even_load import SPREAD_OVER
from domain.limits import parts
from domain.policy.loading import PolicyRefused
from domain.study.simulation import EventLine, by_child
from journeys.no_journey import not_just_now
from journeys.starting import summary
from workflows.child_journey import ChildJourney
from workflows.protocol import (
    HOW_TO,
    RECORD_EVENTS,
    REFUSED,
    TASK_QUEUE,
    Answer,
    JourneyOptions,
    RefusedEvent,
    workflow_id,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a batch sent to one child's journey: an answer, or the reason it was refused.

    A refused batch changes nothing; `refused` names the events for whose sake, where the journey could tell.
    """

    child: str
    answer: Answer | None = None
    refusal: str | None = None
    refused: tuple[RefusedEvent, ...] = ()


class NotTaken(RuntimeError):
    """There was no answer: the events may have been taken, or be taken yet. Sending them again is safe."""


class CannotTake(NotTaken):
    """Nor can there be one just now, of this journey alone: the text says why, and what mends it."""


@dataclass(frozen=True, slots=True)
class Load:
    """Histories that are sent together. What their journeys tell first goes in one summary for each person.

    `quiet_until`: nothing is told before this instant by the journeys that the load starts. `piecemeal`: what a
    journey refuses is left out and the rest sent again, so that an ending gets through whatever else is wrong.
    """

    name: str
    quiet_until: datetime | None = None
    piecemeal: bool = False


def options_of(policy: str | None, load: Load | None) -> JourneyOptions:
    """How the service starts a journey."""
    options = JourneyOptions(policy=policy, spread=SPREAD_OVER)
    if load is None:
        return options
    return options.model_copy(update={"load": load.name, "quiet_until": load.quiet_until})


ANSWER_WITHIN: Final = timedelta(minutes=1)
"""For a journey to answer (ours: it takes well under a second, on a busy machine ten; without a worker, for ever)."""

POLICY_BACK: Final = (
    "Its journey cannot go on without: put the policy's file into the service's folder (PERMANENCE_POLICIES) and start "
    "the service again, since workers read policy files when they start."
)

AGAIN: Final = "Send them again: a journey knows by their ids which events it has, and takes none twice."

PARTS_TAKE: Final = timedelta(minutes=5)
"""For all parts of a long history to arrive (ours: each takes a second, the load of a whole council some minutes)."""


def in_parts(load: Load) -> Load:
    """The load, under which a journey that begins with a part tells nothing before the others are there too."""
    soon = datetime.now(UTC) + PARTS_TAKE
    return replace(load, quiet_until=max(load.quiet_until or soon, soon))


async def addressed(client: Client, lines: Sequence[EventLine]) -> dict[str, list[ev.Event]]:
    """Events by the children they concern. Of what takes an event back the journey that has that event knows them.

    With a joint meeting goes what its journey was told before that takes it back. Raises NoService where that journey
    cannot be read: a sibling would be forgotten.
    """
    own_events = {child: [line.event for line in own] for child, own in by_child(lines).items()}
    sent = {line.event.id for line in lines}
    for event in (line.event for line in lines):
        for name in set(taken_back_by(event)) - sent:
            for child in await _children_of(client, event.child, name):
                _add(own_events, child, event)
    await _add_known_before(client, own_events)
    return own_events


def _add(own_events: dict[str, list[ev.Event]], child: str, event: ev.Event) -> None:
    if event not in own_events.setdefault(child, []):
        own_events[child].append(event)


async def _add_known_before(client: Client, own_events: dict[str, list[ev.Event]]) -> None:
    """Add what a journey was told of an event before it came, to those of the event's children who were not told."""
    # Voided on the 9th by a file of its own, and the meeting sent on the 12th: the brother was to hear of both.
    going: dict[str, dict[str, set[str]]] = {}
    for child, own in own_events.items():
        for event in own:
            going.setdefault(event.child, {}).setdefault(event.id, set()).add(child)
    for child, to in sorted(going.items()):
        joint = {name: children for name, children in to.items() if len(children) > 1}
        known = await _known_of(client, child) if joint else []
        for name, children in joint.items():
            for earlier in _taking_back(name, known):
                for other in (children | children_of(earlier)) - {child}:
                    _add(own_events, other, earlier)


def _taking_back(name: str, known: Sequence[ev.Event]) -> list[ev.Event]:
    """What takes the event of an id back, and what takes that back in turn."""
    named: dict[str, list[ev.Event]] = {}
    for event in known:
        for other in taken_back_by(event):
            named.setdefault(other, []).append(event)
    those: dict[str, ev.Event] = {}
    ahead = [name]
    while ahead:
        new = [event for event in named.get(ahead.pop(), ()) if event.id not in those]
        those |= {event.id: event for event in new}
        ahead += [event.id for event in new]
    return list(those.values())


async def _children_of(client: Client, child: str, event: str) -> list[str]:
    handle = client.get_workflow_handle_for(ChildJourney.run, workflow_id(child))
    return await _asked(child, handle.query(ChildJourney.children_of, event)) or []


async def _known_of(client: Client, child: str) -> list[ev.Event]:
    handle = client.get_workflow_handle_for(ChildJourney.run, workflow_id(child))
    options = await _asked(child, handle.query(ChildJourney.state))
    carried = options.carried if options else None
    return [parse_event(document) for _, document in carried.state.events] if carried else []


async def _asked(child: str, query: Awaitable[T]) -> T | None:
    """A journey's answer; None where there is no journey yet: delivery says so."""
    try:
        return await query
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise not_just_now(child) from None
    except WorkflowQueryFailedError:
        raise not_just_now(child) from None


async def send_batch(
    client: Client, child: str, events: Sequence[ev.Event], policy: str | None = None, load: Load | None = None
) -> Reply:
    """Send events that become known together to a child's journey, starting it if need be.

    More than one message may hold go in parts, in order of days; one that is refused is the last that is sent. A
    journey that begins so tells nothing before they are all there; one that runs decides each part by itself.
    Refusals come back in words. Raises NotTaken where a run ended under the update or the server in the middle of it,
    or no answer came in a minute; CannotTake where it is known why this journey takes nothing; and temporalio's
    RPCError or RuntimeError where the server cannot be reached.
    """
    several = parts(events)
    reply = await _send_part(client, child, several[0], policy, in_parts(load) if load and several[1:] else load)
    for part in several[1:]:
        if reply.answer is not None:
            next_one = await _send_part(client, child, part, policy, load)
            reply = next_one if next_one.answer is None else replace(reply, answer=_both(reply.answer, next_one.answer))
    return reply


def _both(one: Answer, next_one: Answer) -> Answer:
    """What two parts brought, as the journey stands after the second."""
    lists = ("taken", "known", "opened", "met")
    return next_one.model_copy(
        update={name: [*getattr(one, name), *getattr(next_one, name)] for name in lists}
        | {"sent": one.sent + next_one.sent}
    )


async def _send_part(
    client: Client, child: str, events: Sequence[ev.Event], policy: str | None, load: Load | None
) -> Reply:
    start = WithStartWorkflowOperation(
        ChildJourney.run,
        args=[None, options_of(policy, load)],
        id=workflow_id(child),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary=summary(child),
        static_details=HOW_TO,
    )
    documents = [document_of(event) for event in events]
    arguments = [documents, None, load.name] if load else [documents]
    begun = asyncio.create_task(start.workflow_handle())  # else asyncio logs, with a traceback, how a start failed
    # No update id of ours: the server would answer a repeat with a refusal of before, even when the run has ended.
    # A journey knows by their ids which events it has.
    try:
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            answer = await client.execute_update_with_start_workflow(
                RECORD_EVENTS, args=arguments, start_workflow_operation=start, result_type=Answer
            )
    except WorkflowUpdateFailedError as error:
        return _refused(child, error.cause)
    except (RPCTimeoutOrCancelledError, TimeoutError):
        unknown = "there was no answer in time; whether the events were taken is not known"
        raise NotTaken(f"{child}: {unknown}. {AGAIN}") from None
    except RPCError as error:
        if error.status is not RPCStatusCode.FAILED_PRECONDITION:
            raise
        # Not the server is away: it hands nothing to a run whose tasks fail. On 29 November 2026 one such journey ended
        # a night's sync for its sixty neighbours.
        failing = f"its journey's workflow tasks fail: `permanence status {child}` says why, and what mends it"
        raise CannotTake(f"{child}: {failing}. {AGAIN}") from None
    finally:
        begun.cancel()
    return Reply(child, answer=answer)


def _refused(child: str, cause: BaseException) -> Reply:
    """The refusal that an update was answered with. Raises NotTaken where it ended without an answer."""
    match cause:
        case ApplicationError(type=kind, message=reason, details=details) if kind == REFUSED:
            refused = tuple(RefusedEvent.model_validate(detail) for detail in details)
            return Reply(child, refusal=reason, refused=refused)
        case ApplicationError(type=kind, message=reason) if kind == PolicyRefused.__name__:
            # No refusal, by which the inbox would be done with the event: it is taken once the file is there again.
            raise CannotTake(f"{child}: {reason}. {POLICY_BACK} {AGAIN}") from None
        case _:
            raise NotTaken(f"{child}: the journey's run ended before it answered. {AGAIN}") from None
