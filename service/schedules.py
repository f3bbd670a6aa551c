"""The Temporal Schedules we keep: what the service does by the clock, apart from the journeys.

Each starts the workflow `ScheduledTask`, which runs one activity. They are made or brought up to date whenever a
worker starts. One that says what it should is left alone: after an update the server drops what was missed before.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleDescription,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from activities.models import LOOK_OVER, PROVE, RECONCILE, SEND_DIGESTS, SYNC
from domain.case.events import LONDON
from service.settings import CLOCKS_CHANGE, Settings
from workflows.protocol import TASK_QUEUE
from workflows.scheduled import ScheduledTask, ScheduledWork, scheduled_id

MONDAY_TO_FRIDAY: Final = (1, 5)
EVERY_DAY: Final = (0, 6)
TIMER: Final = timedelta(seconds=10)
"""The timer of the daily proof (ours: long enough to be one, short enough to wait for)."""

Days = tuple[int, int]
"""The first and last weekday, Sunday being 0."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A schedule: when (`at`, London time), which activity, and how late is still of use.

    `catch_up`: after an outage of the server a time missed by less is made good, once. Below a day, so that a week's
    outage is followed by one run at most.
    """

    name: str
    activity: str
    at: time
    days: Days
    catch_up: timedelta
    longest: timedelta = timedelta(hours=1)
    after: timedelta = timedelta()

    @property
    def work(self) -> ScheduledWork:
        """What each run is told."""
        return ScheduledWork(activity=self.activity, longest=self.longest, after=self.after)

    def schedule(self) -> Schedule:
        """It as Temporal has it. A time that comes while a run is still at work is skipped: that run does its work."""
        action = ScheduleActionStartWorkflow(
            ScheduledTask.run,
            self.work,
            id=scheduled_id(self.name),
            task_queue=TASK_QUEUE,
            static_summary=self.activity.replace("_", " "),
        )
        policy = SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=self.catch_up)
        return Schedule(action=action, spec=self._spec(), policy=policy)

    def _spec(self) -> ScheduleSpec:
        """Written out as the server gives it back, so that the two can be compared."""
        times = ScheduleCalendarSpec(
            second=(ScheduleRange(self.at.second, self.at.second, 1),),
            minute=(ScheduleRange(self.at.minute, self.at.minute, 1),),
            hour=(ScheduleRange(self.at.hour, self.at.hour, 1),),
            day_of_month=(ScheduleRange(1, 31, 1),),
            month=(ScheduleRange(1, 12, 1),),
            day_of_week=(ScheduleRange(*self.days, 1),),
        )
        return ScheduleSpec(calendars=[times], time_zone_name=LONDON.key)


DIGESTS: Final = Kept("digests", SEND_DIGESTS, time(9), MONDAY_TO_FRIDAY, catch_up=timedelta(hours=9))
"""Bank holidays are left out by the activity. Made good until six in the evening (ours: later nobody reads it before
the next one)."""

JOURNEYS: Final = Kept(
    "journeys", LOOK_OVER, time(3), EVERY_DAY, catch_up=timedelta(hours=20), longest=timedelta(hours=6)
)
"""Every journey beside the case record, when nobody is at work (the hour is ours; on two cores as busy as can be 278
journeys that were not in memory were asked in 33 s, so that 80,000 are within three hours)."""

DAILY_PROOF: Final = Kept(
    "proof", PROVE, time(7, 30), EVERY_DAY, catch_up=timedelta(hours=20), longest=timedelta(hours=2), after=TIMER
)
"""Before the morning's messages, so that what is broken is known, and can be mended, by nine (ours)."""

SCHEDULES: Final[tuple[Kept, ...]] = (DIGESTS, JOURNEYS, DAILY_PROOF)

NIGHTLY_COMPARISON: Final = Kept("reconcile", RECONCILE, time(2), EVERY_DAY, catch_up=timedelta(hours=20))
"""At night, when case systems have written their files (the hour is ours); only where a source is configured."""


NIGHT: Final = Kept(SYNC, SYNC, time(4), EVERY_DAY, catch_up=timedelta(hours=20), longest=timedelta(hours=12))
"""The source is read, where one is configured; at which hour, the settings say (`sync_at`). An attempt may take half a
day (ours: the first night of 20,000 children starts them all)."""

AFTER_THE_NIGHT: Final = timedelta(hours=2)
"""From reading a source to comparing one (ours: else a child whom the night is about to take would be missed first)."""


def schedules_for(settings: Settings) -> tuple[Kept, ...]:
    """The schedules that an installation keeps."""
    night, comparison = replace(NIGHT, at=settings.sync_at), NIGHTLY_COMPARISON
    if settings.sync_source:
        comparison = replace(comparison, at=_later(settings.sync_at))
    nightly = (night, settings.sync_source), (comparison, settings.reconcile_source)
    return (*SCHEDULES, *(kept for kept, source in nightly if source))


def _later(at: time) -> time:
    """Two hours later; of a source that is read at eleven at night not in the hour that one night of spring lacks."""
    later = (datetime.combine(date.min, at) + AFTER_THE_NIGHT).time()
    return later.replace(hour=CLOCKS_CHANGE + 1) if later.hour == CLOCKS_CHANGE else later


async def keep_schedules(client: Client, schedules: Iterable[Kept]) -> None:
    """Make each schedule that is not there; change what differs, leaving paused what an operator has paused."""
    for kept in schedules:
        await _keep(client, kept)


async def _keep(client: Client, kept: Kept) -> None:
    wanted = kept.schedule()
    try:
        await client.create_schedule(kept.name, wanted)
        return
    except ScheduleAlreadyRunningError:
        handle = client.get_schedule_handle(kept.name)
    if await _differs(client, await handle.describe(), kept):

        def changed(standing: ScheduleUpdateInput) -> ScheduleUpdate:
            wanted.state = standing.description.schedule.state
            return ScheduleUpdate(wanted)

        await handle.update(changed)


async def _differs(client: Client, standing: ScheduleDescription, kept: Kept) -> bool:
    was, wanted = standing.schedule, kept.schedule()
    if was.spec != wanted.spec or was.policy != wanted.policy:
        return True
    if not isinstance(was.action, ScheduleActionStartWorkflow):
        return True
    try:
        [work] = await client.data_converter.decode(was.action.args, [ScheduledWork])
    except (KeyError, ValueError):  # sealed with a key that is lost, or of another form: it is said anew
        return True
    return bool(work != kept.work or was.action.task_queue != TASK_QUEUE)
