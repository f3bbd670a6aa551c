"""Journeys that stand still though they should not: found by what the server lists, explained by what it describes.

Two lists find them, each by one query however many journeys there are. The server flags a workflow whose tasks fail
again and again. And a journey wakes when its next due date has passed, so one whose `NextDue` is over has not woken:
that also finds a stuck journey on a server that flags nothing, and every journey while no worker is there.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal

from temporalio.api.enums.v1 import TaskQueueType, WorkflowTaskFailedCause
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.service import RPCError, RPCStatusCode

from domain.case.calendar import local_date
from domain.clocks.even_load import SPREAD_OVER
from workflows import search_attributes as sa
from workflows.protocol import BACKGROUND, TASK_QUEUE, WORKFLOW_ID_PREFIX, WORKFLOW_TYPE, workflow_id

RUNNING: Final = f'WorkflowType="{WORKFLOW_TYPE}" AND ExecutionStatus="Running"'
FAILING: Final = f"{RUNNING} AND {sa.PROBLEMS.name} IS NOT NULL"
"""The journeys whose workflow tasks fail. Before a server that flags nothing it lists nothing, or is refused."""

Kind = Literal["failing", "overslept", "retrying", "no_worker", "abandoned", "silent"]
"""`failing`: its workflow tasks fail, so its clocks stand still. `overslept`: it has not woken for a date that has
passed. `retrying`: it waits for an activity that fails, mostly the case record. `no_worker`: nothing is there to wake
it. `abandoned`: the release that it is on has no worker. `silent`: it sleeps and does not answer, so that it will fail
when it wakes."""

LEEWAY: Final = SPREAD_OVER + timedelta(minutes=20)
"""After midnight, before a journey counts as not woken (ours: its own share of the spread, and a busy night)."""

POLLED_WITHIN: Final = timedelta(seconds=90)
"""A worker with nothing to do asks anew after a minute; half as much for a busy machine (ours)."""

READER: Final = "permanence move"
"""How a worker calls itself that only reads runs which have ended: it takes nothing up."""

ATTEMPTS: Final = 2
"""Failures in a row that make a problem: one may be a worker that was being replaced."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a journey, and what mends it, in words that hold nothing personal."""

    kind: Kind
    words: str
    mend: str

    def __str__(self) -> str:
        return f"{self.words} {self.mend}"


def no_worker() -> Trouble:
    """Nobody polls the task queue."""
    return Trouble(
        "no_worker",
        f"No worker polls the task queue {TASK_QUEUE}: no journey wakes, and nobody is told anything.",
        "Start `permanence up` (or `python -m worker` beside a server of your own); its log says why it ended.",
    )


def unanswered(child: str) -> Trouble:
    """A journey that gives no answer, though nothing can be seen to be wrong with it."""
    return Trouble(
        "failing",
        f"The journey of {child} gives no answer.",
        "Ask again in a minute: a worker may be busy, or just replaced. If it stays so, `permanence health` looks at "
        "the whole service.",
    )


def unreadable(child: str) -> Trouble:
    """A journey that a worker could not bring back to where it was; it fails as soon as it wakes."""
    return Trouble(
        "failing",
        f"The journey of {child} cannot be read: this version of the program does not repeat what it did before.",
        mended_by(child),
    )


def overslept(now: datetime) -> str:
    """The list of journeys whose next due date was over before they could have slept on.

    NextDue stands at noon UTC of its day. At 10:00 on the 8th one of the 7th is over; at 00:05 it may still be so.
    """
    today = datetime.combine(local_date(now - LEEWAY), time(), UTC)
    return f'{RUNNING} AND {sa.NEXT_DUE.name} < "{today:%Y-%m-%dT%H:%M:%SZ}"'


def standing_still(now: datetime) -> str:
    """The list of both. Before a server that flags nothing it is refused."""
    return f"({FAILING}) OR ({overslept(now)})"


def kind_of(problems: object, next_due: date | None, now: datetime) -> Kind | None:
    """How a listed journey is stuck, as far as its search attributes tell."""
    if problems:
        return "failing"
    return "overslept" if next_due and next_due < local_date(now - LEEWAY) else None


