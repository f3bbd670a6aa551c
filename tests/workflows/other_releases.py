"""Other releases of this program than today's: the next one, and one that should never have been released."""

from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.case import events as ev
    from workflows.child_journey import ChildJourney
    from workflows.protocol import WORKFLOW_TYPE, Answer, JourneyOptions, Summary


@workflow.defn(name=WORKFLOW_TYPE)
class OfNextRelease(ChildJourney):
    """A run begins with a timer: nothing that began on today's release can be replayed by it, nor the other way."""

    @workflow.init
    def __init__(self, events: Any = None, options: JourneyOptions | None = None) -> None:
        super().__init__(events, options)

    @workflow.run
    async def run(self, events: Any = None, options: JourneyOptions | None = None) -> Summary:
        await workflow.sleep(timedelta(milliseconds=1))
        return await super().run(events, options)


@workflow.defn(name=WORKFLOW_TYPE)
class OfBadRelease(ChildJourney):
    """No run of a child with an even number can begin on it; one of another fails later, once something happens."""

    @workflow.init
    def __init__(self, events: Any = None, options: JourneyOptions | None = None) -> None:
        super().__init__(events, options)

    @workflow.run
    async def run(self, events: Any = None, options: JourneyOptions | None = None) -> Summary:
        if int(self._child.rpartition("-")[2]) % 2 == 0:
            raise RuntimeError("a bad release")
        return await super().run(events, options)

    async def _take(self, events: list[ev.Event], at: datetime | None, load: str | None) -> Answer:
        raise RuntimeError("a bad release")
