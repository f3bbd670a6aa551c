"""Asking a journey how it stands, from outside it."""

from datetime import timedelta

from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError

from domain.agenda import AgendaRow
from workflows.child_journey import ChildJourney
from workflows.messages import workflow_id

PATIENCE = timedelta(seconds=10)
"""For one answer (ours): a journey that is not in memory is replayed first."""


async def agenda_of(client: Client, child: str) -> list[AgendaRow] | None:
    """A journey's agenda as it stands; None where it cannot be asked."""
    handle = client.get_workflow_handle_for(ChildJourney.run, workflow_id(child))
    try:
        return await handle.query(ChildJourney.agenda, rpc_timeout=PATIENCE)
    except (RPCError, WorkflowQueryFailedError):
        return None
