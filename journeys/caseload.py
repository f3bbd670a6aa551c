"""The caseload as Temporal lists it: one row for each running journey, from its search attributes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from pydantic_core import from_json
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import ListWorkflowExecutionsRequest
from temporalio.client import Client

from journeys.stuck import RUNNING, Kind, kind_of
from workflows import search_attributes as sa
from workflows.protocol import WORKFLOW_ID_PREFIX

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


async def caseload(client: Client) -> list[CaseloadRow]:
    """Every running journey, the most urgent first. Raises RPCError."""
    now = datetime.now(UTC)
    listed = [(run.execution.workflow_id, _attributes(run)) async for run in _running(client)]
    rows = [_row(workflow, attributes, now) for workflow, attributes in listed if _is_journey(attributes)]
    return sorted(rows, key=lambda row: row.order)


async def _running(client: Client) -> AsyncIterator[WorkflowExecutionInfo]:
    """As the server sends them: the client's own list decodes each attribute twice over, a second for 2,500."""
    asked = ListWorkflowExecutionsRequest(namespace=client.namespace, query=RUNNING, page_size=TOGETHER)
    while True:
        page = await client.workflow_service.list_workflow_executions(asked, retry=True)
        for run in page.executions:
            yield run
        if not page.next_page_token:
            return
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
