"""Journeys changed as nobody may change them while others run: for the test that the replay gate tells."""

from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.child_journey import ChildJourney
    from workflows.messages import WORKFLOW_TYPE, JourneyOptions, Summary


@workflow.defn(name=WORKFLOW_TYPE)
class WithAnotherTimerFirst(ChildJourney):
    @workflow.init
    def __init__(self, events: Any = None, options: JourneyOptions | None = None) -> None:
        super().__init__(events, options)

    @workflow.run
    async def run(self, events: Any = None, options: JourneyOptions | None = None) -> Summary:
        await workflow.sleep(timedelta(hours=1))
        return await super().run(events, options)


@workflow.defn(name=WORKFLOW_TYPE)
class WithAnotherActivityFirst(ChildJourney):
    @workflow.init
    def __init__(self, events: Any = None, options: JourneyOptions | None = None) -> None:
        super().__init__(events, options)

    @workflow.run
    async def run(self, events: Any = None, options: JourneyOptions | None = None) -> Summary:
        await workflow.execute_activity(
            "another_activity", start_to_close_timeout=timedelta(seconds=5), result_type=type(None)
        )
        return await super().run(events, options)


@workflow.defn(name=WORKFLOW_TYPE)
class WithSearchAttributesWrittenEachTime(ChildJourney):
    @workflow.init
    def __init__(self, events: Any = None, options: JourneyOptions | None = None) -> None:
        super().__init__(events, options)

    @workflow.run
    async def run(self, events: Any = None, options: JourneyOptions | None = None) -> Summary:
        return await super().run(events, options)

    def _show(self, now: Any) -> Any:
        self._shown.clear()
        return super()._show(now)
