"""Asking a journey how it stands, from outside it."""

from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError

from delivery.still import Standing, standing_at
from journeys.whole import NoJourney, whole_journey
from service.locate import NoService


async def standing_of(client: Client, child: str) -> Standing | None:
    """How a journey stands just now; None where it cannot be asked."""
    try:
        whole = await whole_journey(client, child)
    except (NoJourney, NoService, RPCError, WorkflowQueryFailedError):
        return None
    return standing_at(whole.journey, whole.now)
