"""The workflows of a worker that is a release (docs/adr/0056): which of them stay with a release, and which move on.

A run of a journey stays with the release it began on; that is the worker's default. What stands here moves at its next
task, so that a release that goes need not wait for it: an hour's activity, or a night's. They are classes of their own,
since a server refuses every task of a worker that is no release and yet says how its workflows move (seen on 28
November 2026: no journey went on).
"""

from typing import Any, Final

from temporalio import workflow
from temporalio.common import VersioningBehavior

with workflow.unsafe.imports_passed_through():
    from workflows.child_journey import ChildJourney
    from workflows.scheduled import SCHEDULED_TYPE, ScheduledTask
    from workflows.standing import STANDING_TYPE, StandingProcess


@workflow.defn(name=STANDING_TYPE, versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class StandingInRelease(StandingProcess):
    """A standing process, which moves."""

    @workflow.run
    async def run(self, work: Any = None, *others: Any) -> None:
        """As ever."""
        await super().run(work, *others)


@workflow.defn(name=SCHEDULED_TYPE, versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class ScheduledInRelease(ScheduledTask):
    """What a schedule starts, which moves."""

    @workflow.run
    async def run(self, work: Any = None, *others: Any) -> str:
        """As ever."""
        return await super().run(work, *others)


IN_RELEASE: Final[list[type]] = [ChildJourney, ScheduledInRelease, StandingInRelease]
"""What `workflows.registry.WORKFLOWS` are in a worker that is a release."""
