"""The caseload as Temporal lists it: one row for each running journey, from its search attributes."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Final

from pydantic_core import from_json
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import CountWorkflowExecutionsRequest, ListWorkflowExecutionsRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from journeys.bounded import bounded, silently
from journeys.stuck import RUNNING, Kind, kind_of, standing_still
from workflows import search_attributes as sa
from workflows.protocol import WORKFLOW_ID_PREFIX, workflow_id

RAG_ORDER = {"red": 0, "amber": 1, "green": 2}
TOGETHER: Final = 1000
"""Journeys in one answer (the most that a server gives)."""


@dataclass(frozen=True, slots=True)
class CaseloadRow:
    """One running journey."""

    child: str
    stage: str | None
    rag: str | None
    next_due: date | None
    next_obligation: str | None
    overdue: tuple[str, ...]
    legal_status: str | None
    primary_plan: str | None
    policy: str | None
    team: str | None
    rejected_events: int
    stuck: Kind | None = None
    """How it stands still, if it does: then nothing else in the row is to be relied on."""

    @property
    def order(self) -> tuple[bool, int, date, str]:
        """What is stuck first, for its colour may be an old one; then the most urgent."""
        return (self.stuck is None, RAG_ORDER.get(self.rag or "", 3), self.next_due or date.max, self.child)


@dataclass(frozen=True, slots=True)
class Differences:
    """What a server knows of running journeys that somebody who lists some children does not."""

    journeys: Mapping[str, CaseloadRow]
    """By child: those that stand still, and those of other children; of some that are as they should be, too."""
    not_running: frozenset[str]
    """Of the children listed those whose journey does not run."""


ASKED_SINGLY: Final = 500
"""Journeys that a list lacks (ours: asked for in two seconds; a list that lacks more does not just lag)."""

NOT_TAKEN: Final = (RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.RESOURCE_EXHAUSTED)
"""A server that flags no failing workflow, or to which so many references are too many."""


async def caseload(client: Client) -> list[CaseloadRow]:
    """Every running journey, the most urgent first. Raises RPCError."""
    return sorted(_journeys(await _listed(client, RUNNING)).values(), key=lambda row: row.order)


async def differences(client: Client, children: Collection[str]) -> Differences:
    """What the server knows beyond a list of children whose journeys are to run. Raises RPCError.

    A row costs the server most (half a second of processor for 1,000), so it is asked for those alone that the list
    cannot know, and how many run in all. 2,501 run, of them one of a child that is not among 2,500: then all those do.
    Where the numbers differ, every row is asked for.
    """
    if not children:
        return Differences(_journeys(await _listed(client, RUNNING)), frozenset())
    ids = ", ".join(repr(workflow_id(child)) for child in children)
    try:
        others, still, running = await asyncio.gather(
            _listed(client, f"{RUNNING} AND WorkflowId NOT IN ({ids})"),
            _listed(client, standing_still(datetime.now(UTC))),
            _count(client, RUNNING),
        )
    except RPCError as error:
        if error.status not in NOT_TAKEN:
            raise
    else:
        if running - len(others) == len(children):
            return Differences(_journeys([*others, *still]), frozenset())
    journeys = _journeys(await _listed(client, RUNNING))
    return Differences(journeys, await not_running(client, set(children) - journeys.keys()))


async def not_running(client: Client, unlisted: Collection[str]) -> frozenset[str]:
    """Those of some children, whom the server's list lacks, whose journey does not run. Raises RPCError.

    The list lags behind what runs: for a moment where a journey begins or goes over to its next run, for seconds under
    load. So each is asked for by itself before anybody is told that nobody is reminded of the child; of more than
    `ASKED_SINGLY` the list is believed.
    """
    if len(unlisted) > ASKED_SINGLY:
        return frozenset(unlisted)
    children = sorted(unlisted)
    running = await bounded([partial(_runs, client, child) for child in children], silently)
    return frozenset(child for child, runs in zip(children, running, strict=True) if not runs)


async def _runs(client: Client, child: str) -> bool:
    try:
        described = await client.get_workflow_handle(workflow_id(child)).describe()
        return described.status is WorkflowExecutionStatus.RUNNING
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise


def _journeys(runs: Iterable[WorkflowExecutionInfo]) -> dict[str, CaseloadRow]:
    now = datetime.now(UTC)
    listed = [(run.execution.workflow_id, _attributes(run)) for run in runs]
    rows = [_row(workflow, attributes, now) for workflow, attributes in listed if _is_journey(attributes)]
    return {row.child: row for row in rows}


async def _count(client: Client, query: str) -> int:
    asked = CountWorkflowExecutionsRequest(namespace=client.namespace, query=query)
    return (await client.workflow_service.count_workflow_executions(asked, retry=True)).count


async def _listed(client: Client, query: str) -> list[WorkflowExecutionInfo]:
    """As the server sends them: the client's own list decodes each attribute twice over, a second for 2,500."""
    asked = ListWorkflowExecutionsRequest(namespace=client.namespace, query=query, page_size=TOGETHER)
    runs: list[WorkflowExecutionInfo] = []
    while True:
        page = await client.workflow_service.list_workflow_executions(asked, retry=True)
        runs += page.executions
        if not page.next_page_token:
            return runs
        asked.next_page_token = page.next_page_token


def _attributes(run: WorkflowExecutionInfo) -> dict[str, Any]:
    """The search attributes by name. They stand as JSON: nothing of them is ever encrypted.

    Read by the library that reads events, since there are eleven of each journey, and `json` takes three times as long.
    """
    return {name: from_json(value.data) for name, value in run.search_attributes.indexed_fields.items()}


def _is_journey(attributes: dict[str, Any]) -> bool:
    """Whether it has taken an event, or would have, did its workflow tasks not fail."""
    return bool(attributes.get(sa.STAGE.name) or attributes.get(sa.PROBLEMS.name))


def _row(workflow: str, attributes: dict[str, Any], now: datetime) -> CaseloadRow:
    due = attributes.get(sa.NEXT_DUE.name)
    next_due = datetime.fromisoformat(due).date() if due else None
    return CaseloadRow(
        child=workflow.removeprefix(WORKFLOW_ID_PREFIX),
        stage=attributes.get(sa.STAGE.name),
        rag=attributes.get(sa.RAG.name),
        next_due=next_due,
        next_obligation=attributes.get(sa.NEXT_OBLIGATION.name),
        overdue=tuple(attributes.get(sa.OVERDUE.name) or ()),
        legal_status=attributes.get(sa.LEGAL_STATUS.name),
        primary_plan=attributes.get(sa.PRIMARY_PLAN.name),
        policy=attributes.get(sa.POLICY.name),
        team=attributes.get(sa.TEAM.name),
        rejected_events=attributes.get(sa.REJECTED_EVENTS.name) or 0,
        stuck=kind_of(attributes.get(sa.PROBLEMS.name), next_due, now),
    )
