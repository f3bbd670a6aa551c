"""Asking a journey how it stands, from outside it."""

from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError

from delivery.still import JourneyNow, journey_now
from journeys.no_journey import NoJourney
from journeys.whole import whole_journey
from service.locate import NoService


async def ask_journey_now(client: Client, child: str) -> JourneyNow | None:
    """How a journey stands just now; None where it cannot be asked."""
    try:
        whole = await whole_journey(client, child)
    except (NoJourney, NoService, RPCError, WorkflowQueryFailedError):
        return None
    return journey_now(whole.journey, whole.now)
