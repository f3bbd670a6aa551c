"""The caseload as Temporal lists it: one row for each running journey, from its search attributes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from temporalio.client import Client, WorkflowExecution

from journeys.stuck import RUNNING, Kind, kind_of
from workflows import search_attributes as sa
from workflows.protocol import WORKFLOW_ID_PREFIX

RAG_ORDER = {"red": 0, "amber": 1, "green": 2}


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
    """Every running journey, the most urgent first."""
    return sorted([_row(run) async for run in _running(client)], key=lambda row: row.order)


async def _running(client: Client) -> AsyncIterator[WorkflowExecution]:
    async for run in client.list_workflows(RUNNING):
        if run.typed_search_attributes.get(sa.STAGE) or run.typed_search_attributes.get(sa.PROBLEMS):
            yield run


def _row(run: WorkflowExecution) -> CaseloadRow:
    attributes = run.typed_search_attributes
    due: datetime | None = attributes.get(sa.NEXT_DUE)
    overdue: Any = attributes.get(sa.OVERDUE)
    return CaseloadRow(
        child=run.id.removeprefix(WORKFLOW_ID_PREFIX),
        stage=attributes.get(sa.STAGE),
        rag=attributes.get(sa.RAG),
        next_due=due.date() if due else None,
        next_obligation=attributes.get(sa.NEXT_OBLIGATION),
        overdue=tuple(overdue or ()),
        legal_status=attributes.get(sa.LEGAL_STATUS),
        primary_plan=attributes.get(sa.PRIMARY_PLAN),
        policy=attributes.get(sa.POLICY),
        team=attributes.get(sa.TEAM),
        rejected_events=attributes.get(sa.REJECTED_EVENTS) or 0,
        stuck=kind_of(run, datetime.now(UTC)),
    )
