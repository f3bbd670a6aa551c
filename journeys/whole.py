"""Running journeys, whole: taken over by a query, to explain them or to ask what would be if."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from temporalio.client import Client, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from delivery.account import account
from delivery.account_line import AccountLine
from delivery.case_now import CaseNow, Cases
from domain.journey import Journey
from domain.study.explain import DecidedAction
from journeys.no_journey import NoJourney, not_just_now
from journeys.skipping import JourneyClocks
from record.store import CaseRecord
from service.locate import NoService, find_service, record_beside
from service.settings import Settings
from workflows.child_journey import ChildJourney
from workflows.protocol import JourneyOptions, Summary, workflow_id


@dataclass(frozen=True, slots=True)
class Whole:
    """A journey as the service has it, and the journey's own time."""

    journey: Journey
    now: datetime


async def whole_journey(client: Client, child: str) -> Whole:
    """A child's journey. Raises NoJourney, or NoService where no worker answers.

    On 28 November 2026, under a load average of 20, one of 1,070 journeys was still moving after six seconds, and the
    command that had asked all of them ended: who asks many leaves such a one.
    """
    handle: WorkflowHandle[ChildJourney, Summary] = client.get_workflow_handle_for(ChildJourney.run, workflow_id(child))
    try:
        options = await handle.query(ChildJourney.state)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NoJourney(child) from None
        raise NoService(f"the service did not answer ({error.message}); is a worker running?") from None
    except WorkflowQueryFailedError:
        raise not_just_now(child) from None
    if options is None or options.carried is None:
        raise NoJourney(child, f"the journey of {child!r} has taken no event yet")
    book, now = options.carried.rulebook, await _own_time(client, handle, options)
    return Whole(Journey.restore(options.carried.state, book.policy, book.holidays.calendar(), now), now)


async def _own_time(client: Client, handle: WorkflowHandle[ChildJourney, Summary], options: JourneyOptions) -> datetime:
    """The journey's own time, never before what it saw last. In the demo its clock is its workflow's, moved."""
    moved = options.clock_offset
    now = (await JourneyClocks(client).now(handle) if moved else datetime.now(UTC)) + moved
    return max(now, options.at) if options.at else now


class Looked(NamedTuple):
    """A journey of the service, what it decided, and what became of telling people about one obligation."""

    whole: Whole
    decided: list[DecidedAction]
    lines: list[AccountLine]


class LookedBack(NamedTuple):
    """A journey of the service as it is, what it decided, and its case as it was known at an earlier instant."""

    whole: Whole
    decided: list[DecidedAction]
    then: CaseNow | None
    """None where nothing of the child was known."""


async def looking_back(settings: Settings, child: str, cases: Cases, then: datetime) -> LookedBack:
    """A child's journey now and as it was known at an instant, by the policy that it then had.

    Raises NoJourney, NoService.
    """
    client = await find_service(settings)
    whole = await whole_journey(client, child)
    record = await record_beside(client, settings)
    try:
        return LookedBack(whole, _decided(record, child), cases.then(record, child, then))
    finally:
        record.close()


def _decided(record: CaseRecord, child: str) -> list[DecidedAction]:
    return [DecidedAction(a.action, a.status == "sent", a.decided_at) for a in record.actions(child)]


async def journey_of(settings: Settings, child: str, obligation: str) -> Looked:
    """A child's journey, what the case record says it decided, and who was told. Raises NoJourney, NoService."""
    client = await find_service(settings)
    whole = await whole_journey(client, child)
    record = await record_beside(client, settings)
    try:
        return Looked(whole, _decided(record, child), account(record.engine, child=child, obligation=obligation))
    finally:
        record.close()