async def pollers(client: Client, patience: timedelta | None = None) -> int:
    """How many workers have asked for journeys' work on our task queue of late. Raises RPCError.

    The server names one for minutes after it has gone.
    """
    return len(await _asking(client, TASK_QUEUE, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, patience) - {READER})


async def pollers_of_any_work(client: Client, patience: timedelta | None = None) -> int:
    """The same, with those that serve the background alone: they send messages, too. Raises RPCError."""
    of_journeys = await _asking(client, TASK_QUEUE, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, patience)
    of_background = await _asking(client, BACKGROUND, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY, patience)
    return len((of_journeys | of_background) - {READER})


async def _asking(client: Client, queue: str, kind: TaskQueueType.ValueType, patience: timedelta | None) -> set[str]:
    asked = DescribeTaskQueueRequest(namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind)
    described = await client.workflow_service.describe_task_queue(asked, timeout=patience)
    since = datetime.now(UTC) - POLLED_WITHIN
    return {one.identity for one in described.pollers if one.last_access_time.ToDatetime(UTC) > since}


async def problem_of(client: Client, child: str) -> Trouble | None:
    """What is wrong with a child's running journey, or with all of them; None where nothing can be seen to be.

    Raises RPCError.
    """
    try:
        described = await client.get_workflow_handle(workflow_id(child)).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    if described.status is None or described.status.name != "RUNNING":
        return None
    if not await pollers(client):
        return no_worker()
    return await _failing(client, described) or _retrying(described) or _overslept(described)


async def _failing(client: Client, described: WorkflowExecutionDescription) -> Trouble | None:
    attempts = described.raw_description.pending_workflow_task.attempt
    flagged = described.typed_search_attributes.get(sa.PROBLEMS)
    if attempts <= ATTEMPTS and not flagged:
        return None
    child = described.id.removeprefix(WORKFLOW_ID_PREFIX)
    times = f", {attempts - 1} times in a row by now" if attempts > ATTEMPTS else ""
    why = await _cause(client, described)
    return Trouble(
        "failing", f"The journey of {child} is stuck: its workflow task fails{times}{why}.", mended_by(child)
    )


def mended_by(child: str) -> str:
    """Which command mends a journey that cannot go on."""
    return (
        "Its clocks stand still until it is mended. If the program was changed just now, go back to the version "
        f"before; else `permanence record restart {child} --replace` starts it anew from the case record, and nothing "
        "is told twice."
    )


async def _cause(client: Client, described: WorkflowExecutionDescription) -> str:
    """Why the latest task failed, by its code: its own text might repeat what a case says."""
    handle = client.get_workflow_handle(described.id, run_id=described.run_id)
    causes = [
        event.workflow_task_failed_event_attributes.cause
        async for event in handle.fetch_history_events()
        if event.HasField("workflow_task_failed_event_attributes")
    ]
    if not causes:
        return ""
    if causes[-1] == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR:
        return ", since this version of the program does not repeat what it did before (nondeterminism)"
    name = WorkflowTaskFailedCause.Name(causes[-1]).removeprefix("WORKFLOW_TASK_FAILED_CAUSE_")
    return f" ({name.lower().replace('_', ' ')})"


def _retrying(described: WorkflowExecutionDescription) -> Trouble | None:
    pending = [one for one in described.raw_description.pending_activities if one.attempt > ATTEMPTS]
    if not pending:
        return None
    child, one = described.id.removeprefix(WORKFLOW_ID_PREFIX), pending[0]
    failure = one.last_failure.application_failure_info.type or "no answer in time"
    return Trouble(
        "retrying",
        f"The journey of {child} waits: {one.activity_type.name} has failed {one.attempt - 1} times ({failure}).",
        "It is tried again by itself, at least every five minutes, and nothing is lost. "
        "`permanence health` says whether the case record can be written.",
    )


def _overslept(described: WorkflowExecutionDescription) -> Trouble | None:
    due = described.typed_search_attributes.get(sa.NEXT_DUE)
    if kind_of(None, due.date() if due else None, datetime.now(UTC)) is None:
        return None
    child = described.id.removeprefix(WORKFLOW_ID_PREFIX)
    return Trouble("overslept", f"The journey of {child} has not woken though a due date has passed.", mended_by(child))
