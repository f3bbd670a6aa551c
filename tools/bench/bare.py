"""The least that could stand in for a journey: what our figures are compared with.

It has the same messages, timers and kind of activity call as a journey. It knows no rule, remembers and shows
nothing, and its activity is told nothing but whose wake it is.
"""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.effects import run_effect
    from workflows.protocol import RECORD_EVENTS

TASK_QUEUE = "bench-bare"
NOTE = "note"


@workflow.defn(name="Bare")
class Bare:
    """Sleeps from timer to timer; runs one activity at its start, at each update and at each timer."""

    @workflow.init
    def __init__(self, events: Any = None, every: timedelta = timedelta(days=30)) -> None:
        self._taking = asyncio.Lock()
        self._changes = 0
        self._wakes = 0

    @workflow.run
    async def run(self, events: Any = None, every: timedelta = timedelta(days=30)) -> None:
        """Wake at each multiple of `every`, or for an update, for ever."""
        planned = workflow.now() + every
        await self._note("start")
        while True:
            await workflow.wait_condition(workflow.all_handlers_finished)
            seen = self._changes
            try:
                await workflow.wait_condition(
                    lambda seen=seen: self._changes != seen,  # type: ignore[misc]  # mypy cannot infer such a lambda
                    timeout=max(planned - workflow.now(), timedelta(milliseconds=1)),
                    timeout_summary=f"due soon: something ({planned:%Y-%m-%d})",
                )
            except TimeoutError:
                planned += every
                self._wakes += 1
                async with self._taking:
                    await self._note("timer")

    @workflow.update(name=RECORD_EVENTS)
    async def record_events(self, events: Any) -> str:
        """Take a batch and forget it."""
        async with self._taking:
            await self._note("update")
            self._changes += 1
            return "taken"

    @record_events.validator
    def check_events(self, events: Any) -> None:
        """Accept everything."""

    @workflow.query
    def wakes(self) -> int:
        """How many timers have fired."""
        return self._wakes

    async def _note(self, what: str) -> None:
        await run_effect(NOTE, workflow.info().workflow_id, type(None), what)
