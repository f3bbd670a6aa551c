"""Journeys changed as nobody may change them while others run: for the test that the replay gate tells."""

from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.models import LOAD_RULEBOOK, WRITE_CASE_RECORD, Rulebook, RulebookRequest
    from record.entries import RecordEntry
    from workflows.child_journey import ChildJourney
    from workflows.effects import ONCE
    from workflows.protocol import WORKFLOW_TYPE, JourneyOptions, Summary

T = TypeVar("T")


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

    def _show(self, now: Any, tried: Any = None) -> Any:
        self._showing.written.clear()
        return super()._show(now, tried)


@workflow.defn(name=WORKFLOW_TYPE)
class WithTheCatchOfBefore(ChildJourney):
    """As it was until 27 November 2026: what a timeout is when it is replayed was not caught. Beside it `loaded`."""

    @workflow.init
    def __init__(self, events: Any = None, options: JourneyOptions | None = None) -> None:
        super().__init__(events, options)

    @workflow.run
    async def run(self, events: Any = None, options: JourneyOptions | None = None) -> Summary:
        return await super().run(events, options)

    async def _write(self, entry: RecordEntry, what: str) -> None:
        await _run_effect(WRITE_CASE_RECORD, entry, type(None))


async def loaded(child: str, policy: str | None, born: date | None, *, relive_at: datetime | None = None) -> Rulebook:
    """Rules asked for as then."""
    request = RulebookRequest(child=child, policy=policy, born=born, with_history=relive_at is not None)
    return await _run_effect(LOAD_RULEBOOK, request, Rulebook)


async def _run_effect(name: str, arg: Any, result_type: type[T]) -> T:
    limit = timedelta(seconds=5)
    try:
        result = await workflow.execute_local_activity(
            name, arg, result_type=result_type, start_to_close_timeout=limit, retry_policy=ONCE
        )
    except (ActivityError, ApplicationError):
        result = await workflow.execute_activity(name, arg, result_type=result_type, start_to_close_timeout=limit)
    return result  # type: ignore[no-any-return]  # activities called by name are untyped
