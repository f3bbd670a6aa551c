"""A group of brothers and sisters as the service has it: their journeys, found from any one of them."""

from dataclasses import dataclass

from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from journeys.no_journey import NoJourney, not_just_now
from service.locate import NoService
from workflows.child_journey import ChildJourney
from workflows.protocol import JourneyView, workflow_id


@dataclass(frozen=True, slots=True)
class Member:
    """One of the group; `view` is None where no journey is known, as of a brother who is not looked after."""

    child: str
    view: JourneyView | None

    @property
    def lacks_a_plan(self) -> bool:
        """Looked after, or about to be, with no permanence plan made yet."""
        return self.view is not None and self.view.ended_on is None and self.view.primary_plan is None


async def family_of(client: Client, child: str) -> list[Member]:
    """The child and the brothers and sisters that entries name, theirs too, in order. Raises NoJourney, NoService."""
    views: dict[str, JourneyView | None] = {}
    asked = [child]
    while asked:
        name = asked.pop()
        if name not in views:
            views[name] = view = await _view(client, name)
            asked += view.siblings if view else []
    if views[child] is None:
        raise NoJourney(child)
    return [Member(name, views[name]) for name in sorted(views)]


async def _view(client: Client, child: str) -> JourneyView | None:
    try:
        return await client.get_workflow_handle_for(ChildJourney.run, workflow_id(child)).query(ChildJourney.journey)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise NoService(f"the service did not answer ({error.message}); is a worker running?") from None
    except WorkflowQueryFailedError:
        raise not_just_now(child) from None
